// The filter of the list of runs: words, and comparisons of columns by name. What cannot be meant is a problem, not a text.

import { statuses, type RunRow } from "./run";
import { asNumber, further, type Column } from "./run_columns";
import { durationWords } from "./words";

export interface Filter {
  matches: (run: RunRow) => boolean;
  /** What in the filter cannot be understood, as sentences. No run matches then. */
  problems: string[];
}

export const filterHelp =
  "Words, and comparisons of columns by name or head: seed=3, status!=failed, lr<0.01, time>=2min. Operators are = != < <= > >=. Times have the units ms, s, min, h and d. Quotes keep blanks together.";

const operators = "= != < <= > >=";
const units: Record<string, number> = { ms: 0.001, s: 1, min: 60, h: 3600, d: 86400 };
/** Names and values that a sentence lists. */
const mostListed = 8;

const listOf = (all: string[]): string => all.slice(0, mostListed).join(", ") + (all.length > mostListed ? ", …" : "");
const plain = (words: string): string => words.replaceAll('"', "").trim();

/** The head of a column, as it is written in a filter. */
const titleOf = (column: Column): string => column.words.toLowerCase().replace(/\s+/g, " ");

/** The columns that a name can mean: the one of this name or head, else metrics that end with it. */
function named(columns: Column[], name: string): Column[] {
  const own = columns.filter((one) => one.name.toLowerCase() === name || titleOf(one) === name);
  return own.length > 0 ? own : columns.filter((one) => one.kind === "metric" && one.name.toLowerCase().endsWith(`.${name}`));
}

/** `90`, `1.5min`, `1 h 5 min` in seconds; null: it is no time. */
function secondsOf(words: string): number | null {
  if (/^[\d.]+$/.test(words)) return Number.isFinite(Number(words)) ? Number(words) : null;
  if (!/^(\d+(\.\d+)?\s*(ms|s|min|h|d)\s*)+$/.test(words)) return null;
  return [...words.matchAll(/(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)/g)].reduce((sum, [, number, unit]) => sum + Number(number) * units[unit!]!, 0);
}

function holds(a: number, sign: string, b: number): boolean {
  if (sign === "<=") return a <= b;
  if (sign === ">=") return a >= b;
  return sign === "<" ? a < b : a > b;
}

/** How many letters must be added, removed or replaced. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, k) => k);
  for (let i = 1; i <= a.length; ++i) {
    const next = [i];
    for (let k = 1; k <= b.length; ++k) next.push(Math.min(next[k - 1]! + 1, row[k]! + 1, row[k - 1]! + Number(a[i - 1] !== b[k - 1])));
    row = next;
  }
  return row[b.length]!;
}

/** The name that was probably meant; empty: none is like it. */
function nearest(columns: Column[], name: string): string {
  let best = "", least = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const column of columns)
    for (const one of [column.name, titleOf(column), column.name.slice(column.name.lastIndexOf(".") + 1)]) {
      const far = distance(name, one.toLowerCase());
      if (far < least) [best, least] = [column.name, far];
    }
  return best;
}

/** Heads of columns that have blanks are one name before an operator. */
function withNames(text: string, columns: Column[]): string {
  return columns
    .filter((one) => titleOf(one).includes(" "))
    .reduce((words, one) => words.split(new RegExp(`${titleOf(one).replace(/[^\w ]/g, "\\$&")}(?=\\s*[!=<>])`)).join(one.name.toLowerCase()), text);
}

