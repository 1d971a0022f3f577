// A chart of curves with their bands of extremes.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { saveCsv, saveSvg } from "./chart_file";
import { axisValues, extremesOf, smooth, type Axis, type Curve, type Epoch } from "./curves";
import { metricWords, whole } from "./words";

export interface Series {
  label: string;
  curve: Curve;
  /** Where several runs are shown: the place of its run among them. It gives colour, dashes and a name also to a chart's only curve. */
  place?: number;
}

export interface ChartLook {
  smoothing: number;
  isLog: boolean;
  axis: Axis;
  epochs: Epoch[];
  kept: number | null;
  /** Where nothing is pointed at, the steps of the last values are said too. */
  hasLastStep?: boolean;
  theme: string;
}

/** Curves of fewer points are drawn with their points. If all curves of a chart are such ones, they are not smoothed. */
export const few = 40;
/** Most curves of a chart of which each has its steps in the head. */
const mostWithSteps = 3;
const isSmoothed = (series: Series[], look: ChartLook): boolean => look.smoothing > 0 && series.some((one) => one.curve.step.length >= few);
const dashes: (number[] | undefined)[] = [undefined, [8, 3], [3, 2], [10, 3, 2, 3], [5, 5]];

interface Placed {
  place?: number;
}
/** The colour of the k-th of all curves of a chart. */
export const colourOf = (all: Placed[], k: number): string => {
  const place = all[k]!.place ?? (all.length > 1 ? k : null);
  return getComputedStyle(document.documentElement).getPropertyValue(place === null ? "--p0" : `--p${(place % 5) + 1}`).trim();
};
export const dashOf = (all: Placed[], k: number): number[] | undefined => dashes[(all[k]!.place ?? k) % dashes.length];

/** What is drawn of a curve: x, smoothed mean, and the extremes. */
export interface Drawn {
  label: string;
  place?: number;
  x: number[];
  mean: (number | null)[];
  low: (number | null)[];
  high: (number | null)[];
}

export function drawnOf(series: Series[], look: ChartLook): Drawn[] {
  const smoothing = isSmoothed(series, look) ? look.smoothing : 0;
  return series.map(({ label, curve, place }) => {
    const x = axisValues(curve, look.axis, look.epochs);
    const fit = (values: (number | null)[]): (number | null)[] =>
      look.isLog ? values.map((value) => (value !== null && value > 0 ? value : null)) : values;
    const rows = {
      mean: smooth(fit(curve.mean), smoothing),
      low: fit(curve.low),
      high: fit(curve.high),
    };
    if (x.every((value) => value !== null)) return { label, place, x: x as number[], ...rows };
    const known = x.flatMap((value, k) => (value === null ? [] : [k]));
    const pick = <Value,>(values: Value[]): Value[] => known.map((k) => values[k]!);
    return { label, place, x: pick(x) as number[], mean: pick(rows.mean), low: pick(rows.low), high: pick(rows.high) };
  });
}

function dataOf(drawn: Drawn[]): uPlot.AlignedData {
  const tables = drawn.map((one) => [one.x, one.low, one.high, one.mean] as uPlot.AlignedData);
  if (tables.length === 0) return [[]];
  const first = drawn[0]!.x;
  if (drawn.every((one) => one.x.length === first.length && one.x.every((value, k) => value === first[k])))
    return [first, ...drawn.flatMap((one) => [one.low, one.high, one.mean])] as uPlot.AlignedData;
  // Undefined where a curve has no point of its own: the line goes on. Null where its value is no number: the line has a gap.
  return uPlot.join(
    tables,
    tables.map(() => [1, 1, 1, 1]),
  ) as uPlot.AlignedData;
}

