// The worst images of a phase, by the system and metric that the reader chooses: as drawings, and as a table.
import { useMemo, useState } from "preact/hooks";
import { SaveCsv, type Cell } from "./figure";
import { hues, type Series } from "./result_charts";
import { columnWords, mainColumn } from "./result_series";
import { Heat, keptOf, Tile } from "./result_tiles";
import { countWords, numberWords, percentWords } from "./result_words";
import type { ImageData, ReportData } from "./results_data";

interface Case {
  image: number;
  patient: number | undefined;
  label: string;
  /** By series of classes: what was predicted, and the probability of the label. */
  said: { name: string; predicted: string; ofLabel: number; isRight: boolean }[];
  /** By series of masks. */
  values: { name: string; value: number | null }[];
  /** By series of saliency: its fraction inside the mask, and the fraction of the image that the mask covers. */
  focus: { name: string; inside: number | null; area: number | null }[];
}

function casesOf(report: ReportData, classes: Series[], masks: Series[], focus: Series[]): Case[] {
  const cases = new Map<number, Case>();
  const caseOf = (table: ImageData, k: number): Case => {
    const set = report.row_sets[table.rows]!, image = set.images[k]!;
    const found = cases.get(image) ?? { image, patient: set.patients?.[k], label: "", said: [], values: [], focus: [] };
    cases.set(image, found);
    return found;
  };
  for (const { name, table } of classes) {
    if (!table.classes || !table.predicted) continue;
    table.predicted.forEach((predicted, k) => {
      const one = caseOf(table, k), label = report.row_sets[table.rows]!.labels[0]![k]!;
      const last = table.probabilities![0]![k]!;
      const ofLabel = table.classes!.length === 2 ? (label === 1 ? last : 1 - last) : table.probabilities![label]![k]!;
      one.label = table.classes![label] ?? "";
      one.said.push({ name, predicted: table.classes![predicted] ?? "", ofLabel, isRight: predicted === label });
    });
  }
  for (const { name, table } of masks) table.columns[mainColumn(table)!]!.forEach((value, k) => caseOf(table, k).values.push({ name, value }));
  for (const { name, table } of focus) table.columns.inside!.forEach((inside, k) => caseOf(table, k).focus.push({ name, inside, area: table.columns.area![k]! }));
  return [...cases.values()];
}

const firstRows = 20;
const tiles = 16;

interface Props {
  report: ReportData;
  /** Tables of classes, of masks, and of saliency. */
  classes: Series[];
  masks: Series[];
  focus: Series[];
  on: number | null;
  setOn: (image: number | null) => void;
  imageWords: (image: number) => string;
}

/** A list of images, the worst first by `score`. */
interface Order {
  key: string;
  words: string;
  name: string;
  score: (one: Case) => number | null | undefined;
}

const ordersOf = (classes: Series[], masks: Series[], focus: Series[]): Order[] => [
  ...masks.map(({ name, table }): Order => ({ key: `m ${name}`, words: `lowest ${columnWords(mainColumn(table)!)} of ${name}`, name, score: (one) => one.values.find((value) => value.name === name)?.value })),
  ...classes.filter((one) => one.table.classes).map(({ name }): Order => ({ key: `c ${name}`, words: `least probability of the label, ${name}`, name, score: (one) => one.said.find((said) => said.name === name)?.ofLabel })),
  ...focus.map(({ name }): Order => ({ key: `f ${name}`, words: `least saliency inside the mask, ${name}`, name, score: (one) => one.focus.find((value) => value.name === name)?.inside })),
];

