// A report of finished runs: results in and across domains, image by image, and what was run.
import { useEffect, useMemo, useState } from "preact/hooks";
import { SaveCsv, type Cell } from "./figure";
import { Confusion, hues, Reliability, Roc, Strips, type Series, type Strip } from "./result_charts";
import { Learning, learningCharts, Times } from "./result_learning";
import { RecordedValues } from "./result_recorded";
import { keptMasks, Tile } from "./result_tiles";
import { AllMetrics, Differences, Measured, measuredRows } from "./result_table";
import { countWords, durationWords, numberWords, sizeWords } from "./result_words";
import type { Group, ImageData, ReportData, Run } from "./results_data";
import { states } from "./run";

/** The hue of a single series: solid. */
const lone = 2;

/** The tables of a run by the system that they belong to, or by their node. */
function seriesOf(group: Group, run: number, phase: string, has: (table: ImageData) => boolean): Series[] {
  const tables = group.tables.filter((table) => table.run === run && table.phase === phase && has(table));
  return tables.map((table, k) => {
    const figure = group.figures.find((one) => one.node === table.node && one.system);
    const system = figure?.system ?? "";
    const hasOthers = tables.some((other) => other !== table && group.figures.some((one) => one.node === other.node && one.system === system));
    return { name: !system ? table.node : hasOthers ? `${system} ${figure!.task}` : system, hue: system ? group.systems.indexOf(system) : tables.length === 1 ? lone : k, table };
  });
}

const hasClasses = (table: ImageData): boolean => table.confusion !== undefined;
/** The column of a table of masks or numbers that stands for it. */
const mainColumn = (table: ImageData): string | undefined =>
  hasClasses(table) ? undefined : "dice" in table.columns ? "dice" : Object.keys(table.columns).find((name) => name.startsWith("dice_")) ?? Object.keys(table.columns)[0];
const columnWords = (column: string): string => (column === "dice" ? "Dice" : column.replace(/^dice_/, "Dice of "));

function allStrips(report: ReportData, group: Group, run: number): { column: string; strips: Strip[] }[] {
  const out = new Map<string, Strip[]>();
  for (const phase of group.phases.filter((one) => one.kind === "test"))
    for (const one of seriesOf(group, run, phase.name, (table) => mainColumn(table) !== undefined)) {
      const column = mainColumn(one.table)!, images = report.row_sets[one.table.rows]!.images;
      const pairs = one.table.columns[column]!.map((value, k) => [value, images[k]!] as const).filter((pair): pair is readonly [number, number] => pair[0] !== null);
      if (pairs.length === 0) continue;
      const strips = out.get(column) ?? [];
      strips.push({ name: one.name, below: phase.name, hue: one.hue, values: pairs.map((pair) => pair[0]), images: pairs.map((pair) => pair[1]) });
      out.set(column, strips);
    }
  return [...out].map(([column, strips]) => ({ column, strips }));
}

interface Case {
  image: number;
  patient: number | undefined;
  label: string;
  /** By series of classes: what was predicted, and the probability of the label. */
  said: { name: string; predicted: string; ofLabel: number; isRight: boolean }[];
  /** By series of masks. */
  values: { name: string; value: number | null }[];
}

