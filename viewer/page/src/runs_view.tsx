// The runs that the page was given: filtered, sorted, and chosen for curves over each other or for a comparison.

import { useMemo, useState } from "preact/hooks";
import type { Address } from "./address";
import { Chooser } from "./chooser";
import { meanSteps } from "./learning_view";
import { isWorking, type RunRow, type RunStatus } from "./run";
import { columnsOf, compared, firstShown, type Column } from "./run_columns";
import { filterHelp, filterOf } from "./run_filter";
import { isCut, type Link } from "./server";
import { finished, Glyph, unfinished } from "./states";
import { clock, count } from "./words";

export const glyphs: Record<RunStatus, number> = { running: 0, paused: 4, finished, failed: 3, stopped: unfinished, unfinished };
/** Rows at first. */
const mostRows = 100;

/** A state that a page keeps while other views are shown, and when it is loaded again. */
function useKept<Value>(name: string, first: Value): [Value, (value: Value) => void] {
  const key = `leat-runs-${name}`;
  const [value, setValue] = useState<Value>(() => {
    const kept = sessionStorage.getItem(key);
    return kept === null ? first : (JSON.parse(kept) as Value);
  });
  return [
    value,
    (next) => {
      sessionStorage.setItem(key, JSON.stringify(next));
      setValue(next);
    },
  ];
}

interface Props {
  runs: RunRow[];
  /** The list has arrived. */
  isKnown: boolean;
  /** Why they cannot be read; empty if they can. */
  problem: string;
  link: Link;
  chosen: number[];
  go: (change: Partial<Address>) => void;
}

export function RunsView({ runs, isKnown, problem, link, chosen, go }: Props) {
  const [text, setText] = useKept("filter", "");
  const [isAll, setAll] = useState(false);
  const [sort, setSort] = useKept("sort", { name: "run", isUp: true });
  const [turned, setTurned] = useKept<Record<string, boolean>>("columns", {});
  const [picked, setPicked] = useState<number[]>(chosen);
  const all = useMemo(() => columnsOf(runs), [runs]);
  const first = useMemo(() => firstShown(runs, all), [runs, all]);
  const isShown = (one: Column): boolean => one.kind === "fact" || (turned[one.name] ?? first.has(one.name));
  const columns = all.filter(isShown),
    choosable = all.filter((one) => one.kind !== "fact");
  const filter = useMemo(() => filterOf(text, all, runs), [text, all, runs]);
  const by = columns.find((column) => column.name === sort.name) ?? columns[0]!;
  const shown = useMemo(
    () => runs.filter(filter.matches).sort((a, b) => compared(by.value(a), by.value(b), sort.isUp ? 1 : -1)),
    [runs, filter, sort],
  );
  const metrics = columns.filter((one) => one.kind === "metric"),
    means = new Set(metrics.filter((one) => runs.some((run) => run.order.some((metric) => metric.is_mean && metric.name === one.name))).map((one) => one.name));
  const hasMeans = means.size > 0,
    hasNewest = shown.some((run) => metrics.some((one) => isNewest(run, one)));
  const turn = (row: number): void => setPicked(picked.includes(row) ? picked.filter((one) => one !== row) : [...picked, row]);
  const wasCut = isCut(link);
  if (!isKnown) return <main class="wait">{problem || link.reason || "The list of runs is being read."}</main>;
  if (runs.length === 0) return <main class="wait">{problem || "There are no runs in the folders that this page was given."}</main>;
  return (
    <main class="runs">
      <div class="bar">
        <label class="named">
          filter by words, seed=3, time&lt;2min
          <input
            class="find wide"
            type="search"
            title={filterHelp}
            aria-label="filter runs"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <span role="status">
          {shown.length === runs.length ? count(runs.length, "run") : `${shown.length} of ${count(runs.length, "run")}`}
        </span>
        <Chooser
          words="columns"
          all={choosable}
          isShown={isShown}
          turn={(one) => setTurned({ ...turned, [one.name]: !isShown(one) })}
          keyOf={(one) => one.name}
          item={(one) => (
            <>
              <span class="k">{one.kind}</span> {one.name}
            </>
          )}
        />
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
      <div class="saidofruns">
        {[problem, ...filter.problems].filter(Boolean).map((one) => (
          <p key={one} class="problem" role="alert">
            {one}
          </p>
        ))}
        {(hasMeans || hasNewest) && (
          <p class="lab">
            {[
              hasMeans && `Metrics under “${meanHead}” are means over the last ${meanSteps} steps of a training, or over all of them if it did fewer.`,
              hasNewest && `${newestMark} of a run that is not finished: so far, and from its last validation.`,
            ]
              .filter(Boolean)
              .join(" ")}
          </p>
        )}
      </div>
      <div class={wasCut ? "tablewrap old" : "tablewrap"} tabIndex={0} role="region" aria-label="runs">
        <table class="grid">
          <thead>
            <tr>
              <th>
                <span class="unseen">chosen</span>
              </th>
              {columns.map((column) => (
                <th
                  key={column.name}
                  class={column.isNumber ? "r" : ""}
                  aria-sort={sort.name === column.name ? (sort.isUp ? "ascending" : "descending") : "none"}
                >
                  <button type="button" onClick={() => setSort({ name: column.name, isUp: sort.name === column.name ? !sort.isUp : true })}>
                    {column.words}
                    {sort.name === column.name ? (sort.isUp ? " ↑" : " ↓") : ""}
                  </button>
                  {means.has(column.name) && <div class="k">{meanHead}</div>}
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
                  <td key={column.name} class={column.isNumber ? "r" : column.kind === "parameter" ? "param" : ""}>
                    {column.name === "run" ? (
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
                    ) : column.name === "status" ? (
                      <span class={run.status === "failed" ? "state bad" : "state"} title={run.error}>
                        <Glyph state={glyphs[run.status]} />
                        {isWorking(run) && wasCut ? `was ${run.status} at ${clock(link.since!)}` : run.status}
                      </span>
                    ) : (
                      <Value run={run} column={column} />
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

const meanHead = `mean of ${meanSteps}`,
  newestMark = "*";
const isNewest = (run: RunRow, column: Column): boolean =>
  column.kind === "metric" && run.status !== "finished" && run.metrics[column.name] !== undefined;

/** A value. Metrics of a run that is not finished are gray, and marked. */
function Value({ run, column }: { run: RunRow; column: Column }) {
  const isMetric = column.kind === "metric",
    isSoFar = isNewest(run, column);
  const at = run.at?.[column.name.slice(0, column.name.indexOf("."))];
  const isMean = run.order.some((one) => one.name === column.name && one.is_mean);
  return (
    <span
      class={isSoFar || (isMetric && run.metrics[column.name] === null) ? "k" : ""}
      title={isSoFar ? `${isMean ? `the mean of the newest ${meanSteps} steps` : "the newest value"}${at === undefined ? "" : `, after ${count(at, "step")}`}; the run is not finished` : column.kind === "parameter" ? column.text(run) : undefined}
    >
      {column.text(run)}
      {isSoFar && ` ${newestMark}`}
    </span>
  );
}
