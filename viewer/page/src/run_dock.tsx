// Below the graph of a run: the selected node or edge in numbers; if nothing is selected, the phases and the newest messages.

import type { Address } from "./address";
import { outputsOf, wireOf, type Graph, type Node, type Phase } from "./graph";
import type { Selected } from "./graph_view";
import { phaseNow, type EdgeNow, type NodeNow, type PhaseNow } from "./nodes_now";
import { sizeWords } from "./numbers";
import { PreviewPane } from "./preview_pane";
import { useChanges, useTopic, type RunStore } from "./run_store";
import { Bar, Glyph, idle, stateDocs, stateWords } from "./states";
import { pieces } from "./text_pane";
import { Words } from "./verdict";
import { durationWords, msWords, percent, rateWords, whole } from "./words";

interface Props {
  store: RunStore;
  name: string;
  phase: Phase | undefined;
  selected: Selected | null;
  select: (selected: Selected | null) => void;
  address: Address;
  go: (change: Partial<Address>) => void;
  isLive: boolean;
}

export function RunDock({ store, name, phase, selected, select, address, go, isLive }: Props) {
  const shown = useTopic(store, "graph");
  useChanges(store, "held", "run");
  const graph = shown?.graph, node = phase?.nodes.find((one) => one.name === selected?.node);
  const isRunning = store.get("run")?.status === "running";
  const paths = { any: `api/runs/${store.row}/preview`, live: isLive && isRunning ? `api/runs/${store.row}/live` : null };
  const builtPhase = graph?.is_built ? graph.phases.find((one) => one.name === name) : undefined;
  if (!phase || !selected || !node) return <div class="dock"><Overview store={store} name={name} go={go} select={select} /></div>;
  const close = <button type="button" class="quiet close" aria-label="close, Escape" onClick={() => select(null)}>✕</button>;
  if (!selected.port) return <div class="dock">{close}<NodeFacts store={store} name={name} phase={phase} node={node} graph={graph} select={select} /></div>;
  return (
    <div class="dock edge">
      {close}
      <EdgeFacts store={store} name={name} phase={phase} selected={selected} select={select} />
      {graph && builtPhase ? (
        <PreviewPane graph={graph} phase={builtPhase} old="" selected={selected} version={shown?.version ?? 0} step={address.step ?? 0} setStep={(step) => go({ step })}
          seed={graph.seed ?? "0"} setSeed={() => {}} paths={paths} isHeld={store.heldSince !== null} />
      ) : (
        <p class="wait">{(shown?.waits_for ?? []).length > 0 ? <>This graph runs code that is not Leat's own. <button type="button" class="link" onClick={() => go({ view: "graph" })}>Allow it beside the graph's text.</button></> : shown?.error || "The run's graph cannot be built here, so its values cannot be shown."}</p>
      )}
    </div>
  );
}

function useNow(store: RunStore, name: string): PhaseNow | null {
  const log = useTopic(store, "log");
  useChanges(store, "run", "calls", `activity.${log?.phases.findIndex((one) => one.name === name) ?? -1}`);
  return phaseNow(store, name);
}

export const windowWords = (now: PhaseNow): string => (now.activity?.window ? `last ${durationWords(Math.max(1, Math.round(now.activity.seconds)))}` : "whole run");

function NodeFacts({ store, name, phase, node, graph, select }: { store: RunStore; name: string; phase: Phase; node: Node; graph: Graph | undefined; select: (selected: Selected) => void }) {
  const now = useNow(store, name), known = now?.nodes.get(node.name);
  const page = graph?.types[node.type];
  return (
    <section class="facts" aria-label={`node ${node.name}`}>
      <div>
        <h2>{node.name} <small>{node.type}</small></h2>
        {page && <p class="k doc">{page.sentence}</p>}
        {known && now && <Shares node={known} now={now} />}
      </div>
      {known && now ? <Numbers node={known} now={now} /> : <p class="k">The log has no node of this name.</p>}
      <div>
        <Lines graph={graph} node={node} />
      </div>
      <div>
        <EdgeList title="reads" now={now} rows={node.inputs.map((input) => ({ words: `${input.from}.${input.output}`, key: `${input.from}.${input.output}>${node.name}`, press: () => select({ node: input.from, port: input.output }) }))} />
        <EdgeList title="gives" now={now} rows={outputsOf(phase, node).flatMap((port) =>
          phase.nodes.filter((other) => other.inputs.some((input) => input.from === node.name && input.output === port))
            .map((other) => ({ words: `${port} → ${other.name}`, key: `${node.name}.${port}>${other.name}`, press: () => select({ node: node.name, port }) })))} />
      </div>
    </section>
  );
}

