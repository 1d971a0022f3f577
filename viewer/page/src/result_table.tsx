// Tables of a report: what was measured beside trivial predictors and the papers, and differences.
import { SaveCsv, type Cell } from "./figure";
import { hues } from "./result_charts";
import type { Difference, Figure, Group, Interval } from "./results_data";
import { countWords, hasEnds, numberWords, unitWords } from "./result_words";
import { SideScroll } from "./side_scroll";

export const intervalWords = (interval: Interval, isSigned = false): string =>
  hasEnds(interval) ? `${numberWords(interval[1], isSigned)} to ${numberWords(interval[2], isSigned)}` : "";

/** `W`: as in the sentence on the method. */
export const endsWords = (one: Figure): string => intervalWords(one.interval) + (one.is_wilson ? " W" : "");

/** The interval on a line from `low` to `high`; a short line marks `mark`. */
function Whisker({ interval, low, high, mark, bySeed }: { interval: Interval; low: number; high: number; mark?: number | null; bySeed?: (number | null)[] }) {
  const width = 92, x = (value: number): number => 3 + Math.max(0, Math.min(1, (value - low) / (high - low || 1))) * (width - 6);
  return (
    <svg class="whisker" viewBox={`0 0 ${width} 11`} width={width} height="11" aria-hidden="true">
      <path class="base" d={`M3 5.5H${width - 3}`} />
      {mark !== undefined && mark !== null && <path class="mark" d={`M${x(mark)} 1v9`} />}
      {hasEnds(interval) && <path class="span" d={`M${x(interval[1]!)} 5.5H${x(interval[2]!)}`} />}
      {(bySeed ?? []).map((value, k) => value !== null && <circle key={k} class="seed" cx={x(value)} cy="5.5" r="1.6" />)}
      {interval[0] !== null && <circle class="point" cx={x(interval[0])} cy="5.5" r="2.8" />}
    </svg>
  );
}

const weightsOf = (group: Group, figure: Figure): string =>
  group.weights.find((one) => one.phase === figure.phase && one.is_kept === (figure.is_kept ?? false))?.words ?? "";

interface MeasuredRow {
  key: string;
  metric: string;
  phase: string;
  weights: string;
  /** `20 patients`; empty: the intervals are not over patients. */
  over: string;
  cells: (Figure | undefined)[];
  trivial: number | null;
  paper: NonNullable<Group["papers"]>["figures"][number] | undefined;
}

/** Headline metrics as rows; systems, or the runs, as columns. */
export function measuredRows(group: Group): { columns: string[]; rows: MeasuredRow[] } {
  const columns = group.systems.length > 0 ? group.systems : [group.runs.length > 1 ? `mean of ${group.runs.length} seeds` : "this run"];
  const headlines = group.figures.filter((one) => one.headline !== undefined && !one.is_training);
  const rows = new Map<string, MeasuredRow>();
  const orderOf = (one: Figure): number => one.headline! * 1000 + group.phases.findIndex((phase) => phase.name === one.phase);
  for (const one of [...headlines].sort((a, b) => orderOf(a) - orderOf(b))) {
    const task = one.task ?? one.node, place = one.system ? group.systems.indexOf(one.system) : 0;
    const key = `${task}.${one.metric}.${one.phase}.${one.is_kept ?? false}`;
    const isSole = headlines.every((other) => other.metric !== one.metric || (other.task ?? other.node) === task);
    const row = rows.get(key) ?? {
      key,
      metric: isSole ? one.words : `${task} ${one.words}`,
      phase: one.phase,
      weights: weightsOf(group, one),
      over: one.patients ? `${countWords(one.patients)} ${group.by}` : "",
      cells: columns.map(() => undefined),
      trivial: group.trivial.find((other) => other.phase === one.phase && other.node === one.node && other.metric === one.metric)?.value ?? null,
      paper: group.papers?.figures.find((other) => other.phase === one.phase && other.node === one.node && other.metric === one.metric),
    };
    row.cells[place] = one;
    rows.set(key, row);
  }
  return { columns, rows: [...rows.values()] };
}

