// What the systems said of one image, and a table of it.
import { hues, type Series } from "./result_charts";
import { allScores, columnWords, scoresOf } from "./result_series";
import { numberWords, percentWords, rounded } from "./result_words";
import type { ImageData, ReportData } from "./results_data";

export interface Case {
  image: number;
  patient: number | undefined;
  label: string;
  /** By series of classes: what was predicted, and the probability of the label. */
  said: { name: string; predicted: string; ofLabel: number; isRight: boolean }[];
  /** By series of masks and score. */
  values: { name: string; column: string; value: number | null }[];
  /** By series of saliency: its fraction inside the mask, and the fraction of the image that the mask covers. */
  focus: { name: string; inside: number | null; area: number | null }[];
}

export function casesOf(report: ReportData, classes: Series[], masks: Series[], focus: Series[]): Case[] {
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
      const ofLabel = table.classes!.length === 2 ? (label === 1 ? last : rounded(1 - last)) : table.probabilities![label]![k]!;
      one.label = table.classes![label] ?? "";
      one.said.push({ name, predicted: table.classes![predicted] ?? "", ofLabel, isRight: predicted === label });
    });
  }
  for (const { name, table } of masks) for (const column of scoresOf(table)) table.columns[column]!.forEach((value, k) => caseOf(table, k).values.push({ name, column, value }));
  for (const { name, table } of focus) table.columns.inside!.forEach((inside, k) => caseOf(table, k).focus.push({ name, inside, area: table.columns.area![k]! }));
  return [...cases.values()];
}

/** A row for each system: class, score and saliency of one image. */
export function CaseTable({ one, series }: { one: Case; series: Series[] }) {
  const names = [...new Set([...one.said, ...one.values, ...one.focus].map((part) => part.name))];
  const hueOf = (name: string): number => series.find((other) => other.name === name)?.hue ?? 0;
  const columns = allScores(series).filter((column) => one.values.some((part) => part.column === column));
  return (
    <table class="small cases">
      <thead>
        <tr>
          <th scope="col">system</th>
          {one.said.length > 0 && <th scope="col">predicted class</th>}
          {one.said.length > 0 && <th scope="col">probability of the label</th>}
          {columns.map((column) => <th scope="col" key={column}>{columnWords(column)}</th>)}
          {one.focus.length > 0 && <th scope="col">saliency inside the mask</th>}
        </tr>
      </thead>
      <tbody>
        {names.map((name) => {
          const said = one.said.find((part) => part.name === name), focus = one.focus.find((part) => part.name === name);
          return (
            <tr key={name}>
              <th scope="row"><i class={`key hue${hueOf(name) % hues}`} aria-hidden="true" />{name}</th>
              {one.said.length > 0 && <td class={said && !said.isRight ? "bad" : ""}>{said ? `${said.predicted}${said.isRight ? "" : ", wrong"}` : "–"}</td>}
              {one.said.length > 0 && <td>{numberWords(said?.ofLabel)}</td>}
              {columns.map((column) => <td key={column}>{numberWords(one.values.find((part) => part.name === name && part.column === column)?.value)}</td>)}
              {one.focus.length > 0 && <td>{focus ? `${percentWords(focus.inside)}; the mask covers ${percentWords(focus.area)}` : "–"}</td>}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
