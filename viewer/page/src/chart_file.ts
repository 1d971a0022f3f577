// Charts as files: SVG with the curves as paths, CSV with their numbers.

import type uPlot from "uplot";
import { csvField } from "./csv_field";
import { colourOf, dashOf, type ChartLook, type Drawn, type Series } from "./chart";

export function save(name: string, type: string, text: string | Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name.replace(/[^\w.-]+/g, "_");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

const escaped = (text: string): string => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);

export function csvOf(series: Series[]): string {
  const rows = ["curve,step,seconds,mean,lowest,highest,not_finite"];
  for (const { label, curve } of series)
    curve.step.forEach((step, k) =>
      rows.push(
        [
          csvField(label),
          step,
          curve.time[k] ?? "",
          curve.mean[k] ?? "",
          curve.low[k] ?? "",
          curve.high[k] ?? "",
          curve.undefined[k] ?? 0,
        ].join(","),
      ),
    );
  return `${rows.join("\n")}\n`;
}

export const saveCsv = (title: string, series: Series[]): void => save(`${title}.csv`, "text/csv", csvOf(series));

const width = 640,
  height = 360,
  left = 56,
  right = 16,
  top = 40,
  bottom = 32;

/** Round values between the ends. */
function ticks(low: number, high: number): number[] {
  const raw = (high - low) / 5,
    power = 10 ** Math.floor(Math.log10(raw)),
    step = [1, 2, 5, 10].find((one) => one * power >= raw)! * power;
  const out: number[] = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-9; value += step) out.push(Number(value.toPrecision(10)));
  return out;
}

/** The chart as it is shown: with its zoom, axis and smoothing. */
export function svgOf(title: string, drawn: Drawn[], xs: [number, number], ys: [number, number], look: ChartLook): string {
  const scale = (value: number): number => (look.isLog ? Math.log10(value) : value);
  const [y0, y1] = [scale(ys[0]), scale(ys[1])];
  const px = (x: number): string => (left + ((x - xs[0]) / (xs[1] - xs[0] || 1)) * (width - left - right)).toFixed(2);
  const py = (y: number): string => (height - bottom - ((scale(y) - y0) / (y1 - y0 || 1)) * (height - top - bottom)).toFixed(2);
  const line = (xAll: number[], values: (number | null)[]): string => {
    let out = "",
      isDown = false;
    values.forEach((value, k) => {
      const x = xAll[k]!;
      if (value === null || x < xs[0] || x > xs[1]) return void (isDown = isDown && value !== null);
      out += `${isDown ? "L" : "M"}${px(x)} ${py(value)}`;
      isDown = true;
    });
    return out;
  };
  const band = (one: Drawn): string => {
    const known = one.x.flatMap((x, k) => (one.low[k] != null && one.high[k] != null && x >= xs[0] && x <= xs[1] ? [k] : []));
    const edge = (row: (number | null)[], order: number[]): string => order.map((k) => `${px(one.x[k]!)} ${py(row[k]!)}`).join("L");
    return known.length > 0 ? `M${edge(one.high, known)}L${edge(one.low, [...known].reverse())}Z` : "";
  };
  const yTicks = look.isLog
    ? ticks(y0, y1)
        .filter((value) => Number.isInteger(value))
        .map((power) => 10 ** power)
    : ticks(ys[0], ys[1]);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="#fff"/><text x="${left}" y="18" font-size="13" font-weight="bold">${escaped(title)}</text>`,
    ...yTicks.map(
      (value) =>
        `<path d="M${left} ${py(value)}H${width - right}" stroke="#d9dde1"/><text x="${left - 6}" y="${Number(py(value)) + 4}" text-anchor="end" fill="#56606a">${value}</text>`,
    ),
    ...ticks(...xs).map(
      (value) =>
        `<path d="M${px(value)} ${top}V${height - bottom}" stroke="#d9dde1"/><text x="${px(value)}" y="${height - bottom + 16}" text-anchor="middle" fill="#56606a">${value}</text>`,
    ),
    `<text x="${width - right}" y="${height - 4}" text-anchor="end" fill="#56606a">${look.axis === "time" ? "seconds" : escaped(look.axis)}</text>`,
    ...drawn.flatMap((one, k) => {
      const colour = colourOf(drawn, k);
      const dash = dashOf(drawn, k);
      return [
        `<path d="${band(one)}" fill="${colour}" fill-opacity="0.17"/><path d="${line(one.x, one.mean)}" fill="none" stroke="${colour}" stroke-width="1.6"${dash ? ` stroke-dasharray="${dash.join(" ")}"` : ""}/>`,
        `<path d="M${left + k * 130} 30h16" stroke="${colour}" stroke-width="1.6"/><text x="${left + k * 130 + 20}" y="34">${escaped(one.label)}</text>`,
      ];
    }),
    "</svg>",
  ];
  return parts.join("\n");
}

export function saveSvg(title: string, drawn: Drawn[], scales: uPlot.Scales, look: ChartLook): void {
  const { x, y } = scales;
  if (x?.min == null || x.max == null || y?.min == null || y.max == null) return;
  save(`${title}.svg`, "image/svg+xml", svgOf(title, drawn, [x.min, x.max], [y.min, y.max], look));
}
