// How a run learns: curves of its metrics, or of several runs over each other.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Chart, type ChartLook, type Series } from "./chart";
import { Chooser } from "./chooser";
import { chartsOf, epochsOf, extremesOf, type Axis, type ChartOf, type Curve } from "./curves";
import { isWorking, type MetricNames, type RunRow } from "./run";
import { keyOf, seriesOf, useAllNames, useCurves } from "./run_curves";
import { useTopic, type RunStore } from "./run_store";
import { Histogram } from "./histogram_chart";
import { metricNames } from "./run_columns";
import { metricWords, whole } from "./words";

/** Charts that are shown at first. */
const first = 12;

/** A chart that is drawn once it has come into sight. */
export function Sighted({
  chart,
  see,
  series,
  look,
}: {
  chart: ChartOf;
  see: (key: string, isSeen: boolean) => void;
  series: Series[];
  look: ChartLook;
}) {
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => see(chart.key, entries.at(-1)!.isIntersecting), { rootMargin: "200px" });
    observer.observe(frame.current!);
    return () => observer.disconnect();
  }, [chart.key]);
  const curves = series.map((one) => one.curve);
  const stable = useMemo(() => series, [series.length, ...curves]);
  return (
    <div class="chartcell" ref={frame}>
      {stable.length > 0 && chart.isHistogram && <Histogram title={chart.title} series={stable} look={look} />}
      {stable.length > 0 && !chart.isHistogram && <Chart title={chart.title} kind={chart.kind} series={stable} look={look} />}
    </div>
  );
}

export function useSight(): [Set<string>, (key: string, isSeen: boolean) => void] {
  const [seen, setSeen] = useState<Set<string>>(new Set());
  const see = (key: string, isSeen: boolean): void =>
    setSeen((before) => {
      if (before.has(key) === isSeen) return before;
      const next = new Set(before);
      if (isSeen) next.add(key);
      else next.delete(key);
      return next;
    });
  return [seen, see];
}

/** Smoothing of the lines: the weight of what was before. */
export function Smoothing({ value, set }: { value: number; set: (value: number) => void }) {
  return (
    <label>
      smoothing{" "}
      <input type="range" min={0} max={0.99} step={0.01} value={value} onInput={(event) => set(Number(event.currentTarget.value))} />{" "}
      <span class="fixed">{value.toFixed(2)}</span>
    </label>
  );
}

