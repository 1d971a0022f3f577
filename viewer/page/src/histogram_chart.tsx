// A histogram over time: how the confidence of a gate is spread at each step. Darker: more samples.

import { useEffect, useRef } from "preact/hooks";
import { save } from "./chart_file";
import type { ChartLook, Series } from "./chart";
import { axisValues, binsOf } from "./curves";
import { whole } from "./words";

const height = 150;

/** The shares by bin, the lowest bin first; each bin's curve has the same steps. */
function sharesOf(series: Series[]): (number | null)[][] {
  return series.map((one) => one.curve.mean);
}

export function Histogram({ title, series, look }: { title: string; series: Series[]; look: ChartLook }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const first = series[0]!.curve;
  const shares = sharesOf(series);
  const x = axisValues(first, look.axis, look.epochs);
  const [begin, end] = [x.find((one) => one !== null) ?? 0, [...x].reverse().find((one) => one !== null) ?? 0];
  const columns = first.step.length;
  useEffect(() => {
    const context = canvas.current!.getContext("2d")!;
    const ink = getComputedStyle(document.documentElement).getPropertyValue("--ink").trim();
    const w = canvas.current!.width,
      h = canvas.current!.height,
      row = h / binsOf;
    const at = (value: number): number => ((value - begin) / (end - begin || 1)) * w;
    context.clearRect(0, 0, w, h);
    context.fillStyle = ink;
    for (let k = 0; k < columns; ++k) {
      const here = x[k];
      if (here === null || here === undefined) continue;
      const next = x[k + 1] ?? here;
      const from = columns === 1 ? 0 : at(here),
        wide = columns === 1 ? w : Math.max(1, at(next) - from);
      shares.forEach((values, bin) => {
        const share = values[k] ?? 0;
        if (share <= 0) return;
        // Few samples are seen too.
        context.globalAlpha = Math.sqrt(Math.min(1, share));
        context.fillRect(from, h - (bin + 1) * row, wide, row - 1);
      });
    }
    context.globalAlpha = 1;
  }, [series, look.axis, look.theme]);
  const csv = (): string =>
    [["step", ...series.map((_one, bin) => `from_${bin / binsOf}`)].join(","), ...first.step.map((step, k) => [step, ...shares.map((values) => values[k] ?? "")].join(","))].join("\n") + "\n";
  const last = shares.map((values) => values.at(-1) ?? 0);
  const words = last.map((share, bin) => (share >= 0.005 ? `${bin / binsOf} to ${(bin + 1) / binsOf}: ${Math.round(100 * share)} %` : "")).filter(Boolean);
  const unit = look.axis === "step" ? "step" : look.axis === "time" ? "s" : "epoch";
  return (
    <figure class="chart histogram">
      <figcaption>
        <b>{title}</b> <span class="k">by step; darker: more samples</span>
        <button type="button" class="quiet" onClick={() => save(`${title}.csv`, "text/csv", csv())}>
          CSV
        </button>
      </figcaption>
      <div class="histogrambox">
        <span class="k" aria-hidden="true">
          <i>1</i>
          <i>0.5</i>
          <i>0</i>
        </span>
        <canvas ref={canvas} width={600} height={height} role="img" aria-label={`${title} at the end: ${words.join(", ")}`} />
      </div>
      <div class="ends k">
        <span>
          {unit} {whole(begin)}
        </span>
        <span>at the end {words.slice(-3).join(", ")}</span>
        <span>{whole(end)}</span>
      </div>
    </figure>
  );
}
