// A run as the server sends it (viewer/server/run_json.h). Times are in seconds since the run's log was opened, unless stated otherwise.

/**
 * Stopped: by request. Unfinished: its log does not say how it ended. In the list, a run in progress is running or paused; in its own
 * topic it is running, and `is_paused`.
 */
export type RunStatus = "running" | "paused" | "finished" | "failed" | "stopped" | "unfinished";
/** All of them, in the order in which a sentence lists them. */
export const statuses: RunStatus[] = ["running", "paused", "finished", "failed", "stopped", "unfinished"];
/** A process works on the run. */
export const isWorking = (run: { status: RunStatus }): boolean => run.status === "running" || run.status === "paused";

/** Topic `runs`: the topics that have the rows, and why they cannot be read. */
export interface RunList {
  parts: string[];
  error: string;
}

/** A row of a topic `runs.K`: one of the runs that the page can show. The metrics of an unfinished run are those so far. */
export interface RunRow {
  row: number;
  folder: string;
  title: string;
  status: RunStatus;
  error: string;
  seed: string | null;
  device: string;
  steps: number;
  seconds: number;
  graph_hash: string;
  params: Record<string, string>;
  /** By `phase.node.metric`; null: undefined. */
  metrics: Record<string, number | null>;
  /** Their names in order: headline metrics first. `is_mean`: the mean over the newest 50 steps of a training. */
  order: { name: string; is_headline: boolean; is_mean?: boolean }[];
  /** By phase: the step of the metrics of an unfinished run. */
  at?: Record<string, number>;
}

/** Topic `page`: what this page was opened for. */
export interface PageKind {
  opened: "graph" | "runs";
  /** With `--control`. */
  has_control: boolean;
  /** The run works in the server's own process: its values can be watched. */
  is_live: boolean;
}

/** Topic `log`: the names that the run's log begins with. It changes if a run is resumed with another graph. */
export interface LogNames {
  workers: number | null;
  /** Unix time at which the run began, and at which it was last resumed, in seconds. */
  begun: number | null;
  resumed: number | null;
  phases: {
    name: string;
    kind: "train" | "validate" | "test" | "predict";
    credits: number | null;
    nodes: { name: string; type: string; lane: "cpu" | "device"; grain: "slot" | "step"; is_ordered?: boolean }[];
    /** `per_step`: values of one step; the edge can hold `per_step` times `credits` values. Null: the log is older and does not say. */
    edges: { from: number; output: string; to: number; per_step: number | null; bytes: number | null }[];
  }[];
}

/** Topic `run`: how far the run is. */
export interface RunNow {
  row: number;
  folder: string;
  status: RunStatus;
  /** Why it failed, or why it cannot be read. */
  why: string;
  /** The node that failed. */
  failed: { phase: string; node: string; where: string } | null;
  /** A sentence if nothing has moved for `stall_after`; else empty. */
  stalled: string;
  /** It admits no steps until it is told to go on. */
  is_paused: boolean;
  /** Unix time at which the log was last read, null if the run is over; and that of the newest event in it. */
  read: number | null;
  newest: number | null;
  /** Index of the phase in progress, or of the last one. -1: none has begun. */
  phase: number;
  phases: { step: number; steps: number | null; occurrences: number }[];
  /** Steps done at the last checkpoint of a run that is over; null: there is none. */
  checkpoint: number | null;
  /** Seconds from the begin to the newest event, without breaks; of a finished run, those of its results. */
  seconds: number;
}

/** The states of a node, in the order of the shares. */
export const states = ["running", "queued", "waits for input", "blocked by output", "waits for a credit"] as const;

/**
 * Topic `activity.K`: phase K, in the last ten seconds of a run in progress, or in the whole run. Time in which somebody had paused the run
 * does not count.
 */
export interface Activity {
  phase: number;
  /** Null: the whole run. */
  window: { from: number; to: number } | null;
  /** Length of the window, or of all occurrences. */
  seconds: number;
  steps: number;
  nodes: NodeRow[];
  edges: EdgeRow[];
}

