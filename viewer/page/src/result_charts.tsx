// Drawings of what a node measured image by image.
import { FigureBox, type Cell } from "./figure";
import type { ImageData } from "./results_data";
import { abbreviated, countWords, numberWords, tickWords, ticks } from "./result_words";

/** A table with the name that readers know it by. `hue` chooses colour and dashes. */
export interface Series {
  name: string;
  hue: number;
  table: ImageData;
}

export const hues = 6;
const square = [0, 0.25, 0.5, 0.75, 1];

function Grid({ x, y, names, height }: { x: (value: number) => number; y: (value: number) => number; names: [string, string]; height: number }) {
  return (
    <g>
      {square.map((tick) => (
        <g key={tick}>
          <path class="gridline" d={`M${x(tick)} ${y(0)}V${y(1)}M${x(0)} ${y(tick)}H${x(1)}`} />
          <text class="tick" x={x(tick)} y={y(0) + 14} text-anchor="middle">{tick}</text>
          <text class="tick" x={x(0) - 5} y={y(tick) + 4} text-anchor="end">{tick}</text>
        </g>
      ))}
      <path class="gridline dotted" d={`M${x(0)} ${y(0)}L${x(1)} ${y(1)}`} />
      <text class="tick" x={x(0.5)} y={height - 3} text-anchor="middle">{names[0]}</text>
      <text class="tick" transform={`translate(9 ${y(0.5)}) rotate(-90)`} text-anchor="middle">{names[1]}</text>
    </g>
  );
}

/** What stands for names that are too long for a drawing. */
function Key({ names }: { names: [string, string][] }) {
  return <span class="names">{names.map(([sign, name]) => <span key={sign}>{sign}: {name}</span>)}</span>;
}

export function Roc({ title, series }: { title: string; series: Series[] }) {
  const width = 330, height = 300, x = (value: number): number => 46 + value * (width - 54), y = (value: number): number => height - 34 - value * (height - 42);
  const all = series.flatMap((one, k) => (one.table.roc ?? []).map((roc, c, those) => ({ roc, name: series.length > 1 || those.length === 1 ? one.name : roc.of, hue: series.length > 1 ? one.hue : k + c })));
  const drawn = all.filter((one) => one.roc.points.length > 0);
  // Next to the number, which is never cut. Whole names are beneath, where several could be cut to the same letters.
  const room = 18, listed = drawn.slice(0, 8), cut = listed.filter((one) => abbreviated(one.name, room) !== one.name);
  const csv = (): Cell[][] => [["series", "class", "false_positive_rate", "true_positive_rate"], ...drawn.flatMap((one) => one.roc.points.map(([a, b]): Cell[] => [one.name, one.roc.of, a, b]))];
  return (
    <FigureBox title={title} csv={csv} below={<>{`The number after a name is its area under the curve. Circle: the predicted classes${series.some((one) => (one.table.classes?.length ?? 2) > 2) ? "" : ", at a probability of 0.5"}.`}{cut.length > 0 && <Key names={cut.map((one) => [`${listed.indexOf(one) + 1}`, one.name])} />}</>}>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${title}: ${drawn.map((one) => `${one.name} AUC ${numberWords(one.roc.area)}`).join(", ")}`}>
        <Grid x={x} y={y} names={["1 − specificity", "sensitivity"]} height={height} />
        {drawn.map((one) => (
          <path key={one.name + one.roc.of} class={`curve hue${one.hue % hues}`} d={"M" + one.roc.points.map(([a, b]) => `${x(a).toFixed(1)} ${y(b).toFixed(1)}`).join("L")} />
        ))}
        {drawn.map((one) => one.roc.predicted && <circle key={one.name + one.roc.of} class={`ringed hue${one.hue % hues}`} cx={x(one.roc.predicted[0])} cy={y(one.roc.predicted[1])} r="4" />)}
        {listed.map((one, k) => {
          const at = y(0.04) - 15 * (listed.length - 1 - k);
          return (
            <g key={one.name + one.roc.of} data-auc={one.name}>
              <path class={`curve hue${one.hue % hues}`} d={`M${x(0.36)} ${at - 4}h22`} />
              <text class="name" x={x(0.36) + 28} y={at}>{cut.includes(one) && <title>{one.name}</title>}{cut.includes(one) ? `${k + 1} ${abbreviated(one.name, room - 2)}` : one.name} {numberWords(one.roc.area)}</text>
            </g>
          );
        })}
      </svg>
    </FigureBox>
  );
}

export function Reliability({ series }: { series: Series }) {
  const width = 330, height = 300, top = 46;
  const x = (value: number): number => 46 + value * (width - 54), y = (value: number): number => height - 34 - value * (height - 42 - top);
  const all = series.table.reliability ?? [];
  const title = `Reliability of ${series.name}, ${series.table.phase}`;
  const most = Math.max(1, ...all.flatMap((one) => one.bins.map((bin) => bin[0])));
  const name = all[0]?.of ?? "", isSole = all.length === 1;
  const of = (name: string): string => (!isSole ? "probability" : name ? `probability of ${name}` : "probability of the prediction");
  const said = (name: string): string => (!isSole ? "fraction that has the label" : name ? `fraction that is ${name}` : "fraction that is right");
  // Of several classes, the probability is that of the predicted one.
  const hasClass = all.some((one) => one.of !== "");
  const csv = (): Cell[][] => [[...(hasClass ? ["class"] : []), "images", "mean_probability", "fraction", "low", "high"], ...all.flatMap((one) => one.bins.map((bin): Cell[] => [...(hasClass ? [one.of] : []), ...bin]))];
  return (
    <FigureBox title={title} csv={csv} below={`Dot: ${said(name)}, of the images in a bin, with Wilson's 95 % interval.${isSole ? " Bars: the number of images." : ""} Dotted line: perfect calibration.`}>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${title}: ${said(name)}, by ${of(name)}`}>
        <Grid x={x} y={y} names={[of(abbreviated(name, 22)), said(abbreviated(name, 18))]} height={height} />
        {all.map((one, c) =>
          one.bins.map((bin, k) => {
            const [count, probability, fraction, low, high] = bin;
            if (probability === null || fraction === null || low === null || high === null) return null;
            const hue = `hue${(series.hue + c) % hues}`;
            return (
              <g key={`${one.of} ${k}`}>
                {all.length === 1 && <rect class="bar-of-images" x={x(k / one.bins.length) + 1} width={x(1 / one.bins.length) - x(0) - 2} y={8 + 30 - (30 * count) / most} height={(30 * count) / most} />}
                {all.length === 1 && <text class="tick" x={x((k + 0.5) / one.bins.length)} y={8 + 28 - (30 * count) / most + (count > most / 2 ? 12 : 0)} text-anchor="middle">{count}</text>}
                <path class={`curve solid ${hue}`} d={`M${x(probability)} ${y(low)}V${y(high)}`} />
                <circle class={`dot ${hue}`} cx={x(probability)} cy={y(fraction)} r="3.5" />
              </g>
            );
          }),
        )}
      </svg>
    </FigureBox>
  );
}

