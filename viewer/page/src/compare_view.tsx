// Two runs beside each other: curves, results with their differences, and times of nodes as ratios.

import { useEffect, useMemo, useState } from "preact/hooks";
import type { Address } from "./address";
import { few, type ChartLook } from "./chart";
import { chartsOf } from "./curves";
import { Differences } from "./differences";
import { meanWords, newestWords, Sighted, Smoothing, useSight } from "./learning_view";
import { hasEnds, numberWords } from "./result_words";
import type { ComparedRuns } from "./results_data";
import type { MetricNames, RunRow } from "./run";
import { seriesOf, useCurves } from "./run_curves";
import { useChanges, useTopic, type RunStore } from "./run_store";
import { metricNames } from "./run_columns";
import { askUntilAnswered } from "./server";
import { metricWords, msWords, whole } from "./words";

interface Props {
  stores: RunStore[];
  runs: RunRow[];
  go: (change: Partial<Address>) => void;
  theme: string;
}

const mostCharts = 6;

export function CompareView({ stores, runs, go, theme }: Props) {
  const [a, b] = stores.map((store) => runs.find((run) => run.row === store.row));
  const pick = (index: number, row: number): void => {
    const next = [a?.row ?? row, b?.row ?? row];
    next[index] = row;
    go({ runs: next });
  };
  const choice = (index: number, chosen: RunRow | undefined) => (
    <select
      value={chosen?.row ?? ""}
      aria-label={index === 0 ? "first run" : "second run"}
      onChange={(event) => pick(index, Number(event.currentTarget.value))}
    >
      {!chosen && <option value="">choose</option>}
      {runs.map((run) => (
        <option key={run.row} value={run.row}>
          {run.folder.replace(/ (?= )/g, "\u00a0")}
        </option>
      ))}
    </select>
  );
  return (
    <main class="compare">
      <div class="bar">
        <svg width="20" height="6" aria-hidden="true">
          <path class="keyline first" d="M0 3H20" />
        </svg>
        {choice(0, a)}
        <span>against</span>
        <svg width="20" height="6" aria-hidden="true">
          <path class="keyline second" d="M0 3H20" />
        </svg>
        {choice(1, b)}
        {a && b && (
          <button type="button" class="quiet" onClick={() => go({ runs: [b.row, a.row] })}>
            swap
          </button>
        )}
        <span class="sp" />
      </div>
      {a && b && stores[1] ? <Two a={a} b={b} first={stores[0]!} second={stores[1]} theme={theme} /> : <p class="wait">Choose two runs.</p>}
    </main>
  );
}

function Two({ a, b, first, second, theme }: { a: RunRow; b: RunRow; first: RunStore; second: RunStore; theme: string }) {
  const ofA = useTopic(first, "metrics"),
    ofB = useTopic(second, "metrics");
  const [seen, see] = useSight();
  const shared = useMemo(() => {
    if (!ofA || !ofB) return [];
    const names = {
      ...ofA,
      phases: ofA.phases.map((phase) => ({
        ...phase,
        metrics: phase.metrics.filter((metric) => ofB.phases.some((other) => other.name === phase.name && other.metrics.includes(metric))),
      })),
    };
    // Headline metrics first, and of a training its whole loss.
    const order = metricNames([a, b]);
    const place = ({ phase, title }: { phase: string; title: string }): number => {
      const at = order.indexOf(`${phase}.${title}`);
      return at < 0 ? order.length : at;
    };
    const isPart = ({ title }: { title: string }): number => Number(!title.endsWith(".loss"));
    const charts = chartsOf(names, true),
      ofJudges = charts.filter((chart) => chart.kind !== "train").sort((x, y) => place(x) - place(y)),
      headlines = ofJudges.filter(({ phase, title }) => [a, b].some((run) => run.order.some((one) => one.is_headline && one.name === `${phase}.${title}`))),
      judged = (headlines.length > 0 ? headlines : ofJudges).slice(0, 3),
      learned = charts.filter((chart) => chart.kind === "train").sort((x, y) => isPart(x) - isPart(y));
    return [...learned.slice(0, mostCharts - judged.length), ...judged];
  }, [ofA, ofB, JSON.stringify([a.order, b.order])]);
  const runs = useMemo(() => [a, b], [a.row, b.row]);
  const { known, problem } = useCurves(
    runs,
    shared,
    seen,
    JSON.stringify([ofA?.phases.map((one) => one.points), ofB?.phases.map((one) => one.points)]),
    first,
  );
  const [smoothing, setSmoothing] = useState(0.9);
  const look: ChartLook = { smoothing, isLog: false, axis: "step", epochs: [], kept: null, hasLastStep: true, theme };
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="comparison">
      <Differences a={a} b={b} first={first} second={second} />
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <div class="bar">
        <b>curves</b>
        <Smoothing value={smoothing} set={setSmoothing} />
        <span class="k">
          by steps done; the band has the lowest and highest values, not smoothed; charts in which all curves have fewer than {few} points are not smoothed
        </span>
      </div>
      <div class="charts">
        {shared.map((chart) => (
          <Sighted
            key={chart.key}
            chart={{ ...chart, title: `${chart.phase}: ${chart.title}` }}
            see={see}
            series={seriesOf(chart, runs, known)}
            look={look}
          />
        ))}
      </div>
      <div class="twotables">
        <Results a={a} b={b} metrics={ofA} />
        <Times a={a} b={b} first={first} second={second} />
      </div>
    </div>
  );
}