function casesOf(report: ReportData, classes: Series[], masks: Series[]): Case[] {
  const cases = new Map<number, Case>();
  const caseOf = (table: ImageData, k: number): Case => {
    const set = report.row_sets[table.rows]!, image = set.images[k]!;
    const found = cases.get(image) ?? { image, patient: set.patients?.[k], label: "", said: [], values: [] };
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
  return [...cases.values()];
}

const firstRows = 20;
const tiles = 16;

function Worst({ report, classes, masks, on, setOn, imageWords }: { report: ReportData; classes: Series[]; masks: Series[]; on: number | null; setOn: (image: number | null) => void; imageWords: (image: number) => string }) {
  const lists = [...masks.map((one) => ({ key: `m ${one.name}`, words: `lowest ${columnWords(mainColumn(one.table)!)} of ${one.name}` })), ...classes.filter((one) => one.table.classes).map((one) => ({ key: `c ${one.name}`, words: `least probability of the label, ${one.name}` }))];
  const [chosen, setChosen] = useState("");
  const [shown, setShown] = useState(firstRows);
  const cases = useMemo(() => casesOf(report, classes, masks), [report, classes, masks]);
  // The last system is the one that the report is about.
  const order = lists.find((one) => one.key === chosen)?.key ?? (masks.length > 0 ? `m ${masks.at(-1)!.name}` : lists.at(-1)?.key ?? "");
  const name = order.slice(2);
  const score = (one: Case): number => (order.startsWith("m") ? (one.values.find((value) => value.name === name)?.value ?? Infinity) : (one.said.find((said) => said.name === name)?.ofLabel ?? Infinity));
  const sorted = useMemo(() => cases.filter((one) => score(one) !== Infinity).sort((a, b) => score(a) - score(b)), [cases, order]);
  const saying = classes.filter((one) => one.table.classes && sorted.some((row) => row.said.some((said) => said.name === one.name)));
  const valued = masks.filter((one) => sorted.some((row) => row.values.some((value) => value.name === one.name)));
  const kept = useMemo(() => keptMasks(report, masks), [report, masks]);
  const outlined = masks.filter((one) => one.table.kept);
  const [hidden, setHidden] = useState<string[]>([]);
  const drawn = sorted.filter((one) => kept.has(one.image)).slice(0, tiles);
  const hasPatients = sorted.some((one) => one.patient !== undefined), hasLabels = sorted.some((one) => one.label !== "");
  const patientWords = (patient: number | undefined): string => (patient === undefined ? "" : report.names ? report.names.patients[patient - 1]! : `patient ${patient}`);
  const csv = (): Cell[][] => [
    ["image", ...(hasPatients ? ["patient"] : []), ...(hasLabels ? ["label"] : []), ...saying.flatMap((one) => [`${one.name} predicted`, `${one.name} probability of the label`]), ...valued.map((one) => `${one.name} ${mainColumn(one.table)}`)],
    ...sorted.map((row): Cell[] => [
      imageWords(row.image),
      ...(hasPatients ? [patientWords(row.patient)] : []),
      ...(hasLabels ? [row.label] : []),
      ...saying.flatMap((one): Cell[] => {
        const said = row.said.find((other) => other.name === one.name);
        return said ? [said.predicted, said.ofLabel] : ["", null];
      }),
      ...valued.map((one) => row.values.find((value) => value.name === one.name)?.value ?? null),
    ]),
  ];
  return (
    <>
      <p class="legend">
        <label>order <select value={order} onChange={(event) => setChosen(event.currentTarget.value)}>{lists.map((one) => <option key={one.key} value={one.key}>{one.words}</option>)}</select></label>
        {drawn.length > 0 && <span><i class="key reference" aria-hidden="true" />reference</span>}
        {drawn.length > 0 &&
          outlined.map((one) => (
            <label key={one.name}>
              <input type="checkbox" checked={!hidden.includes(one.name)} onChange={() => setHidden(hidden.includes(one.name) ? hidden.filter((other) => other !== one.name) : [...hidden, one.name])} />
              <i class={`key hue${one.hue % hues}`} aria-hidden="true" />{one.name}
            </label>
          ))}
        <SaveCsv title="images" csv={csv} />
      </p>
      {drawn.length > 0 && (
        <div class="tiles">
          {drawn.map((row) => {
            const said = row.said.find((one) => one.name === name) ?? row.said.at(-1);
            const value = row.values.find((one) => one.name === name) ?? row.values.at(-1);
            return (
              <figure key={row.image} class={on === row.image ? "on" : ""} data-tile={row.image}>
                <button type="button" aria-pressed={on === row.image} onClick={() => setOn(on === row.image ? null : row.image)}>
                  <Tile kept={kept.get(row.image)!} shows={(one) => !hidden.includes(one)} words={`outlines of ${imageWords(row.image)}`} />
                </button>
                <figcaption>
                  <b>{value ? numberWords(value.value) : ""}</b> {imageWords(row.image)}
                  {said && <span class={said.isRight ? "" : "bad"}>{row.label} predicted {said.predicted}, {numberWords(said.ofLabel)}{said.isRight ? "" : " ✕"}</span>}
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
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {sorted.length > shown && <p class="beneath"><button type="button" class="link" onClick={() => setShown(shown + 200)}>more of {countWords(sorted.length)} images</button></p>}
    </>
  );
}

/** Parameters whose values differ between groups of the same title. */
function groupNames(groups: Group[]): string[] {
  return groups.map((group) => {
    const alike = groups.filter((other) => other.title === group.title);
    if (alike.length === 1) return group.title;
    const params = new Map(group.runs[0]!.params);
    const differing = [...params].filter(([name, value]) => alike.some((other) => (new Map(other.runs[0]!.params).get(name) ?? "") !== value));
    const words = differing.slice(0, 4).map(([name, value]) => `${name}=${value}`).join(", ");
    return `${group.title} · ${words ? `${words} · ` : ""}graph ${group.graph_hash.slice(0, 6)}`;
  });
}

function Overview({ groups, names, chosen, choose }: { groups: Group[]; names: string[]; chosen: number; choose: (group: number) => void }) {
  const [order, setOrder] = useState<{ column: string; down: boolean }>({ column: "", down: true });
  const tables = useMemo(() => groups.map((group) => group.figures.filter((one) => one.headline !== undefined && !one.is_training && group.phases.some((phase) => phase.name === one.phase && phase.kind === "test"))), [groups]);
  const keyOf = (one: Group["figures"][number]): string => `${one.phase} ${one.node}.${one.metric}`;
  const columns = useMemo(() => {
    const counts = new Map<string, number>();
    for (const table of tables) for (const one of table) counts.set(keyOf(one), (counts.get(keyOf(one)) ?? 0) + 1);
    const most = 12;
    return [...counts].sort((a, b) => b[1] - a[1]).slice(0, most).map(([key]) => key).sort();
  }, [tables]);
  const value = (group: number, column: string): number | null => tables[group]!.find((one) => keyOf(one) === column)?.interval[0] ?? null;
  const rows = groups.map((_, k) => k).sort((a, b) => names[a]!.localeCompare(names[b]!, "en", { numeric: true }));
  if (order.column) rows.sort((a, b) => ((value(a, order.column) ?? -Infinity) - (value(b, order.column) ?? -Infinity)) * (order.down ? -1 : 1));
  const csv = (): Cell[][] => [["graph", "seeds", ...columns], ...rows.map((k): Cell[] => [names[k]!, groups[k]!.runs.length, ...columns.map((column) => value(k, column))])];
  return (
    <>
      <div class="scroller tall" tabIndex={0} role="region" aria-label="table: all graphs">
        <table class="small overview">
          <thead>
            <tr>
              <th scope="col">graph</th>
              <th scope="col">seeds</th>
              {columns.map((column) => (
                <th scope="col" key={column} aria-sort={order.column === column ? (order.down ? "descending" : "ascending") : "none"}>
                  <button type="button" class="link" onClick={() => setOrder({ column, down: order.column === column ? !order.down : true })}>{column}{order.column === column ? (order.down ? " ↓" : " ↑") : ""}</button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((k) => (
              <tr key={k} class={k === chosen ? "on" : ""} data-group={k}>
                <th scope="row"><button type="button" class="link" aria-pressed={k === chosen} onClick={() => choose(k)}>{names[k]}</button></th>
                <td>{groups[k]!.runs.length}</td>
                {columns.map((column) => <td key={column}>{numberWords(value(k, column))}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="beneath">Means over seeds. Choose a graph to see its figures below. <SaveCsv title="all graphs" csv={csv} /></p>
    </>
  );
}

function WhatWasRun({ group, run }: { group: Group; run: Run }) {
  const facts = Object.entries(run.resources).filter(([, one]) => Object.keys(one).length > 0);
  return (
    <div class="columns ran">
      <dl>
        {run.folder && <><dt>folder</dt><dd>{run.folder}</dd></>}
        <dt>graph</dt><dd>hash {group.graph_hash}</dd>
        <dt>seed</dt><dd>{run.seed}</dd>
        <dt>steps</dt><dd>{countWords(run.steps)}{run.kept_step !== undefined ? `; kept step ${run.kept_step}` : ""}</dd>
        <dt>device</dt><dd>{run.device}</dd>
        <dt>time</dt><dd>{durationWords(run.seconds)}</dd>
        <dt>in flight</dt><dd>at most {sizeWords(run.peak_bytes)} of {sizeWords(run.bound_bytes)}</dd>
        {facts.map(([name, one]) => <><dt>{name}</dt><dd>{Object.entries(one).map(([fact, count]) => `${countWords(count)} ${fact.replaceAll("_", " ")}`).join(", ")}</dd></>)}
      </dl>
      <dl>{run.params.map(([name, value]) => <><dt>{name}</dt><dd>{value}</dd></>)}</dl>
    </div>
  );
}

function useTheme(): [string, () => void] {
  const [theme, setTheme] = useState(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  return [theme, () => setTheme(theme === "dark" ? "light" : "dark")];
}

function GroupReport({ report, group, name }: { report: ReportData; group: Group; name: string }) {
  const tests = group.phases.filter((phase) => phase.kind !== "train" && group.tables.some((table) => table.phase === phase.name));
  const [run, setRun] = useState(0);
  const [phaseName, setPhase] = useState("");
  const [on, setOn] = useState<number | null>(null);
  const shown = group.runs[run] ?? group.runs[0]!;
  const place = group.runs.indexOf(shown);
  const phase = tests.find((one) => one.name === phaseName)?.name ?? tests.find((one) => one.kind === "test")?.name ?? tests[0]?.name ?? "";
  const classes = useMemo(() => seriesOf(group, place, phase, hasClasses), [group, place, phase]);
  const masks = useMemo(() => seriesOf(group, place, phase, (table) => mainColumn(table) !== undefined), [group, place, phase]);
  const strips = useMemo(() => allStrips(report, group, place), [report, group, place]);
  const imageWords = (image: number): string => (report.names ? report.names.images[image - 1]! : `image ${image}`);
  const single = classes.filter((one) => one.table.roc?.length === 1);
  const several = classes.filter((one) => (one.table.roc?.length ?? 0) > 1);
  const [head, ...others] = group.sentences;
  const problems = [...shown.warnings.map((words) => `warning: ${words}`), ...shown.disclosures.map((words) => `note: ${words}`)];
  return (
    <article>
      <p class="title">{name}</p>
      {head && <p class="big">{head}</p>}
      {others.map((sentence) => <p key={sentence} class="beneath">{sentence}</p>)}
      <section aria-label="What was measured">
        <h2>What was measured</h2>
        <div class="beside">
          <div><Measured group={group} /></div>
          {group.differences.length > 0 && <div><Differences group={group} /></div>}
        </div>
        <AllMetrics group={group} />
      </section>
      {(tests.length > 1 || group.runs.length > 1) && tests.length > 0 && (
        <p class="choices">
          {tests.length > 1 && <label>phase <select value={phase} onChange={(event) => setPhase(event.currentTarget.value)}>{tests.map((one) => <option key={one.name}>{one.name}</option>)}</select></label>}
          {group.runs.length > 1 && <label>seed <select value={String(place)} onChange={(event) => setRun(Number(event.currentTarget.value))}>{group.runs.map((one, k) => <option key={k} value={k}>{one.seed}</option>)}</select></label>}
          <span class="k">for the figures below</span>
        </p>
      )}
      {classes.length > 0 && (
        <section aria-label="Classes">
          <h2>Classes, {phase}{group.runs.length > 1 ? `, seed ${shown.seed}` : ""}</h2>
          <div class="figs">
            {single.length > 0 && <Roc title="ROC; circles: the predictions" series={single} />}
            {several.map((one) => <Roc key={one.name} title={`ROC of ${one.name}, each class against the rest`} series={[one]} />)}
            {classes.map((one) => <Reliability key={one.name} series={one} />)}
          </div>
          <div class="confusions">{classes.map((one) => <Confusion key={one.name} series={one} />)}</div>
        </section>
      )}
      {strips.map(({ column, strips: of }) => (
        <section key={column} aria-label={`${columnWords(column)} image by image`}>
          <h2>{columnWords(column)}, image by image{group.runs.length > 1 ? `, seed ${shown.seed}` : ""}</h2>
          <Strips title={`${columnWords(column)} of each image`} column={column} strips={of} on={on} imageWords={imageWords} />
        </section>
      ))}
      {(classes.some((one) => one.table.classes) || masks.length > 0) && (
        <section aria-label="Worst first">
          <h2>Worst first, {phase}{group.runs.length > 1 ? `, seed ${shown.seed}` : ""}</h2>
          <Worst key={`${phase} ${place}`} report={report} classes={classes} masks={masks} on={on} setOn={setOn} imageWords={imageWords} />
        </section>
      )}
      {learningCharts(group, shown).length > 0 && (
        <section aria-label="Learning">
          <h2>Learning{group.runs.length > 1 ? `, seed ${shown.seed}` : ""}</h2>
          <Learning group={group} run={shown} />
        </section>
      )}
      {(shown.recorded ?? []).length > 0 && (
        <section aria-label="Recorded values">
          <h2>Recorded values{group.runs.length > 1 ? `, seed ${shown.seed}` : ""}</h2>
          <RecordedValues key={shown.seed} run={shown} />
        </section>
      )}
      {shown.activity.length > 0 && (
        <section aria-label="Times of nodes">
          <h2>Times of nodes</h2>
          <p class="legend">{states.map((state, k) => <span key={state}><svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true"><rect class={`state${k}`} width="10" height="10" /></svg>{state}</span>)}</p>
          <div class="figs">{shown.activity.filter((one) => one.seconds >= 0.05).map((one) => <Times key={one.phase} phase={one} />)}</div>
        </section>
      )}
      <section aria-label="What was run">
        <h2>What was run{group.runs.length > 1 ? `, seed ${shown.seed} of ${group.runs.map((one) => one.seed).join(", ")}` : ""}</h2>
        <WhatWasRun group={group} run={shown} />
        {[...group.notes, ...problems].map((words) => <p key={words} class="beneath">{words}</p>)}
        {group.missing.length > 0 && <h3>Not in this report</h3>}
        {group.missing.map((words) => <p key={words} class="beneath missing">{words}</p>)}
      </section>
    </article>
  );
}

/** A report that lies in a file: with a bar of its own. */
export function Results({ report }: { report: ReportData }) {
  const [theme, turnTheme] = useTheme();
  const runs = report.groups.reduce((sum, one) => sum + one.runs.length, 0);
  return (
    <div class="results">
      <header class="top">
        <span class="word">leat</span>
        <span class="runname">report of {runs === 1 ? "a run" : `${runs} runs`}</span>
        <span class="sp" />
        <button type="button" class="quiet" onClick={() => print()}>print</button>
        <button type="button" class="quiet" onClick={turnTheme}>{theme === "dark" ? "light" : "dark"}</button>
      </header>
      <Report report={report} />
    </div>
  );
}

export function Report({ report }: { report: ReportData }) {
  const names = useMemo(() => groupNames(report.groups), [report]);
  const [chosen, setChosen] = useState(() => names.indexOf([...names].sort((a, b) => a.localeCompare(b, "en", { numeric: true }))[0]!));
  const group = report.groups[chosen]!;
  const runs = report.groups.reduce((sum, one) => sum + one.runs.length, 0);
  const choose = (place: number): void => {
    setChosen(place);
    document.getElementById("report")?.scrollIntoView();
  };
  const rows = useMemo(() => measuredRows(group).rows.length, [group]);
  return (
      <main data-rows={rows}>
        <h1 class="unseen">Report</h1>
        {report.groups.length > 1 && (
          <section aria-label="All graphs">
            <h2>{report.groups.length} graphs, {countWords(runs)} runs</h2>
            <Overview groups={report.groups} names={names} chosen={chosen} choose={choose} />
          </section>
        )}
        <div id="report"><GroupReport key={chosen} report={report} group={group} name={names[chosen] || "A run without a title"} /></div>
        <footer>{report.contents.map((words) => <p key={words}>{words}</p>)}</footer>
      </main>
  );
}
