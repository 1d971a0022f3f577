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
/** The column of a table of masks or numbers that stands for it. */
export const mainColumn = (table: ImageData): string | undefined =>
  hasClasses(table) || hasSaliency(table) ? undefined : "dice" in table.columns ? "dice" : Object.keys(table.columns).find((name) => name.startsWith("dice_")) ?? Object.keys(table.columns)[0];
export const columnWords = (column: string): string => (column === "dice" ? "Dice" : column === "inside" ? "Fraction of the saliency inside the mask" : unitWords(column) ? `${column} in ${unitWords(column)}` : column.replace(/^dice_/, "Dice of "));

/** What is drawn image by image: a strip for each table of the tests. */
export function allStrips(report: ReportData, group: Group, run: number): { column: string; strips: Strip[] }[] {
  const out = new Map<string, Strip[]>();
  const columnsOf = [mainColumn, (table: ImageData) => (hasSaliency(table) ? "inside" : undefined)];
  for (const phase of group.phases.filter((one) => one.kind === "test"))
    for (const columnOf of columnsOf)
      for (const one of seriesOf(group, run, phase.name, (table) => columnOf(table) !== undefined)) {
        const column = columnOf(one.table)!, images = report.row_sets[one.table.rows]!.images;
        const pairs = one.table.columns[column]!.map((value, k) => [value, images[k]!] as const).filter((pair): pair is readonly [number, number] => pair[0] !== null);
        if (pairs.length === 0) continue;
        const strips = out.get(column) ?? [];
        strips.push({ name: one.name, below: phase.name, hue: one.hue, values: pairs.map((pair) => pair[0]), images: pairs.map((pair) => pair[1]) });
        out.set(column, strips);
      }
  return [...out].map(([column, strips]) => ({ column, strips }));
}
