// The runs that the page was given: filtered, sorted, and chosen for curves over each other or for a comparison.

import { useMemo, useState } from "preact/hooks";
import type { Address } from "./address";
import type { RunRow, RunStatus } from "./run";
import { finished, Glyph, unfinished } from "./states";
import { count, durationWords, metricWords, whole } from "./words";

export const glyphs: Record<RunStatus, number> = { running: 0, finished, failed: 3, unfinished };
/** Columns of parameters and of metrics. */
const mostParams = 5,
  mostMetrics = 6;
/** Rows at first. */
const mostRows = 100;

/** The parameters that are not the same in all these runs. */
export function differing(runs: RunRow[]): string[] {
  const names = [...new Set(runs.flatMap((run) => Object.keys(run.params)))];
  return names.filter((name) => new Set(runs.map((run) => run.params[name])).size > 1);
}

/** The metrics of these runs, headline metrics first. */
export function metricNames(runs: RunRow[]): string[] {
  return [...new Set(runs.flatMap((run) => run.order.map((one) => one.name)))];
}

interface Column {
  key: string;
  words: string;
  isNumber: boolean;
  value: (run: RunRow) => number | string | null | undefined;
  text: (run: RunRow) => string;
}

function columnsOf(runs: RunRow[]): Column[] {
  const text = (key: string, words: string, value: (run: RunRow) => string): Column => ({
    key,
    words,
    isNumber: false,
    value,
    text: value,
  });
  const number = (key: string, words: string, value: (run: RunRow) => number | null | undefined, say: (run: RunRow) => string): Column => ({
    key,
    words,
    isNumber: true,
    value,
    text: say,
  });
  const params = differing(runs).slice(0, mostParams),
    metrics = metricNames(runs).slice(0, mostMetrics);
  const asNumber = (words: string | undefined): number | string =>
    words !== undefined && words !== "" && Number.isFinite(Number(words)) ? Number(words) : (words ?? "");
  return [
    text("folder", "run", (run) => run.folder),
    text("status", "status", (run) => run.status),
    number(
      "steps",
      "steps",
      (run) => run.steps,
      (run) => whole(run.steps),
    ),
    number(
      "seconds",
      "time",
      (run) => run.seconds,
      (run) => durationWords(run.seconds),
    ),
    { ...text("seed", "seed", (run) => run.seed ?? "–"), isNumber: true, value: (run) => asNumber(run.seed ?? "") },
    ...params.map((name): Column => ({
      ...text(`p ${name}`, name, (run) => run.params[name] ?? "–"),
      value: (run) => asNumber(run.params[name]),
    })),
    ...metrics.map((name) =>
      number(
        `m ${name}`,
        name.replace(".", "\n"),
        (run) => run.metrics[name],
        (run) => metricWords(run.metrics[name]),
      ),
    ),
  ];
}

/** Runs without a value come last in both directions. */
function compare(a: number | string | null | undefined, b: number | string | null | undefined, sign: number): number {
  const isBlank = (value: unknown): boolean => value === null || value === undefined || value === "";
  if (isBlank(a) || isBlank(b)) return Number(isBlank(a)) - Number(isBlank(b));
  return sign * (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true }));
}

interface Props {
  runs: RunRow[];
  /** Why they cannot be read; empty if they can. */
  problem: string;
  chosen: number[];
  go: (change: Partial<Address>) => void;
}