/** Rows are labels, columns are predictions; a cell's tint is its share of the row. */
export function Confusion({ series }: { series: Series }) {
  const all = series.table.confusion ?? [];
  return (
    <>
      {all.map((one) => {
        const names = one.of ? [`not ${one.of}`, one.of] : (series.table.classes ?? []);
        const title = `Confusion matrix of ${series.name}${one.of ? `, ${one.of}` : ""}, ${series.table.phase}`;
        // As wide as the longest name, where there is room.
        const room = names.length > 6 ? 34 : names.length > 3 ? 62 : 96, letter = 6.4;
        const least = names.length > 6 ? 34 : names.length > 3 ? 46 : 62, left = 112, top = 34;
        const side = Math.min(room, Math.max(least, Math.ceil(letter * Math.max(...names.map((name) => name.length))) + 8));
        const across = Math.floor((side - 8) / letter), down = 14;
        // Numbers stand for the classes if a name does not fit.
        const hasNumbers = names.some((name) => name.length > across || name.length > down);
        const csv = (): Cell[][] => [["label", ...names.map((name) => `predicted ${name}`)], ...one.counts.map((row, k): Cell[] => [names[k]!, ...row])];
        return (
          <FigureBox key={one.of} title={title} csv={csv} below={<>Rows: the label (truth). Columns: the predicted class. Percent: of the row.{hasNumbers && <Key names={names.map((name, k) => [`${k + 1}`, name])} />}</>}>
            <svg viewBox={`0 0 ${left + side * names.length + 6} ${top + side * names.length + 6}`} width={left + side * names.length + 6} class="confusion" role="img" aria-label={`${title}: ${one.counts.map((row, k) => `of ${names[k]}, ${row.map((count, j) => `${count} predicted as ${names[j]}`).join(", ")}`).join("; ")}`}>
              <text class="tick" x={left} y={11}>columns: predicted</text>
              <text class="tick" transform={`translate(11 ${top + (side * names.length) / 2}) rotate(-90)`} text-anchor="middle">rows: label</text>
              {names.map((name, k) => <text key={name} class="tick" x={left + side * (k + 0.5)} y={27} text-anchor="middle"><title>{name}</title>{hasNumbers ? k + 1 : name}</text>)}
              {one.counts.map((row, k) => {
                const sum = row.reduce((a, b) => a + b, 0);
                return (
                  <g key={k}>
                    <text class="tick" x={left - 6} y={top + side * (k + 0.5) + 4} text-anchor="end"><title>{names[k]}</title>{hasNumbers ? `${k + 1} ${abbreviated(names[k] ?? "", down - 3)}` : names[k]}</text>
                    {row.map((count, j) => (
                      <g key={j}>
                        <rect class={`cell hue${series.hue % hues}`} x={left + side * j} y={top + side * k} width={side - 2} height={side - 2} opacity={(sum > 0 ? 0.06 + 0.5 * (count / sum) : 0).toFixed(3)} />
                        <rect class={j === k ? "cellframe right" : "cellframe"} x={left + side * j} y={top + side * k} width={side - 2} height={side - 2} />
                        <text class="count" x={left + side * (j + 0.5) - 1} y={top + side * (k + 0.5) + (side > 40 ? -2 : 4)} text-anchor="middle">{count}</text>
                        {side > 40 && <text class="name" x={left + side * (j + 0.5) - 1} y={top + side * (k + 0.5) + 13} text-anchor="middle">{sum > 0 ? `${Math.round((100 * count) / sum)} %` : "–"}</text>}
                      </g>
                    ))}
                  </g>
                );
              })}
            </svg>
          </FigureBox>
        );
      })}
    </>
  );
}