export function Measured({ group }: { group: Group }) {
  const { columns, rows } = measuredRows(group);
  const hasTrivial = rows.some((row) => row.trivial !== null), papers = group.papers && rows.some((row) => row.paper) ? group.papers : null;
  const csv = (): Cell[][] => [
    ["metric", "phase", "column", "value", "low", "high", "method", group.by],
    ...rows.flatMap((row) => [
      ...row.cells.map((cell, k): Cell[] => [row.metric, row.phase, columns[k]!, ...(cell?.interval ?? [null, null, null]), cell?.is_wilson ? "Wilson" : "", cell?.patients ?? null]),
      ...(row.trivial !== null ? [[row.metric, row.phase, "trivial", row.trivial, null, null, "", null] as Cell[]] : []),
      ...(row.paper ? [[row.metric, row.phase, "papers", row.paper.value, null, null, "", null] as Cell[]] : []),
    ]),
  ];
  if (rows.length === 0) return <p>The phases after the training measured no headline metric. All metrics are below.</p>;
  return (
    <>
      {group.few && <p class="warned">{group.few}</p>}
      <SideScroll what="table" label="table: what was measured">
        <table class="measured">
          <thead>
            <tr>
              <th scope="col">metric</th>
              <th scope="col">phase</th>
              {hasTrivial && <th scope="col">trivial</th>}
              {columns.map((name, k) => <th scope="col" key={name}>{columns.length > 1 && <i class={`key hue${k % hues}`} aria-hidden="true" />}{name}</th>)}
              {papers && <th scope="col">papers: {papers.model}<small>{[papers.class_labels && `${papers.class_labels} labels`, papers.mask_labels && `${papers.mask_labels} masks`].filter(Boolean).join(", ")}</small></th>}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, at) => {
              const known = [row.trivial, row.paper?.value, ...row.cells.flatMap((cell) => [...(cell?.interval ?? []), ...(cell?.by_seed ?? [])])].filter((one): one is number => typeof one === "number");
              const low = Math.min(...known), high = Math.max(...known, low >= 0 && Math.max(...known) <= 1 ? 1 : -Infinity);
              return (
                <tr key={row.key} class={at > 0 && rows[at - 1]!.metric !== row.metric ? "first" : ""}>
                  <th scope="row">{at > 0 && rows[at - 1]!.metric === row.metric ? <span class="again">{row.metric}</span> : row.metric}</th>
                  <td>{row.phase}{row.weights && <small>{row.weights}</small>}{row.over && <small>{row.over}</small>}</td>
                  {hasTrivial && <td>{numberWords(row.trivial)}</td>}
                  {row.cells.map((cell, k) => (
                    <td key={k} data-figure={cell && `${cell.phase}.${cell.node}.${cell.metric}${cell.is_kept ? ".kept" : ""}`}>
                      <b>{numberWords(cell?.interval[0])}</b>
                      {cell && <small>{endsWords(cell)}</small>}
                      {cell && <Whisker interval={cell.interval} low={low} high={high} mark={row.trivial} bySeed={cell.by_seed} />}
                    </td>
                  ))}
                  {papers && (
                    <td class="paper">
                      {row.paper ? numberWords(row.paper.value) : "–"}
                      {row.paper && <small>{row.paper.data}{row.paper.is_other_subset ? `, other subset (${countWords(row.paper.images)} images)` : ""}{row.paper.printed !== null ? `; printed ${numberWords(row.paper.printed)}` : ""}</small>}
                    </td>
                  )}
                </tr>
              );
            })}
          </tbody>
        </table>
      </SideScroll>
      <p class="beneath">
        {group.method} {rows.some((row) => row.cells.some((cell) => cell?.is_wilson)) && `${group.wilson} `}Phase: an evaluation, such as that of a test set. {rows.some((row) => row.trivial !== null) && "Trivial: a predictor that has learnt nothing. It gives all images the most frequent class, and marks every pixel. A short line marks it. "}
        {rows.some((row) => row.cells.some((cell) => cell?.by_seed)) && "Small dots: single seeds. "}
        {papers && "Papers: Haque et al., ISBI 2021 and MELBA 2021. Their Dice is the one that their Jaccard index implies, because the printed one contradicts it in many rows. "}
        <SaveCsv title="what was measured" csv={csv} />
      </p>
    </>
  );
}

