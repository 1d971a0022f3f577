// Below the graph of a run: the selected node or edge in numbers; if nothing is selected, the phases and the newest messages.

import type { Address } from "./address";
import { outputsOf, wireOf, type Graph, type Node, type Phase } from "./graph";
import type { Selected } from "./graph_view";
import { rateNow, useNow, waitSentence, windowWords, type EdgeNow, type NodeNow, type PhaseNow } from "./nodes_now";
import { sizeWords } from "./numbers";
import { PreviewPane } from "./preview_pane";
import { useChanges, useTopic, type RunStore } from "./run_store";
import { isCut } from "./server";
import { Bar, Glyph, idle, stateDocs, stateWords } from "./states";
import type { SampleWay } from "./way";
import { pieces } from "./text_pane";
import { Overview } from "./run_overview";
import { durationWords, msWords, percent, whole } from "./words";

interface Props {
  store: RunStore;
  name: string;
  phase: Phase | undefined;
  selected: Selected | null;
  select: (selected: Selected | null) => void;
  address: Address;
  go: (change: Partial<Address>) => void;
  isLive: boolean;
  show: (way: SampleWay | null) => void;
}

export function RunDock({ store, name, phase, selected, select, address, go, isLive, show }: Props) {
  const shown = useTopic(store, "graph"),
    recorded = useTopic(store, "recorded")?.find((one) => one.name === name);
  useChanges(store, "held", "run", "link");
  const graph = shown?.graph,
    node = phase?.nodes.find((one) => one.name === selected?.node);
  const isRunning = store.get("run")?.status === "running";
  const builtPhase = graph?.is_built ? graph.phases.find((one) => one.name === name) : undefined;
  const paths = {
    any: builtPhase ? `api/runs/${store.row}/preview` : null,
    recorded: recorded ? `api/runs/${store.row}/recorded` : null,
    live: isLive && isRunning && builtPhase ? `api/runs/${store.row}/live` : null,
    allow: `api/runs/${store.row}/allow`,
  };
  const isRecorded = recorded?.outputs.some((one) => one.node === selected?.node && one.port === selected.port) ?? false;
  if (!phase || !selected || !node)
    return (
      <div class="dock">
        <Overview store={store} name={name} go={go} select={select} />
      </div>
    );
  const close = (
    <button type="button" class="quiet close" aria-label="close, Escape" onClick={() => select(null)}>
      ✕
    </button>
  );
  if (!selected.port)
    return (
      <div class="dock">
        {close}
        <NodeFacts store={store} name={name} phase={phase} node={node} graph={graph} select={select} />
      </div>
    );
  return (
    <div class="dock edge">
      {close}
      <EdgeFacts store={store} name={name} phase={phase} selected={selected} select={select} />
      {builtPhase || isRecorded ? (
        <PreviewPane
          graph={graph}
          phase={builtPhase ?? phase}
          old=""
          selected={selected}
          version={shown?.version ?? 0}
          step={address.step}
          setStep={(step) => go({ step })}
          sample={address.sample}
          setSample={(sample) => go({ sample })}
          show={show}
          recorded={recorded}
          seed={graph?.seed ?? "0"}
          setSeed={() => {}}
          paths={paths}
          isHeld={store.heldSince !== null}
          isPaused={store.get("run")?.is_paused ?? false}
          isCut={isCut(store.link)}
        />
      ) : (
        <p class="wait">
          {(shown?.waits_for ?? []).length > 0 ? (
            <>
              This graph runs code that is not Leat's own.{" "}
              <button type="button" class="link" onClick={() => go({ view: "graph" })}>
                Allow it beside the graph's text.
              </button>
            </>
          ) : (
            shown?.error || "The run's graph cannot be built here, so its values cannot be shown."
          )}
        </p>
      )}
    </div>
  );
}

