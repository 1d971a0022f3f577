// The curves of runs, as they are asked for.

import { useEffect, useMemo, useReducer, useRef, useState } from "preact/hooks";
import type { Series } from "./chart";
import type { ChartOf, Curve } from "./curves";
import { isWorking, type Curves, type MetricNames, type RunRow } from "./run";
import { useChanges, type RunStore } from "./run_store";
import { ask, askUntilAnswered } from "./server";

/** Points of a curve. Those of a run in progress are asked for again and again, at most this often. */
const points = { finished: 2000, running: 1000 };
const refresh = 4000;
/** Time after which the curves of a run are asked for again that is still being read. */
const soon = 500;
/** Most curves of one request. */
const mostAsked = 64;
/** Runs that are asked at the same time. */
const mostAtOnce = 3;

export const keyOf = (row: number, phase: string, metric: string): string => `${row} ${phase} ${metric}`;

/** The curves of the charts that are in sight. They are asked for again when there are new points. */
export function useCurves(
  runs: RunRow[],
  charts: ChartOf[],
  seen: Set<string>,
  version: unknown,
  store: RunStore,
): { known: Map<string, Curve>; problem: string } {
  const known = useRef(new Map<string, Curve>()),
    asked = useRef(new Map<string, unknown>());
  const [, drawn] = useReducer((count: number) => count + 1, 0);
  const [problem, setProblem] = useState("");
  /** When curves were asked for last, and how long they then rest. */
  const time = useRef(0),
    pause = useRef(refresh);
  useChanges(store, "held", "link");
  const isHeld = store.heldSince !== null,
    // What failed is asked for again when the server answers again.
    isAnswered = problem === "" || store.link.isOpen;
  const wanted = charts.filter((chart) => seen.has(chart.key));
  const [repeats, repeat] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    if (isHeld) return;
    const stop = new AbortController();
    let timer = 0;
    const loadAll = async (): Promise<void> => {
      time.current = performance.now();
      let isBehind = false;
      const load = async (run: RunRow): Promise<void> => {
        const missing = wanted
          .flatMap((chart) => chart.metrics.map((metric) => ({ phase: chart.phase, metric })))
          .filter((one) => asked.current.get(keyOf(run.row, one.phase, one.metric)) !== version);
        for (let at = 0; at < missing.length; at += mostAsked) {
          const some = missing.slice(at, at + mostAsked);
          const { head } = await ask<Curves>(
            `api/runs/${run.row}/curves`,
            { curves: some, points: isWorking(run) ? points.running : points.finished },
            stop.signal,
          );
          isBehind ||= head.is_behind;
          // Of another run in progress, nothing tells that there is more.
          const isNewest = !head.is_behind && (run.row === store.row || !isWorking(run));
          some.forEach((one) => asked.current.set(keyOf(run.row, one.phase, one.metric), isNewest ? version : undefined));
          for (const curve of head.curves) known.current.set(keyOf(run.row, curve.phase, curve.metric), curve);
          drawn(undefined);
        }
      };
      // A browser opens few connections, and one run must not wait for all others.
      for (let at = 0; at < runs.length; at += mostAtOnce) await Promise.all(runs.slice(at, at + mostAtOnce).map(load));
      pause.current = isBehind ? soon : refresh;
      if (isBehind || runs.some((run) => run.row !== store.row && isWorking(run))) timer = setTimeout(() => repeat(undefined), pause.current);
    };
    const isNew = wanted.some((chart) => runs.some((run) => !asked.current.has(keyOf(run.row, chart.phase, chart.metrics[0]!))));
    timer = setTimeout(
      () => {
        loadAll().then(
          () => setProblem(""),
          (error: unknown) => !stop.signal.aborted && setProblem(error instanceof Error ? error.message : String(error)),
        );
      },
      isNew ? 30 : Math.max(0, time.current + pause.current - performance.now()),
    );
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [runs.map((run) => `${run.row} ${run.status}`).join(), wanted.map((chart) => chart.key).join(), version, isHeld, isAnswered, repeats]);
  return { known: known.current, problem };
}

/** The metrics of all these runs: those of the first one, which is followed, and those that only others have. */
export function useAllNames(names: MetricNames | undefined, runs: RunRow[], store: RunStore): MetricNames | undefined {
  const [others, setOthers] = useState<MetricNames["phases"]>([]);
  const rows = runs.filter((run) => run.row !== store.row);
  useEffect(() => {
    const stop = new AbortController();
    const of = async (run: RunRow): Promise<MetricNames["phases"]> => {
      for (;;) {
        const { head } = await askUntilAnswered<Curves>(`api/runs/${run.row}/curves`, { curves: [] }, stop.signal);
        if (!head.is_behind) return head.phases;
        await new Promise((next) => setTimeout(next, soon));
      }
    };
    const load = async (): Promise<void> => {
      const found: MetricNames["phases"] = [];
      for (let at = 0; at < rows.length; at += mostAtOnce) {
        // Why a run cannot be read is said where its curves are asked for.
        const some = await Promise.all(rows.slice(at, at + mostAtOnce).map((run) => of(run).catch(() => [])));
        if (stop.signal.aborted) return;
        found.push(...some.flat());
        setOthers([...found]);
      }
    };
    void load();
    return () => stop.abort();
  }, [rows.map((run) => `${run.row} ${run.status}`).join()]);
  return useMemo(() => {
    if (others.length === 0) return names;
    const phases = (names?.phases ?? []).map((phase) => ({ ...phase, metrics: [...phase.metrics] }));
    for (const other of others) {
      const mine = phases.find((phase) => phase.name === other.name);
      if (mine) mine.metrics.push(...other.metrics.filter((metric) => !mine.metrics.includes(metric)));
      else phases.push({ ...other, metrics: [...other.metrics] });
    }
    return { phases, kept: names?.kept ?? null };
  }, [names, others]);
}

export function seriesOf(chart: ChartOf, runs: RunRow[], known: Map<string, Curve>): Series[] {
  return runs.flatMap((run, place) =>
    chart.metrics.flatMap((metric) => {
      const curve = known.get(keyOf(run.row, chart.phase, metric));
      const short = metric.startsWith(`${chart.title}_`)
        ? metric.slice(chart.title.length + 1)
        : metric === chart.title
          ? "all"
          : metric.slice(metric.lastIndexOf(".") + 1);
      return curve ? [runs.length > 1 ? { label: run.folder.replace(/^.*\//, ""), curve, place } : { label: short, curve }] : [];
    }),
  );
}
