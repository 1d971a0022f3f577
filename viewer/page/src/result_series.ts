// Which tables of a run belong together, and the names and columns that stand for them.
import { type Series, type Strip } from "./result_charts";
import { unitWords } from "./result_words";
import type { Group, ImageData, ReportData } from "./results_data";

/** The hue of a single series: solid. */
const lone = 2;

/** The tables of a run by the system that they belong to, or by their node. */
export function seriesOf(group: Group, run: number, phase: string, has: (table: ImageData) => boolean): Series[] {
  const tables = group.tables.filter((table) => table.run === run && table.phase === phase && has(table));
  return tables.map((table, k) => {
    const figure = group.figures.find((one) => one.node === table.node && one.system);
    const system = figure?.system ?? "";
    const hasOthers = tables.some((other) => other !== table && group.figures.some((one) => one.node === other.node && one.system === system));
    return { name: !system ? table.node : hasOthers ? `${system} ${figure!.task}` : system, hue: system ? group.systems.indexOf(system) : tables.length === 1 ? lone : k, table };
  });
}

export const hasClasses = (table: ImageData): boolean => table.confusion !== undefined;
/** True for a table of `metric.saliency`. */
export const hasSaliency = (table: ImageData): boolean => "inside" in table.columns && "area" in table.columns;
/** The columns of a table of masks or numbers by which its images are ordered. */
export const scoresOf = (table: ImageData): string[] => (hasClasses(table) || hasSaliency(table) ? [] : table.scores);
/** The scores of these tables, each once. */
export const allScores = (series: Series[]): string[] => [...new Set(series.flatMap((one) => scoresOf(one.table)))];
export const columnWords = (column: string): string => (column === "dice" ? "Dice" : column === "inside" ? "Fraction of the saliency inside the mask" : unitWords(column) ? `${column} in ${unitWords(column)}` : column.replace(/^dice_/, "Dice of "));

/** What is drawn image by image: a strip for each table of the tests. */
export function allStrips(report: ReportData, group: Group, run: number): { column: string; strips: Strip[] }[] {
  const out = new Map<string, Strip[]>();
  const tests = group.phases.filter((one) => one.kind === "test").map((one) => one.name);
  const add = (column: string, { name, hue, table }: Series): void => {
    const images = report.row_sets[table.rows]!.images;
    const pairs = table.columns[column]!.map((value, k) => [value, images[k]!] as const).filter((pair): pair is readonly [number, number] => pair[0] !== null);
    if (pairs.length === 0) return;
    out.set(column, [...(out.get(column) ?? []), { name, below: table.phase, hue, values: pairs.map((pair) => pair[0]), images: pairs.map((pair) => pair[1]) }]);
  };
  const masks = tests.flatMap((phase) => seriesOf(group, run, phase, (table) => scoresOf(table).length > 0));
  for (const column of allScores(masks)) for (const one of masks) if (scoresOf(one.table).includes(column)) add(column, one);
  for (const one of tests.flatMap((phase) => seriesOf(group, run, phase, hasSaliency))) add("inside", one);
  return [...out].map(([column, strips]) => ({ column, strips }));
}
