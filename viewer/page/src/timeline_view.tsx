// What the threads of a run did last: a row for each thread, a span for each call, coloured by step.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Address } from "./address";
import { save } from "./chart_file";
import { useKeys } from "./keys";
import type { LogNames, Timeline } from "./run";
import { useChanges, useTopic, type RunStore } from "./run_store";
import { ask, askFile } from "./server";
import { Ground, nameOf, paint, saveTrace, type Span, type Window } from "./timeline_paint";
import { msWords, percent, whole } from "./words";

interface Props {
  store: RunStore;
  theme: string;
  address: Address;
  go: (change: Partial<Address>) => void;
}

const refresh = 1000;
const lengths = [1, 2, 5, 10, 30];
/** Least length of what is shown, in seconds. */
const shortest = 1e-5;

function useTimeline(store: RunStore, seconds: number): { data: Timeline | null; problem: string } {
  const [data, setData] = useState<Timeline | null>(null);
  const [problem, setProblem] = useState("");
  const [turn, setTurn] = useState(0);
  const run = useTopic(store, "run");
  useChanges(store, "held", "link");
  const isHeld = store.heldSince !== null,
    // What failed is asked for again when the server answers again.
    isAnswered = problem === "" || store.link.isOpen,
    isRunning = run?.status === "running" && store.link.isOpen;
  useEffect(() => {
    if (isHeld) return;
    const stop = new AbortController();
    let timer = 0;
    ask<Timeline>(`api/runs/${store.row}/timeline`, { seconds }, stop.signal)
      .then(
        (answer) => (setData(answer.head), setProblem("")),
        (error: unknown) => !stop.signal.aborted && setProblem(error instanceof Error ? error.message : String(error)),
      )
      .finally(() => {
        if (isRunning && !stop.signal.aborted) timer = setTimeout(() => setTurn((count) => count + 1), refresh);
      });
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [store, seconds, turn, isHeld, isRunning, isAnswered]);
  return { data, problem };
}

export function TimelineView({ store, theme, address, go }: Props) {
  const log = useTopic(store, "log"),
    run = useTopic(store, "run"),
    verdict = useTopic(store, "verdict");
  const [seconds, setSeconds] = useState(2);
  const { data, problem } = useTimeline(store, seconds);
  const [zoomed, setZoomed] = useState<Window | null>(null);
  const [hover, setHover] = useState<{ span: Span; x: number; y: number } | null>(null);
  const [size, setSize] = useState({ w: 0, h: 0 });
  const canvas = useRef<HTMLCanvasElement>(null),
    frame = useRef<HTMLDivElement>(null),
    lanes = useRef<HTMLDivElement>(null);
  const rows = data?.threads.length ?? 0;
  // While the run works, the window moves with it: its place is counted from the newest time.
  const view: Window = data
    ? zoomed
      ? { from: data.to + zoomed.from, to: data.to + zoomed.to }
      : { from: data.from, to: data.to }
    : { from: 0, to: 1 };
  const ground = new Ground(Math.max(1, size.w), size.h, rows, view);
  const isLive = run?.status === "running" && !run.is_paused && store.link.isOpen && store.heldSince === null;
  useEffect(() => {
    const observer = new ResizeObserver(
      () => frame.current && lanes.current && setSize({ w: frame.current.clientWidth, h: lanes.current.clientHeight - 16 }),
    );
    observer.observe(frame.current!);
    observer.observe(lanes.current!);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    const element = canvas.current!,
      ratio = devicePixelRatio || 1;
    element.width = Math.max(1, Math.round(size.w * ratio));
    const height = Math.max(size.h, ground.total);
    element.height = Math.max(1, Math.round(height * ratio));
    element.style.width = `${size.w}px`;
    element.style.height = `${height}px`;
    if (data) paint(element, { data, ground, names: log, marked: address.node, isLive });
  }, [data, size.w, size.h, view.from, view.to, address.node, theme, log]);

  const move = (next: Window): void => {
    if (!data) return;
    const whole = data.to - data.from,
      length = Math.min(whole, Math.max(shortest, next.to - next.from));
    const from = Math.min(data.to - length, Math.max(data.from, next.from));
    setZoomed(length >= whole * 0.999 ? null : { from: from - data.to, to: from + length - data.to });
  };
  const zoom = (factor: number, x = size.w / 2): void => {
    const at = ground.time(x),
      length = (view.to - view.from) / factor;
    const from = at - ((at - view.from) / (view.to - view.from)) * length;
    move({ from, to: from + length });
  };
  const pan = (share: number): void =>
    move({ from: view.from + share * (view.to - view.from), to: view.to + share * (view.to - view.from) });
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
    const row = ground.row(y),
      time = ground.time(x),
      slack = (view.to - view.from) / ground.width;
    return data?.spans
      .filter((span) => span[0] === row && span[5] - slack <= time && time <= span[5] + span[6] + slack)
      .sort((a, b) => Math.abs(a[5] + a[6] / 2 - time) - Math.abs(b[5] + b[6] / 2 - time))[0];
  };
  const drag = (event: PointerEvent): void => {
    const target = event.currentTarget as Element,
      begin = { x: event.clientX, view };
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
      const box = target.getBoundingClientRect(),
        up = now as PointerEvent;
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
  const steps = data
    ? [...new Set(data.spans.filter((span) => span[5] < view.to && span[5] + span[6] > view.from).map((span) => span[3]))]
        .sort((a, b) => a - b)
        .slice(-6)
    : [];
  return (
    <main class="timeline">
      <div class="bar">
        <label>
          the last{" "}
          <select value={seconds} onChange={(event) => (setSeconds(Number(event.currentTarget.value)), setZoomed(null))}>
            {lengths.map((one) => (
              <option key={one} value={one}>
                {one} s
              </option>
            ))}
          </select>
        </label>
        <span>
          shown <b>{view.to - view.from >= 1 ? `${(view.to - view.from).toFixed(2)} s` : msWords((view.to - view.from) * 1000)}</b>
        </span>
        <span class="steps">
          <span class="k">colour: step</span>
          {steps.map((step) => (
            <span key={step}>
              <i class={`step t${((step % 4) + 4) % 4}`} />
              {whole(step)}
            </span>
          ))}
        </span>
        {address.node && (
          <span>
            tall spans: <b>{address.node}</b>, low ones: other nodes{" "}
            <button type="button" class="quiet" onClick={() => go({ node: "", port: "" })}>
              all
            </button>
          </span>
        )}
        <span class="sp" />
        {data !== null && data.left_out > 0 && <span class="bad">{whole(data.left_out)} spans left out: choose a shorter time</span>}
        {data !== null && (
          <button
            type="button"
            class="quiet wideonly"
            title="the spans of this time, for ui.perfetto.dev"
            onClick={() => saveTrace(data, log)}
          >
            save for Perfetto
          </button>
        )}
        <WholeTrace store={store} />
        <button type="button" class="quiet" aria-label="zoom out" onClick={() => zoom(1 / 1.5)}>
          −
        </button>
        <button type="button" class="quiet" onClick={() => setZoomed(null)}>
          all
        </button>
        <button type="button" class="quiet" aria-label="zoom in" onClick={() => zoom(1.5)}>
          +
        </button>
      </div>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <div class="lanes" ref={lanes} tabIndex={-1}>
        <div class="lanelabels" aria-hidden="true">
          {data?.threads.map((thread, k) => (
            <LaneLabel key={thread} top={ground.y(k)} name={thread} busy={busy[k] ?? 0} isLow={ground.height < 34} />
          ))}
        </div>
        <div
          class="lanecanvas"
          ref={frame}
          tabIndex={0}
          role="group"
          aria-label="timeline; arrows move, plus and minus zoom; the same numbers are in the table below"
          onKeyDown={press}
        >
          <canvas
            ref={canvas}
            onPointerDown={drag}
            onPointerLeave={() => setHover(null)}
            onPointerMove={(event) => {
              const box = canvas.current!.getBoundingClientRect(),
                x = event.clientX - box.left,
                y = event.clientY - box.top;
              const span = spanAt(x, y);
              setHover(span ? { span, x, y } : null);
            }}
          />
          {hover && <Tip hover={hover} log={log} width={size.w} />}
          {data !== null && data.spans.length === 0 && <p class="blank k">No call ended in this time.</p>}
        </div>
      </div>
      <div class="under-lanes">
        <p class="k">
          A span is one call, with the name of its node. Its colour is that of its step, counted from 0; four colours take turns. Where a row is empty,
          no call ran. Press a span to see the calls of its node tall.
        </p>
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
  return (
    <div class={isLow ? "lanelabel low" : "lanelabel"} ref={element}>
      <b>{name}</b> <span class="k">busy {percent(busy * 1000)}</span>
    </div>
  );
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
      <span>
        step {whole(span[3])}
        {span[4] >= 0 ? `, slot ${span[4]}` : ""}
      </span>
      <span>{msWords(span[6] * 1000)}</span>
    </div>
  );
}

/** The share of the time in which each thread runs a call. */
function busyOf(data: Timeline | null): number[] {
  if (!data) return [];
  const sums = data.threads.map(() => 0);
  for (const span of data.spans)
    sums[span[0]] = (sums[span[0]] ?? 0) + Math.max(0, Math.min(span[5] + span[6], data.to) - Math.max(span[5], data.from));
  return sums.map((sum) => Math.min(1, sum / Math.max(1e-9, data.to - data.from)));
}

function SpanTable({ data, log }: { data: Timeline | null; log: LogNames | undefined }) {
  const [isOpen, setOpen] = useState(false);
  const rows = useMemo(() => {
    const sums = new Map<string, { thread: string; node: string; calls: number; seconds: number; longest: number }>();
    if (isOpen)
      for (const span of data?.spans ?? []) {
        const thread = data!.threads[span[0]] ?? "",
          node = nameOf(log, span),
          key = `${span[0]} ${node}`;
        const sum = sums.get(key) ?? { thread, node, calls: 0, seconds: 0, longest: 0 };
        sums.set(key, { ...sum, calls: sum.calls + 1, seconds: sum.seconds + span[6], longest: Math.max(sum.longest, span[6]) });
      }
    return [...sums.values()].sort((a, b) => b.seconds - a.seconds);
  }, [data, isOpen]);
  return (
    <details class="valuetable" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>the spans as a table, summed by thread and node</summary>
      <table class="grid">
        <thead>
          <tr>
            <th>thread</th>
            <th>node</th>
            <th class="r">calls</th>
            <th class="r">time</th>
            <th class="r">mean</th>
            <th class="r">longest</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.thread} ${row.node}`}>
              <td>{row.thread}</td>
              <td>{row.node}</td>
              <td class="r">{whole(row.calls)}</td>
              <td class="r">{msWords(row.seconds * 1000)}</td>
              <td class="r">{msWords((row.seconds / row.calls) * 1000)}</td>
              <td class="r">{msWords(row.longest * 1000)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

/** Saves what all threads did in the whole run, in the form of Perfetto. */
function WholeTrace({ store }: { store: RunStore }) {
  const [said, setSaid] = useState("");
  const load = async (): Promise<void> => {
    setSaid("being made");
    try {
      const name = (store.get("run")?.folder ?? "run").replace(/^.*\//, "");
      save(`${name}.trace.json`, "application/json", await askFile(`api/runs/${store.row}/trace`));
      setSaid("");
    } catch (error) {
      setSaid(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <span class="wideonly">
      <button type="button" class="quiet" title="all spans of the run, for ui.perfetto.dev" disabled={said === "being made"} onClick={() => void load()}>
        save the whole run
      </button>
      {said && <span class={said === "being made" ? "k" : "bad"} role="status">{said}</span>}
    </span>
  );
}