function Shares({ node, now }: { node: NodeNow; now: PhaseNow }) {
  const seconds = now.activity?.seconds ?? 0;
  return (
    <>
      <Bar shares={node.row.shares} width={300} height={12} />
      <ul class="states">
        {stateWords.slice(0, idle).map((word, k) => (
          <li key={word} title={stateDocs[k]} class={k === node.state ? "on" : ""}>
            <Glyph state={k} /><span>{word}{k === node.state ? " now" : ""}</span><span class="r">{percent(node.row.shares[k]!)}</span><span class="r k">{((node.row.shares[k]! * seconds) / 1000).toFixed(1)} s</span>
          </li>
        ))}
      </ul>
    </>
  );
}

function Numbers({ node, now }: { node: NodeNow; now: PhaseNow }) {
  const call = node.call;
  return (
    <div>
    <div class="lab">{windowWords(now)}</div>
    <dl class="kv wide">
      <dt>{node.grain === "slot" ? "samples a second" : "steps a second"}</dt><dd>{rateWords(node.row.rate).replace("/s", "")}</dd>
      <dt>calls</dt><dd>{whole(node.row.calls)}</dd>
      <dt>a call, median</dt><dd>{msWords(node.row.median)}</dd>
      <dt>a call, 95th percentile</dt><dd>{msWords(node.row.p95)}</dd>
      <dt>dropped samples</dt><dd class={node.row.dropped > 0 ? "bad" : ""}>{whole(node.row.dropped)}</dd>
      <dt>lane</dt><dd>{node.lane === "device" ? "device" : "workers"}</dd>
      {call && <><dt>runs now</dt><dd>step {whole(call.step)}{call.slot >= 0 && `, slot ${call.slot}`}, since {durationWords(call.seconds)}{node.calls > 1 && `; ${node.calls} calls`}</dd></>}
    </dl>
    </div>
  );
}

/** The node's lines in the graph's text. */
function Lines({ graph, node }: { graph: Graph | undefined; node: Node }) {
  const text = node.place && graph?.texts[node.place.text];
  if (!node.place || !text) return <div class="lab">The graph's text is not there.</div>;
  const first = Math.max(1, node.place.line - 1), lines = text.lines.slice(first - 1, first + 4);
  return (
    <>
      <div class="lab">line {node.place.line} of {text.name.split("/").pop()}</div>
      <div class="yaml few">
        {lines.map((line, k) => (
          <div key={k} class={first + k === node.place!.line ? "yl on" : "yl"}><span class="n">{first + k}</span>{pieces(line).map((piece, n) => <span key={n} class={piece.kind}>{piece.text}</span>)}</div>
        ))}
      </div>
    </>
  );
}

function EdgeList({ title, now, rows }: { title: string; now: PhaseNow | null; rows: { words: string; key: string; press: () => void }[] }) {
  if (rows.length === 0) return null;
  return (
    <table class="small edges">
      <thead><tr><th>{title}</th><th class="r">waiting</th><th class="r">waits</th></tr></thead>
      <tbody>
        {rows.map((row) => {
          const edge = now?.edges.get(row.key);
          return <tr key={row.key + row.words}><td><button type="button" class="link" onClick={row.press}>{row.words}</button></td><td class="r">{edge && waitingWords(edge)}</td><td class="r">{edge && msWords(edge.row.wait)}</td></tr>;
        })}
      </tbody>
    </table>
  );
}

const waitingWords = (edge: EdgeNow): string => (edge.row.waiting === null ? "–" : edge.room === null ? whole(edge.row.waiting) : `${whole(edge.row.waiting)} of ${whole(edge.room)}`);