export function LearningView({ store, runs, theme }: { store: RunStore; runs: RunRow[]; theme: string }) {
  const names = useAllNames(useTopic(store, "metrics"), runs, store),
    shown = useTopic(store, "graph"),
    run = useTopic(store, "run");
  const [smoothing, setSmoothing] = useState(0.9);
  const [isLog, setLog] = useState(false);
  const [axis, setAxis] = useState<Axis>("step");
  const [filter, setFilter] = useState("");
  const [hidden, setHidden] = useState<Map<string, boolean>>(new Map());
  const [seen, see] = useSight();
  const epochs = useMemo(() => epochsOf(shown?.graph?.phases ?? []), [shown?.version]);
  const all = useMemo(
    () => (names ? chartsOf(names, runs.length > 1) : []),
    [JSON.stringify(names?.phases.map((one) => one.metrics)), runs.length > 1],
  );
  const isShown = (chart: ChartOf): boolean =>
    hidden.get(chart.key) === undefined
      ? ((chart.kind === "train" || chart.kind === "") && all.indexOf(chart) < first) || filter !== "" || chart.kind === "validate"
      : !hidden.get(chart.key);
  const fits = (chart: ChartOf): boolean =>
    !filter || `${chart.phase} ${chart.metrics.join(" ")}`.toLowerCase().includes(filter.toLowerCase());
  const charts = all.filter((chart) => isShown(chart) && fits(chart));
  const version = JSON.stringify(names?.phases.map((one) => one.points));
  const { known, problem } = useCurves(runs, charts, seen, version, store);
  const kept = runs.length === 1 ? (names?.kept ?? null) : null;
  const look: ChartLook = { smoothing, isLog, axis, epochs, kept: kept?.step ?? null, hasLastStep: runs.length > 1, theme };
  const phases = [...new Set(charts.map((chart) => chart.phase))];
  if (!names)
    return (
      <p class="wait">
        {store.link.reason ||
          (!run ? "The metrics are being read." : isWorking(run) ? "There are no metrics yet." : "This run has no metrics.")}
      </p>
    );
  return (
    <main class="learning">
      <div class="bar">
        <Smoothing value={smoothing} set={setSmoothing} />
        <label>
          <input type="checkbox" checked={isLog} onChange={(event) => setLog(event.currentTarget.checked)} /> logarithmic
        </label>
        <label>
          by{" "}
          <select value={axis} aria-label="horizontal axis" onChange={(event) => setAxis(event.currentTarget.value as Axis)}>
            <option value="step">steps done</option>
            <option value="time">time</option>
            {epochs.map((one) => (
              <option key={one.source} value={`epoch ${one.source}`}>
                epoch of {one.source}
              </option>
            ))}
          </select>
        </label>
        <label class="named">
          find metric
          <input
            class="find"
            type="search"
            aria-label="find metric"
            value={filter}
            onInput={(event) => setFilter(event.currentTarget.value)}
          />
        </label>
        <Chooser
          words="metrics"
          all={all}
          isShown={isShown}
          turn={(chart) => setHidden(new Map(hidden).set(chart.key, isShown(chart)))}
          keyOf={(chart) => chart.key}
          item={(chart) => (
            <>
              <span class="k">{chart.phase}</span> {chart.title}
              {chart.metrics.length > 1 && <span class="k"> · {chart.metrics.length}</span>}
            </>
          )}
        />
        <span class="k wideonly">drag: zoom in · double click: all</span>
        <span class="sp" />
        {kept && (
          <span>
            kept (dashed line): weights after <b>{whole(kept.step)}</b> steps, judged by {kept.phase}
          </span>
        )}
      </div>
      <div class="scroll" tabIndex={0} role="region" aria-label="curves">
        {problem && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        {all.length === 0 && <p class="wait">This run has no metrics yet.</p>}
        {all.length > 0 && charts.length === 0 && <p class="wait">No metric has this in its name.</p>}
        {phases.map((phase) => (
          <section key={phase} aria-label={`curves of ${phase}`}>
            <h2 class="part">{phase}</h2>
            <div class="charts">
              {charts
                .filter((chart) => chart.phase === phase)
                .map((chart) => (
                  <Sighted key={chart.key} chart={chart} see={see} series={seriesOf(chart, runs, known)} look={look} />
                ))}
            </div>
          </section>
        ))}
        <ResultTable runs={runs} metrics={names} />
        <ValueTable charts={charts} runs={runs} known={known} />
      </div>
    </main>
  );
}

/** Of which step the newest values of an unfinished run are. */
export function newestWords(run: RunRow): string {
  const steps = [...new Set(Object.values(run.at ?? {}))].sort((a, b) => a - b);
  if (steps.length === 0) return " so far";
  return ` so far, after ${steps.map(whole).join(" or ")} steps`;
}

/** Steps over whose newest values the metrics of a training are means. */
export const meanSteps = 50;

/** Over how many steps the metrics of a training are; empty: these runs have none. */
export function meanWords(runs: RunRow[], names: string[], metrics: MetricNames | undefined): string {
  const trainings = (metrics?.phases ?? []).filter((one) => one.kind === "train").map((one) => `${one.name}.`);
  if (!names.some((name) => trainings.some((one) => name.startsWith(one)))) return "";
  const short = runs.filter((run) => run.steps > 0 && run.steps < meanSteps).map((run) => `${run.folder} did ${whole(run.steps)}`);
  return `Metrics of the training are means over the last ${meanSteps} steps that a run did${short.length > 0 ? `, or over all of them: ${short.join(", ")}` : ""}.`;
}

/** The headline metrics. */
function ResultTable({ runs, metrics }: { runs: RunRow[]; metrics: MetricNames | undefined }) {
  const names = metricNames(runs);
  if (names.length === 0) return null;
  const soFar = runs.filter((run) => run.status !== "finished");
  return (
    <section aria-label="results">
      <h2 class="part">{soFar.length === 0 ? "results" : soFar.length === runs.length ? "newest values, not results" : "results and newest values"}</h2>
      <div class="valuetable">
        <table class="grid fit">
          <thead>
            <tr>
              <th>metric</th>
              {runs.map((run) => (
                <th key={run.row} class="r">
                  {runs.length > 1 ? run.folder : "value"}
                  {run.status !== "finished" && <span class="k">{newestWords(run)}</span>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {names.map((name) => (
              <tr key={name}>
                <td>{name}</td>
                {runs.map((run) => (
                  <td key={run.row} class="r">
                    {metricWords(run.metrics[name])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        <p class="lab">{meanWords(runs, names, metrics)}</p>
      </div>
    </section>
  );
}

function ValueTable({ charts, runs, known }: { charts: ChartOf[]; runs: RunRow[]; known: Map<string, Curve> }) {
  const rows = charts.flatMap((chart) =>
    chart.metrics.flatMap((metric) =>
      runs.flatMap((run) => {
        const curve = known.get(keyOf(run.row, chart.phase, metric));
        return curve ? [{ key: keyOf(run.row, chart.phase, metric), phase: chart.phase, metric, run, ...extremesOf(curve) }] : [];
      }),
    ),
  );
  if (rows.length === 0) return null;
  return (
    <details class="valuetable">
      <summary>the curves as a table: last, lowest and highest values</summary>
      <p class="k">Not smoothed. The last value is the mean of the steps that share the last point of a curve.</p>
      <table class="grid">
        <thead>
          <tr>
            {runs.length > 1 && <th>run</th>}
            <th>phase</th>
            <th>metric</th>
            <th class="r">last</th>
            <th class="r">steps done</th>
            <th class="r">lowest</th>
            <th class="r">steps done</th>
            <th class="r">highest</th>
            <th class="r">steps done</th>
            <th class="r">not finite</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key}>
              {runs.length > 1 && <td>{row.run.folder}</td>}
              <td>{row.phase}</td>
              <td>{row.metric}</td>
              <td class="r">{metricWords(row.last)}</td>
              <td class="r">{row.lastStep === null ? "" : whole(row.lastStep)}</td>
              <td class="r">{row.least ? metricWords(row.least.value) : "–"}</td>
              <td class="r">{row.least ? whole(row.least.step) : ""}</td>
              <td class="r">{row.most ? metricWords(row.most.value) : "–"}</td>
              <td class="r">{row.most ? whole(row.most.step) : ""}</td>
              <td class={row.undefined > 0 ? "r bad" : "r"}>{whole(row.undefined)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
