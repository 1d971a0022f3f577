// The worst images of a phase, by the system and metric that the reader chooses: as drawings, and as a table.
import { useMemo, useState } from "preact/hooks";
import { SaveCsv, type Cell } from "./figure";
import { casesOf, CaseTable, type Case } from "./result_case";
import { hues, type Series } from "./result_charts";
import { columnWords, scoresOf } from "./result_series";
import { Heat, HeatScale, keptOf, Tile } from "./result_tiles";
import { countWords, numberWords, percentWords } from "./result_words";
import { Zoom } from "./result_zoom";
import type { ReportData } from "./results_data";
import { SideScroll } from "./side_scroll";

const firstRows = 20;
const tiles = 15;

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
  /** The score of a table of masks that the order is by. */
  column?: string;
  score: (one: Case) => number | null | undefined;
}

const valueOf = (one: Case, name: string, column: string): number | null | undefined => one.values.find((value) => value.name === name && value.column === column)?.value;

const ordersOf = (classes: Series[], masks: Series[], focus: Series[]): Order[] => [
  ...masks.flatMap(({ name, table }) => scoresOf(table).map((column, k): Order => ({ key: `m ${name}${k > 0 ? ` ${column}` : ""}`, words: `lowest ${columnWords(column)} of ${name}`, name, column, score: (one) => valueOf(one, name, column) }))),
  ...classes.filter((one) => one.table.classes).map(({ name }): Order => ({ key: `c ${name}`, words: `least probability of the label, ${name}`, name, score: (one) => one.said.find((said) => said.name === name)?.ofLabel })),
  ...focus.map(({ name }): Order => ({ key: `f ${name}`, words: `least saliency inside the mask, ${name}`, name, score: (one) => one.focus.find((value) => value.name === name)?.inside })),
];

