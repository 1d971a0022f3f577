// What the threads of a run did last: a row for each thread, a span for each call, coloured by step.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Address } from "./address";
import { save } from "./chart_file";
import { ownName } from "./graph";
import { useKeys } from "./keys";
import type { LogNames, Timeline } from "./run";
import { useChanges, useTopic, type RunStore } from "./run_store";
import { ask } from "./server";
import { msWords, percent, whole } from "./words";

interface Props {
  store: RunStore;
  theme: string;
  address: Address;
  go: (change: Partial<Address>) => void;
}

type Span = Timeline["spans"][number];
interface Window {
  from: number;
  to: number;
}

const refresh = 1000, axisHeight = 22, least = 14, most = 220;
const lengths = [1, 2, 5, 10, 30];
/** Least length of what is shown, in seconds. */
const shortest = 1e-5;

function useTimeline(store: RunStore, seconds: number): { data: Timeline | null; problem: string } {
  const [data, setData] = useState<Timeline | null>(null);
  const [problem, setProblem] = useState("");
  const [turn, setTurn] = useState(0);
  const run = useTopic(store, "run");
  useChanges(store, "held", "link");
  const isHeld = store.heldSince !== null, isRunning = run?.status === "running" && store.link.isOpen;
  useEffect(() => {
    if (isHeld) return;
    const stop = new AbortController();
    let timer = 0;
    ask<Timeline>(`api/runs/${store.row}/timeline`, { seconds }, stop.signal).then(
      (answer) => (setData(answer.head), setProblem("")),
      (error: unknown) => !stop.signal.aborted && setProblem(error instanceof Error ? error.message : String(error)),
    ).finally(() => {
      if (isRunning && !stop.signal.aborted) timer = setTimeout(() => setTurn((count) => count + 1), refresh);
    });
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [store, seconds, turn, isHeld, isRunning]);
  return { data, problem };
}

const nameOf = (log: LogNames | undefined, span: Span): string => log?.phases[span[1]]?.nodes[span[2]]?.name ?? `node ${span[2]}`;

/** A round time between two marks of the axis. */
function markStep(seconds: number, width: number): number {
  const raw = (seconds * 90) / Math.max(width, 1), power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].find((one) => one * power >= raw)! * power;
}

function timeWords(seconds: number, step: number): string {
  if (Math.abs(seconds) < step / 2) return "0";
  if (step >= 0.1) return `${seconds.toFixed(step >= 1 ? 0 : 1)} s`;
  return `${(seconds * 1000).toFixed(step >= 1e-3 ? 0 : step >= 1e-4 ? 1 : 2)} ms`;
}

/** Where the rows are, and what time a place has. */
class Ground {
  readonly height: number;
  readonly gap: number;
  constructor(readonly width: number, height: number, readonly rows: number, readonly view: Window) {
    this.gap = rows > 12 ? 3 : 10;
    this.height = Math.min(most, Math.max(least, (height - axisHeight - this.gap * rows) / Math.max(1, rows)));
  }
  /** Height of all rows. */
  get total(): number {
    return axisHeight + this.rows * (this.height + this.gap);
  }
  x(time: number): number {
    return ((time - this.view.from) / (this.view.to - this.view.from)) * this.width;
  }
  time(x: number): number {
    return this.view.from + (x / this.width) * (this.view.to - this.view.from);
  }
  y(row: number): number {
    return axisHeight + row * (this.height + this.gap);
  }
  row(y: number): number {
    const row = Math.floor((y - axisHeight) / (this.height + this.gap));
    return row >= 0 && row < this.rows && y - this.y(row) <= this.height ? row : -1;
  }
}

interface Scene {
  data: Timeline;
  ground: Ground;
  names: LogNames | undefined;
  /** Its spans are drawn taller than the others; empty: none. */
  marked: string;
  isLive: boolean;
}

