// Numbers of a report in words, as `leat report` prints them (engine/tools/report/report_words.cpp).
import type { Interval } from "./results_data";

/** A p-value. It comes from 2,000 draws, or from a model of the seeds, so smaller values mean no more than this. */
export const pWords = (p: number | null): string => (p !== null && p < 0.001 ? "<0.001" : numberWords(p));

export function numberWords(value: number | null | undefined, isSigned = false): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (!isSigned && value !== 0 && size < 0.0005) return value.toExponential(1).replace("e-", "e−").replace("-", "−");
  const text = size < 10 ? size.toFixed(3) : Number.isInteger(value) ? String(size) : size.toPrecision(4);
  const isZero = !/[1-9]/.test(text);
  return (isZero ? "" : value < 0 ? "−" : isSigned ? "+" : "") + text;
}

/** A number that was computed from values by image: with their five significant digits. */
export const rounded = (value: number): number => Number(value.toPrecision(5));

/** A fraction in percent: `37 %`. */
export const percentWords = (share: number | null | undefined): string => (share === null || share === undefined ? "–" : `${Math.round(100 * share)} %`);

export const countWords = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ",");
export const hasEnds = (interval: Interval): boolean => interval[1] !== null && interval[2] !== null;

/** The unit of a metric of Leat's nodes (nodes/metric/README.md); empty: it has none, or the metric is another's. */
export const unitWords = (metric: string): string => (/^(hd95|assd|ahd_allpixel)_mm(_|$)/.test(metric) ? "mm" : /^(hd95|assd|ahd_allpixel)(_|$)/.test(metric) ? "px" : "");

/** A number that a resource states about itself, with what it counts. */
export function factWords(fact: string, count: number): string {
  const known: Record<string, string> = {
    weights: "weights",
    multiply_adds: "multiply-adds for each pixel of an image",
    labels: "class labels for training",
    masks: "masks for training",
    validation_labels: "class labels for validation",
    validation_masks: "masks for validation",
  };
  return `${countWords(count)} ${known[fact] ?? fact.replaceAll("_", " ")}`;
}

/** `cpu:2`: a processor with two threads of LibTorch. */
export const deviceWords = (device: string): string => device.replace(/^cpu:(\d+)$/, (_, threads: string) => `CPU, ${threads} ${threads === "1" ? "thread" : "threads"}`);

export function durationWords(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${Math.floor(whole / 60) % 60} min`;
  if (whole >= 60) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return seconds < 10 ? `${seconds.toFixed(1)} s` : `${whole} s`;
}

export function sizeWords(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  for (; bytes >= 1000 && at + 1 < units.length; ++at) bytes /= 1000;
  return `${at === 0 ? bytes : bytes.toFixed(1)} ${units[at]}`;
}

/** Ticks at round numbers that cover low..high. */
export function ticks(low: number, high: number, most = 5): number[] {
  if (!(high > low)) return [low];
  const raw = (high - low) / most, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= raw)!;
  const out: number[] = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + 1e-9 * step; ++at) out.push(Number((at * step).toPrecision(12)));
  return out;
}

export const tickWords = (value: number): string => (value !== 0 && Math.abs(value) < 0.001 ? value.toExponential().replace("e-", "e−") : value >= 10000 ? `${value / 1000} k` : String(value)).replace("-", "−");

/** A name with its middle left out, if it is longer than `most`: names of one list differ at their ends. */
export function abbreviated(name: string, most: number): string {
  const letters = [...name];
  if (letters.length <= most) return name;
  const head = Math.ceil((most - 1) / 2);
  return `${letters.slice(0, head).join("")}…${letters.slice(letters.length - (most - 1 - head)).join("")}`;
}