export function Worst({ report, classes, masks, focus, on, setOn, imageWords }: Props) {
  const orders = ordersOf(classes, masks, focus);
  const [chosen, setChosen] = useState("");
  const [shown, setShown] = useState(firstRows);
  const [hidden, setHidden] = useState<string[]>([]);
  const [hasHeat, setHeat] = useState(true);
  const [zoomed, setZoomed] = useState<number | null>(null);
  const cases = useMemo(() => casesOf(report, classes, masks, focus), [report, classes, masks, focus]);
  // The last system is the one that the report is about; its first score stands for it.
  const last = orders.filter((one) => one.key[0] === orders[0]!.key[0]).at(-1)!.name;
  const order = orders.find((one) => one.key === chosen) ?? orders.find((one) => one.key[0] === orders[0]!.key[0] && one.name === last)!;
  const name = order.name;
  const sorted = useMemo(() => {
    const scored = cases.flatMap((one) => (typeof order.score(one) === "number" ? [{ one, score: order.score(one)! }] : []));
    return scored.sort((a, b) => a.score - b.score).map(({ one }) => one);
  }, [cases, order.key]);
  const saying = classes.filter((one) => one.table.classes && sorted.some((row) => row.said.some((said) => said.name === one.name)));
  const valued = masks.filter((one) => sorted.some((row) => row.values.some((value) => value.name === one.name))).flatMap((one) => scoresOf(one.table).map((column) => ({ ...one, column })));
  const kept = useMemo(() => keptOf(report, [...masks, ...classes, ...focus]), [report, classes, masks, focus]);
  const outlined = masks.filter((one) => one.table.kept?.masks);
  // Of one table the map is drawn for every order, of several that of the order's system.
  const mapped = focus.filter((one) => one.table.kept?.saliency);
  const map = mapped.find((one) => one.name === name) ?? (mapped.length === 1 ? mapped[0] : undefined);
  const focused = focus.filter((one) => sorted.some((row) => row.focus.some((value) => value.name === one.name)));
  const pictured = sorted.filter((one) => kept.has(one.image)), drawn = pictured.slice(0, tiles);
  const large = zoomed === null ? undefined : pictured[zoomed];
  const phase = [...masks, ...classes, ...focus][0]!.table.phase;
  // What the file has is counted: the run may have kept nothing of some of the worst.
  const undrawn = drawn.length > 0 ? sorted.slice(0, sorted.indexOf(drawn.at(-1)!)).filter((one) => !kept.has(one.image)) : [];
  const undrawnWords =
    undrawn.length === 0
      ? pictured.length < sorted.length ? "These are the worst of all." : ""
      : `${countWords(undrawn.length)} that ${undrawn.length === 1 ? "is as bad or worse has" : "are as bad or worse have"} no drawing in this file: ${undrawn.slice(0, 5).map((one) => imageWords(one.image)).join(", ")}${undrawn.length > 5 ? " and others" : ""}.`;
  const listWords = `${countWords(pictured.length)} images of ${phase} that have a drawing (of ${countWords(sorted.length)} in all); order: ${order.words}`;
  // The figures behind the large view mark its image when it closes.
  const close = (): void => {
    if (large) setOn(large.image);
    setZoomed(null);
  };
  const hasPatients = sorted.some((one) => one.patient !== undefined), hasLabels = sorted.some((one) => one.label !== "");
  const patientWords = (patient: number | undefined): string => (patient === undefined ? "" : report.names ? report.names.patients[patient - 1]! : `patient ${patient}`);
  const csv = (): Cell[][] => [
    ["image", ...(hasPatients ? ["patient"] : []), ...(hasLabels ? ["label"] : []), ...saying.flatMap((one) => [`${one.name} predicted`, `${one.name} probability of the label`]), ...valued.map((one) => `${one.name} ${one.column}`), ...focused.flatMap((one) => [`${one.name} saliency inside the mask`, `${one.name} area of the mask`])],
    ...sorted.map((row): Cell[] => [
      imageWords(row.image),
      ...(hasPatients ? [patientWords(row.patient)] : []),
      ...(hasLabels ? [row.label] : []),
      ...saying.flatMap((one): Cell[] => {
        const said = row.said.find((other) => other.name === one.name);
        return said ? [said.predicted, said.ofLabel] : ["", null];
      }),
      ...valued.map((one) => valueOf(row, one.name, one.column) ?? null),
      ...focused.flatMap((one): Cell[] => {
        const value = row.focus.find((other) => other.name === one.name);
        return [value?.inside ?? null, value?.area ?? null];
      }),
    ]),
  ];
  const marks = (
    <>
      {(outlined.length > 0 || mapped.length > 0) && <span><i class="key reference" aria-hidden="true" />reference</span>}
      {outlined.map((one) => (
        <label key={one.name}>
          <input type="checkbox" checked={!hidden.includes(one.name)} onChange={() => setHidden(hidden.includes(one.name) ? hidden.filter((other) => other !== one.name) : [...hidden, one.name])} />
          <i class={`key hue${one.hue % hues}`} aria-hidden="true" />{one.name}
        </label>
      ))}
      {map && (
        <label>
          <input type="checkbox" checked={hasHeat} onChange={() => setHeat(!hasHeat)} />
          <i class="key heat" aria-hidden="true" />saliency of {map.name}
        </label>
      )}
    </>
  );
  const tile = (row: Case) => <Tile kept={kept.get(row.image)!} shows={(one) => !hidden.includes(one)} saliency={hasHeat ? map : undefined} words={`${imageWords(row.image)}, with what is marked`} />;
  return (
    <>
      {drawn.length > 0 && map && <Heat />}
      <p class="legend">
        <label>order <select value={order.key} onChange={(event) => setChosen(event.currentTarget.value)}>{orders.map((one) => <option key={one.key} value={one.key}>{one.words}</option>)}</select></label>
        {drawn.length > 0 && marks}
        <SaveCsv title="images" csv={csv} />
      </p>
      {drawn.length > 0 && <p class="beneath drawings">{countWords(drawn.length)} of {listWords}. {undrawnWords}</p>}
      {drawn.length > 0 && map && hasHeat && <HeatScale />}
      {drawn.length > 0 && (
        <div class="tiles">
          {drawn.map((row, place) => {
            const said = row.said.find((one) => one.name === name) ?? row.said.at(-1);
            const value = row.values.find((one) => one.name === name && one.column === order.column) ?? row.values.find((one) => one.name === row.values.at(-1)!.name);
            const share = map && row.focus.find((one) => one.name === map.name);
            return (
              <figure key={row.image} class={on === row.image ? "on" : ""} data-tile={row.image}>
                <button type="button" aria-haspopup="dialog" title="show it in large" onClick={() => setZoomed(place)}>{tile(row)}</button>
                <figcaption>
                  {value && <b>{columnWords(value.column)} {numberWords(value.value)} </b>}{imageWords(row.image)}
                  {said && <span class={said.isRight ? "" : "bad"}>label {row.label}; predicted {said.predicted}; probability of the label {numberWords(said.ofLabel)}{said.isRight ? "" : "; wrong"}</span>}
                  {share && <span>{percentWords(share.inside)} of the saliency is inside the mask, which covers {percentWords(share.area)}</span>}
                </figcaption>
              </figure>
            );
          })}
        </div>
      )}
      {large && (
        <Zoom words={imageWords(large.image)} place={zoomed!} count={pictured.length} of={listWords} go={setZoomed} close={close}>
          {tile(large)}
          <p class="legend">{marks}</p>
          <p class="beneath">{large.label && <>Label: {large.label}. </>}{hasPatients && <>Patient: {patientWords(large.patient)}. </>}Arrow keys show the next and the previous image.</p>
          <SideScroll what="table" label={`table: ${imageWords(large.image)}`}><CaseTable one={large} series={[...masks, ...classes, ...focus]} /></SideScroll>
        </Zoom>
      )}
      <SideScroll what="table" label="table: worst images">
        <table class="small cases">
          <thead>
            <tr>
              <th scope="col">image</th>
              {hasPatients && <th scope="col">patient</th>}
              {hasLabels && <th scope="col">label</th>}
              {saying.map((one) => <th scope="col" key={one.name}><i class={`key hue${one.hue % hues}`} aria-hidden="true" />{one.name}: predicted, probability of the label</th>)}
              {valued.map((one) => <th scope="col" key={`${one.name} ${one.column}`}><i class={`key hue${one.hue % hues}`} aria-hidden="true" />{one.name}: {columnWords(one.column)}</th>)}
              {focused.map((one) => <th scope="col" key={one.name}><i class={`key hue${one.hue % hues}`} aria-hidden="true" />{one.name}: saliency inside the mask</th>)}
              {focused.length > 0 && <th scope="col">image covered by the mask</th>}
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
                  return <td key={one.name} class={said && !said.isRight ? "bad" : ""}>{said ? `${said.predicted} ${numberWords(said.ofLabel)}${said.isRight ? "" : ", wrong"}` : "–"}</td>;
                })}
                {valued.map((one) => <td key={`${one.name} ${one.column}`}>{numberWords(valueOf(row, one.name, one.column))}</td>)}
                {focused.map((one) => {
                  const value = row.focus.find((other) => other.name === one.name);
                  return <td key={one.name}>{percentWords(value?.inside)}</td>;
                })}
                {focused.length > 0 && <td>{percentWords(row.focus.find((value) => value.area !== null)?.area)}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </SideScroll>
      {sorted.length > shown && <p class="beneath"><button type="button" class="link" onClick={() => setShown(shown + 200)}>more of {countWords(sorted.length)} images</button></p>}
    </>
  );
}
