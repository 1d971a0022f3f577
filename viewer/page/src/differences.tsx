// In what two runs differ: parameters, seed, device, and the graphs themselves.

import { useMemo } from "preact/hooks";
import type { Graph } from "./graph";
import type { RunRow } from "./run";
import { differing } from "./run_columns";
import { useTopic, type RunStore } from "./run_store";
import { count } from "./words";

/** Differences of graphs that are listed. */
const mostListed = 8;

/** What is not the same in two graphs beside their parameters: nodes and resources that only one has, and what was set in them. */
function graphDifferences(a: Graph, b: Graph): string[] {
  type Part = { of: string; name: string; type: string; given: Record<string, string>; from: string };
  const parts = (graph: Graph): Map<string, Part> => {
    const nodes = graph.phases.flatMap((phase) =>
      phase.nodes.map((node) => ({ ...node, of: phase.name, from: node.inputs.map((input) => `${input.port}.${input.member}=${input.from}.${input.output}`).sort().join() })),
    );
    return new Map([...graph.resources.map((one) => ({ ...one, of: "", from: "" })), ...nodes].map((one) => [`${one.of} ${one.name}`, one]));
  };
  const ofA = parts(a), ofB = parts(b);
  const named = (one: Part): string => (one.of ? `${one.of}: ${one.name}` : one.name);
  const out: string[] = [];
  for (const key of new Set([...ofA.keys(), ...ofB.keys()])) {
    const x = ofA.get(key), y = ofB.get(key);
    if (!x || !y) out.push(`${named((x ?? y)!)} is only in the ${x ? "first" : "second"}`);
    else if (x.type !== y.type) out.push(`${named(x)} is ${x.type} and ${y.type}`);
    else {
      const given = [...new Set([...Object.keys(x.given), ...Object.keys(y.given)])].filter((name) => x.given[name] !== y.given[name]);
      out.push(...given.map((name) => `${named(x)} has ${name} ${x.given[name] ?? "not set"} and ${y.given[name] ?? "not set"}`));
      if (x.from !== y.from) out.push(`${named(x)} reads other outputs`);
    }
  }
  if (a.plan !== b.plan) out.push("their plans");
  return out;
}

/** What was set differently. */
export function Differences({ a, b, first, second }: { a: RunRow; b: RunRow; first: RunStore; second: RunStore }) {
  const graphA = useTopic(first, "graph")?.graph,
    graphB = useTopic(second, "graph")?.graph;
  const params = differing([a, b]);
  const others = [a.seed !== b.seed && `seed ${a.seed ?? "–"} and ${b.seed ?? "–"}`, a.device !== b.device && `device ${a.device} and ${b.device}`].filter(Boolean);
  // Without other parameters, or with other ones, the graphs themselves are not the same.
  const areOthers = a.graph_hash !== b.graph_hash && (params.length === 0 || Object.keys(a.params).join() !== Object.keys(b.params).join());
  const ofGraphs = useMemo(() => (areOthers && graphA && graphB ? graphDifferences(graphA, graphB) : []), [areOthers, graphA, graphB]);
  const isSame = params.length === 0 && others.length === 0 && !areOthers;
  return (
    <div class="differences">
      <p>
        {isSame ? "Same graph, parameters, seed and device." : params.length + others.length > 0 ? "They differ in " : ""}
        {params.map((name, k) => (
          <span key={name}>
            {k > 0 && ", "}
            <b>{name}</b> {a.params[name] ?? "not set"} and {b.params[name] ?? "not set"}
          </span>
        ))}
        {params.length > 0 && others.length > 0 && ", "}
        {others.join(", ")}
        {params.length + others.length > 0 && "."}
      </p>
      {areOthers && (
        <p class="k">
          Their graphs are not the same{ofGraphs.length > 0 ? ": " : "."}
          {ofGraphs.slice(0, mostListed).join("; ")}
          {ofGraphs.length > mostListed && `; and ${count(ofGraphs.length - mostListed, "other difference")}`}
          {ofGraphs.length > 0 && "."}
        </p>
      )}
    </div>
  );
}