function paint(canvas: HTMLCanvasElement, { data, ground, names, marked, isLive }: Scene): void {
  const context = canvas.getContext("2d")!, ratio = devicePixelRatio || 1;
  const style = getComputedStyle(document.documentElement), css = (name: string): string => style.getPropertyValue(name).trim();
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, ground.width, canvas.height);
  context.font = `11px ${css("--f")}`;
  context.textBaseline = "middle";
  const bottom = ground.y(ground.rows) - ground.gap, step = markStep(ground.view.to - ground.view.from, ground.width), zero = isLive ? data.to : 0;
  context.fillStyle = css("--pan");
  for (let row = 0; row < ground.rows; ++row) context.fillRect(0, ground.y(row), ground.width, ground.height);
  context.textAlign = "center";
  for (let k = Math.ceil((ground.view.from - zero) / step); k * step + zero <= ground.view.to; ++k) {
    const x = Math.round(ground.x(zero + k * step)) + 0.5;
    context.fillStyle = css("--line");
    context.fillRect(x - 0.5, axisHeight - 4, 1, bottom - axisHeight + 4);
    context.fillStyle = css("--mut");
    context.fillText(isLive && k === 0 ? "now" : timeWords(k * step, step).replace("-", "−"), Math.min(ground.width - 20, Math.max(20, x)), 9);
  }
  paintWaits(context, data, ground, css("--mut"));
  const colours = [0, 1, 2, 3].map((k) => css(`--t${k}`)), light = css("--bg"), dark = css("--ink");
  context.textAlign = "left";
  for (const span of data.spans) {
    const begin = ground.x(span[5]), end = ground.x(span[5] + span[6]);
    if (end < 0 || begin > ground.width) continue;
    const name = nameOf(names, span), isTall = marked === "" || name === marked, cut = isTall ? 0 : ground.height * 0.36;
    const x = Math.max(begin, -1), w = Math.max(0.6, Math.min(end, ground.width + 1) - x - (end - begin > 3 ? 1 : 0));
    context.fillStyle = colours[((span[3] % 4) + 4) % 4]!;
    context.fillRect(x, ground.y(span[0]) + cut, w, ground.height - cut);
    if (w < 44) continue;
    context.save();
    context.beginPath();
    context.rect(x, ground.y(span[0]), w - 3, ground.height);
    context.clip();
    context.fillStyle = span[3] % 2 === 0 ? light : dark;
    context.fillText(ownName(name), Math.max(x, 0) + 4, ground.y(span[0]) + cut + 9);
    context.restore();
  }
}

/** The spans in the trace format that Perfetto reads. */
function saveTrace(data: Timeline, log: LogNames | undefined): void {
  const events = data.spans.map((span) => ({ name: nameOf(log, span), ph: "X", pid: 1, tid: span[0] + 1, ts: span[5] * 1e6, dur: span[6] * 1e6, args: { step: span[3], slot: span[4] } }));
  const names = data.threads.map((name, k) => ({ name: "thread_name", ph: "M", pid: 1, tid: k + 1, args: { name } }));
  save("trace.json", "application/json", JSON.stringify({ traceEvents: [...names, ...events] }));
}

/** Says how long the device lane waits, where there is room for it. */
function paintWaits(context: CanvasRenderingContext2D, data: Timeline, ground: Ground, colour: string): void {
  context.fillStyle = colour;
  context.textAlign = "center";
  data.threads.forEach((thread, row) => {
    if (!thread.startsWith("device")) return;
    let end = data.from;
    for (const span of data.spans.filter((one) => one[0] === row).sort((a, b) => a[5] - b[5])) {
      const from = Math.max(0, ground.x(end)), to = Math.min(ground.width, ground.x(span[5]));
      const words = `waits ${msWords((span[5] - end) * 1000)}`;
      if (end > data.from && to - from > context.measureText(words).width + 10) context.fillText(words, (from + to) / 2, ground.y(row) + ground.height / 2);
      end = Math.max(end, span[5] + span[6]);
    }
  });
}