/** Rows of nodes and edges are sent as columns by name. Shares are in thousandths, in the order of `states`; they add up to 1000. All 0: the phase took no time. */
export interface NodeRow {
  shares: [number, number, number, number, number];
  calls: number;
  dropped: number;
  /** Calls in a second. */
  rate: number;
  /** Length of a call, in milliseconds. Null: no call. */
  median: number | null;
  p95: number | null;
  /** When its latest call ended, in seconds of the run. Null: no call has ended, or the run is over. */
  last_end: number | null;
}

export interface EdgeRow {
  /** Values that the reader has not processed, when the log was last read. Null: the run is over. */
  waiting: number | null;
  /** Values in a second. */
  rate: number;
  /** Mean time from the writer's end to the reader's begin, in milliseconds. */
  wait: number | null;
}

/** Topic `calls`: bodies that run now; only where the run works in the server's own process. `seconds` is the time since the begin. */
export interface CallNow {
  phase: string;
  node: string;
  step: number;
  slot: number;
  seconds: number;
  is_on_device: boolean;
}

/** Topic `recorded`: what the run has recorded (`plan.record`). By phase; `trained` are the training steps done, in order. */
export interface RecordedPhase {
  name: string;
  trained: number[];
  outputs: { node: string; port: string }[];
}

/** Topic `verdict`: what holds up the phase that took most of the last seconds; what `leat explain` says. */
export interface Verdict {
  phase: string;
  sentence: string;
  /** Further sentences, such as what a change would bring. */
  details: string[];
  /** Nodes that the sentence blames; empty: none. */
  nodes: string[];
  /** The run waits until the metrics of finished steps are read. */
  is_metrics?: boolean;
  /** The part of the machine's cores that other programs used, 0 to 1. Null: the log does not say. */
  others?: number | null;
}

/** What a rank does in a step, in seconds; means. `data`: its lane waits for values of its own workers, which load images. */
export interface RankRow {
  name: string;
  compute: number;
  data: number;
  waiting: number;
}

/** Topic `ranks`: what the processes that share a training do. Null: there is one, or the log says nothing of them yet. */
export interface Ranks {
  phase: string;
  /** The last seconds of a run in progress, otherwise the whole run. */
  is_recent?: boolean;
  steps: number;
  /** By rank. */
  ranks: RankRow[];
  /** The rank that the others wait for; null: none. */
  late: number | null;
  /** Which rank is late and why, or that none is. */
  sentence: string;
  /** Steps that another number of ranks did, which do not count here. */
  other_steps: number;
}

/** Topic `metrics`: the metrics that have curves. */
export interface MetricNames {
  /** By phase. `times`: how many points each has. */
  phases: { name: string; kind: string; metrics: string[]; points: number }[];
  /** The training step whose weights are kept, and the phase that judged them. */
  kept: { step: number; phase: string } | null;
}

/** POST `api/runs/ROW/curves`, body `{curves: [{phase, metric}], points}`, at most 64 curves. */
export interface Curves {
  /** More is to be read: the curves can have more points soon. */
  is_behind: boolean;
  /** The metrics that have curves. */
  phases: MetricNames["phases"];
  curves: {
    phase: string;
    metric: string;
    /** Training step of each point, the last of those that it stands for. */
    step: number[];
    /** Seconds since the begin; null where they are not known. */
    time: (number | null)[];
    /** Where several values are one point: their mean, smallest and largest. */
    mean: (number | null)[];
    low: (number | null)[];
    high: (number | null)[];
    /** Number of values that are no number (NaN, infinite) in the point. */
    undefined: number[];
  }[];
}

/** POST `api/runs/ROW/timeline`, body `{seconds}`: what the threads did last. */
export interface Timeline {
  from: number;
  to: number;
  /** Names of the rows: `worker 1`, `device lane`. */
  threads: string[];
  /** Each span: thread, phase, node, step, slot (-1: whole step), begin, seconds. */
  spans: [number, number, number, number, number, number, number][];
  /** Spans that did not fit into the answer. */
  left_out: number;
}

/** POST `api/control`, body `{do}`; only with `has_control`. */
export type Control = "checkpoint" | "stop" | "pause" | "go on";

/** Topic `messages`: the newest messages of the run (warnings, files, checkpoints), oldest first, at most 50. */
export interface RunMessage {
  time: number;
  text: string;
  is_warning: boolean;
}
