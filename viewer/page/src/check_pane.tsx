// What `leat check` says of the whole graph.

import type { Graph, Phase } from "./graph";
import { sizeWords } from "./numbers";

export function CheckPane({ graph, phase }: { graph: Graph; phase: Phase | undefined }) {
  return (
    <section class="prev" aria-label="check">
      <div class="prevmain">
        <div class="prevhead"><h2>{graph.title || "no title"}</h2></div>
        {graph.plan && <p class="doc">{graph.plan}</p>}
        {graph.is_built ? (
          <table class="small">
            <thead><tr><th>phase</th><th>kind</th><th>nodes</th><th>steps</th><th>in flight</th><th>memory</th><th>sources</th></tr></thead>
            <tbody>
              {graph.phases.map((one) => (
                <tr key={one.name} class={one === phase ? "on" : ""}>
                  <td>{one.name}</td>
                  <td>{one.kind}</td>
                  <td>{one.nodes.length}</td>
                  <td>{one.steps?.toLocaleString("en")}</td>
                  <td>{one.credits}</td>
                  <td>{one.has_unknown_sizes ? "known: " : ""}{sizeWords(one.bound_bytes ?? 0)}</td>
                  <td>{(one.origins ?? []).map((origin) => `${origin.source}: ${origin.rows} of ${origin.length || "endless"}`).join(", ")}</td>
                </tr>
              ))}
            </tbody>
          </table>
        ) : (
          <p class="lab">Shapes, rates and memory are known when the graph has no mistakes.</p>
        )}
        {graph.is_built && <p class="lab">Values in flight take up to {sizeWords(graph.bound_bytes ?? 0)} of the {sizeWords(graph.memory_bytes ?? 0)} allowed.</p>}
        {(graph.disclosures ?? []).map((one) => <p key={one} class="lab">note: {one}</p>)}
        {(graph.warnings ?? []).map((one) => <p key={one} class="problem warn">{one}</p>)}
      </div>
      <aside class="figures params" aria-label="parameters of the graph">
        <div class="lab">parameters of the graph</div>
        {graph.params.map((param) => (
          <details key={param.name}>
            <summary><span class="set">{param.name}</span><span class="value">{param.value}</span></summary>
            <p>{param.doc} <span class="k">{param.allowed}</span></p>
          </details>
        ))}
        <div class="lab">resources</div>
        {graph.resources.map((one) => <div class="kvline" key={one.name}><span class="set">{one.name}</span><span class="value">{one.type}</span></div>)}
      </aside>
    </section>
  );
}
