// All nodes of a phase as a table: for those who do not see the picture, and on narrow screens.

import { useRef, useState } from "preact/hooks";
import type { Selected } from "./graph_view";
import { figureOf, phaseNow, rateNow, windowWords, wordOf, type NodeNow } from "./nodes_now";
import { useChanges, useTopic, type RunStore } from "./run_store";
import { blameOf } from "./run_view";
import { Bar, Glyph, stateWords } from "./states";
import { msWords, percent, whole } from "./words";

interface Props {
  store: RunStore;
  name: string;
  find: string;
  selected: Selected | null;
  select: (selected: Selected) => void;
  isNarrow: boolean;
}

const columns: [string, (node: NodeNow) => number | string][] = [
  ["node", (node) => node.name],
  ["running", (node) => node.row.shares[0]],
  ["queued", (node) => node.row.shares[1]],
  ["waits for input", (node) => node.row.shares[2]],
  ["blocked", (node) => node.row.shares[3]],
  ["waits for a credit", (node) => node.row.shares[4]],
  ["rate", (node) => node.row.rate],
  ["median", (node) => node.row.median ?? -1],
  ["95 %", (node) => node.row.p95 ?? -1],
  ["dropped", (node) => node.row.dropped],
];
/** Rows change places at most this often, in milliseconds, so that they can be read and pressed. */
const settled = 5000;

export function NodeTable({ store, name, find, selected, select, isNarrow }: Props) {
  const log = useTopic(store, "log");
  useChanges(store, "run", "calls", "verdict", `activity.${log?.phases.findIndex((one) => one.name === name) ?? -1}`);
  const [sort, setSort] = useState({ column: 1, isUp: false });
  const order = useRef({ key: "", time: 0, names: [] as string[] });
  const now = phaseNow(store, name);
  if (!now) return <div class="tablewrap" />;
  const key = `${name} ${sort.column} ${sort.isUp} ${now.nodes.size} ${now.activity !== undefined}`;
  if (order.current.key !== key || performance.now() - order.current.time > settled) {
    const value = columns[sort.column]![1],
      sign = sort.isUp ? 1 : -1;
    const sorted = [...now.nodes.values()].sort((a, b) => sign * (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0));
    order.current = { key, time: performance.now(), names: sorted.map((node) => node.name) };
  }
  const blame = blameOf(store, now);
  const rows = order.current.names
    .flatMap((one) => now.nodes.get(one) ?? [])
    .filter((node) => !find || `${node.name} ${node.type}`.toLowerCase().includes(find.toLowerCase()));
  const state = (node: NodeNow) => (
    <span class="state">
      <Glyph state={node.state} />
      {(node.call && now.isNow) || now.isPaused ? wordOf(node, now) : now.isNow ? stateWords[node.state] : wordOf(node, now)}
    </span>
  );
  const title = (node: NodeNow) => (
    <button type="button" class="link rowname" onClick={() => select({ node: node.name, port: "" })}>
      {node.name}
      {blame.nodes.has(node.name) && <b class={blame.isBad ? "bad" : ""}> · {blame.word}</b>}
    </button>
  );
  const rowClass = (node: NodeNow): string => (selected?.node === node.name ? "on" : "");
  const head = (k: number) => (
    <th key={k} class={k > 0 ? "r" : ""} aria-sort={sort.column === k ? (sort.isUp ? "ascending" : "descending") : "none"}>
      <button type="button" onClick={() => setSort({ column: k, isUp: sort.column === k ? !sort.isUp : k === 0 })}>
        {columns[k]![0]}
        {sort.column === k ? (sort.isUp ? " ↑" : " ↓") : ""}
      </button>
    </th>
  );
  if (isNarrow)
    return (
      <div class="tablewrap" tabIndex={0} role="region" aria-label="nodes">
        <table class="grid">
          <thead>
            <tr>
              <th>node</th>
              <th>{windowWords(now)}</th>
              <th class="r">running</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((node) => (
              <tr key={node.name} class={rowClass(node)}>
                <td>
                  {title(node)}
                  <div class="k">
                    {state(node)} {figureOf(node, now)}
                  </div>
                </td>
                <td>
                  <Bar shares={node.row.shares} width={100} height={10} />
                </td>
                <td class="r">{percent(node.row.shares[0])}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    );
  return (
    <div class="tablewrap" tabIndex={0} role="region" aria-label="nodes">
      <table class="grid">
        <thead>
          <tr>
            {head(0)}
            <th>state</th>
            <th>{windowWords(now)}</th>
            {columns.slice(1).map((_, k) => head(k + 1))}
          </tr>
        </thead>
        <tbody>
          {rows.map((node) => (
            <tr key={node.name} class={rowClass(node)}>
              <td>
                {title(node)} <span class="k">{[node.type, node.isOrdered && "one task at a time"].filter(Boolean).join(" · ")}</span>
              </td>
              <td>{state(node)}</td>
              <td>
                <Bar shares={node.row.shares} width={160} height={8} />
              </td>
              {node.row.shares.map((share, k) => (
                <td key={k} class="r">
                  {share > 0 ? percent(share) : <span class="k">–</span>}
                </td>
              ))}
              <td class="r">{rateNow(now, node.row.rate)}</td>
              <td class="r">{msWords(node.row.median)}</td>
              <td class="r">{msWords(node.row.p95)}</td>
              <td class={node.row.dropped > 0 ? "r bad" : "r"}>{whole(node.row.dropped)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
