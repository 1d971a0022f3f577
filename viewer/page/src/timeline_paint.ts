// Draws the rows of the timeline.

import { save } from "./chart_file";
import { ownName } from "./graph";
import type { LogNames, Timeline } from "./run";
import { msWords } from "./words";

export type Span = Timeline["spans"][number];

export interface Window {
  from: number;
  to: number;
}

const axisHeight = 22,
  least = 14,
  most = 220;

export const nameOf = (log: LogNames | undefined, span: Span): string => log?.phases[span[1]]?.nodes[span[2]]?.name ?? `node ${span[2]}`;

/** A round time between two marks of the axis. */
function markStep(seconds: number, width: number): number {
  const raw = (seconds * 90) / Math.max(width, 1),
    power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].find((one) => one * power >= raw)! * power;
}

function timeWords(seconds: number, step: number): string {
  if (Math.abs(seconds) < step / 2) return "0";
  if (step >= 0.1) return `${seconds.toFixed(step >= 1 ? 0 : 1)} s`;
  return `${(seconds * 1000).toFixed(step >= 1e-3 ? 0 : step >= 1e-4 ? 1 : 2)} ms`;
}

/** Where the rows are, and what time a place has. */
export class Ground {
  readonly height: number;
  readonly gap: number;
  constructor(
    readonly width: number,
    height: number,
    readonly rows: number,
    readonly view: Window,
  ) {
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

export function paint(canvas: HTMLCanvasElement, { data, ground, names, marked, isLive }: Scene): void {
  const context = canvas.getContext("2d")!,
    ratio = devicePixelRatio || 1;
  const style = getComputedStyle(document.documentElement),
    css = (name: string): string => style.getPropertyValue(name).trim();
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, ground.width, canvas.height);
  context.font = `11px ${css("--f")}`;
  context.textBaseline = "middle";
  const bottom = ground.y(ground.rows) - ground.gap,
    step = markStep(ground.view.to - ground.view.from, ground.width),
    zero = isLive ? data.to : 0;
  context.fillStyle = css("--pan");
  for (let row = 0; row < ground.rows; ++row) context.fillRect(0, ground.y(row), ground.width, ground.height);
  context.textAlign = "center";
  for (let k = Math.ceil((ground.view.from - zero) / step); k * step + zero <= ground.view.to; ++k) {
    const x = Math.round(ground.x(zero + k * step)) + 0.5;
    context.fillStyle = css("--line");
    context.fillRect(x - 0.5, axisHeight - 4, 1, bottom - axisHeight + 4);
    context.fillStyle = css("--mut");
    context.fillText(
      isLive && k === 0 ? "now" : timeWords(k * step, step).replace("-", "−"),
      Math.min(ground.width - 20, Math.max(20, x)),
      9,
    );
  }
  paintWaits(context, data, ground, css("--mut"));
  const colours = [0, 1, 2, 3].map((k) => css(`--t${k}`)),
    light = css("--bg"),
    dark = css("--ink");
  context.textAlign = "left";
  for (const span of data.spans) {
    const begin = ground.x(span[5]),
      end = ground.x(span[5] + span[6]);
    if (end < 0 || begin > ground.width) continue;
    const name = nameOf(names, span),
      isTall = marked === "" || name === marked,
      cut = isTall ? 0 : ground.height * 0.36;
    const x = Math.max(begin, -1),
      w = Math.max(0.6, Math.min(end, ground.width + 1) - x - (end - begin > 3 ? 1 : 0));
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
export function saveTrace(data: Timeline, log: LogNames | undefined): void {
  const events = data.spans.map((span) => ({
    name: nameOf(log, span),
    ph: "X",
    pid: 1,
    tid: span[0] + 1,
    ts: span[5] * 1e6,
    dur: span[6] * 1e6,
    args: { step: span[3], slot: span[4] },
  }));
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
      const from = Math.max(0, ground.x(end)),
        to = Math.min(ground.width, ground.x(span[5]));
      const words = `waits ${msWords((span[5] - end) * 1000)}`;
      if (end > data.from && to - from > context.measureText(words).width + 10)
        context.fillText(words, (from + to) / 2, ground.y(row) + ground.height / 2);
      end = Math.max(end, span[5] + span[6]);
    }
  });
}