export interface Strip {
  name: string;
  below: string;
  hue: number;
  values: number[];
  images: number[];
}

/** A dot is an image. Tall line: median; short line: 5 % are lower. */
export function Strips({ title, column, strips, on, imageWords }: { title: string; column: string; strips: Strip[]; on: number | null; imageWords: (image: number) => string }) {
  const left = 150, right = 64, width = 1100, row = 54, height = strips.length * row + 30;
  const sorted = strips.map((strip) => strip.values.map((value, k) => ({ value, image: strip.images[k]! })).sort((a, b) => a.value - b.value));
  const at = (values: { value: number }[], share: number): number => values[Math.min(values.length - 1, Math.floor(share * values.length))]?.value ?? NaN;
  // A few images far away do not squeeze the others: they are counted at the edge.
  const low = Math.min(...sorted.map((values) => at(values, 0.01))), high = Math.max(...sorted.map((values) => at(values, 1)));
  const ends = ticks(low, high, 8);
  const step = ends.length > 1 ? ends[1]! - ends[0]! : 1;
  const from = Math.floor(low / step + 1e-9) * step, to = Math.ceil(high / step - 1e-9) * step || from + 1;
  const x = (value: number): number => left + ((value - from) / (to - from || 1)) * (width - left - right);
  const csv = (): Cell[][] => [["series", "image", column], ...strips.flatMap((strip) => strip.values.map((value, k): Cell[] => [strip.below ? `${strip.name} ${strip.below}` : strip.name, imageWords(strip.images[k]!), value]))];
  return (
    <FigureBox title={title} csv={csv} wide below={`A dot is one of ${countWords(Math.max(...strips.map((strip) => strip.values.length)))} images. Tall line: median. Short line: 5 % of the images are lower.`}>
      <svg viewBox={`0 0 ${width} ${height}`} class="strips" role="img" aria-label={`${title}: ${sorted.map((values, k) => `${strips[k]!.name} ${strips[k]!.below}, median ${numberWords(at(values, 0.5))}`).join("; ")}`}>
        {ticks(from, to, 6).map((tick) => (
          <g key={tick}>
            <path class="gridline" d={`M${x(tick)} 4V${height - 22}`} />
            <text class="tick" x={x(tick)} y={height - 8} text-anchor="middle">{tickWords(tick)}</text>
          </g>
        ))}
        <text class="tick" x={width - right + 14} y={12}>median</text>
        {sorted.map((values, k) => {
          const middle = 32 + k * row, strip = strips[k]!;
          const bins = new Map<number, number>();
          let path = "", shown: { x: number; y: number } | null = null;
          const lower = values.filter((one) => one.value < from);
          for (const one of values.slice(lower.length)) {
            const bin = Math.round(x(one.value) / 3.4), count = bins.get(bin) ?? 0;
            bins.set(bin, count + 1);
            const up = Math.min(Math.ceil(count / 2) * 3.2, 21) * (count % 2 === 0 ? 1 : -1);
            path += `M${(bin * 3.4).toFixed(1)} ${(middle + up).toFixed(1)}h0`;
            if (one.image === on) shown = { x: bin * 3.4, y: middle + up };
          }
          return (
            <g key={k}>
              <text class="name" x="0" y={middle - 2}>{strip.name}</text>
              <text class="tick" x="0" y={middle + 13}>{strip.below}</text>
              <path class={`dots hue${strip.hue % hues}`} d={path} />
              <path class="median" d={`M${x(at(values, 0.5))} ${middle - 23}v46`} />
              <path class="median" d={`M${x(at(values, 0.05))} ${middle - 11}v22`} />
              <text class="name" x={width - right + 14} y={middle + 4} data-median={`${strip.name} ${strip.below}`}>{numberWords(at(values, 0.5))}</text>
              {lower.length > 0 && <text class="tick" x={left + 2} y={middle - 10}>◂ {lower.length} lower</text>}
              {shown && <circle class="shown" cx={shown.x} cy={shown.y} r="6" />}
            </g>
          );
        })}
      </svg>
    </FigureBox>
  );
}