export function TimelineView({ store, theme, address, go }: Props) {
  const log = useTopic(store, "log"), run = useTopic(store, "run"), verdict = useTopic(store, "verdict");
  const [seconds, setSeconds] = useState(2);
  const { data, problem } = useTimeline(store, seconds);
  const [zoomed, setZoomed] = useState<Window | null>(null);
  const [hover, setHover] = useState<{ span: Span; x: number; y: number } | null>(null);
  const [size, setSize] = useState({ w: 0, h: 0 });
  const canvas = useRef<HTMLCanvasElement>(null), frame = useRef<HTMLDivElement>(null), lanes = useRef<HTMLDivElement>(null);
  const rows = data?.threads.length ?? 0;
  // While the run works, the window moves with it: its place is counted from the newest time.
  const view: Window = data ? (zoomed ? { from: data.to + zoomed.from, to: data.to + zoomed.to } : { from: data.from, to: data.to }) : { from: 0, to: 1 };
  const ground = new Ground(Math.max(1, size.w), size.h, rows, view);
  const isLive = run?.status === "running" && store.link.isOpen && store.heldSince === null;
  useEffect(() => {
    const observer = new ResizeObserver(() => frame.current && lanes.current && setSize({ w: frame.current.clientWidth, h: lanes.current.clientHeight - 16 }));
    observer.observe(frame.current!);
    observer.observe(lanes.current!);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    const element = canvas.current!, ratio = devicePixelRatio || 1;
    element.width = Math.max(1, Math.round(size.w * ratio));
    const height = Math.max(size.h, ground.total);
    element.height = Math.max(1, Math.round(height * ratio));
    element.style.width = `${size.w}px`;
    element.style.height = `${height}px`;
    if (data) paint(element, { data, ground, names: log, marked: address.node, isLive });
  }, [data, size.w, size.h, view.from, view.to, address.node, theme, log]);

  const move = (next: Window): void => {
    if (!data) return;
    const whole = data.to - data.from, length = Math.min(whole, Math.max(shortest, next.to - next.from));
    const from = Math.min(data.to - length, Math.max(data.from, next.from));
    setZoomed(length >= whole * 0.999 ? null : { from: from - data.to, to: from + length - data.to });
  };
  const zoom = (factor: number, x = size.w / 2): void => {
    const at = ground.time(x), length = (view.to - view.from) / factor;
    const from = at - ((at - view.from) / (view.to - view.from)) * length;
    move({ from, to: from + length });
  };
  const pan = (share: number): void => move({ from: view.from + share * (view.to - view.from), to: view.to + share * (view.to - view.from) });
  useEffect(() => {
    const wheel = (event: WheelEvent): void => {
      event.preventDefault();
      if (event.shiftKey) pan((event.deltaY || event.deltaX) / 1000);
      else zoom(Math.exp(-event.deltaY * 0.0015), event.clientX - canvas.current!.getBoundingClientRect().left);
    };
    const element = canvas.current!;
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  });
  useKeys((key) => key === "Escape" && (go({ node: "", port: "" }), true));
  const spanAt = (x: number, y: number): Span | undefined => {
    const row = ground.row(y), time = ground.time(x), slack = (view.to - view.from) / ground.width;
    return data?.spans.filter((span) => span[0] === row && span[5] - slack <= time && time <= span[5] + span[6] + slack)
      .sort((a, b) => Math.abs(a[5] + a[6] / 2 - time) - Math.abs(b[5] + b[6] / 2 - time))[0];
  };
  const drag = (event: PointerEvent): void => {
    const target = event.currentTarget as Element, begin = { x: event.clientX, view };
    let isMoved = false;
    target.setPointerCapture(event.pointerId);
    const drive = (now: Event): void => {
      const by = (now as PointerEvent).clientX - begin.x;
      isMoved ||= Math.abs(by) > 3;
      const shift = (-by / ground.width) * (begin.view.to - begin.view.from);
      if (isMoved) move({ from: begin.view.from + shift, to: begin.view.to + shift });
    };
    const end = (now: Event): void => {
      for (const name of ["pointerup", "pointercancel"]) target.removeEventListener(name, end);
      target.removeEventListener("pointermove", drive);
      const box = target.getBoundingClientRect(), up = now as PointerEvent;
      const span = isMoved ? undefined : spanAt(up.clientX - box.left, up.clientY - box.top);
      if (span) go({ phase: log?.phases[span[1]]?.name ?? "", node: nameOf(log, span), port: "" });
    };
    target.addEventListener("pointermove", drive);
    for (const name of ["pointerup", "pointercancel"]) target.addEventListener(name, end);
  };
  const press = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowLeft") pan(-0.2);
    else if (event.key === "ArrowRight") pan(0.2);
    else if (event.key === "+" || event.key === "=") zoom(1.5);
    else if (event.key === "-") zoom(1 / 1.5);
    else if (event.key === "0") setZoomed(null);
    else return;
    event.preventDefault();
  };
  const busy = useMemo(() => busyOf(data), [data]);
  const steps = data ? [...new Set(data.spans.filter((span) => span[5] < view.to && span[5] + span[6] > view.from).map((span) => span[3]))].sort((a, b) => a - b).slice(-6) : [];
  return (
    <main class="timeline">
      <div class="bar">
        <label>the last <select value={seconds} onChange={(event) => (setSeconds(Number(event.currentTarget.value)), setZoomed(null))}>{lengths.map((one) => <option key={one} value={one}>{one} s</option>)}</select></label>
        <span>shown <b>{view.to - view.from >= 1 ? `${(view.to - view.from).toFixed(2)} s` : msWords((view.to - view.from) * 1000)}</b></span>
        <span class="steps">{steps.map((step) => <span key={step}><i class={`step t${((step % 4) + 4) % 4}`} />{whole(step)}</span>)}</span>
        {address.node && <span>tall: <b>{address.node}</b> <button type="button" class="quiet" onClick={() => go({ node: "", port: "" })}>all</button></span>}
        <span class="sp" />
        {data !== null && data.left_out > 0 && <span class="bad">{whole(data.left_out)} spans left out: choose a shorter time</span>}
        {data !== null && <button type="button" class="quiet wideonly" title="the spans of this time, for ui.perfetto.dev" onClick={() => saveTrace(data, log)}>save for Perfetto</button>}
        <button type="button" class="quiet" aria-label="zoom out" onClick={() => zoom(1 / 1.5)}>−</button>
        <button type="button" class="quiet" onClick={() => setZoomed(null)}>all</button>
        <button type="button" class="quiet" aria-label="zoom in" onClick={() => zoom(1.5)}>+</button>
      </div>
      {problem && <p class="problem" role="alert">{problem}</p>}
      <div class="lanes" ref={lanes} tabIndex={-1}>
        <div class="lanelabels" aria-hidden="true">
          {data?.threads.map((thread, k) => <LaneLabel key={thread} top={ground.y(k)} name={thread} busy={busy[k] ?? 0} isLow={ground.height < 34} />)}
        </div>
        <div class="lanecanvas" ref={frame} tabIndex={0} role="group" aria-label="timeline; arrows move, plus and minus zoom; the same numbers are in the table below" onKeyDown={press}>
          <canvas ref={canvas} onPointerDown={drag} onPointerLeave={() => setHover(null)}
            onPointerMove={(event) => {
              const box = canvas.current!.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
              const span = spanAt(x, y);
              setHover(span ? { span, x, y } : null);
            }} />
          {hover && <Tip hover={hover} log={log} width={size.w} />}
          {data !== null && data.spans.length === 0 && <p class="blank k">No call ended in this time.</p>}
        </div>
      </div>
      <div class="under-lanes">
        {verdict?.sentence && <p>{verdict.sentence.replaceAll("`", "")}</p>}
        <SpanTable data={data} log={log} />
      </div>
    </main>
  );
}

