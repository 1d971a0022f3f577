// A report of finished runs: results in and across domains, image by image, and what was run.
import { useEffect, useMemo, useState } from "preact/hooks";
import { SaveCsv, type Cell } from "./figure";
import { Confusion, Reliability, Roc, Strips } from "./result_charts";
import { Compared, focusOf, Grays, Saliency, Samples } from "./result_data";
import { Learning, learningCharts, RankTimes, Times } from "./result_learning";
import { RecordedValues } from "./result_recorded";
import { allStrips, columnWords, hasClasses, hasSaliency, scoresOf, seriesOf } from "./result_series";
import { AllMetrics, Differences, Measured, measuredRows } from "./result_table";
import { countWords, deviceWords, durationWords, factWords, numberWords, sizeWords } from "./result_words";
import { Worst } from "./result_worst";
import type { Group, ReportData, Run } from "./results_data";
import { states } from "./run";
import { SideScroll } from "./side_scroll";

/** Parameters whose values differ between groups of the same title. */
function groupNames(groups: Group[]): string[] {
  return groups.map((group) => {
    const title = group.title || group.runs[0]!.folder?.replace(/^.*\//, "") || "A run without a title";
    const alike = groups.filter((other) => other.title === group.title);
    if (alike.length === 1) return title;
    const params = new Map(group.runs[0]!.params);
    const differing = [...params].filter(([name, value]) => alike.some((other) => (new Map(other.runs[0]!.params).get(name) ?? "") !== value));
    const words = differing.slice(0, 4).map(([name, value]) => `${name}=${value}`).join(", ");
    return `${title} · ${words ? `${words} · ` : ""}graph ${group.graph_hash.slice(0, 6)}`;
  });
}

/** The order by name, among those by column. */
const byName = "graph";

/** More columns are shown on demand. */
const mostColumns = 12;
/** Columns of a table on A4 paper. */
const mostOnPaper = 6;

function Overview({ groups, names, chosen, choose }: { groups: Group[]; names: string[]; chosen: number; choose: (group: number) => void }) {
  const [order, setOrder] = useState<{ column: string; down: boolean }>({ column: "", down: true });
  const [showsAll, setShowsAll] = useState(false);
  const tables = useMemo(() => groups.map((group) => group.figures.filter((one) => one.headline !== undefined && !one.is_training && group.phases.some((phase) => phase.name === one.phase && phase.kind === "test"))), [groups]);
  const keyOf = (one: Group["figures"][number]): string => `${one.phase} ${one.node}.${one.metric}`;
  const all = useMemo(() => {
    const counts = new Map<string, number>();
    for (const table of tables) for (const one of table) counts.set(keyOf(one), (counts.get(keyOf(one)) ?? 0) + 1);
    return [...counts].sort((a, b) => b[1] - a[1]).map(([key]) => key);
  }, [tables]);
  const columns = (showsAll ? [...all] : all.slice(0, mostColumns)).sort(), everything = [...all].sort();
  const value = (group: number, column: string): number | null => tables[group]!.find((one) => keyOf(one) === column)?.interval[0] ?? null;
  // In the order of the runs, by which `Compared` calls two of them first and second.
  const rows = groups.map((_, k) => k);
  if (order.column === byName) rows.sort((a, b) => names[a]!.localeCompare(names[b]!, "en", { numeric: true }) * (order.down ? 1 : -1));
  else if (order.column) rows.sort((a, b) => ((value(a, order.column) ?? -Infinity) - (value(b, order.column) ?? -Infinity)) * (order.down ? -1 : 1));
  // All columns are on paper, in tables of as many as a page has room for.
  const blocks = Array.from({ length: Math.ceil(everything.length / mostOnPaper) }, (_, k) => everything.slice(k * mostOnPaper, (k + 1) * mostOnPaper));
  const csv = (): Cell[][] => [["graph", "seeds", ...everything], ...rows.map((k): Cell[] => [names[k]!, groups[k]!.runs.length, ...everything.map((column) => value(k, column))])];
  return (
    <>
      <SideScroll what="table" label="table: all graphs" tall>
        <table class="small overview">
          <thead>
            <tr>
              <th scope="col" aria-sort={order.column === byName ? (order.down ? "ascending" : "descending") : "none"}>
                <button type="button" class="link" onClick={() => setOrder({ column: byName, down: order.column === byName ? !order.down : true })}>graph{order.column === byName ? (order.down ? " ↑" : " ↓") : ""}</button>
              </th>
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
      </SideScroll>
      {blocks.map((some) => (
        <table class="small onpaper" key={some[0]} aria-hidden="true">
          <thead><tr><th>graph</th><th>seeds</th>{some.map((column) => <th key={column}>{column}</th>)}</tr></thead>
          <tbody>
            {rows.map((k) => <tr key={k}><th>{names[k]}</th><td>{groups[k]!.runs.length}</td>{some.map((column) => <td key={column}>{numberWords(value(k, column))}</td>)}</tr>)}
          </tbody>
        </table>
      ))}
      <p class="beneath">A row is a graph with its parameters, in the order in which its runs were named. Columns: the headline metrics of the test phases, means over seeds. {all.length > mostColumns && !showsAll && <span class="onscreen">The {columns.length} that most graphs have are shown, of {all.length}. <button type="button" class="link" onClick={() => setShowsAll(true)}>show all {all.length}</button> </span>}<span class="onscreen">A click on a graph shows its figures below, a click on the head of a column sorts by it. </span><SaveCsv title="all graphs" csv={csv} /></p>
    </>
  );
}

/** What identifies the images: fingerprints of files, or the parameters that drawn ones follow from. */
function Sources({ run }: { run: Run }) {
  const { files, drawn, unknown } = run.sources;
  return (
    <>
      {Object.entries(files).map(([name, one]) => <><dt>files of {name}</dt><dd>{countWords(one.files)} files, {one.fingerprint ? `fingerprint ${one.fingerprint} of their names and ${one.is_whole ? "contents" : "of blocks of their contents"}` : "no fingerprint, because some could not be read"}</dd></>)}
      {drawn.map((one) => <><dt>artificial images</dt><dd data-drawn={one.nodes[0]}>{one.nodes.join(", ")}: made by the program {one.type}, and of no patient; seed {run.seed}, {one.params.map(([name, value]) => `${name} ${value}`).join(", ")}</dd></>)}
      {unknown.map((one) => <><dt>other data</dt><dd>{one}: no fingerprint was recorded</dd></>)}
    </>
  );
}

function WhatWasRun({ group, run }: { group: Group; run: Run }) {
  const facts = Object.entries(run.resources).filter(([, one]) => Object.keys(one).length > 0);
  return (
    <div class="columns ran">
      <dl>
        {run.folder && <><dt>folder</dt><dd>{run.folder}</dd></>}
        <dt>graph</dt><dd>hash {group.graph_hash} of its text and parameters</dd>
        <dt>seed</dt><dd>{run.seed}</dd>
        <dt>training steps</dt><dd>{countWords(run.steps)}{run.kept_step !== undefined ? `; the weights of step ${countWords(run.kept_step)} were kept` : ""}</dd>
        <dt>device</dt><dd>{deviceWords(run.device)}</dd>
        {run.ranks > 1 && <><dt>trained on</dt><dd>{run.ranks} ranks (processes that shared each batch)</dd></>}
        <dt>time of the run</dt><dd>{durationWords(run.seconds)}</dd>
        <dt>memory of batches</dt><dd>at most {sizeWords(run.peak_bytes)}; the limit was {sizeWords(run.bound_bytes)}</dd>
        {Object.keys(run.versions).length > 0 && <><dt>versions</dt><dd>{Object.entries(run.versions).map(([name, version]) => `${name} ${version}`).join(", ")}</dd></>}
        {facts.map(([name, one]) => <><dt>{name}</dt><dd>{Object.entries(one).map(([fact, count]) => factWords(fact, count)).join(", ")}</dd></>)}
        <Sources run={run} />
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
  const phase = tests.find((one) => one.name === phaseName)?.name ?? tests.find((one) => one.name === group.about)?.name ?? tests.find((one) => one.kind === "test")?.name ?? tests[0]?.name ?? "";
  const classes = useMemo(() => seriesOf(group, place, phase, hasClasses), [group, place, phase]);
  const masks = useMemo(() => seriesOf(group, place, phase, (table) => scoresOf(table).length > 0), [group, place, phase]);
  const focus = useMemo(() => seriesOf(group, place, phase, hasSaliency), [group, place, phase]);
  const sets = group.intensities.filter((one) => one.run === place);
  const strips = useMemo(() => allStrips(report, group, place), [report, group, place]);
  const imageWords = (image: number): string => (report.names ? report.names.images[image - 1]! : `image ${image}`);
  const single = classes.filter((one) => one.table.roc?.length === 1);
  const several = classes.filter((one) => (one.table.roc?.length ?? 0) > 1);
  // Minus signs as in the tables.
  const [head, ...others] = [...group.sentences, ...(group.sentences.length > 0 && group.chance ? [group.chance] : [])].map((sentence) => sentence.replace(/([\s[])-(?=\d)/g, "$1−"));
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
          {tests.length > 1 && <span class="k">The phase is that of the figures of classes and of the worst images. All other figures say which phases they show.</span>}
        </p>
      )}
      {classes.length > 0 && (
        <section aria-label="Classes">
          <h2>Classes, {phase}{group.runs.length > 1 ? `, seed ${shown.seed}` : ""}</h2>
          <div class="figs">
            {single.length > 0 && <Roc title={`ROC curves, ${phase}`} series={single} />}
            {several.map((one) => <Roc key={one.name} title={`ROC curves of ${one.name}, ${phase}, each class against the rest`} series={[one]} />)}
            {classes.map((one) => <Reliability key={one.name} series={one} />)}
          </div>
          <div class="confusions">{classes.map((one) => <Confusion key={one.name} series={one} />)}</div>
        </section>
      )}
      {strips.map(({ column, strips: of }) => (
        <section key={column} aria-label={`${columnWords(column)} image by image`}>
          <h2>{columnWords(column)}, image by image{group.runs.length > 1 ? `, seed ${shown.seed}` : ""}</h2>
          <Strips title={`${columnWords(column)} of each image, ${[...new Set(of.map((one) => one.below))].join(" and ")}`} column={column} strips={of} on={on} imageWords={imageWords} />
        </section>
      ))}
      {(classes.some((one) => one.table.classes) || masks.length > 0 || focus.length > 0) && (
        <section class="worst" aria-label="Worst first">
          <h2>Worst first, {phase}{group.runs.length > 1 ? `, seed ${shown.seed}` : ""}</h2>
          <Worst key={`${phase} ${place}`} report={report} classes={classes} masks={masks} focus={focus} on={on} setOn={setOn} imageWords={imageWords} />
        </section>
      )}
      {focusOf(group).length > 0 && (
        <section aria-label="Saliency">
          <h2>Saliency: is it inside the mask?</h2>
          <Saliency group={group} phase={phase} />
        </section>
      )}
      {(sets.length > 0 || shown.samples.length > 0) && (
        <section aria-label="Data">
          <h2>Data{group.runs.length > 1 ? `, seed ${shown.seed}` : ""}</h2>
          {shown.samples.length > 0 && <Samples samples={shown.samples} />}
          {sets.length > 0 && <Grays sets={sets} />}
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
      {(shown.activity.length > 0 || shown.rank_times) && (
        <section aria-label="Times of nodes">
          <h2>What the time was spent on</h2>
          <p class="legend">{states.map((state, k) => <span key={state}><svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true"><rect class={`state${k}`} width="10" height="10" /></svg>{state}</span>)}</p>
          <p class="beneath lead">A bar is the whole time of the phase. A node is running; or queued, because it is ready but the device or a worker thread is not free; or it waits for input; or it is blocked by output, because its values have not been used yet; or it waits for a credit, the right to begin a step (there are as many as steps that can be in flight). Lane: where a node runs. cpu: on the worker threads. device: on the one thread that drives the device, which is a GPU or the CPU.</p>
          <div class="figs">
            {shown.activity.filter((one) => one.seconds >= 0.05).map((one) => <Times key={one.phase} phase={one} />)}
            {shown.rank_times && <RankTimes ranks={shown.rank_times} />}
          </div>
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
      <Report report={report} onShow={(name) => (document.title = `${name} – leat report`)} />
    </div>
  );
}

/** `onShow` is called with the name of the graph that is shown. */
export function Report({ report, onShow }: { report: ReportData; onShow?: (name: string) => void }) {
  const names = useMemo(() => groupNames(report.groups), [report]);
  const [chosen, setChosen] = useState(0);
  const group = report.groups[chosen]!;
  useEffect(() => onShow?.(names[chosen]!), [chosen, names]);
  const runs = report.groups.reduce((sum, one) => sum + one.runs.length, 0);
  const choose = (place: number): void => {
    setChosen(place);
    document.getElementById("report")?.scrollIntoView();
  };
  const rows = useMemo(() => measuredRows(group).rows.length, [group]);
  return (
      <main data-rows={rows}>
        <h1 class="unseen">Report</h1>
        {report.left_out.length > 0 && <div class="leftout"><p>{report.left_out[0]}</p><ul>{report.left_out.slice(1).map((words, k) => <li key={k}>{words}</li>)}</ul></div>}
        {report.groups.length > 1 && (
          <section aria-label="All graphs">
            <h2>{countWords(report.groups.length)} graphs or sets of parameters, {countWords(runs)} runs</h2>
            <Overview groups={report.groups} names={names} chosen={chosen} choose={choose} />
          </section>
        )}
        {report.compared && (
          <section aria-label="Differences between the two">
            <h2>Differences between the two</h2>
            <Compared compared={report.compared} names={[names[0]!, names[1]!]} />
          </section>
        )}
        <div id="report"><GroupReport key={chosen} report={report} group={group} name={names[chosen]!} /></div>
        <footer><p>{report.use}</p><h2>What is in this file</h2>{report.contents.map((words) => <p key={words}>{words}</p>)}</footer>
      </main>
  );
}