function NodeFacts({
  store,
  name,
  phase,
  node,
  graph,
  select,
}: {
  store: RunStore;
  name: string;
  phase: Phase;
  node: Node;
  graph: Graph | undefined;
  select: (selected: Selected) => void;
}) {
  const now = useNow(store, name),
    known = now?.nodes.get(node.name);
  const page = graph?.types[node.type];
  return (
    <section class="facts" aria-label={`node ${node.name}`}>
      <div>
        <h2>
          {node.name} <small>{node.type}</small>
        </h2>
        {page && <p class="k doc">{page.sentence}</p>}
        {known?.wait && <p class="waits">{waitSentence(known)}</p>}
        {known && now && <Shares node={known} now={now} />}
      </div>
      {known && now ? <Numbers node={known} now={now} /> : <p class="k">The log has no node of this name.</p>}
      <div>
        <Lines graph={graph} node={node} />
      </div>
      <div>
        <EdgeList
          title="reads"
          now={now}
          rows={node.inputs.map((input) => ({
            words: `${input.from}.${input.output}`,
            key: `${input.from}.${input.output}>${node.name}`,
            press: () => select({ node: input.from, port: input.output }),
          }))}
        />
        <EdgeList
          title="gives"
          now={now}
          rows={outputsOf(phase, node).flatMap((port) =>
            phase.nodes
              .filter((other) => other.inputs.some((input) => input.from === node.name && input.output === port))
              .map((other) => ({
                words: `${port} → ${other.name}`,
                key: `${node.name}.${port}>${other.name}`,
                press: () => select({ node: node.name, port }),
              })),
          )}
        />
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
            <Glyph state={k} />
            <span>
              {word}
              {k === node.state ? (node.wait ? ` for ${durationWords(node.wait.seconds)}` : " now") : ""}
            </span>
            <span class="r">{percent(node.row.shares[k]!)}</span>
            <span class="r k">{((node.row.shares[k]! * seconds) / 1000).toFixed(1)} s</span>
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
        <dt>{node.grain === "slot" ? "samples a second" : "steps a second"}</dt>
        <dd>{rateNow(now, node.row.rate).replace("/s", "")}</dd>
        <dt>calls</dt>
        <dd>{whole(node.row.calls)}</dd>
        <dt>a call, median</dt>
        <dd>{msWords(node.row.median)}</dd>
        <dt>a call, 95th percentile</dt>
        <dd>{msWords(node.row.p95)}</dd>
        <dt>dropped samples</dt>
        <dd class={node.row.dropped > 0 ? "bad" : ""}>{whole(node.row.dropped)}</dd>
        <dt>lane</dt>
        <dd>{node.lane === "device" ? "device" : "workers"}</dd>
        {node.isOrdered && (
          <>
            <dt title="The node has a state: its tasks run in the order of steps and slots">tasks</dt>
            <dd>one at a time</dd>
          </>
        )}
        {call && (
          <>
            <dt>runs now</dt>
            <dd>
              step {whole(call.step)}
              {call.slot >= 0 && `, slot ${call.slot}`}, since {durationWords(call.seconds)}
              {node.calls > 1 && `; ${node.calls} calls`}
            </dd>
          </>
        )}
      </dl>
    </div>
  );
}

/** The node's lines in the graph's text. */
function Lines({ graph, node }: { graph: Graph | undefined; node: Node }) {
  const text = node.place && graph?.texts[node.place.text];
  if (!node.place || !text) return <div class="lab">The graph's text is not there.</div>;
  const first = Math.max(1, node.place.line - 1),
    lines = text.lines.slice(first - 1, first + 4);
  return (
    <>
      <div class="lab">
        line {node.place.line} of {text.name.split("/").pop()}
      </div>
      <div class="yaml few">
        {lines.map((line, k) => (
          <div key={k} class={first + k === node.place!.line ? "yl on" : "yl"}>
            <span class="n">{first + k}</span>
            {pieces(line).map((piece, n) => (
              <span key={n} class={piece.kind}>
                {piece.text}
              </span>
            ))}
          </div>
        ))}
      </div>
    </>
  );
}

function EdgeList({
  title,
  now,
  rows,
}: {
  title: string;
  now: PhaseNow | null;
  rows: { words: string; key: string; press: () => void }[];
}) {
  if (rows.length === 0) return null;
  return (
    <table class="small edges">
      <thead>
        <tr>
          <th>{title}</th>
          <th class="r">waiting</th>
          <th class="r">waits</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => {
          const edge = now?.edges.get(row.key);
          return (
            <tr key={row.key + row.words}>
              <td>
                <button type="button" class="link" onClick={row.press}>
                  {row.words}
                </button>
              </td>
              <td class="r">{edge && waitingWords(edge)}</td>
              <td class="r">{edge && msWords(edge.row.wait)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

const waitingWords = (edge: EdgeNow): string =>
  edge.row.waiting === null ? "–" : edge.room === null ? whole(edge.row.waiting) : `${whole(edge.row.waiting)} of ${whole(edge.room)}`;

function EdgeFacts({
  store,
  name,
  phase,
  selected,
  select,
}: {
  store: RunStore;
  name: string;
  phase: Phase;
  selected: Selected;
  select: (selected: Selected) => void;
}) {
  const now = useNow(store, name);
  const readers = phase.nodes.filter((node) => node.inputs.some((input) => input.from === selected.node && input.output === selected.port));
  const bytes =
    readers.map((reader) => now?.edges.get(`${selected.node}.${selected.port}>${reader.name}`)?.bytes).find((one) => one != null) ??
    wireOf(phase, selected.node, selected.port)?.bytes ??
    null;
  return (
    <table class="small edgefacts">
      <thead>
        <tr>
          <th>read by</th>
          <th class="r">waiting</th>
          <th class="r">values</th>
          <th class="r">bytes</th>
          <th class="r">mean wait</th>
        </tr>
      </thead>
      <tbody>
        {readers.map((reader) => {
          const edge = now?.edges.get(`${selected.node}.${selected.port}>${reader.name}`);
          return (
            <tr key={reader.name}>
              <td>
                <button type="button" class="link" onClick={() => select({ node: reader.name, port: "" })}>
                  {reader.name}
                </button>
              </td>
              <td class="r">{edge ? waitingWords(edge) : "–"}</td>
              <td class="r">{edge ? rateNow(now, edge.row.rate) : "–"}</td>
              <td class="r">{edge && bytes && !now?.still ? `${sizeWords(bytes * edge.row.rate)}/s` : "–"}</td>
              <td class="r">{edge ? msWords(edge.row.wait) : "–"}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
