// What `leat check` prints of the whole graph, in its words.

import type { Graph, Phase } from "./graph";

export function CheckPane({ graph, phase }: { graph: Graph; phase: Phase | undefined }) {
  return (
    <section class="prev check" aria-label="check">
      <div class="prevmain">
        <div class="prevhead"><h2>{graph.title || fileOf(graph)}</h2></div>
        {graph.plan && <p class="doc">plan: {graph.plan}</p>}
        {graph.is_built ? (
          <>
            <p class="doc">{graph.memory}</p>
            {graph.has_files_to_try && <p class="lab">This page reads the lists and headers of files. `leat check` and each run also try the files themselves.</p>}
            <Texts rows={graph.data ?? []} label="data" />
            {graph.phases.map((one) => (
              <details key={one.name} open={one.name === phase?.name}>
                <summary>{one.text}</summary>
                <Texts rows={one.sources ?? []} label={`sources of ${one.name}`} />
                {one.size_notes && <p class="lab lines">{one.size_notes}</p>}
              </details>
            ))}
          </>
        ) : (
          <p class="lab">Data, shapes, rates and memory are known when the graph has no mistakes.</p>
        )}
        {(graph.disclosures ?? []).map((one) => <p key={one} class="lab">note: {one}</p>)}
        {(graph.warnings ?? []).map((one) => <p key={one} class="problem warn">{one}</p>)}
      </div>
      <aside class="figures params" aria-label="parameters of the graph">
        {graph.params.length > 0 && <div class="lab">parameters of the graph</div>}
        {graph.params.map((param) => (
          <details key={param.name}>
            <summary><span class="set">{param.name}</span><span class="value">{param.value}</span></summary>
            <p>{param.doc} <span class="k">{param.allowed}</span></p>
          </details>
        ))}
        {graph.resources.length > 0 && <div class="lab">resources</div>}
        {graph.resources.map((one) => <div class="kvline" key={one.name}><span class="set">{one.name}</span><span class="value">{one.type}</span></div>)}
      </aside>
    </section>
  );
}

/** The name of the graph's file, for a graph without a title. */
function fileOf(graph: Graph): string {
  const name = graph.texts[0]?.name ?? "";
  return name.slice(name.lastIndexOf("/") + 1);
}

/** A table of texts. The first row has the headings; columns of numbers are at the right. */
function Texts({ rows, label }: { rows: string[][]; label: string }) {
  const [headings, ...rest] = rows;
  if (!headings || rest.length === 0) return null;
  const isNumber = headings.map((_, column) => rest.every((row) => /^[\d.]*$/.test(row[column] ?? "")));
  return (
    <table class="small" aria-label={label}>
      <thead><tr>{headings.map((one, column) => <th key={one} class={isNumber[column] ? "num" : ""}>{one}</th>)}</tr></thead>
      <tbody>
        {rest.map((row, k) => (
          <tr key={k}>{row.map((text, column) => <td key={column} class={isNumber[column] ? "num" : ""}>{text}</td>)}</tr>
        ))}
      </tbody>
    </table>
  );
}