function LaneLabel({ top, name, busy, isLow }: { top: number; name: string; busy: number; isLow: boolean }) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    element.current!.style.top = `${top}px`;
  }, [top]);
  return <div class={isLow ? "lanelabel low" : "lanelabel"} ref={element}><b>{name}</b> <span class="k">busy {percent(busy * 1000)}</span></div>;
}

function Tip({ hover, log, width }: { hover: { span: Span; x: number; y: number }; log: LogNames | undefined; width: number }) {
  const element = useRef<HTMLDivElement>(null);
  const { span } = hover;
  useEffect(() => {
    const own = element.current!;
    own.style.left = `${Math.max(0, Math.min(width - own.offsetWidth - 4, hover.x + 14))}px`;
    own.style.top = `${hover.y + 14}px`;
  });
  return (
    <div class="tip" ref={element}>
      <b>{nameOf(log, span)}</b>
      <span>step {whole(span[3])}{span[4] >= 0 ? `, slot ${span[4]}` : ""}</span>
      <span>{msWords(span[6] * 1000)}</span>
    </div>
  );
}

/** The share of the time in which each thread runs a call. */
function busyOf(data: Timeline | null): number[] {
  if (!data) return [];
  const sums = data.threads.map(() => 0);
  for (const span of data.spans) sums[span[0]] = (sums[span[0]] ?? 0) + Math.max(0, Math.min(span[5] + span[6], data.to) - Math.max(span[5], data.from));
  return sums.map((sum) => Math.min(1, sum / Math.max(1e-9, data.to - data.from)));
}

function SpanTable({ data, log }: { data: Timeline | null; log: LogNames | undefined }) {
  const [isOpen, setOpen] = useState(false);
  const rows = useMemo(() => {
    const sums = new Map<string, { thread: string; node: string; calls: number; seconds: number; longest: number }>();
    if (isOpen)
      for (const span of data?.spans ?? []) {
        const thread = data!.threads[span[0]] ?? "", node = nameOf(log, span), key = `${span[0]} ${node}`;
        const sum = sums.get(key) ?? { thread, node, calls: 0, seconds: 0, longest: 0 };
        sums.set(key, { ...sum, calls: sum.calls + 1, seconds: sum.seconds + span[6], longest: Math.max(sum.longest, span[6]) });
      }
    return [...sums.values()].sort((a, b) => b.seconds - a.seconds);
  }, [data, isOpen]);
  return (
    <details class="valuetable" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>the spans as a table, summed by thread and node</summary>
      <table class="grid">
        <thead><tr><th>thread</th><th>node</th><th class="r">calls</th><th class="r">time</th><th class="r">mean</th><th class="r">longest</th></tr></thead>
        <tbody>{rows.map((row) => <tr key={`${row.thread} ${row.node}`}><td>{row.thread}</td><td>{row.node}</td><td class="r">{whole(row.calls)}</td><td class="r">{msWords(row.seconds * 1000)}</td><td class="r">{msWords((row.seconds / row.calls) * 1000)}</td><td class="r">{msWords(row.longest * 1000)}</td></tr>)}</tbody>
      </table>
    </details>
  );
}
