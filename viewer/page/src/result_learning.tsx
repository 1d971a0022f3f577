// Learning curves and times of nodes in a report.
import { useState } from "preact/hooks";
import { FigureBox, SaveCsv, type Cell } from "./figure";
import { hues } from "./result_charts";
import type { Curve, Group, PhaseTimes, Run } from "./results_data";
import { countWords, durationWords, numberWords, tickWords, ticks } from "./result_words";
import { RankTable, RankWords } from "./ranks";
import { states, type Ranks } from "./run";
import { SideScroll } from "./side_scroll";

interface Chart {
  key: string;
  phase: string;
  metric: string;
  lines: { name: string; hue: number; curve: Curve }[];
}

/** One chart for each metric: the same metric of several systems is one chart. */
export function learningCharts(group: Group, run: Run): Chart[] {
  const charts = new Map<string, Chart>();
  for (const curve of run.curves) {
    const dot = curve.metric.lastIndexOf("."), node = curve.metric.slice(0, dot), metric = curve.metric.slice(dot + 1);
    const system = [...group.systems].sort((a, b) => b.length - a.length).find((name) => node.startsWith(`${name}_`) || node.startsWith(`${name}/`)) ?? "";
    const task = system ? node.slice(system.length + 1) : node, key = `${curve.phase} ${task}.${metric}`;
    const chart = charts.get(key) ?? { key, phase: curve.phase, metric: `${task}.${metric}`, lines: [] };
    chart.lines.push({ name: system || node, hue: system ? group.systems.indexOf(system) : 0, curve });
    charts.set(key, chart);
  }
  return [...charts.values()];
}

const shownFirst = /\.(loss|share|pseudo_accuracy|accuracy|auc|balanced_accuracy|dice|lr)$/;

/** What the metric of a chart is, as its node declares it. */
function meaningOf(group: Group, chart: Chart): string | undefined {
  const metric = chart.metric.slice(chart.metric.lastIndexOf(".") + 1), nodes = chart.lines.map((line) => `${line.name}_${chart.metric}`);
  const one = group.figures.find((figure) => figure.phase === chart.phase && figure.metric === metric && (chart.metric === `${figure.node}.${metric}` || nodes.includes(`${figure.node}.${metric}`)));
  return one?.meaning === undefined ? undefined : group.meanings[one.meaning];
}

