// A report as `leat report --out` puts it into a page (engine/tools/report/report_page.cpp).
import type { OutputHead } from "./numbers";
import type { Ranks } from "./run";

/** Value, and the ends of its 95 % interval. Null: undefined or unknown. */
export type Interval = [number | null, number | null, number | null];

export interface ReportData {
  version: 1;
  kind: "report";
  /** Names by their numbers, the first is 1. Null: the page has numbers only. */
  names: { images: string[]; patients: string[] } | null;
  row_sets: RowSet[];
  groups: Group[];
  /** If there are two groups: the second minus the first. */
  compared: ComparedRuns | null;
  /** Sentences on what the file has. */
  contents: string[];
  use: string;
  /** Lines on runs that have no results, after a line that says so. */
  left_out: string[];
}

/** Differences between two groups of runs, paired by seed or image. */
export interface ComparedRuns {
  /** `p` is corrected for the number of rows. `is_by_seed`: the interval is over seeds only. */
  metrics: { phase: string; name: string; words: string; ours: number | null; theirs: number | null; interval: Interval; p: number | null; is_by_seed: boolean; patients?: number }[];
  notes: string[];
  /** A warning of intervals over very few patients; and what they are, `patients` or `images`. */
  warning?: string;
  by?: string;
  /** By what the sides are paired, the method of the intervals, and what the mark `*` of `is_by_seed` means; empty: it is not used. */
  pairing?: string;
  method: string;
  footnote?: string;
  /** Why they cannot be compared; empty: they can. */
  problem: string;
}

/** The grays of a data set, in bins of equal width of 0..256: fraction of the pixels, mean over images and 5 % to 95 % of the images. */
export interface Intensities {
  phase: string;
  node: string;
  run: number;
  /** How many of the source's images were measured, and how many it has; null: not recorded. */
  images: number;
  of: number | null;
  mean: number[];
  low: number[];
  high: number[];
  /** One of the images, a PNG in base 64, or empty. */
  picture: string;
}

/** The images of one or more tables. */
export interface RowSet {
  images: number[];
  /** Only if some patient has several images. */
  patients?: number[];
  /** Index of the class by image, or for each label 0 or 1 by image. Empty: no classes. */
  labels: number[][];
}

/** Runs of one graph. */
export interface Group {
  title: string;
  graph_hash: string;
  /** Of the intervals; empty: there are none. */
  method: string;
  /** A warning of intervals over very few patients; empty: there are none. */
  few: string;
  /** What each patient of `Figure.patients` is: `patients`, or `images` if each is its own. */
  by: string;
  /** What the mark `W` means; empty: no metric has it. */
  wilson: string;
  phases: { name: string; kind: "train" | "validate" | "test" }[];
  systems: string[];
  runs: Run[];
  figures: Figure[];
  /** What metrics are, as their nodes declare it. */
  meanings: string[];
  weights: { phase: string; is_kept: boolean; words: string }[];
  trivial: { phase: string; node: string; metric: string; value: number }[];
  differences: Difference[];
  sentences: string[];
  /** The phase of the first sentence; empty: there are none. */
  about: string;
  /** How many intervals of `differences` can leave out 0 by chance; empty: fewer than two. */
  chance: string;
  /** What nodes of metric.saliency read as their mask, by `phase.node`. */
  saliency_masks: Record<string, string>;
  notes: string[];
  papers: Papers | null;
  missing: string[];
  tables: ImageData[];
  intensities: Intensities[];
}

export interface Figure {
  phase: string;
  node: string;
  metric: string;
  /** The metric's name for readers. */
  words: string;
  interval: Interval;
  system?: string;
  task?: string;
  /** Place in `meanings`. */
  meaning?: number;
  /** Place among the headline metrics. */
  headline?: number;
  /** The interval is Wilson's score interval, because all draws gave the same value. */
  is_wilson?: boolean;
  /** Of the validation whose weights were kept. */
  is_kept?: boolean;
  is_training?: boolean;
  /** Over how many patients or images the interval is. */
  patients?: number;
  /** By run, if there are several. */
  by_seed?: (number | null)[];
}

