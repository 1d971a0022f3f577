// The worst images as drawings: outlines of predictions and references, with pictures where the file has them.
import { hues, type Series } from "./result_charts";
import type { ReportData } from "./results_data";

interface Outline {
  path: string;
  width: number;
  height: number;
}

const known = new Map<string, Outline>();

/** Edges between the pixels inside and outside of a mask, as an SVG path in pixels. Empty for a text that is no mask. */
export function outline(text: string): Outline {
  const found = known.get(text);
  if (found) return found;
  // A page that shows the reports of many runs one after another does not keep them all.
  if (known.size > 4096) known.clear();
  const made = outlineOf(text);
  known.set(text, made);
  return made;
}

function outlineOf(text: string): Outline {
  const [size, ...runs] = text.split(" ");
  const [width, height] = (size ?? "").split("x").map(Number);
  if (!width || !height || width > 4096 || height > 4096) return { path: "", width: 0, height: 0 };
  const inside = new Uint8Array(width * height);
  let at = 0;
  runs.forEach((run, k) => {
    const end = Math.min(at + Number(run), inside.length);
    if (k % 2 === 1) inside.fill(1, at, end);
    at = end;
  });
  const is = (x: number, y: number): number => (x < 0 || y < 0 || x >= width || y >= height ? 0 : inside[y * width + x]!);
  let path = "";
  // Runs of edges in a line are one stroke.
  for (let y = 0; y <= height; ++y)
    for (let x = 0; x < width; ++x) {
      if (is(x, y) === is(x, y - 1)) continue;
      const begin = x;
      while (x + 1 < width && is(x + 1, y) !== is(x + 1, y - 1)) ++x;
      path += `M${begin} ${y}H${x + 1}`;
    }
  for (let x = 0; x <= width; ++x)
    for (let y = 0; y < height; ++y) {
      if (is(x, y) === is(x - 1, y)) continue;
      const begin = y;
      while (y + 1 < height && is(x, y + 1) !== is(x - 1, y + 1)) ++y;
      path += `M${x} ${begin}V${y + 1}`;
    }
  return { path, width, height };
}

export interface Kept {
  series: Series;
  at: number;
}

/** By image: the tables that kept something of it. */
export function keptOf(report: ReportData, tables: Series[]): Map<number, Kept[]> {
  const out = new Map<number, Kept[]>();
  for (const series of tables)
    series.table.kept?.rows.forEach((row, at) => {
      const image = report.row_sets[series.table.rows]!.images[row]!;
      out.set(image, [...(out.get(image) ?? []), { series, at }]);
    });
  return out;
}

/** Turns a gray map into one from clear to red. A page that draws maps has it once. */
export const Heat = () => (
  <svg class="unseen" aria-hidden="true">
    <filter id="leat-heat" color-interpolation-filters="sRGB">
      <feColorMatrix values="0 0 0 0 1  -0.55 0 0 0 0.8  0 0 0 0 0.1  1.15 0 0 0 -0.15" />
    </filter>
  </svg>
);

/** The colours of the maps. A map has 16 grays (nodes/metric/kept_pictures.cpp). */
export const HeatScale = () => (
  <p class="legend heatscale">
    <span>saliency: least</span>
    <svg viewBox="0 0 120 10" width="120" height="10" role="img" aria-label="colours of the saliency, from clear (least) to red (most)">
      <rect width="120" height="10" fill="#0c0e10" />
      {Array.from({ length: 16 }, (_, k) => <rect key={k} x={k * 7.5} width="7.5" height="10" fill={`rgb(255 ${Math.max(0, Math.round(255 * (0.8 - (0.55 * k) / 15)))} 26)`} fill-opacity={Math.max(0, (1.15 * k) / 15 - 0.15)} />)}
    </svg>
    <span>most. Each map has its own scale: its largest value is red.</span>
  </p>
);

interface TileProps {
  kept: Kept[];
  shows: (name: string) => boolean;
  /** The table whose saliency is drawn. */
  saliency: Series | undefined;
  words: string;
}

export function Tile({ kept, shows, saliency, words }: TileProps) {
  const references = kept.find((one) => one.series.table.kept!.masks?.some((mask) => mask.reference[one.at]));
  const masks = references?.series.table.kept!.masks ?? [];
  const size = references ? outline(masks.find((mask) => mask.reference[references.at])!.reference[references.at]!) : null;
  const picture = kept.map((one) => one.series.table.kept!.pictures?.[one.at]).find((one) => one);
  const map = kept.filter((one) => one.series === saliency).map((one) => one.series.table.kept!.saliency?.[one.at]).find((one) => one);
  const width = size?.width || 64, height = size?.height || 64;
  if (!size?.width && !picture) return null;
  const fit = size?.width ? "none" : "xMidYMid";
  const lines = [
    ...masks.map((mask) => ({ key: `reference ${mask.of}`, look: "reference", path: outline(mask.reference[references!.at]!).path })),
    ...kept
      .filter((one) => shows(one.series.name))
      .flatMap((one) => (one.series.table.kept!.masks ?? []).flatMap((mask) => (mask.predicted ? [{ key: `${one.series.name} ${mask.of}`, look: `outlined hue${one.series.hue % hues}`, path: outline(mask.predicted[one.at]!).path }] : []))),
  ];
  return (
    <svg class="tile" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={words}>
      <rect class="ground" width={width} height={height} />
      {!picture && <text class="nopicture" x={width / 2} y={height - 0.06 * height} text-anchor="middle" font-size={0.09 * height}>picture not kept</text>}
      {picture && <image href={`data:image/png;base64,${picture}`} width={width} height={height} preserveAspectRatio={fit} />}
      {map && <image class="saliency" href={`data:image/png;base64,${map}`} width={width} height={height} preserveAspectRatio={fit} filter="url(#leat-heat)" />}
      {lines.map((line) => <path key={line.key} class="casing" d={line.path} />)}
      {lines.map((line) => <path key={line.key} class={line.look} d={line.path} />)}
    </svg>
  );
}
