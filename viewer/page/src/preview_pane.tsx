// What flows on an edge: the values of an output in one step, beside those that it comes from.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ownName, wireOf, type Graph, type Phase } from "./graph";
import type { Selected } from "./graph_view";
import { dataOf, extentOf, histogram, planesOf, shortNumber, type Data, type OutputHead, type Plane, type PreviewHead } from "./numbers";
import { ask, ServerError, type Packed } from "./server";

/** Where requests go: for values of any step, for the newest of a run in this process, and to allow foreign code. */
export interface Paths {
  any: string;
  live: string | null;
  allow: string;
}

interface Props {
  graph: Graph;
  phase: Phase;
  /** Why the graph is that of an earlier text, as a sentence; empty if it is not. */
  old: string;
  selected: Selected;
  /** Counts the versions of the graph. */
  version: number;
  step: number;
  setStep: (step: number) => void;
  seed: string;
  setSeed: (seed: string) => void;
  paths: Paths;
  /** Nothing new is asked for. */
  isHeld?: boolean;
}

/** The outputs that are shown with the selected one, and how each relates to it. */
export function shownWith(phase: Phase, selected: Selected): { node: string; port: string; as: string }[] {
  const node = phase.nodes.find((one) => one.name === selected.node);
  const type = wireOf(phase, selected.node, selected.port)?.type;
  const out: { node: string; port: string; as: string }[] = [];
  const add = (name: string, port: string, as: string): void => {
    if (name === selected.node && port === selected.port) return;
    if (!out.some((one) => one.node === name && one.port === port)) out.push({ node: name, port, as });
  };
  if (!node || !type) return [{ ...selected, as: "this edge" }];
  const source = node.inputs.find((input) => wireOf(phase, input.from, input.output)?.type === type);
  if (source) {
    add(source.from, source.output, "in");
    for (const other of phase.nodes)
      if (other !== node && other.inputs.some((input) => input.from === source.from && input.output === source.output))
        for (const wire of other.outputs ?? []) if (wire.type === type) add(other.name, wire.port, "beside it");
  }
  for (const wire of node.outputs ?? []) if (wire.type === type || wire.type === "label") add(node.name, wire.port, "of one node");
  return [...out.slice(0, 3), { ...selected, as: "this edge" }];
}

/** What was asked for. Everything that is drawn is of one answer and its question. */
interface Asked {
  phase: string;
  selected: Selected;
  outputs: { node: string; port: string; as: string }[];
  seed: string;
  slots: number;
  lane: string;
  isNewest: boolean;
}

interface Answer extends Packed<PreviewHead> {
  asked: Asked;
}

/** Time for which a slider rests before its value is asked for, and after which a request that another page has replaced is repeated. */
const rest = 60, again = 300;
/** Time between two requests for the newest values. */
const newestAfter = 1000;

