// What is shown for the nodes and edges of a phase, from the topics of a run.

import type { Phase } from "./graph";
import { ownName } from "./graph";
import type { Activity, CallNow, EdgeRow, LogNames, NodeRow, RunNow } from "./run";
import { useChanges, useTopic, type RunStore } from "./run_store";
import { isCut } from "./server";
import { boxWords, idle, stateWords } from "./states";
import { durationWords, msWords, percent, rateWords } from "./words";

export interface NodeNow {
  name: string;
  type: string;
  lane: "cpu" | "device";
  grain: "slot" | "step";
  isOrdered: boolean;
  state: number;
  row: NodeRow;
  /** The longest of its calls that run now. */
  call: CallNow | null;
  calls: number;
  /** It has done nothing for long; null: it has. */
  wait: Wait | null;
}

/** Since when a node waits, and for what. */
export interface Wait {
  seconds: number;
  /** `decode`, which runs since 12 s. Empty: not known. */
  reason: string;
}

export interface EdgeNow {
  row: EdgeRow;
  bytes: number | null;
  /** Values that it can hold. Null: not known. */
  room: number | null;
}

export interface PhaseNow {
  index: number;
  names: LogNames["phases"][number];
  activity: Activity | undefined;
  /** The phase is in progress. */
  isNow: boolean;
  /** Somebody has paused the run: what is known of the last seconds is from before. */
  isPaused: boolean;
  /** Why there are no rates of now; empty if there are. */
  still: "" | "paused" | "stalled" | "no connection";
  nodes: Map<string, NodeNow>;
  /** By `node.output>reader`. */
  edges: Map<string, EdgeNow>;
}

/** A call that runs for longer is named with its time. */
export const longCall = 1;
/** After this time without a call, the last seconds say nothing about what a node does now. */
const longWait = 3;

const nothing: NodeRow = { shares: [0, 0, 0, 0, 0], calls: 0, dropped: 0, rate: 0, median: null, p95: null, last_end: null };

function stateOf(row: NodeRow, call: CallNow | null, isNow: boolean, isPaused: boolean): number {
  if (!isNow) return idle;
  if (call) return 0;
  if (isPaused) return idle;
  const most = Math.max(...row.shares);
  return most === 0 ? idle : row.shares.indexOf(most);
}

const computed = new WeakMap<RunStore, { drawings: number; name: string; wasCut: boolean; now: PhaseNow | null }>();

export function phaseNow(store: RunStore, name: string): PhaseNow | null {
  const known = computed.get(store),
    wasCut = isCut(store.link);
  if (known?.drawings === store.drawings && known.name === name && known.wasCut === wasCut) return known.now;
  const now = computeNow(store, name);
  computed.set(store, { drawings: store.drawings, name, wasCut, now });
  return now;
}

function computeNow(store: RunStore, name: string): PhaseNow | null {
  const log = store.get("log"),
    run = store.get("run");
  const index = log?.phases.findIndex((phase) => phase.name === name) ?? -1;
  const names = log?.phases[index];
  if (!names) return null;
  const activity = store.get(`activity.${index}`);
  const isNow = run?.status === "running" && run.phase === index;
  const isPaused = isNow && run.is_paused;
  const still = !isNow ? "" : isCut(store.link) ? "no connection" : isPaused ? "paused" : run.stalled ? "stalled" : "";
  const calls = new Map<string, CallNow[]>();
  if (isNow)
    for (const call of store.get("calls") ?? []) if (call.phase === name) calls.set(call.node, [...(calls.get(call.node) ?? []), call]);
  const nodes = new Map<string, NodeNow>();
  names.nodes.forEach((node, k) => {
    const row = activity?.nodes[k] ?? nothing;
    const mine = calls.get(node.name) ?? [];
    const call = mine.reduce<CallNow | null>((longest, one) => (longest && longest.seconds >= one.seconds ? longest : one), null);
    nodes.set(node.name, { ...node, isOrdered: node.is_ordered ?? false, row, call, calls: mine.length, state: stateOf(row, call, isNow, isPaused), wait: null });
  });
  const edges = new Map<string, EdgeNow>();
  names.edges.forEach((edge, k) => {
    const row = activity?.edges[k],
      from = names.nodes[edge.from],
      to = names.nodes[edge.to];
    if (!row || !from || !to) return;
    const room = edge.per_step !== null && names.credits !== null ? edge.per_step * names.credits : null;
    edges.set(`${from.name}.${edge.output}>${to.name}`, { row, bytes: edge.bytes, room });
  });
  const now: PhaseNow = { index, names, activity, isNow, isPaused, still, nodes, edges };
  if (isNow && run) findWaits(now, run);
  return now;
}

/** How long ago a moment of the run was. A run whose process is seen has been read just now. */
function secondsSince(run: RunNow, moment: number): number {
  return run.seconds - moment + (run.read !== null && run.newest !== null ? Math.max(0, run.read - run.newest) : 0);
}

