// A node: what it does, its parameters with their values and ranges, its ports, and the mistakes in it.

import { outputsOf, wireOf, type Component, type Graph, type Mistake, type Node, type Phase, type TypePage } from "./graph";
import type { Selected } from "./graph_view";
import { MistakeText } from "./text_pane";

export function NodePane({ graph, phase, node, select }: { graph: Graph; phase: Phase; node: Node; select: (selected: Selected) => void }) {
  const page = graph.types[node.type];
  const mistakes = graph.mistakes.filter((one) => one.parts.some((part) => part.phase === phase.name && part.name === node.name));
  const origin = phase.origins?.[node.origin ?? -1];
  const rate = origin ? (node.grain === "slot" ? `once per sample, ${origin.rows} a step` : `once per step, on ${origin.rows} rows`) : node.grain ? "once per step" : "";
  return (
    <section class="prev" aria-label={`node ${node.name}`}>
      <div class="prevmain">
        <div class="prevhead">
          <h2>{node.name} <small>{node.type}</small></h2>
          <span class="lab">{[node.lane === "device" ? "device lane" : "workers", rate, node.is_ordered && "one task at a time, because it has a state", node.skips_errors && "on_error: skip: leaves out samples for which it fails"].filter(Boolean).join(" · ")}</span>
        </div>
        <p class="doc">{page?.sentence ?? "This type is not known here."} {page?.plugin && <span class="k">From {page.plugin}.</span>}</p>
        <Mistakes mistakes={mistakes} />
        <div class="columns">
          <Ports title="inputs" rows={node.inputs.map((input) => ({ name: input.member ? `${input.port}.${input.member}` : input.port, port: input.port, text: `${input.from}.${input.output}`, press: () => select({ node: input.from, port: input.output }) }))} docs={page?.inputs ?? []} />
          <Ports title="outputs" rows={outputsOf(phase, node).map((port) => ({ name: port, port, text: wireOf(phase, node.name, port)?.contract ?? "", press: () => select({ node: node.name, port }) }))} docs={page?.outputs ?? []} />
        </div>
        {(node.resources ?? []).length > 0 && (
          <p class="lab">{node.resources!.map((use) => `${use.changes ? "changes" : "reads"} ${use.name}`).join(", ")}</p>
        )}
      </div>
      <Params component={node} page={page} />
    </section>
  );
}

export function Mistakes({ mistakes }: { mistakes: Mistake[] }) {
  return (
    <>
      {mistakes.map((one, k) => <p key={k} class={one.is_warning ? "problem warn" : "problem"}><MistakeText mistake={one} /></p>)}
    </>
  );
}

function Ports({ title, rows, docs }: { title: string; rows: { name: string; port: string; text: string; press: () => void }[]; docs: { name: string; sentence: string }[] }) {
  if (rows.length === 0) return null;
  return (
    <table class="small ports">
      <thead><tr><th>{title}</th><th /></tr></thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.name}>
            <td><button type="button" class="link" title={docs.find((doc) => doc.name === row.port)?.sentence} onClick={row.press}>{row.name}</button></td>
            <td class="k">{row.text}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Values of parameters; bold: set in the graph. */
export function Params({ component, page }: { component: Component; page: TypePage | undefined }) {
  if (!page || page.params.length === 0) return <aside class="figures" />;
  return (
    <aside class="figures params" aria-label="parameters">
      <div class="lab">parameters (bold: set in the graph)</div>
      {page.params.map((param) => {
        const key = param.name.split(".")[0]!;
        const isSet = key in component.given;
        return (
          <details key={param.name}>
            <summary>
              <span class={isSet ? "set" : ""}>{param.name}</span>
              <span class={isSet ? "set value" : "value"}>{component.values?.[param.name] ?? component.given[param.name] ?? param.default ?? "missing"}</span>
            </summary>
            <p>{param.sentence} <span class="k">{[param.type, param.range, param.default === null ? "required" : `default ${param.default}`].filter(Boolean).join(" · ")}</span></p>
          </details>
        );
      })}
    </aside>
  );
}