export function Worst({ report, classes, masks, focus, on, setOn, imageWords }: Props) {
  const orders = ordersOf(classes, masks, focus);
  const [chosen, setChosen] = useState("");
  const [shown, setShown] = useState(firstRows);
  const [hidden, setHidden] = useState<string[]>([]);
  const [hasHeat, setHeat] = useState(true);
  const cases = useMemo(() => casesOf(report, classes, masks, focus), [report, classes, masks, focus]);
  // The last system is the one that the report is about.
  const order = orders.find((one) => one.key === chosen) ?? orders.filter((one) => one.key[0] === orders[0]!.key[0]).at(-1)!;
  const name = order.name;
  const sorted = useMemo(() => {
    const scored = cases.flatMap((one) => (typeof order.score(one) === "number" ? [{ one, score: order.score(one)! }] : []));
    return scored.sort((a, b) => a.score - b.score).map(({ one }) => one);
  }, [cases, order.key]);
  const saying = classes.filter((one) => one.table.classes && sorted.some((row) => row.said.some((said) => said.name === one.name)));
  const valued = masks.filter((one) => sorted.some((row) => row.values.some((value) => value.name === one.name)));
  const kept = useMemo(() => keptOf(report, [...masks, ...classes, ...focus]), [report, classes, masks, focus]);
  const outlined = masks.filter((one) => one.table.kept?.masks);
  // Of one table the map is drawn for every order, of several that of the order's system.
  const mapped = focus.filter((one) => one.table.kept?.saliency);
  const map = mapped.find((one) => one.name === name) ?? (mapped.length === 1 ? mapped[0] : undefined);
  const focused = focus.filter((one) => sorted.some((row) => row.focus.some((value) => value.name === one.name)));
  const drawn = sorted.filter((one) => kept.has(one.image)).slice(0, tiles);
  const hasPatients = sorted.some((one) => one.patient !== undefined), hasLabels = sorted.some((one) => one.label !== "");
  const patientWords = (patient: number | undefined): string => (patient === undefined ? "" : report.names ? report.names.patients[patient - 1]! : `patient ${patient}`);
  const csv = (): Cell[][] => [
    ["image", ...(hasPatients ? ["patient"] : []), ...(hasLabels ? ["label"] : []), ...saying.flatMap((one) => [`${one.name} predicted`, `${one.name} probability of the label`]), ...valued.map((one) => `${one.name} ${mainColumn(one.table)}`), ...focused.flatMap((one) => [`${one.name} saliency inside the mask`, `${one.name} area of the mask`])],
    ...sorted.map((row): Cell[] => [
      imageWords(row.image),
      ...(hasPatients ? [patientWords(row.patient)] : []),
      ...(hasLabels ? [row.label] : []),
      ...saying.flatMap((one): Cell[] => {
        const said = row.said.find((other) => other.name === one.name);
        return said ? [said.predicted, said.ofLabel] : ["", null];
      }),
      ...valued.map((one) => row.values.find((value) => value.name === one.name)?.value ?? null),
      ...focused.flatMap((one): Cell[] => {
        const value = row.focus.find((other) => other.name === one.name);
        return [value?.inside ?? null, value?.area ?? null];
      }),
    ]),
  ];
  return (
    <>
      <p class="legend">
        <label>order <select value={order.key} onChange={(event) => setChosen(event.currentTarget.value)}>{orders.map((one) => <option key={one.key} value={one.key}>{one.words}</option>)}</select></label>
        {drawn.length > 0 && (outlined.length > 0 || mapped.length > 0) && <span><i class="key reference" aria-hidden="true" />reference</span>}
        {drawn.length > 0 &&
          outlined.map((one) => (
            <label key={one.name}>
              <input type="checkbox" checked={!hidden.includes(one.name)} onChange={() => setHidden(hidden.includes(one.name) ? hidden.filter((other) => other !== one.name) : [...hidden, one.name])} />
              <i class={`key hue${one.hue % hues}`} aria-hidden="true" />{one.name}
            </label>
          ))}
        {drawn.length > 0 && map && (
          <label>
            <input type="checkbox" checked={hasHeat} onChange={() => setHeat(!hasHeat)} />
            <i class="key heat" aria-hidden="true" />saliency of {map.name}
          </label>
        )}
        <SaveCsv title="images" csv={csv} />
      </p>
      {drawn.length > 0 && map && <Heat />}
      {drawn.length > 0 && (
        <div class="tiles">
          {drawn.map((row) => {
            const said = row.said.find((one) => one.name === name) ?? row.said.at(-1);
            const value = row.values.find((one) => one.name === name) ?? row.values.at(-1);
            const share = map && row.focus.find((one) => one.name === map.name);
            return (
              <figure key={row.image} class={on === row.image ? "on" : ""} data-tile={row.image}>
                <button type="button" aria-pressed={on === row.image} onClick={() => setOn(on === row.image ? null : row.image)}>
                  <Tile kept={kept.get(row.image)!} shows={(one) => !hidden.includes(one)} saliency={hasHeat ? map : undefined} words={`${imageWords(row.image)}, with what is marked`} />
                </button>
                <figcaption>
                  <b>{value ? numberWords(value.value) : ""}</b> {imageWords(row.image)}
                  {said && <span class={said.isRight ? "" : "bad"}>label {row.label}; predicted {said.predicted}; P(label) {numberWords(said.ofLabel)}{said.isRight ? "" : " ✕"}</span>}
                  {share && <span>saliency {percentWords(share.inside)} inside; mask is {percentWords(share.area)}</span>}
                </figcaption>
              </figure>
            );
          })}
        </div>
      )}
      <div class="scroller" tabIndex={0} role="region" aria-label="table: worst images">
        <table class="small cases">
          <thead>
            <tr>
              <th scope="col">image</th>
              {hasPatients && <th scope="col">patient</th>}
              {hasLabels && <th scope="col">label</th>}
              {saying.map((one) => <th scope="col" key={one.name}><i class={`key hue${one.hue % hues}`} aria-hidden="true" />{one.name}: predicted, probability of the label</th>)}
              {valued.map((one) => <th scope="col" key={one.name}><i class={`key hue${one.hue % hues}`} aria-hidden="true" />{one.name}: {columnWords(mainColumn(one.table)!)}</th>)}
              {focused.map((one) => <th scope="col" key={one.name}><i class={`key hue${one.hue % hues}`} aria-hidden="true" />{one.name}: saliency inside the mask (area of the mask)</th>)}
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, shown).map((row) => (
              <tr key={row.image} class={on === row.image ? "on" : ""} data-image={row.image}>
                <th scope="row"><button type="button" class="link" aria-pressed={on === row.image} onClick={() => setOn(on === row.image ? null : row.image)}>{imageWords(row.image)}</button></th>
                {hasPatients && <td>{patientWords(row.patient)}</td>}
                {hasLabels && <td>{row.label}</td>}
                {saying.map((one) => {
                  const said = row.said.find((other) => other.name === one.name);
                  return <td key={one.name} class={said && !said.isRight ? "bad" : ""}>{said ? `${said.predicted} ${numberWords(said.ofLabel)}${said.isRight ? "" : " ✕"}` : "–"}</td>;
                })}
                {valued.map((one) => <td key={one.name}>{numberWords(row.values.find((value) => value.name === one.name)?.value)}</td>)}
                {focused.map((one) => {
                  const value = row.focus.find((other) => other.name === one.name);
                  return <td key={one.name}>{value ? `${percentWords(value.inside)} (${percentWords(value.area)})` : "–"}</td>;
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {sorted.length > shown && <p class="beneath"><button type="button" class="link" onClick={() => setShown(shown + 200)}>more of {countWords(sorted.length)} images</button></p>}
    </>
  );
}