export interface Difference {
  phase: string;
  task: string;
  metric: string;
  words: string;
  ours: string;
  theirs: string;
  interval: Interval;
}

export interface Papers {
  model: string;
  class_labels: string;
  mask_labels: string;
  figures: { phase: string; node: string; metric: string; value: number; printed: number | null; data: string; images: number; is_other_subset: boolean }[];
}

export interface Run {
  seed: string;
  device: string;
  /** Processes that shared the training. */
  ranks: number;
  steps: number;
  seconds: number;
  peak_bytes: number;
  bound_bytes: number;
  resources: Record<string, Record<string, number>>;
  versions: Record<string, string>;
  sources: RunSources;
  /** The data sets' samples by part and class; empty: not recorded. */
  samples: { data: string; part: string; class: string; images: number; labels: number; masks: number; patients: number }[];
  warnings: string[];
  disclosures: string[];
  params: [string, string][];
  activity: PhaseTimes[];
  /** Null: one process trained, or the log has no times of ranks. */
  rank_times: Ranks | null;
  curves: Curve[];
  kept_step?: number;
  /** Values that the run recorded, by phase and training step. `bytes`: their numbers, in base 64. */
  recorded?: Recorded[];
  /** Only with names. */
  folder?: string;
}

export interface RunSources {
  /** By resource that uses files. An empty fingerprint: some could not be read. `is_whole`: it covers whole files. */
  files: Record<string, { files: number; fingerprint: string; is_whole: boolean }>;
  /** Images that a node drew: they follow from the run's seed and these parameters. `nodes`: `phase.node`. */
  drawn: { type: string; nodes: string[]; params: [string, string][] }[];
  /** Sources of which nothing is recorded. */
  unknown: string[];
}

export interface Recorded {
  phase: string;
  trained: number;
  step: number;
  outputs: OutputHead[];
  bytes: string;
}

export interface PhaseTimes {
  phase: string;
  steps: number;
  seconds: number;
  /** `shares`: seconds in each state, in the order of `states` in run.ts. */
  nodes: { name: string; type: string; lane: string; calls: number; busy: number; shares: number[] }[];
}

/** `low` and `high` only if a point stands for several values. */
export interface Curve {
  phase: string;
  metric: string;
  step: number[];
  mean: (number | null)[];
  low?: (number | null)[];
  high?: (number | null)[];
  values: number;
}

/** What a node measured image by image. */
export interface ImageData {
  phase: string;
  node: string;
  run: number;
  /** Index in `row_sets`. */
  rows: number;
  columns: Record<string, (number | null)[]>;
  /** The columns by which images are plotted and ordered, the one that stands for the table first. Tables of classes have none. */
  scores: string[];
  /** One class each. Of two classes, `probabilities` has the last one only. */
  classes?: string[];
  predicted?: number[];
  /** Several labels at once. */
  labels?: string[];
  probabilities?: number[][];
  confusion?: { of: string; counts: number[][] }[];
  /** `predicted`: the point of the predictions. */
  roc?: { of: string; points: [number, number][]; predicted: [number, number] | null; area: number | null }[];
  /** What the run kept of the worst images of each order: `rows` are their places in the row set. A mask is text as of mask_text
   * (nodes/metric/kept_pictures.h). Pictures and saliency maps are PNGs in base 64. Each text can be empty. */
  kept?: { rows: number[]; masks?: { of: string; reference: string[]; predicted?: string[] }[]; saliency?: string[]; pictures?: string[] };
  /** Count, mean probability, fraction that is true, and the ends of its interval. Null: the bin has no images. */
  reliability?: { of: string; bins: [number, number | null, number | null, number | null, number | null][] }[];
}