export function RunsView({ runs, problem, chosen, go }: Props) {
  const [filter, setFilter] = useState("");
  const [isAll, setAll] = useState(false);
  const [sort, setSort] = useState({ key: "folder", isUp: true });
  const [picked, setPicked] = useState<number[]>(chosen);
  const columns = useMemo(() => columnsOf(runs), [runs]);
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (run: RunRow): boolean => {
    const all = [run.folder, run.title, run.status, run.device, ...Object.entries(run.params).map(([name, value]) => `${name}=${value}`)]
      .join(" ")
      .toLowerCase();
    return words.every((word) => all.includes(word));
  };
  const by = columns.find((column) => column.key === sort.key) ?? columns[0]!;
  const shown = useMemo(
    () => runs.filter(matches).sort((a, b) => compare(by.value(a), by.value(b), sort.isUp ? 1 : -1)),
    [runs, filter, sort],
  );
  const turn = (row: number): void => setPicked(picked.includes(row) ? picked.filter((one) => one !== row) : [...picked, row]);
  if (runs.length === 0) return <main class="wait">{problem || "There are no runs in the folders that this page was given."}</main>;
  return (
    <main class="runs">
      <div class="bar">
        <input
          class="find wide"
          type="search"
          placeholder="filter: words, name=value"
          aria-label="filter runs"
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
        <span role="status">
          {shown.length === runs.length ? count(runs.length, "run") : `${shown.length} of ${count(runs.length, "run")}`}
        </span>
        <span class="sp" />
        <span>{picked.length > 0 ? `${picked.length} chosen` : "choose runs to lay their curves over each other"}</span>
        <button
          type="button"
          class="quiet framed"
          disabled={picked.length === 0}
          onClick={() => go({ view: "learning", runs: picked, node: "", port: "", phase: "" })}
        >
          curves
        </button>
        <button
          type="button"
          class="quiet framed"
          disabled={picked.length !== 2}
          title="two runs"
          onClick={() => go({ view: "compare", runs: picked, node: "", port: "", phase: "" })}
        >
          compare
        </button>
      </div>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <div class="tablewrap" tabIndex={0} role="region" aria-label="runs">
        <table class="grid">
          <thead>
            <tr>
              <th>
                <span class="unseen">chosen</span>
              </th>
              {columns.map((column) => (
                <th
                  key={column.key}
                  class={column.isNumber ? "r" : ""}
                  aria-sort={sort.key === column.key ? (sort.isUp ? "ascending" : "descending") : "none"}
                >
                  <button type="button" onClick={() => setSort({ key: column.key, isUp: sort.key === column.key ? !sort.isUp : true })}>
                    {column.words}
                    {sort.key === column.key ? (sort.isUp ? " ↑" : " ↓") : ""}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.slice(0, isAll ? undefined : mostRows).map((run) => (
              <tr key={run.row} class={picked.includes(run.row) ? "on" : ""}>
                <td>
                  <input
                    type="checkbox"
                    aria-label={`choose ${run.folder}`}
                    checked={picked.includes(run.row)}
                    onChange={() => turn(run.row)}
                  />
                </td>
                {columns.map((column) => (
                  <td key={column.key} class={column.isNumber ? "r" : ""}>
                    {column.key === "folder" ? (
                      <>
                        <button
                          type="button"
                          class="link rowname"
                          title={run.folder}
                          onClick={() => go({ view: "run", runs: [run.row], node: "", port: "", phase: "" })}
                        >
                          {run.folder}
                        </button>
                        <div class="k runtitle">{run.title}</div>
                      </>
                    ) : column.key === "status" ? (
                      <span class={run.status === "failed" ? "state bad" : "state"} title={run.error}>
                        <Glyph state={glyphs[run.status]} />
                        {run.status}
                      </span>
                    ) : (
                      <span
                        class={column.key.startsWith("m ") && (run.status !== "finished" || run.metrics[column.key.slice(2)] === null) ? "k" : ""}
                        title={column.key.startsWith("m ") && run.status !== "finished" ? "the newest value; the run is not finished" : undefined}
                      >
                        {column.text(run)}
                      </span>
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        {shown.length > mostRows && !isAll && (
          <p class="wait">
            {count(shown.length - mostRows, "run")} more: filter them, or{" "}
            <button type="button" class="link" onClick={() => setAll(true)}>
              show all
            </button>
          </p>
        )}
        {shown.length === 0 && <p class="wait">No run matches.</p>}
      </div>
    </main>
  );
}