function EdgeFacts({ store, name, phase, selected, select }: { store: RunStore; name: string; phase: Phase; selected: Selected; select: (selected: Selected) => void }) {
  const now = useNow(store, name);
  const readers = phase.nodes.filter((node) => node.inputs.some((input) => input.from === selected.node && input.output === selected.port));
  const bytes = readers.map((reader) => now?.edges.get(`${selected.node}.${selected.port}>${reader.name}`)?.bytes).find((one) => one != null) ?? wireOf(phase, selected.node, selected.port)?.bytes ?? null;
  return (
    <table class="small edgefacts">
      <thead><tr><th>read by</th><th class="r">waiting</th><th class="r">values</th><th class="r">bytes</th><th class="r">mean wait</th></tr></thead>
      <tbody>
        {readers.map((reader) => {
          const edge = now?.edges.get(`${selected.node}.${selected.port}>${reader.name}`);
          return (
            <tr key={reader.name}>
              <td><button type="button" class="link" onClick={() => select({ node: reader.name, port: "" })}>{reader.name}</button></td>
              <td class="r">{edge ? waitingWords(edge) : "–"}</td><td class="r">{edge ? rateWords(edge.row.rate) : "–"}</td>
              <td class="r">{edge && bytes ? `${sizeWords(bytes * edge.row.rate)}/s` : "–"}</td><td class="r">{edge ? msWords(edge.row.wait) : "–"}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** The nodes that run most. */
function Busiest({ store, name, select }: { store: RunStore; name: string; select: (selected: Selected) => void }) {
  const now = useNow(store, name);
  const nodes = now?.activity ? [...now.nodes.values()].sort((a, b) => b.row.shares[0] - a.row.shares[0]).slice(0, 8) : [];
  return (
    <div>
      <div class="lab">nodes that run most, {now ? windowWords(now) : ""}</div>
      <table class="small busiest">
        <tbody>
          {nodes.map((node) => (
            <tr key={node.name}>
              <td><button type="button" class="link" onClick={() => select({ node: node.name, port: "" })}>{node.name}</button></td>
              <td><Bar shares={node.row.shares} width={110} /></td><td class="r">{percent(node.row.shares[0])}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Overview({ store, name, go, select }: { store: RunStore; name: string; go: (change: Partial<Address>) => void; select: (selected: Selected) => void }) {
  const run = useTopic(store, "run"), log = useTopic(store, "log"), messages = useTopic(store, "messages");
  const names = new Set(log?.phases.find((one) => one.name === name)?.nodes.map((node) => node.name));
  return (
    <section class="facts overview" aria-label="the run">
      <table class="small">
        <thead><tr><th>phase</th><th>kind</th><th class="r">steps</th><th class="r">times</th><th class="r">nodes</th><th class="r">steps in flight</th></tr></thead>
        <tbody>
          {log?.phases.map((one, k) => {
            const at = run?.phases[k];
            return (
              <tr key={one.name} class={one.name === name ? "on" : ""}>
                <td><button type="button" class="link" onClick={() => go({ phase: one.name, node: "", port: "" })}>{one.name}</button>{run?.status === "running" && run.phase === k && <span class="k"> now</span>}</td>
                <td>{one.kind}</td><td class="r">{at ? `${whole(at.step)}${at.steps !== null ? ` of ${whole(at.steps)}` : ""}` : "–"}</td>
                <td class="r">{at?.occurrences ?? 0}</td><td class="r">{one.nodes.length}</td><td class="r">{one.credits ?? "–"}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <Busiest store={store} name={name} select={select} />
      <dl class="kv wide">
        <dt>folder</dt><dd>{run?.folder}</dd>
        <dt>workers</dt><dd>{log?.workers ?? "–"}</dd>
        {log?.begun != null && <><dt>begun</dt><dd>{new Date(log.begun * 1000).toLocaleString("en-GB")}</dd></>}
        <dt>time</dt><dd>{run ? durationWords(run.seconds) : "–"}</dd>
      </dl>
      <div class="messages">
        <div class="lab">newest messages</div>
        {(messages ?? []).length === 0 && <p class="k">none</p>}
        {[...(messages ?? [])].reverse().map((one, k) => <p key={k} class={one.is_warning ? "warnline" : ""}><span class="k">{durationWords(one.time)}</span> <Words text={one.text} names={names} press={(node) => select({ node, port: "" })} /></p>)}
      </div>
    </section>
  );
}