function signed(value: number): string {
  const words = metricWords(Math.abs(value));
  return value === 0 ? "0" : `${value > 0 ? "+" : "−"}${words}`;
}

const nameOf = (run: RunRow): string => run.folder.replace(/^.*\//, "");

/** The differences of two finished runs, paired by image; null until they are known. */
function usePaired(a: RunRow, b: RunRow): ComparedRuns | null {
  const [paired, setPaired] = useState<ComparedRuns | null>(null);
  const areOver = a.status === "finished" && b.status === "finished" && a.row !== b.row;
  useEffect(() => {
    const stop = new AbortController();
    setPaired(null);
    if (areOver)
      askUntilAnswered<ComparedRuns>("api/compare", { runs: [a.row, b.row] }, stop.signal)
        .then((answer) => setPaired(answer.head))
        .catch((error: unknown) => {
          if (!stop.signal.aborted) setPaired({ metrics: [], notes: [], method: "", problem: error instanceof Error ? error.message : String(error) });
        });
    return () => stop.abort();
  }, [a.row, b.row, areOver]);
  return paired;
}

function Results({ a, b, metrics }: { a: RunRow; b: RunRow; metrics: MetricNames | undefined }) {
  const names = metricNames([a, b]);
  const paired = usePaired(a, b);
  const known = new Map(paired?.metrics.map((one) => [`${one.phase}.${one.name}`, one]));
  const rows = names.map((name) => ({ name, a: a.metrics[name], b: b.metrics[name], paired: known.get(name) }));
  // Headline metrics of the tests, which have intervals, come first.
  rows.sort((x, y) => Number(y.paired !== undefined) - Number(x.paired !== undefined));
  const size = (row: (typeof rows)[number]): number =>
    row.a != null && row.b != null ? Math.abs(row.b - row.a) / Math.max(Math.abs(row.a), Math.abs(row.b), 1e-12) : 0;
  const most = Math.max(1e-12, ...rows.map(size));
  return (
    <section aria-label="results">
      <h2 class="title">
        {a.status === "finished" && b.status === "finished" ? "Results" : "Results, and newest values of what is not finished"}: {nameOf(b)} −{" "}
        {nameOf(a)}
      </h2>
      {rows.length === 0 ? (
        <p class="k">Neither run has results.</p>
      ) : (
        <table class="grid">
          <thead>
            <tr>
              <th>metric</th>
              {[a, b].map((run) => (
                <th key={run.row} class="r ofrun">
                  {nameOf(run)}
                  {run.status !== "finished" && <div class="k">{newestWords(run).trim()}</div>}
                </th>
              ))}
              <th class="r">difference</th>
              {known.size > 0 && (
                <>
                  <th>95 % interval</th>
                  <th class="r" title="with Holm's correction for all rows">
                    p, Holm
                  </th>
                </>
              )}
              <th>relative</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.name}>
                <td>{row.name}</td>
                <td class="r">{metricWords(row.a)}</td>
                <td class="r">{metricWords(row.b)}</td>
                <td class="r">{row.a != null && row.b != null ? signed(row.b - row.a) : "–"}</td>
                {known.size > 0 && (
                  <>
                    <td data-paired={row.paired && row.name}>
                      {row.paired && hasEnds(row.paired.interval)
                        ? `${numberWords(row.paired.interval[1], true)} to ${numberWords(row.paired.interval[2], true)}`
                        : "–"}
                    </td>
                    <td class="r">{numberWords(row.paired?.p)}</td>
                  </>
                )}
                <td>{row.a != null && row.b != null && <Ratio share={(Math.sign(row.b - row.a) * size(row)) / most} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {known.size > 0 ? (
        <p class="lab">{paired!.metrics.every((one) => one.is_by_seed) ? "Paired by seed." : "Paired by image."} {paired!.method} An interval that includes 0 does not show a change. Bars: the difference, relative to the larger value.</p>
      ) : (
        <p class="lab">One run each: differences of this size can come from the seed.{paired?.problem ? ` There are no intervals: ${paired.problem}.` : ""}</p>
      )}
      <p class="lab">{meanWords([a, b], names, metrics)}</p>
      {paired?.notes.map((words) => <p key={words} class="lab">{words}</p>)}
    </section>
  );
}

/** A bar from the middle. `share` from -1 to 1. */
function Ratio({ share }: { share: number }) {
  const w = Math.min(1, Math.abs(share)) * 58;
  return (
    <svg class="ratio" width="120" height="10" aria-hidden="true">
      <path class="ax" d="M60 0V10" />
      <rect class={share > 0 ? "more" : "less"} x={share > 0 ? 60 : 60 - w} y="2" width={Math.max(w, share === 0 ? 0 : 1)} height="6" />
    </svg>
  );
}

/** Times below this are shown as 0.00 ms, and the clock is hardly finer: their ratio says nothing. */
const leastMs = 0.005;
const canDivide = (row: { a: number; b: number }): boolean => row.a >= leastMs && row.b >= leastMs;

/** Part of the cores of the machine from which other programs make times longer. */
const manyOthers = 0.1;

/** Says that other programs used the cores during a run, or that its log does not say it; empty if few did. */
function otherPrograms(store: RunStore, run: RunRow): string {
  const verdict = store.get("verdict");
  if (!verdict) return "";
  const others = verdict.others ?? null;
  if (others === null) return `The log of ${nameOf(run)} does not say whether other programs used the cores.`;
  if (others < manyOthers) return "";
  return `While ${nameOf(run)} ran, other programs used ${Math.round(100 * others)} % of the machine's cores: its times can be longer than they would be alone.`;
}

function Times({ a, b, first, second }: { a: RunRow; b: RunRow; first: RunStore; second: RunStore }) {
  const logA = useTopic(first, "log"),
    logB = useTopic(second, "log");
  const topics = (log: typeof logA): string[] => ["run", "verdict", ...(log?.phases.map((_, k) => `activity.${k}`) ?? [])];
  useChanges(first, ...topics(logA));
  useChanges(second, ...topics(logB));
  const times = (store: RunStore, log: typeof logA): Map<string, number> => {
    const out = new Map<string, number>();
    log?.phases.forEach((phase, k) => {
      const rows = store.get(`activity.${k}`)?.nodes;
      phase.nodes.forEach((node, n) => rows?.[n]?.median != null && out.set(`${phase.name}: ${node.name}`, rows[n].median));
    });
    return out;
  };
  const ofA = times(first, logA),
    ofB = times(second, logB);
  const both = [...ofA]
    .flatMap(([name, ms]) => (ofB.has(name) ? [{ name, a: ms, b: ofB.get(name)! }] : []))
    .sort((x, y) => Math.max(y.a, y.b) - Math.max(x.a, x.b));
  const only = (mine: Map<string, number>, other: Map<string, number>): string[] =>
    [...mine]
      .filter(([name]) => !other.has(name))
      .sort((x, y) => y[1] - x[1])
      .map(([name, ms]) => `${name} ${msWords(ms)}`);
  const few = (all: string[]): string => all.slice(0, 5).join(" · ") + (all.length > 5 ? ` and ${whole(all.length - 5)} others` : "");
  const onlyA = only(ofA, ofB),
    onlyB = only(ofB, ofA);
  return (
    <section aria-label="times of nodes">
      <h2 class="title">
        A call of a node, median: {nameOf(b)} ÷ {nameOf(a)}
      </h2>
      {[otherPrograms(first, a), otherPrograms(second, b)].filter(Boolean).map((words) => (
        <p key={words} class="problem warn">
          {words}
        </p>
      ))}
      {both.length === 0 ? (
        <p class="k">The logs of these runs have no node in common.</p>
      ) : (
        <table class="grid">
          <thead>
            <tr>
              <th>node</th>
              <th class="r ofrun">{nameOf(a)}</th>
              <th class="r ofrun">{nameOf(b)}</th>
              <th class="r">ratio</th>
              <th>¼ to 4 times</th>
            </tr>
          </thead>
          <tbody>
            {both.map((row) => (
              <tr key={row.name}>
                <td>{row.name}</td>
                <td class="r">{msWords(row.a)}</td>
                <td class="r">{msWords(row.b)}</td>
                <td class="r">{canDivide(row) ? `${(row.b / row.a).toFixed(2)} ×` : "–"}</td>
                <td>{canDivide(row) && <Ratio share={Math.log2(row.b / row.a) / 2} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {onlyA.length > 0 && (
        <p class="lab">
          Only in {nameOf(a)}: {few(onlyA)}.
        </p>
      )}
      {onlyB.length > 0 && (
        <p class="lab">
          Only in {nameOf(b)}: {few(onlyB)}.
        </p>
      )}
    </section>
  );
}