/** Blanks around operators, and before units, belong to a comparison. */
function joined(text: string): string {
  return text
    .split(/("[^"]*"?)/)
    .map((part, k) =>
      k % 2 === 1
        ? part
        : part
            .replace(/\s*([!=<>]+)\s*/g, "$1")
            .replace(/([=<>]\d[\d.]*)\s+(ms|s|min|h|d)(?=\s|$)/g, "$1$2")
            .replace(/(\d(?:ms|s|min|h|d))\s+(\d[\d.]*)\s*(ms|s|min|h|d)(?=\s|$)/g, "$1$2$3"),
    )
    .join("");
}

type Test = (run: RunRow) => boolean;

/** A comparison with one column, or the sentence that says why there is none. */
function comparison(column: Column, sign: string, wanted: string, runs: RunRow[]): Test | string {
  const { name, value, text, isNumber } = column,
    isEquality = sign === "=" || sign === "!=";
  const equal = (same: Test): Test => (sign === "!=" ? (run) => !same(run) : same);
  if (name === "time") {
    const seconds = secondsOf(wanted);
    if (seconds === null) return `\`${wanted}\` is not a time: write it like 90s, 1.5min or 1h30min. Units are ${Object.keys(units).join(", ")}.`;
    if (isEquality) return equal((run) => text(run) === durationWords(seconds));
    return (run) => run.seconds > 0 && holds(run.seconds, sign, seconds);
  }
  const number = asNumber(wanted.replace(/^-?\d{1,3}(,\d{3})+(?=\.|$)/, (digits) => digits.replaceAll(",", "")));
  if (!isEquality) {
    if (typeof number !== "number") return `\`${name}${sign}${wanted}\` compares with something that is not a number.`;
    if (runs.length > 0 && !runs.some((run) => typeof value(run) === "number")) return `\`${name}\` has no numbers, so it can be compared with = and != only.`;
    return (run) => {
      const own = value(run);
      return typeof own === "number" && holds(own, sign, number);
    };
  }
  const same: Test = (run) => {
    const own = value(run),
      words = text(run).toLowerCase();
    if (words === wanted || (own !== undefined && own !== null && String(own).toLowerCase() === wanted)) return true;
    // A metric is equal to what the list shows of it.
    return typeof own === "number" && typeof number === "number" && (own === number || Number(words) === number);
  };
  const isKnown = name === "status" ? statuses.some((one) => one === wanted) : (isNumber && typeof number === "number") || runs.some(same);
  if (isKnown) return equal(same);
  const values = name === "status" ? statuses : [...new Set(runs.map(text))];
  return `No run has the ${name} \`${wanted}\`. ${name === "status" ? "It can be" : "There are"} ${listOf(values)}.`;
}

/**
 * Words are looked for in the folder, title, status and device of a run. A comparison has the name of a column, of a parameter or of a
 * metric, or the end of a metric's name, at its left.
 */
export function filterOf(text: string, columns: Column[], runs: RunRow[]): Filter {
  const all = [...columns, ...further],
    problems: string[] = [];
  const names = (): string => `Names are ${all.filter((one) => one.kind !== "metric").map((one) => one.name).join(", ")}, and those of metrics.`;
  const refuse = (words: string): Test => {
    problems.push(words);
    return () => false;
  };
  const test = (term: string): Test => {
    const [, name, sign, right] = /^([^!=<>"]*)([!=<>]+)(.*)$/s.exec(term) ?? [];
    if (name === undefined || sign === undefined || right === undefined) {
      const [, before] = /^([^:"]+):/.exec(term) ?? [];
      if (before !== undefined && named(all, before).length > 0) return refuse(`\`${term}\`: write \`${before}=…\`. Operators are ${operators}.`);
      return (run) => [run.folder, run.title, run.status, run.device].join(" ").toLowerCase().includes(plain(term));
    }
    const operator = sign === "==" ? "=" : sign;
    // What is being written.
    if (operator === "!" && right === "") return () => true;
    if (!operators.split(" ").includes(operator)) return refuse(`\`${sign}\` is not an operator. Operators are ${operators}.`);
    if (name === "") return refuse(`\`${term}\` has no name before \`${sign}\`. ${names()}`);
    const found = named(all, name);
    if (found.length > 1) return refuse(`\`${name}\` is the end of several names: ${listOf(found.map((one) => one.name))}.`);
    if (!found[0]) {
      const near = nearest(all, name);
      return refuse(`There is no column \`${name}\`. ${near ? `Did you mean \`${near}\`? ` : ""}${names()}`);
    }
    if (plain(right) === "") return () => true;
    const made = comparison(found[0], operator, plain(right), runs);
    return typeof made === "string" ? refuse(made) : made;
  };
  const tests = (joined(withNames(text.toLowerCase(), all)).match(/(?:"[^"]*"?|[^\s"])+/g) ?? []).map(test);
  return { matches: (run) => tests.every((one) => one(run)), problems };
}