export function PreviewPane({ graph, phase, old, selected, version, step, setStep, seed, setSeed, paths, isHeld }: Props) {
  const [slots, setSlots] = useState(8);
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [problem, setProblem] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [repeats, setRepeats] = useState(0);
  const [isNewest, setNewest] = useState(paths.live !== null);
  const live = isNewest ? paths.live : null;
  const outputs = shownWith(phase, selected);
  const most = Math.max(0, (phase.steps ?? 1) - 1);
  // An edit can make the phase shorter. The slider then stands at the last step, and goes back when the phase is as long as before.
  const askedStep = Math.min(step, most);
  const node = phase.nodes.find((one) => one.name === selected.node);
  useEffect(() => {
    if (old || (live && isHeld)) return;
    const stop = new AbortController();
    const asked: Asked = { phase: phase.name, selected, outputs, seed, slots, lane: node?.lane ?? "", isNewest: live !== null };
    const repeatAfter = (time: number): unknown => setTimeout(() => !stop.signal.aborted && setRepeats((count) => count + 1), time);
    // Nothing is made while nobody looks.
    if (live && document.hidden) {
      document.addEventListener("visibilitychange", () => !stop.signal.aborted && setRepeats((count) => count + 1), { once: true });
      return () => stop.abort();
    }
    const timer = setTimeout(() => {
      setBusy(live === null);
      ask<PreviewHead>(live ?? paths.any, live ? { phase: phase.name, outputs, slots } : { phase: phase.name, outputs, step: askedStep, slots, seed }, stop.signal)
        .then((found) => {
          setAnswer({ ...found, asked });
          setProblem("");
          if (live) repeatAfter(newestAfter);
        })
        .catch((error: unknown) => {
          if (stop.signal.aborted) return;
          if (error instanceof ServerError && error.status === 409) repeatAfter(again);
          else setProblem(error instanceof Error ? error.message : String(error));
        })
        .finally(() => !stop.signal.aborted && setBusy(false));
    }, rest);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [phase.name, JSON.stringify(outputs), askedStep, slots, seed, version, old, repeats, live, paths.any, isHeld && live !== null]);

  const wire = wireOf(phase, selected.node, selected.port);
  const rows = phase.origins?.[wire?.origin ?? -1]?.rows ?? 0;
  const isOther = answer !== null && (answer.asked.phase !== phase.name || answer.asked.selected.node !== selected.node || answer.asked.selected.port !== selected.port);
  const shown = isOther ? null : answer;
  // Drawn anew for each answer only, not for each key in the search.
  const rowset = useMemo(() => shown && <Rowset answer={shown} />, [shown]);
  const figures = useMemo(() => <Figures answer={shown} />, [shown]);
  const isFixed = live !== null || (shown !== null && !shown.head.has_step);
  const shownStep = live ? (shown?.head.step ?? 0) : isFixed ? 0 : askedStep;
  return (
    <section class="prev" aria-label="values of the edge" aria-busy={isBusy}>
      <div class="prevmain">
        <div class="prevhead">
          <h2>
            {selected.node}.{selected.port} <small>→ {readersOf(phase, selected).join(", ") || "nobody"}</small>
          </h2>
          <span class="lab">{[wire?.type, wire?.contract, rows > 0 && `${rows} a step`].filter(Boolean).join(" · ")}</span>
        </div>
        <div class="prevctl">
          {paths.live && <label><input type="checkbox" checked={isNewest} onChange={(event) => setNewest(event.currentTarget.checked)} /> newest of the run</label>}
          <label>
            step{" "}
            <input type="range" min={0} max={most} value={shownStep} aria-label="step" disabled={isFixed}
              onInput={(event) => setStep(Number(event.currentTarget.value))} />
            <input type="number" min={0} max={most} value={shownStep} aria-label="number of the step" disabled={isFixed}
              onChange={(event) => setStep(Math.min(most, Math.max(0, Math.floor(Number(event.currentTarget.value)))))} />
            <span class="k"> of {most + 1}</span>
          </label>
          <label>
            slots{" "}
            <select value={slots} onChange={(event) => setSlots(Number(event.currentTarget.value))}>
              {[1, 4, 8, 16, 32].map((count) => <option key={count} value={count}>0–{count - 1}</option>)}
            </select>
          </label>
          {!live && <span>
            seed <b>{seed}</b> <button type="button" class="quiet" onClick={() => setSeed(String(BigInt(seed) + 1n))}>next seed</button>
            {seed !== (graph.seed ?? "0") && <button type="button" class="quiet" onClick={() => setSeed(graph.seed ?? "0")}>the run's</button>}
          </span>}
          {isBusy && <span class="k" role="status">computing</span>}
        </div>
        {old && <p class="problem warn">{old} These values are from before.</p>}
        {problem && <p class="problem" role="alert">{problem}</p>}
        {rowset}
      </div>
      {figures}
    </section>
  );
}

/** The sentence about what is drawn. */
function truth({ head, asked }: Answer): string {
  if (asked.isNewest) return `Made by the run in step ${head.step.toLocaleString("en")}.`;
  const changing = [...head.trained, ...head.stateful];
  const weights = head.weights && `with the weights of ${head.weights.of.join(", ")} that ${head.weights.run} kept at step ${head.weights.step}`;
  if (changing.length === 0 && !weights) return `Computed by the engine: step ${head.step} of ${asked.phase} has exactly these values with seed ${asked.seed}.`;
  if (weights && head.has_step) return `Step ${head.step} of ${asked.phase} with seed ${asked.seed}, ${weights}.`;
  return `Upstream of this edge, ${changing.join(", ")} ${changing.length === 1 ? "changes" : "change"} while the graph runs. These are the values of a first step${weights ? `, ${weights}` : ""}.`;
}

function Rowset({ answer }: { answer: Answer }) {
  return (
  <>
    {answer.head.outputs.map((one, k) => <Output key={`${one.node}.${one.port}`} output={one} as={answer.asked.outputs[k]?.as ?? ""} bytes={answer.bytes} slots={answer.asked.slots} />)}
    <p class="lab truth">
      {truth(answer)}{!answer.asked.isNewest && ` ${answer.head.seconds.toFixed(2)} s.`}
      {answer.head.warnings.map((one) => ` warning: ${one}`)}
    </p>
  </>
  );
}

function readersOf(phase: Phase, selected: Selected): string[] {
  return phase.nodes.filter((node) => node.inputs.some((input) => input.from === selected.node && input.output === selected.port)).map((node) => node.name);
}

function Output({ output, as, bytes, slots }: { output: OutputHead; as: string; bytes: ArrayBuffer; slots: number }) {
  return (
    <div class="prow">
      <div class="lab">
        {as}
        <b>{ownName(output.node)}{as === "this edge" || as === "of one node" ? `.${output.port}` : ""}</b>
      </div>
      <div class="tiles">{cells(output, bytes, slots)}</div>
    </div>
  );
}

/** The values of the slots: pictures, names, bars or numbers. */
function cells(output: OutputHead, bytes: ArrayBuffer, slots: number) {
  const label = (slot: number): string => output.samples[slot]?.id ?? "";
  if (output.values.length === 0) return [<span class="word" key="none">no value: its node put none, or its samples were dropped</span>];
  return output.values.slice(0, output.values.length === 1 ? 1 : slots).flatMap((value) => {
    const heads = value.numbers ? [value.numbers] : (value.parts ?? []);
    if (heads.length === 0) return [<span class="word" key={value.slot} title={label(value.slot)}>{value.text}</span>];
    return heads.flatMap((head, part) => {
      const data = dataOf(head, bytes);
      const planes = planesOf(head, data, output.names);
      const begin = Math.max(value.slot, 0);
      if (planes) {
        const range: [number, number] = head.dtype === "u8" ? [0, 255] : (output.range ?? rangeOf(data));
        return planes.flatMap((row, index) => row.map((plane, channel) => (
          <Tile key={`${value.slot}.${part}.${index}.${channel}`} plane={plane} range={range} title={[label(begin + index), plane.name].filter(Boolean).join(", ")} />
        )));
      }
      if (head.dtype === "i64" && head.dims.length === 0) {
        const index = data[0]!;
        const name = index < 0 ? "not known" : (output.names.entries?.[index] ?? String(index));
        return [<span class="word" key={`${value.slot}.${part}`} title={label(value.slot)}>{name}</span>];
      }
      if (head.dims.length === 0) return [<span class="word" key={`${value.slot}.${part}`}>{shortNumber(data[0]!)}</span>];
      const names = head.dims.length === 2 ? output.names.dims[1] : head.dims.length === 1 ? output.names.entries : null;
      if (head.dims.length <= 2 && (head.dims.at(-1) ?? 0) <= 32)
        return [<Rows key={`${value.slot}.${part}`} dims={head.dims} data={data} names={names ?? null} isByRow={value.slot < 0} label={label} entries={head.dtype === "i64" ? output.names.entries : null} />];
      return [<span class="word" key={`${value.slot}.${part}`}>{head.dims.join(" × ")}</span>];
    });
  });
}

function rangeOf(data: Data): [number, number] {
  const extent = extentOf([data]);
  return [extent.low, extent.high];
}

function Tile({ plane, range, title }: { plane: Plane; range: [number, number]; title: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current!.getContext("2d")!;
    const image = context.createImageData(plane.w, plane.h);
    const factor = range[1] > range[0] ? 255 / (range[1] - range[0]) : 0;
    for (let p = 0; p < plane.w * plane.h; ++p) {
      const gray = (plane.data[p]! - range[0]) * factor;
      image.data[4 * p] = image.data[4 * p + 1] = image.data[4 * p + 2] = gray;
      image.data[4 * p + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }, [plane, range[0], range[1]]);
  const hover = (event: MouseEvent): void => {
    const at = canvas.current!, box = at.getBoundingClientRect();
    const x = Math.floor(((event.clientX - box.left) / box.width) * plane.w), y = Math.floor(((event.clientY - box.top) / box.height) * plane.h);
    const value = plane.data[y * plane.w + x];
    if (value !== undefined) at.title = `${title}\n(${x}, ${y}): ${shortNumber(value)}`;
  };
  return <canvas class="tile" ref={canvas} width={plane.w} height={plane.h} role="img" aria-label={title || "picture"} onMouseMove={hover} />;
}

function Rows(props: { dims: number[]; data: Data; names: string[] | null; isByRow: boolean; label: (row: number) => string; entries: string[] | null }) {
  const { dims, data, names, isByRow, label, entries } = props;
  const width = dims.length === 2 ? dims[1]! : 1, rows = dims.length === 2 ? dims[0]! : isByRow ? dims[0]! : 1;
  const columns = dims.length === 1 && !isByRow ? dims[0]! : width;
  const text = (value: number): string => entries?.[value] ?? shortNumber(value);
  return (
    <table class="small">
      {names && <thead><tr>{isByRow && <th />}{names.map((name) => <th key={name}>{name}</th>)}</tr></thead>}
      <tbody>
        {Array.from({ length: rows }, (_, row) => (
          <tr key={row}>
            {isByRow && <th>{label(row)}</th>}
            {Array.from({ length: columns }, (_unused, column) => <td key={column}>{text(data[row * columns + column]!)}</td>)}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The range of the numbers, and how often each occurs; dashed: those of the first output, which the others come from. */
function Figures({ answer }: { answer: Answer | null }) {
  const output = answer?.head.outputs.at(-1);
  if (!answer || !output) return <aside class="figures" />;
  const before = answer.head.outputs.length === 1 ? undefined : answer.head.outputs[0];
  const all = (one: OutputHead | undefined): Data[] =>
    one ? one.values.flatMap((value) => (value.numbers ? [value.numbers] : (value.parts ?? []))).map((head) => dataOf(head, answer.bytes)) : [];
  const data = all(output);
  const extent = extentOf(data);
  if (extent.count + extent.others < 16) return <aside class="figures" />;
  const isByte = output.values[0]?.numbers?.dtype === "u8";
  const [low, high] = isByte ? [0, 255] : [extent.low, extent.high];
  const bars = histogram(data, low, high, 64), past = histogram(all(before), low, high, 64);
  const line = (bins: number[]): string => {
    const most = Math.max(...bins.slice(isByte ? 1 : 0, isByte ? -1 : undefined), 1);
    return bins.map((count, k) => `${k === 0 ? "M" : "L"}${((k + 0.5) * 220) / 64} ${(88 - 84 * Math.min(1, count / most)).toFixed(1)}`).join("");
  };
  const hasPast = past.some((count) => count > 0);
  return (
    <aside class="figures" aria-label="range and histogram">
      <div class="lab">{isByte ? "gray values" : "values"} of these samples{hasPast && before ? `; dashed: ${ownName(before.node)}` : ""}</div>
      <svg viewBox="0 0 220 92" role="img" aria-label={`histogram from ${shortNumber(low)} to ${shortNumber(high)}`}>
        <path class="harea" d={`${line(bars)}L218 88L2 88z`} />
        <path class="hline" d={line(bars)} />
        {hasPast && <path class="hpast" d={line(past)} />}
        <path class="ax" d="M0 88H220" />
      </svg>
      <div class="ends lab"><span>{shortNumber(low)}</span><span>{shortNumber(high)}</span></div>
      <dl class="kv">
        <dt>lowest</dt><dd>{shortNumber(extent.low)}</dd>
        <dt>mean</dt><dd>{shortNumber(extent.mean)}</dd>
        <dt>highest</dt><dd>{shortNumber(extent.high)}</dd>
        <dt>numbers</dt><dd>{extent.count.toLocaleString("en")}</dd>
        {extent.others > 0 && <><dt>not finite</dt><dd class="bad">{extent.others}</dd></>}
        {answer.asked.lane === "device" && <><dt>lane</dt><dd>device</dd></>}
      </dl>
    </aside>
  );
}
