// Curves of metrics: which are drawn in one chart, their smoothing and their axis.

import type { Phase } from "./graph";
import type { Curves, MetricNames } from "./run";

export type Curve = Curves["curves"][number];

export interface ChartOf {
  key: string;
  phase: string;
  kind: string;
  title: string;
  metrics: string[];
  /** The metrics are the shares of a histogram's bins, the lowest first. */
  isHistogram?: boolean;
}

/** Most curves in a chart. */
const most = 5;

/** The part of a metric's name that it shares with its family: `gate.share` of `gate.share_NORMAL`. */
function familyOf(metric: string, all: Set<string>): string {
  const parts = metric.split(/_(?=[^_]*$)/);
  const stem = parts.length === 2 ? parts[0]! : metric;
  if (stem === metric || /_mm$/.test(metric)) return metric;
  if (all.has(stem)) return stem;
  const others = [...all].filter((one) => one.startsWith(`${stem}_`));
  return others.length > 1 && others.length <= most ? stem : metric;
}

/** Bins of the histogram of a gate's confidence: `gate.confidence_0` to `gate.confidence_90`. */
export const binsOf = 10;
const ofBin = /^(.+)\.confidence_(0|[1-9]0)$/;

/** One chart for each family of metrics. With several runs, one for each metric. The bins of a histogram are one chart, of one run only. */
export function chartsOf(names: MetricNames, isOfRuns: boolean): ChartOf[] {
  return names.phases.flatMap((phase) => {
    const all = new Set(phase.metrics),
      charts = new Map<string, string[]>();
    const histograms = new Map<string, string[]>();
    for (const metric of phase.metrics) {
      const bin = ofBin.exec(metric);
      if (bin) {
        const bins = histograms.get(bin[1]!) ?? new Array<string>(binsOf).fill("");
        bins[Number(bin[2]) / binsOf] = metric;
        histograms.set(bin[1]!, bins);
        continue;
      }
      const family = isOfRuns ? metric : familyOf(metric, all);
      charts.set(family, [...(charts.get(family) ?? []), metric]);
    }
    const ofBins = [...histograms]
      .filter(([, bins]) => !isOfRuns && bins.every(Boolean))
      .map(([gate, metrics]) => ({ key: `${phase.name}.${gate}.bins`, phase: phase.name, kind: phase.kind, title: `${gate}.confidence, histogram`, metrics, isHistogram: true }));
    const lines = [...charts].flatMap(([title, metrics]) => {
      const pages = Array.from({ length: Math.ceil(metrics.length / most) }, (_, k) => metrics.slice(k * most, (k + 1) * most));
      return pages.map((page, k) => ({ key: `${phase.name}.${title}.${k}`, phase: phase.name, kind: phase.kind, title, metrics: page }));
    });
    // Beside the curves of its gate.
    for (const one of ofBins) {
      const gate = one.title.slice(0, one.title.lastIndexOf(".") + 1);
      const last = lines.map((line) => line.title.startsWith(gate)).lastIndexOf(true);
      lines.splice(last + 1, 0, one);
    }
    return lines;
  });
}

/** The exponential moving average without the pull of its start: each value is a mean of those before it. A gap stays a gap. */
export function smooth(values: readonly (number | null)[], weight: number): (number | null)[] {
  if (weight === 0) return [...values];
  let mean = 0,
    weights = 0;
  return values.map((value) => {
    if (value === null) return null;
    weights = weights * weight + 1;
    // As a difference, so that a constant stays one to its last digit.
    mean += (value - mean) / weights;
    return mean;
  });
}

/** What the horizontal axis counts: steps, epochs of a source, or seconds. */
export type Axis = "step" | "time" | `epoch ${string}`;

export interface Epoch {
  source: string;
  steps: number;
}

/** The sources of the training whose data repeat, and their steps in an epoch. */
export function epochsOf(phases: Phase[]): Epoch[] {
  const train = phases.find((phase) => phase.kind === "train");
  return (train?.origins ?? []).flatMap((one) =>
    one.length > 0 && one.rows > 0 ? [{ source: one.source, steps: one.length / one.rows }] : [],
  );
}

export function axisValues(curve: Curve, axis: Axis, epochs: Epoch[]): (number | null)[] {
  if (axis === "step") return curve.step;
  if (axis === "time") return curve.time;
  const steps = epochs.find((one) => axis === `epoch ${one.source}`)?.steps ?? 1;
  return curve.step.map((step) => step / steps);
}

export interface Extremes {
  last: number | null;
  /** Steps done at the last value. */
  lastStep: number | null;
  least: { value: number; step: number } | null;
  most: { value: number; step: number } | null;
  undefined: number;
}

export function extremesOf(curve: Curve): Extremes {
  const out: Extremes = { last: null, lastStep: null, least: null, most: null, undefined: 0 };
  curve.step.forEach((step, k) => {
    const low = curve.low[k] ?? null,
      high = curve.high[k] ?? null;
    const mean = curve.mean[k] ?? null;
    if (mean !== null) [out.last, out.lastStep] = [mean, step];
    out.undefined += curve.undefined[k] ?? 0;
    if (low !== null && (!out.least || low < out.least.value)) out.least = { value: low, step };
    if (high !== null && (!out.most || high > out.most.value)) out.most = { value: high, step };
  });
  return out;
}