function LearningChart({ chart, kept, meaning }: { chart: Chart; kept: number | undefined; meaning: string | undefined }) {
  const width = 360, height = 176, left = 42, right = 18, top = 8, bottom = 30;
  const values = chart.lines.flatMap((line) => [...line.curve.mean, ...(line.curve.low ?? []), ...(line.curve.high ?? [])]).filter((one): one is number => one !== null);
  let low = Math.min(...values), high = Math.max(...values);
  if (low > 0 && low < 0.3 * high) low = 0;
  const last = Math.max(...chart.lines.flatMap((line) => line.curve.step)), first = Math.min(...chart.lines.flatMap((line) => line.curve.step));
  const x = (step: number): number => left + ((step - first) / (last - first || 1)) * (width - left - right);
  const y = (value: number): number => height - bottom - ((value - low) / (high - low || 1)) * (height - top - bottom);
  const title = `${chart.metric}, ${chart.phase}`;
  const path = (curve: Curve, numbers: (number | null)[]): string => {
    let out = "", isOpen = false;
    numbers.forEach((value, k) => {
      if (value !== null) out += `${isOpen ? "L" : "M"}${x(curve.step[k]!).toFixed(1)} ${y(value).toFixed(1)}`;
      isOpen = value !== null;
    });
    return out;
  };
  const band = (curve: Curve): string => {
    const known = curve.step.map((step, k) => [step, curve.low![k], curve.high![k]] as const).filter((one): one is readonly [number, number, number] => typeof one[1] === "number" && typeof one[2] === "number");
    return known.length === 0 ? "" : `M${known.map(([step, , value]) => `${x(step).toFixed(1)} ${y(value).toFixed(1)}`).join("L")}L${[...known].reverse().map(([step, value]) => `${x(step).toFixed(1)} ${y(value).toFixed(1)}`).join("L")}Z`;
  };
  const csv = (): Cell[][] => [["series", "step", "mean", "lowest", "highest"], ...chart.lines.flatMap((line) => line.curve.step.map((step, k): Cell[] => [line.name, step, line.curve.mean[k]!, line.curve.low?.[k] ?? line.curve.mean[k]!, line.curve.high?.[k] ?? line.curve.mean[k]!]))];
  return (
    <FigureBox title={title} csv={csv} below={meaning}>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${title} by step: ${chart.lines.map((line) => `${line.name} ends at ${numberWords([...line.curve.mean].reverse().find((one) => one !== null))}`).join(", ")}`}>
        {ticks(low, high, 4).map((tick) => (
          <g key={tick}>
            <path class="gridline" d={`M${left} ${y(tick)}H${width - right}`} />
            <text class="tick" x={left - 5} y={y(tick) + 4} text-anchor="end">{tickWords(tick)}</text>
          </g>
        ))}
        {ticks(first, last, 5).filter(Number.isInteger).map((tick) => <text class="tick" key={tick} x={x(tick)} y={height - bottom + 14} text-anchor="middle">{tickWords(tick)}</text>)}
        <text class="tick" x={width - right} y={height - 3} text-anchor="end">step</text>
        {kept !== undefined && kept >= first && kept <= last && <path class="median" d={`M${x(kept)} ${top}V${height - bottom}`}><title>the weights of step {kept} were kept</title></path>}
        {chart.lines.map((line) => line.curve.low && <path key={line.name} class={`band hue${line.hue % hues}`} d={band(line.curve)} />)}
        {chart.lines.map((line) => <path key={line.name} class={`curve thin hue${line.hue % hues}`} d={path(line.curve, line.curve.mean)} />)}
      </svg>
    </FigureBox>
  );
}

export function Learning({ group, run }: { group: Group; run: Run }) {
  const [showsAll, setShowsAll] = useState(false);
  const charts = learningCharts(group, run);
  const first = charts.filter((chart) => shownFirst.test(chart.key));
  const shown = showsAll || first.length === 0 ? charts : first;
  return (
    <>
      <p class="legend">
        {group.systems.map((name, k) => <span key={name}><i class={`key hue${k % hues}`} aria-hidden="true" />{name}</span>)}
        {run.kept_step !== undefined && <span>vertical line: step {countWords(run.kept_step)}, whose weights were kept</span>}
        <span>titles: node.metric, phase; band: lowest and highest value of a point</span>
        {shown.length < charts.length && <button type="button" class="quiet" onClick={() => setShowsAll(true)}>show all {charts.length} curves</button>}
      </p>
      <div class="figs">{shown.map((chart) => <LearningChart key={chart.key} chart={chart} kept={run.kept_step} meaning={meaningOf(group, chart)} />)}</div>
    </>
  );
}

const most = 12;

/** Nodes by the time that their calls took, with what they did in the phase's time. */
export function Times({ phase }: { phase: PhaseTimes }) {
  const nodes = [...phase.nodes].sort((a, b) => b.busy - a.busy);
  const csv = (): Cell[][] => [["node", "type", "lane", "calls", "busy_seconds", ...states.map((name) => `${name}_seconds`)], ...nodes.map((node): Cell[] => [node.name, node.type, node.lane, node.calls, node.busy, ...node.shares])];
  return (
    <div class="times">
      <h3>{phase.phase}: {countWords(phase.steps)} steps in {durationWords(phase.seconds)} <SaveCsv title={`times of ${phase.phase}`} csv={csv} /></h3>
      <SideScroll what="table" label={`table: times of ${phase.phase}`}>
      <table class="small">
        <thead><tr><th scope="col">node</th><th scope="col">lane</th><th scope="col">calls</th><th scope="col">time of its calls</th><th scope="col">share of the phase</th></tr></thead>
        <tbody>
          {nodes.slice(0, most).map((node) => {
            let at = 0;
            return (
              <tr key={node.name}>
                <th scope="row">{node.name} <span class="k">{node.type}</span></th>
                <td>{node.lane}</td>
                <td>{countWords(node.calls)}</td>
                <td>{durationWords(node.busy)}</td>
                <td>
                  <svg class="sharebar" viewBox="0 0 160 11" preserveAspectRatio="none" width="120" height="11" role="img" aria-label={states.map((name, k) => `${name} ${Math.round((100 * (node.shares[k] ?? 0)) / phase.seconds)} %`).join(", ")}>
                    {node.shares.map((seconds, k) => {
                      const width = (160 * seconds) / phase.seconds, begin = at;
                      at += width;
                      return <rect key={k} class={`state${k}`} x={begin} width={Math.max(0, width)} y={k === 0 ? 0 : 3} height={k === 0 ? 11 : 5} />;
                    })}
                  </svg>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      </SideScroll>
      {nodes.length > most && <p class="beneath">The {most} busiest of {nodes.length} nodes; the CSV has all.</p>}
    </div>
  );
}

/** What the processes that shared a training did. */
export function RankTimes({ ranks }: { ranks: Ranks }) {
  const csv = (): Cell[][] => [["rank", "computing_seconds_per_step", "waiting_for_images_seconds_per_step", "waiting_for_others_seconds_per_step"], ...ranks.ranks.map((one): Cell[] => [one.name, one.compute, one.data, one.waiting])];
  return (
    <div class="times">
      <h3>{ranks.phase}: time per step of {ranks.ranks.length} ranks, mean over {countWords(ranks.steps)} steps <SaveCsv title={`ranks of ${ranks.phase}`} csv={csv} /></h3>
      <SideScroll what="table" label={`table: ranks of ${ranks.phase}`}>
        <RankTable ranks={ranks} />
      </SideScroll>
      <div class="rankwords"><RankWords ranks={ranks} /></div>
      <p class="beneath">A rank is a process that computes its part of each batch. The times of nodes are those of rank 0.</p>
    </div>
  );
}
