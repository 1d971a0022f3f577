// What the networks look at, the grays of the data sets, and the differences between two graphs.
import { FigureBox, SaveCsv, type Cell } from "./figure";
import { hues } from "./result_charts";
import { endsWords, intervalWords } from "./result_table";
import { countWords, hasEnds, numberWords, percentWords, pWords } from "./result_words";
import type { ComparedRuns, Figure, Group, Intensities, Run } from "./results_data";
import { SideScroll } from "./side_scroll";

interface Focus {
  phase: string;
  name: string;
  hue: number;
  inside: Figure;
  area: Figure;
  focus: Figure | undefined;
}

/** What nodes of metric.saliency measured, in the tests. */
export function focusOf(group: Group): Focus[] {
  const find = (one: Figure, metric: string): Figure | undefined => group.figures.find((other) => other.phase === one.phase && other.node === one.node && other.metric === metric && !other.is_kept);
  return group.figures.flatMap((inside): Focus[] => {
    const area = find(inside, "area");
    const isTest = group.phases.some((phase) => phase.name === inside.phase && phase.kind === "test");
    if (inside.metric !== "inside" || inside.is_kept || !area || !isTest || inside.interval[0] === null) return [];
    return [{ phase: inside.phase, name: inside.system || inside.node, hue: inside.system ? group.systems.indexOf(inside.system) : 0, inside, area, focus: find(inside, "focus") }];
  });
}

const share = (figure: Figure): string => percentWords(figure.interval[0]) + (hasEnds(figure.interval) ? ` [${percentWords(figure.interval[1])}, ${percentWords(figure.interval[2])}]` : "");