export function Differences({ group }: { group: Group }) {
  const all = group.differences;
  const columnOf = (one: Difference): string => (all.some((other) => other.words === one.words && other.task !== one.task) ? `${one.task} ${one.words}` : one.words);
  const columns = [...new Set(all.map(columnOf))];
  const rows = [...new Set(all.map((one) => `${one.phase}|${one.ours}|${one.theirs}`))];
  const find = (row: string, column: string): Difference | undefined => all.find((one) => `${one.phase}|${one.ours}|${one.theirs}` === row && columnOf(one) === column);
  const reach = (column: string): number => Math.max(1e-9, ...all.filter((one) => columnOf(one) === column).flatMap((one) => one.interval.map((end) => Math.abs(end ?? 0))));
  const csv = (): Cell[][] => [["phase", "system", "minus_system", "task", "metric", "difference", "low", "high"], ...all.map((one): Cell[] => [one.phase, one.ours, one.theirs, one.task, one.metric, ...one.interval])];
  return (
    <>
      <SideScroll what="table" label="table: differences">
        <table class="measured">
          <thead><tr><th scope="col">phase</th><th scope="col">difference</th>{columns.map((name) => <th scope="col" key={name}>{name}</th>)}</tr></thead>
          <tbody>
            {rows.map((row, at) => {
              const [phase, ours, theirs] = row.split("|");
              return (
                <tr key={row} class={at > 0 && rows[at - 1]!.split("|")[0] !== phase ? "first" : ""}>
                  <td>{phase}</td>
                  <th scope="row">{ours} − {theirs}</th>
                  {columns.map((column) => {
                    const one = find(row, column), far = reach(column);
                    return <td key={column}><b>{numberWords(one?.interval[0], true)}</b>{one && <small>{intervalWords(one.interval, true)}</small>}{one && <Whisker interval={one.interval} low={-far} high={far} mark={0} />}</td>;
                  })}
                </tr>
              );
            })}
          </tbody>
        </table>
      </SideScroll>
      <p class="beneath">Paired by {group.runs.length > 1 ? "seed" : "image"}. A short line marks 0. An interval that includes 0 does not show a difference. {group.chance} <SaveCsv title="differences" csv={csv} /></p>
    </>
  );
}

/** What metrics are, as their nodes declare it, with the metrics that a sentence is about. */
function meaningsOf(group: Group, figures: Figure[]): [string, string[]][] {
  const names = new Map<number, Set<string>>();
  for (const one of figures) if (one.meaning !== undefined) names.set(one.meaning, (names.get(one.meaning) ?? new Set()).add(one.metric));
  return [...names].map(([place, metrics]) => [group.meanings[place]!, [...metrics]]);
}

/** All metrics: a row for each, a column for each phase. */
export function AllMetrics({ group }: { group: Group }) {
  const figures = group.figures.filter((one) => !one.is_training);
  const phases = [...new Set(figures.map((one) => one.phase + (one.is_kept ? " kept" : "")))];
  const rows = [...new Set(figures.map((one) => `${one.node}.${one.metric}`))];
  const known = new Map(figures.map((one) => [`${one.node}.${one.metric}|${one.phase}${one.is_kept ? " kept" : ""}`, one]));
  const meanings = meaningsOf(group, figures);
  const csv = (): Cell[][] => [["phase", "node", "metric", "kept", "value", "low", "high", "method", group.by], ...group.figures.map((one): Cell[] => [one.phase, one.node, one.metric, one.is_kept ? 1 : 0, ...one.interval, one.is_wilson ? "Wilson" : "", one.patients ?? null])];
  return (
    <details class="all">
      <summary>All {rows.length} metrics</summary>
      <SideScroll what="table" label="table: all metrics">
        <table class="small">
          <thead><tr><th scope="col">metric</th>{phases.map((name) => <th scope="col" key={name}>{name}</th>)}</tr></thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row}>
                <th scope="row">{row}{unitWords(row.slice(row.lastIndexOf(".") + 1)) && <span class="k"> in {unitWords(row.slice(row.lastIndexOf(".") + 1))}</span>}</th>
                {phases.map((phase) => {
                  const one = known.get(`${row}|${phase}`);
                  return <td key={phase}>{one ? numberWords(one.interval[0]) : ""} {one && hasEnds(one.interval) && <span class="k">{endsWords(one)}</span>}</td>;
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </SideScroll>
      <p class="beneath">{figures.some((one) => one.is_wilson) && `${group.wilson} `}Rows: node.metric. {figures.some((one) => one.interval[0] === null) && "–: undefined, such as the AUC of a test without one of the classes. "}{meanings.length === 0 && "The run did not record what its metrics are; docs/nodes.md explains those of Leat's nodes. "}<SaveCsv title="all metrics" csv={csv} /></p>
      {meanings.length > 0 && (
        <>
          <h3>What the metrics are</h3>
          <dl class="meanings">{meanings.map(([sentence, names]) => <><dt key={sentence}>{names.join(", ")}</dt><dd>{sentence}</dd></>)}</dl>
        </>
      )}
    </details>
  );
}