/** Finds the nodes that have done nothing for long, and what they wait for. */
function findWaits(now: PhaseNow, run: RunNow): void {
  const inputs = new Map<string, { from: string; waiting: number }[]>();
  now.names.edges.forEach((edge, k) => {
    const from = now.names.nodes[edge.from]?.name,
      to = now.names.nodes[edge.to]?.name;
    if (from === undefined || to === undefined) return;
    inputs.set(to, [...(inputs.get(to) ?? []), { from, waiting: now.activity?.edges[k]?.waiting ?? 0 }]);
  });
  const isIdle = (node: NodeNow): number | null => {
    if (node.call || node.row.last_end === null) return null;
    const seconds = secondsSince(run, node.row.last_end);
    // A call of a run in another process is not seen before its end.
    return seconds >= Math.max(longWait, 3 * ((node.row.p95 ?? 0) / 1000)) ? seconds : null;
  };
  /** The nearest nodes upstream that run, through inputs without a value. */
  const holders = (name: string): NodeNow[] => {
    const seen = new Set([name]),
      open = [name],
      out: NodeNow[] = [];
    for (const one of open)
      for (const input of inputs.get(one) ?? []) {
        const from = now.nodes.get(input.from);
        if (!from || seen.has(input.from) || input.waiting > 0) continue;
        seen.add(input.from);
        if (from.call) out.push(from);
        else open.push(input.from);
      }
    return out;
  };
  const running = [...now.nodes.values()].filter((node) => node.call).sort((a, b) => b.call!.seconds - a.call!.seconds);
  const say = (nodes: NodeNow[]): string =>
    nodes.slice(0, 2).map((node) => `${node.name}, which runs since ${durationWords(node.call!.seconds)}`).join("; ") +
    (nodes.length > 2 ? `; and ${nodes.length - 2} more` : "");
  for (const node of now.nodes.values()) {
    const seconds = isIdle(node);
    if (seconds === null) continue;
    const mine = inputs.get(node.name) ?? [];
    const hasAll = mine.length > 0 && mine.every((one) => one.waiting > 0);
    if (!now.isPaused) node.state = mine.length === 0 ? 4 : hasAll ? 1 : 2;
    const upstream = hasAll ? [] : holders(node.name);
    const reason = upstream.length > 0 ? say(upstream) : running.length > 0 ? say(running) : run.is_paused ? "the run is paused" : "";
    node.wait = { seconds, reason };
  }
}

/** Since when a node waits, and for what; empty if it does not wait for long. */
export function waitSentence(node: NodeNow): string {
  if (!node.wait) return "";
  const what = stateWords[node.state] ?? "waits";
  return `${what} for ${durationWords(node.wait.seconds)}${node.wait.reason ? `: ${node.wait.reason}` : ""}`;
}

/** The word under a node's name. */
export function wordOf(node: NodeNow, now: PhaseNow): string {
  if (node.call && node.call.seconds >= longCall) return `since ${durationWords(node.call.seconds)}`;
  if (now.isPaused && !node.call) return "paused";
  if (node.wait) return `${boxWords[node.state]!} ${durationWords(node.wait.seconds)}`;
  if (now.isNow) return boxWords[node.state]!;
  return now.activity && now.activity.seconds > 0 ? `ran ${percent(node.row.shares[0])}` : "idle";
}

/** The number beside it: samples in a second on the workers, the length of a call on the device. */
export function figureOf(node: NodeNow, now: PhaseNow): string {
  if (node.lane === "device" || node.grain === "step") return msWords(node.row.median);
  return now.still ? "" : rateWords(node.row.rate);
}

/** A rate of the last seconds, which a run that stands still does not have. */
export const rateNow = (now: PhaseNow | null, rate: number): string => now?.still || rateWords(rate);

/** The nodes in a group, the one that runs most first. */
export function busiest(now: PhaseNow, group: string): NodeNow[] {
  return [...now.nodes.values()].filter((node) => node.name.startsWith(`${group}/`)).sort((a, b) => b.row.shares[0] - a.row.shares[0]);
}

export const busiestWords = (node: NodeNow, group: string): string =>
  `${ownName(node.name.slice(group.length + 1))} ${percent(node.row.shares[0])}`;

/** The phase of the run's graph, or, where the run has no readable graph, one that the log's names give. */
export function drawnPhase(store: RunStore, name: string): Phase | undefined {
  const fromGraph = store.get("graph")?.graph?.phases.find((phase) => phase.name === name && phase.nodes.length > 0);
  if (fromGraph) return fromGraph;
  const names = store.get("log")?.phases.find((phase) => phase.name === name);
  if (!names) return undefined;
  return {
    name,
    kind: names.kind,
    place: null,
    instances: [],
    nodes: names.nodes.map((node, k) => ({
      name: node.name,
      type: node.type,
      lane: node.lane,
      grain: node.grain,
      is_ordered: node.is_ordered ?? false,
      place: null,
      given: {},
      inputs: names.edges
        .filter((edge) => edge.to === k)
        .map((edge, n) => ({ port: `in${n}`, member: "", from: names.nodes[edge.from]!.name, output: edge.output, place: null })),
      outputs: [...new Set(names.edges.filter((edge) => edge.from === k).map((edge) => edge.output))].map((port) => ({
        port,
        type: "",
        contract: "",
        grain: node.grain,
        origin: 0,
        bytes: null,
      })),
    })),
  };
}

/** Steps in a second, and seconds to the end; null: not known. */
export function paceOf(store: RunStore, now: PhaseNow | null): { rate: number | null; left: number | null } {
  const run = store.get("run"),
    at = now && run?.phases[now.index];
  if (!now?.activity || !at || now.activity.seconds <= 0) return { rate: null, left: null };
  const rate = now.activity.steps / now.activity.seconds;
  return { rate, left: at.steps !== null && rate > 0 && now.isNow && !now.still ? (at.steps - at.step) / rate : null };
}

/** The state of a phase; the component is drawn again when it changes. */
export function useNow(store: RunStore, name: string): PhaseNow | null {
  const log = useTopic(store, "log");
  useChanges(store, "run", "calls", `activity.${log?.phases.findIndex((one) => one.name === name) ?? -1}`);
  return phaseNow(store, name);
}

const beforeWords = { paused: "the pause", stalled: "the stall", "no connection": "the connection was lost" };

export const windowWords = (now: PhaseNow): string =>
  now.activity?.window
    ? `last ${durationWords(Math.max(1, Math.round(now.activity.seconds)))}${now.still ? ` before ${beforeWords[now.still]}` : ""}`
    : "whole run";