function tick(value: number | null): string {
  if (value === null) return "";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))} M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))} k`;
  if (size >= 1e3) return whole(value);
  return size < 1e-3 ? value.toExponential(0) : String(Number(value.toPrecision(4)));
}

/** Times as hours, minutes and seconds. */
function timeTick(seconds: number): string {
  if (seconds < 120) return `${Number(seconds.toPrecision(4))} s`;
  const h = Math.floor(seconds / 3600),
    min = Math.floor((seconds % 3600) / 60),
    s = Math.round(seconds % 60);
  const two = (value: number): string => String(value).padStart(2, "0");
  return h > 0 ? `${h}:${two(min)} h` : s > 0 ? `${min}:${two(s)} min` : `${min} min`;
}
const timeSteps = [
  0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 43200, 86400, 172800, 432000, 864000,
];

/** Whole powers of ten, with 2 and 5 between them where there is room. */
function logSplits(low: number, high: number): number[] {
  const out: number[] = [];
  const parts = Math.log10(high / low) < 2.5 ? [1, 2, 5] : [1];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); ++power)
    for (const part of parts) {
      const value = part * 10 ** power;
      if (value >= low && value <= high) out.push(value);
    }
  return out;
}

function options(host: HTMLElement, drawn: Drawn[], look: ChartLook, over: (index: number | null) => void): uPlot.Options {
  const css = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: css("--mut"),
    font: `11px ${css("--f")}`,
    grid: { stroke: css("--line"), width: 1 },
    ticks: { show: false },
    gap: 4,
  };
  const edge = (colour: string): uPlot.Series => ({
    stroke: `color-mix(in srgb, ${colour} 35%, transparent)`,
    width: 0.8,
    points: { show: false },
  });
  const keptLine = (plot: uPlot): void => {
    if (look.kept === null || look.axis === "time") return;
    const at = look.axis === "step" ? look.kept : look.kept / (look.epochs.find((one) => look.axis === `epoch ${one.source}`)?.steps ?? 1);
    const x = plot.valToPos(at, "x", true),
      { left, top, width, height } = plot.bbox;
    if (x < left || x > left + width) return;
    plot.ctx.save();
    plot.ctx.strokeStyle = css("--ink");
    plot.ctx.lineWidth = devicePixelRatio;
    plot.ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
    plot.ctx.beginPath();
    plot.ctx.moveTo(x, top);
    plot.ctx.lineTo(x, top + height);
    plot.ctx.stroke();
    plot.ctx.restore();
  };
  return {
    width: host.clientWidth,
    height: host.clientHeight,
    legend: { show: false },
    padding: [8, 20, 0, 0],
    cursor: { sync: { key: "learning", scales: ["x", null] }, points: { size: 6 }, drag: { x: true, y: false }, y: false },
    scales: {
      x: { time: false },
      y: look.isLog
        ? { distr: 3, range: (_plot, low, high) => [(low ?? 0.1) / 1.2, (high ?? 1) * 1.2] }
        : {
            range: (_plot, low, high) => {
              // A constant that was smoothed differs in its last digits only.
              const span = high - low,
                size = Math.abs(high),
                pad = (span > size * 1e-9 ? span : size || 1) * 0.05;
              return [low - pad, high + pad];
            },
          },
    },
    axes: [
      {
        ...axis,
        size: 22,
        space: 64,
        values: (_plot, all) => all.map(look.axis === "time" ? timeTick : tick),
        ...(look.axis === "time" ? { incrs: timeSteps } : {}),
      },
      {
        ...axis,
        size: 54,
        space: 28,
        values: (_plot, all) => all.map(tick),
        ...(look.isLog
          ? {
              splits: (_plot: uPlot, _k: number, low: number, high: number) => logSplits(low, high),
              filter: (_plot: uPlot, all: number[]) => all,
            }
          : {}),
      },
    ],
    series: [
      {},
      ...drawn.flatMap((one, k): uPlot.Series[] => {
        const colour = colourOf(drawn, k);
        return [
          edge(colour),
          edge(colour),
          {
            stroke: colour,
            width: 1.6,
            dash: dashOf(drawn, k) ?? [],
            points: { show: one.x.length < few, size: 5, fill: colour, stroke: colour },
          },
        ];
      }),
    ],
    bands: drawn.map((_, k) => ({
      series: [3 * k + 2, 3 * k + 1] as [number, number],
      fill: `color-mix(in srgb, ${colourOf(drawn, k)} 17%, transparent)`,
    })),
    hooks: {
      draw: [keptLine],
      setCursor: [(plot) => over(plot.cursor.left !== undefined && plot.cursor.left >= 0 ? (plot.cursor.idx ?? null) : null)],
    },
  };
}

interface Props {
  title: string;
  kind: string;
  series: Series[];
  look: ChartLook;
}

export function Chart({ title, kind, series, look }: Props) {
  const host = useRef<HTMLDivElement>(null),
    values = useRef<(HTMLElement | null)[]>([]),
    where = useRef<HTMLElement>(null);
  const plot = useRef<uPlot | null>(null);
  const drawn = useRef<Drawn[]>([]);
  /** The plot was made with the newest data. */
  const isNew = useRef(false);
  const [isBlank, setBlank] = useState(false);
  drawn.current = useMemo(() => drawnOf(series, look), [series, look.smoothing, look.isLog, look.axis]);
  const shape = `${series.map((one) => `${one.label} ${one.place ?? ""}`).join("|")} ${look.isLog} ${look.axis} ${look.theme} ${look.kept} ${series.map((one) => one.curve.step.length < few)}`;
  const over = (index: number | null): void => {
    const data = plot.current?.data;
    const hasSteps = index === null && look.hasLastStep === true && look.axis === "step";
    const lasts: number[] = [];
    drawn.current.forEach((one, k) => {
      const element = values.current[k];
      const row = data?.[3 * k + 3] as (number | null | undefined)[] | undefined;
      let at = index ?? (row?.length ?? 0) - 1;
      while (row && at > 0 && row[at] === undefined) --at;
      if (index === null) while (row && at > 0 && (row[at] === null || row[at] === undefined)) --at;
      if (hasSteps && one.x.length > 0) lasts[k] = data?.[0][at] ?? 0;
      if (element) element.textContent = one.x.length === 0 ? "–" : metricWords(row?.[at] ?? null);
    });
    // Said once, if it is so of all, or if there are many.
    const steps = [...new Set(lasts.filter((step) => step !== undefined))].sort((a, b) => a - b);
    const areEach = steps.length > 1 && series.length <= mostWithSteps;
    if (areEach)
      lasts.forEach((step, k) => {
        const element = values.current[k];
        if (element) element.textContent += ` after ${whole(step)} steps`;
      });
    if (where.current)
      where.current.textContent =
        index === null || !data
          ? areEach || steps.length === 0
            ? ""
            : `after ${whole(steps[0]!)}${steps.length > 1 ? ` to ${whole(steps.at(-1)!)}` : ""} steps`
          : look.axis === "time"
            ? timeTick(data[0][index] ?? 0)
            : look.axis === "step"
              ? `${whole(data[0][index] ?? 0)} steps done`
              : `${look.axis.split(" ")[0]} ${tick(data[0][index] ?? null)}`;
  };
  useEffect(() => {
    const element = host.current!;
    plot.current = new uPlot(
      options(element, drawn.current, look, (index) => over(index)),
      dataOf(drawn.current),
      element,
    );
    over(null);
    const observer = new ResizeObserver(() => {
      const now = plot.current,
        { clientWidth: width, clientHeight: height } = element;
      if (now && (now.width !== width || now.height !== height)) now.setSize({ width, height });
    });
    isNew.current = true;
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape]);
  useEffect(() => {
    const now = plot.current;
    setBlank(drawn.current.every((one) => one.mean.every((value) => value === null)));
    const isDrawn = isNew.current;
    isNew.current = false;
    if (!now || isDrawn) return;
    const all = now.data[0],
      { min, max } = now.scales.x!;
    const isZoomed = all.length > 1 && min != null && max != null && (min > all[0]! || max < all.at(-1)!);
    now.setData(dataOf(drawn.current), !isZoomed);
    if (isZoomed) now.redraw();
    over(null);
  }, [series, look.smoothing]);
  const press = (event: KeyboardEvent): void => {
    const now = plot.current,
      all = now?.data[0],
      { min, max } = now?.scales.x ?? {};
    if (!now || !all || all.length < 2 || min == null || max == null || event.ctrlKey || event.metaKey || event.altKey) return;
    const middle = (min + max) / 2,
      half = (max - min) / 2,
      [first, last] = [all[0]!, all.at(-1)!];
    const show = (at: number, reach: number): void =>
      now.setScale("x", { min: Math.max(first, at - reach), max: Math.min(last, at + reach) });
    if (event.key === "+" || event.key === "=") show(middle, half / 1.5);
    else if (event.key === "-") show(middle, half * 1.5);
    else if (event.key === "ArrowLeft") show(Math.max(first + half, middle - half / 2), half);
    else if (event.key === "ArrowRight") show(Math.min(last - half, middle + half / 2), half);
    else if (event.key === "0") show((first + last) / 2, (last - first) / 2);
    else return;
    event.preventDefault();
  };
  const odd = series.reduce((sum, one) => sum + extremesOf(one.curve).undefined, 0);
  return (
    <figure
      class="chart"
      aria-label={`${title}, ${kind}; plus, minus and arrows zoom and move, 0 shows all`}
      tabIndex={0}
      onKeyDown={press}
    >
      <figcaption>
        <b>{title}</b>
        {isSmoothed(series, look) && <span class="k">smoothed</span>}
        {series.map((one, k) => (
          <span class="key" key={one.label}>
            <svg width="16" height="6" aria-hidden="true">
              <path d="M0 3H16" class="keyline" stroke={colourOf(series, k)} stroke-dasharray={(dashOf(series, k) ?? []).join(" ")} />
            </svg>
            {(series.length > 1 || one.place !== undefined) && `${one.label} `}
            <span
              class="v"
              ref={(element) => {
                values.current[k] = element;
              }}
            />
          </span>
        ))}
        <span class="k where" ref={where} />
        {odd > 0 && (
          <span class="bad" title="NaN or infinite">
            {whole(odd)} not finite
          </span>
        )}
        <span class="saves">
          <button
            type="button"
            class="quiet save"
            aria-label={`save ${title} as SVG`}
            onClick={() => plot.current && saveSvg(title, drawn.current, plot.current.scales, look)}
          >
            SVG
          </button>
          <button type="button" class="quiet save" aria-label={`save ${title} as CSV`} onClick={() => saveCsv(title, series)}>
            CSV
          </button>
        </span>
      </figcaption>
      <div class="plot" ref={host} />
      {isBlank && (
        <p class="blank k">
          {series.every((one) => one.curve.step.length === 0)
            ? "no value yet"
            : look.isLog
              ? "no value above 0"
              : "no value is a finite number"}
        </p>
      )}
    </figure>
  );
}
