// The columns of the list of runs.

import type { RunRow } from "./run";
import { durationWords, metricWords, whole } from "./words";

export interface Column {
  /** Its name in the filter. */
  name: string;
  /** Its head. */
  words: string;
  kind: "fact" | "parameter" | "metric";
  isNumber: boolean;
  value: (run: RunRow) => number | string | null | undefined;
  text: (run: RunRow) => string;
}

/** Columns of parameters and of metrics that are shown at first. */
const mostParams = 5,
  mostMetrics = 6;

/** The parameters that are not the same in all these runs. */
export function differing(runs: RunRow[]): string[] {
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.params)))];
  return names.filter((name) => new Set(runs.map((run) => run.params[name])).size > 1);
}

/** The metrics of these runs, headline metrics first. */
export function metricNames(runs: RunRow[]): string[] {
  const all = runs.flatMap((run) => run.order);
  return [...new Set([...all.filter((one) => one.is_headline), ...all].map((one) => one.name))];
}

/** A number where the words are one, so that 9 comes before 10. Large whole numbers, such as some seeds, would be rounded. */
export function asNumber(words: string): number | string {
  const number = Number(words);
  return words === "" || !Number.isFinite(number) || (Number.isInteger(number) && !Number.isSafeInteger(number)) ? words : number;
}

const facts: Column[] = [
  { name: "run", words: "run", kind: "fact", isNumber: false, value: (run) => run.folder, text: (run) => run.folder },
  { name: "status", words: "status", kind: "fact", isNumber: false, value: (run) => run.status, text: (run) => run.status },
  { name: "done", words: "steps done", kind: "fact", isNumber: true, value: (run) => run.steps, text: (run) => whole(run.steps) },
  { name: "time", words: "time", kind: "fact", isNumber: true, value: (run) => run.seconds || null, text: (run) => (run.seconds > 0 ? durationWords(run.seconds) : "–") },
  { name: "seed", words: "seed", kind: "fact", isNumber: true, value: (run) => asNumber(run.seed ?? ""), text: (run) => run.seed ?? "–" },
];
/** Facts that the filter knows, and that have no column of their own. */
export const further: Column[] = [
  { name: "title", words: "title", kind: "fact", isNumber: false, value: (run) => run.title, text: (run) => run.title },
  { name: "device", words: "device", kind: "fact", isNumber: false, value: (run) => run.device, text: (run) => run.device },
];

/** All columns that there can be. A parameter that is called like a fact has `params.` before its name. */
export function columnsOf(runs: RunRow[]): Column[] {
  const taken = new Set([...facts, ...further].map((one) => one.name));
  const params = [...new Set(runs.flatMap((run) => Object.keys(run.params)))].map((name): Column => {
    const own = taken.has(name) ? `params.${name}` : name;
    return { name: own, words: own, kind: "parameter", isNumber: false, value: (run) => asNumber(run.params[name] ?? ""), text: (run) => run.params[name] ?? "–" };
  });
  const metrics = metricNames(runs).map(
    (name): Column => ({ name, words: name.replace(".", "\n"), kind: "metric", isNumber: true, value: (run) => run.metrics[name], text: (run) => metricWords(run.metrics[name]) }),
  );
  return [...facts, ...params, ...metrics];
}

/** The parameters that have several values; those that have them within one graph, by its title, come first. */
function telling(runs: RunRow[]): string[] {
  const values = new Map<string, { all: Set<string>; byTitle: Map<string, Set<string>> }>();
  for (const run of runs)
    for (const [name, value] of Object.entries(run.params)) {
      const known = values.get(name) ?? { all: new Set(), byTitle: new Map() };
      values.set(name, known);
      known.all.add(value);
      known.byTitle.set(run.title, (known.byTitle.get(run.title) ?? new Set()).add(value));
    }
  const names = [...values].filter(([, known]) => known.all.size > 1);
  const isWithin = ([, known]: (typeof names)[number]): boolean => [...known.byTitle.values()].some((one) => one.size > 1);
  return [...names.filter(isWithin), ...names.filter((one) => !isWithin(one))].map(([name]) => name);
}

/** The metrics in turns by what they measure, so that accuracy, AUC and Dice each have a first one; headline metrics before others. */
function inTurns(runs: RunRow[]): string[] {
  const all = metricNames(runs),
    headlines = new Set(runs.flatMap((run) => run.order.filter((one) => one.is_headline).map((one) => one.name)));
  const turns = new Map<string, number>();
  const ranked = all.map((name, place) => {
    const kind = name.slice(name.lastIndexOf(".") + 1),
      turn = turns.get(kind) ?? 0;
    turns.set(kind, turn + 1);
    return { name, rank: [headlines.has(name) ? 0 : 1, turn, place] as const };
  });
  return ranked.sort((a, b) => a.rank[0] - b.rank[0] || a.rank[1] - b.rank[1] || a.rank[2] - b.rank[2]).map((one) => one.name);
}

/** The names of the columns of parameters and metrics that are shown until others are chosen. */
export function firstShown(runs: RunRow[], columns: Column[]): Set<string> {
  const names = new Set(columns.map((one) => one.name));
  const params = telling(runs).map((name) => (facts.concat(further).some((one) => one.name === name) ? `params.${name}` : name));
  return new Set([...params.slice(0, mostParams), ...inTurns(runs).slice(0, mostMetrics)].filter((name) => names.has(name)));
}

/** Runs without a value come last in both directions. */
export function compared(a: number | string | null | undefined, b: number | string | null | undefined, sign: number): number {
  const isBlank = (value: unknown): boolean => value === null || value === undefined || value === "";
  if (isBlank(a) || isBlank(b)) return Number(isBlank(a)) - Number(isBlank(b));
  return sign * (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true }));
}