/** Whether the saliency lies inside the masks, in a sentence and a table. */
export function Saliency({ group, phase }: { group: Group; phase: string }) {
  const all = focusOf(group), told = all.filter((one) => one.phase === phase).at(-1) ?? all.at(-1)!;
  const csv = (): Cell[][] => [
    ["phase", "series", "inside", "inside_low", "inside_high", "area", "ratio", "ratio_low", "ratio_high"],
    ...all.map((one): Cell[] => [one.phase, one.name, ...one.inside.interval, one.area.interval[0], ...(one.focus?.interval ?? [null, null, null])]),
  ];
  const masks = [...new Set(all.map((one) => group.saliency_masks[`${one.phase}.${one.inside.node}`]).filter((one) => one !== undefined))];
  const ratio = told.focus?.interval, isDenser = ratio && hasEnds(ratio) ? (ratio[1]! > 1 ? "So it is denser inside the mask than outside." : ratio[2]! < 1 ? "So it is less dense inside the mask than outside." : "So no difference between inside and outside was shown.") : "";
  return (
    <>
      <p class="sentence">{told.phase}, {told.name}: {share(told.inside)} of the saliency lies inside the mask, which covers {percentWords(told.area.interval[0])} of the image. {isDenser}</p>
      <SideScroll what="table" label="table: saliency">
        <table class="small">
          <thead><tr><th scope="col">phase</th><th scope="col">system</th><th scope="col">saliency inside the mask</th><th scope="col">fraction of the image that the mask covers</th><th scope="col">ratio, mean over images</th></tr></thead>
          <tbody>
            {all.map((one) => (
              <tr key={`${one.phase} ${one.inside.node}`}>
                <td>{one.phase}</td>
                <th scope="row"><i class={`key hue${one.hue % hues}`} aria-hidden="true" />{one.name}</th>
                <td data-inside={`${one.phase}.${one.inside.node}`}>{share(one.inside)}</td>
                <td>{percentWords(one.area.interval[0])}</td>
                <td>{numberWords(one.focus?.interval[0])} {one.focus && hasEnds(one.focus.interval) && <span class="k">{endsWords(one.focus)}</span>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </SideScroll>
      <p class="beneath">Saliency: how much the predicted class of an image depends on each pixel (the gradient of the network). Mask: {masks.length > 0 ? `the reference mask that the graph connects, ${masks.join(" or ")}` : "the reference mask"}, not the predicted one. Ratio (the metric focus): saliency inside the mask divided by the fraction that the mask covers. At 1, it is as dense inside the mask as in the whole image. {all.some((one) => hasEnds(one.inside.interval)) && group.method} <SaveCsv title="saliency" csv={csv} /></p>
    </>
  );
}

/** `sample: 200 of 1,000 images`: `metric.intensities` measures the first images only. */
const measuredWords = (one: Intensities): string =>
  one.of === null ? `first ${countWords(one.images)} images` : one.images < one.of ? `sample: ${countWords(one.images)} of ${countWords(one.of)} images` : `all ${countWords(one.images)} images`;

/** The samples of the data sets, as `leat check` counts them. */
export function Samples({ samples }: { samples: Run["samples"] }) {
  const csv = (): Cell[][] => [["data", "part", "class", "images", "labels", "masks", "patients"], ...samples.map((one): Cell[] => [one.data, one.part, one.class, one.images, one.labels, one.masks, one.patients])];
  return (
    <>
      <SideScroll what="table" label="table: samples of the data sets">
        <table class="small">
          <thead><tr>{["data set", "part", "class", "images", "labels", "masks", "patients"].map((name) => <th scope="col" key={name}>{name}</th>)}</tr></thead>
          <tbody>
            {samples.map((one) => (
              <tr key={`${one.data} ${one.part} ${one.class}`} data-samples={`${one.data} ${one.part} ${one.class}`.trim()}>
                <th scope="row">{one.data}</th>
                <td>{one.part}</td>
                <td>{one.class}</td>
                {[one.images, one.labels, one.masks, one.patients].map((count, k) => <td key={k}>{countWords(count)}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </SideScroll>
      <p class="beneath">Data set: a resource, or a source as phase.node. Labels and masks: those that the graph could use. A patient counts in each part and class that has images of it. <SaveCsv title="samples of the data sets" csv={csv} /></p>
    </>
  );
}

/** A row for each data set: one of its images, and the distribution of its grays. */
export function Grays({ sets }: { sets: Intensities[] }) {
  const left = 252, width = 776, row = 68, right = 12, height = sets.length * row + 34;
  const x = (gray: number): number => left + (gray / 256) * (width - left - right);
  const most = Math.max(1e-9, ...sets.flatMap((one) => one.mean.map((value, k) => Math.max(value, one.high[k] ?? 0)))), bins = (one: Intensities): number => one.mean.length;
  const title = "Gray values of the data sets";
  const csv = (): Cell[][] => [["phase", "node", "gray_from", "gray_to", "share", "low", "high"], ...sets.flatMap((one) => one.mean.map((value, k): Cell[] => [one.phase, one.node, (k * 256) / bins(one), ((k + 1) * 256) / bins(one), value, one.low[k]!, one.high[k]!]))];
  const mean = (one: Intensities): number => one.mean.reduce((sum, value, k) => sum + (value * (k + 0.5) * 256) / bins(one), 0);
  // The root of the share: a few very frequent grays, such as a black border, leave room for the others.
  const y = (base: number, value: number): number => base - Math.sqrt(Math.max(0, value) / most) * (row - 14);
  const line = (one: Intensities, values: number[], base: number): string => values.map((value, k) => `${k === 0 ? "M" : "L"}${x(((k + 0.5) * 256) / bins(one)).toFixed(1)} ${y(base, value).toFixed(1)}`).join("");
  return (
    <FigureBox title={title} csv={csv} wide below={`Fraction of the pixels that have a gray value, 0 (black) to 255 (white). The height is the square root of the fraction, so that rare values can be seen. Line: mean over images. Band: 5 % to 95 % of the images.${sets.length > 1 ? ` Dotted: the line of ${sets[0]!.node} of ${sets[0]!.phase}.` : ""}`}>
      <svg viewBox={`0 0 ${width} ${height}`} class="grays" role="img" aria-label={`${title}: ${sets.map((one) => `${one.phase} ${one.node}, mean ${mean(one).toFixed(0)}`).join("; ")}`}>
        {[0, 64, 128, 192, 255].map((gray) => (
          <g key={gray}>
            <path class="gridline" d={`M${x(gray)} 4V${height - 24}`} />
            <text class="tick" x={x(gray)} y={height - 10} text-anchor="middle">{gray}</text>
          </g>
        ))}
        {sets.map((one, k) => {
          const base = (k + 1) * row;
          return (
            <g key={`${one.phase}.${one.node}`} data-grays={`${one.phase}.${one.node}`}>
              {one.picture ? <image href={`data:image/png;base64,${one.picture}`} x="0" y={base - row + 6} width={row - 10} height={row - 10} /> : <rect class="nopicture" x="0.5" y={base - row + 6.5} width={row - 11} height={row - 11} />}
              <text class="name" x={row + 2} y={base - row + 22}>{one.node}</text>
              <text class="tick" x={row + 2} y={base - row + 37}>{one.phase}, mean {mean(one).toFixed(0)}</text>
              <text class="tick" x={row + 2} y={base - row + 52} data-measured={`${one.phase}.${one.node}`}>{measuredWords(one)}</text>
              <path class="band hue3" d={`${line(one, one.high, base)}L${line(one, one.low, base).slice(1).split("L").reverse().join("L")}Z`} />
              {k > 0 && <path class="gridline dotted" d={line(sets[0]!, sets[0]!.mean, base)} />}
              <path class="curve solid thin hue3" d={line(one, one.mean, base)} />
              <path class="gridline" d={`M${left} ${base}H${width - right}`} />
            </g>
          );
        })}
      </svg>
    </FigureBox>
  );
}

/** Differences between two groups of runs. */
export function Compared({ compared, names }: { compared: ComparedRuns; names: [string, string] }) {
  if (compared.problem) return <p class="beneath">First: {names[0]}. Second: {names[1]}. The two cannot be compared: {compared.problem}.</p>;
  const csv = (): Cell[][] => [["phase", "metric", "first", "second", "difference", "low", "high", "p", compared.by ?? "images"], ...compared.metrics.map((one): Cell[] => [one.phase, one.name, one.theirs, one.ours, ...one.interval, one.p, one.patients ?? null])];
  const hasPatients = compared.metrics.some((one) => one.patients);
  return (
    <>
      {compared.warning && <p class="warned">{compared.warning}</p>}
      <p class="beneath">Second minus first. First: {names[0]}. Second: {names[1]}.</p>
      <SideScroll what="table" label="table: differences between the two">
        <table class="small">
          <thead><tr><th scope="col">metric</th><th scope="col">phase</th><th scope="col">first</th><th scope="col">second</th><th scope="col">difference</th><th scope="col">95 % interval</th><th scope="col">p (Holm)</th>{hasPatients && <th scope="col">{compared.by}</th>}</tr></thead>
          <tbody>
            {compared.metrics.map((one) => (
              <tr key={`${one.phase}.${one.name}`} data-compared={`${one.phase}.${one.name}`}>
                <th scope="row">{one.name}</th>
                <td>{one.phase}</td>
                <td>{numberWords(one.theirs)}</td>
                <td>{numberWords(one.ours)}</td>
                <td><b>{numberWords(one.interval[0], true)}</b></td>
                <td>{intervalWords(one.interval, true) || "none"}{one.is_by_seed && compared.footnote ? " *" : ""}</td>
                <td>{pWords(one.p)}</td>
                {hasPatients && <td>{one.patients ? countWords(one.patients) : "–"}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </SideScroll>
      <p class="beneath">{compared.pairing} {compared.method} {compared.footnote} <SaveCsv title="differences between the two" csv={csv} /></p>
      {compared.notes.map((words) => <p key={words} class="beneath">{words}</p>)}
    </>
  );
}
