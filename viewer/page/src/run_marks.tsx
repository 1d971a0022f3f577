// Writes states, numbers and bars into the boxes of the drawn graph. The drawing is laid out only when its structure changes; here,
// attributes and texts of its elements are set, and only those that differ.

import { ownName } from "./graph";
import type { Marks } from "./graph_view";
import type { Box, Line, Picture, Size } from "./layout";
import { busiest, busiestWords, figureOf, rateNow, waitSentence, windowWords, wordOf, type PhaseNow } from "./nodes_now";
import { idle, stateWords } from "./states";
import type { SampleWay } from "./way";
import { count, msWords, percent } from "./words";

const size: Size = { w: 116, h: 46 };
const gaugeHeight = 14;
const half = 0.6,
  full = 0.85;

/** What is wrong at a node, or how much it is to blame. */
export interface Blame {
  nodes: Set<string>;
  word: string;
  /** The word behind the node's name, on the group that hides it. Empty: its share. */
  short: string;
  isBad: boolean;
}

/** An element with what was last written to it. */
class Written {
  private readonly attributes = new Map<string, string>();
  private content: string;
  constructor(private readonly element: Element) {
    this.content = element.textContent ?? "";
  }
  set(name: string, value: string): void {
    if (this.attributes.get(name) === value) return;
    this.attributes.set(name, value);
    this.element.setAttribute(name, value);
  }
  text(value: string): void {
    if (this.content === value) return;
    this.content = value;
    this.element.textContent = value;
  }
}

interface BoxParts {
  box: Box;
  group: Element;
  glyph: Written;
  word: Written;
  figure: Written;
  badge: Written;
  bars: Written[];
  title: () => string;
}

interface EndParts {
  line: Line;
  group: Element;
  fill: Written;
  title: () => string;
}

export class RunMarks implements Marks {
  readonly size = size;
  private boxes: BoxParts[] = [];
  private ends: EndParts[] = [];

  /** `attached` is called when there are elements to write to. */
  constructor(private readonly attached: () => void) {}

  inBox = (box: Box) => {
    const x = box.x,
      y = box.y,
      w = box.w;
    return (
      <g class="mark">
        <rect class="flagbox" x={x} y={y} width={w} height={box.h} />
        <path class="flag" d={`M${x} ${y + 22}V${y}H${x + w}V${y + 22}Z`} />
        <rect class="track" x={x + 8} y={y + 36} width={w - 16} height="6" />
        {[0, 1, 2, 3, 4].map((k) => (
          <rect key={k} class={`s${k}`} x={x + 8} y={y + (k === 0 ? 36 : 39)} width="0" height={k === 0 ? 6 : 3} />
        ))}
        <use x={x + 7} y={y + 6.5} width="11" height="11" href={`#g${idle}`} />
        <text class="nword" x={x + 8} y={y + 31} />
        <text class="nfigure" x={x + w - 8} y={y + 31} text-anchor="end" />
        <text class="badge" x={x + w - (box.node ? 13 : 28)} y={y + 17} />
        <title />
      </g>
    );
  };

  atEnd = (line: Line) => {
    const x = line.end.x - 9,
      y = line.end.y - gaugeHeight / 2;
    const mark = (share: number): string => `M${x} ${y + gaugeHeight * (1 - share)}h-2`;
    return (
      <g class="gauge off">
        <rect class="gt" x={x} y={y} width="5" height={gaugeHeight} />
        <rect class="gf" x={x} y={y + gaugeHeight} width="5" height="0" />
        <path class="gm" d={mark(half) + mark(full)} />
        <title />
      </g>
    );
  };

  attach = (canvas: SVGGElement, drawn: Picture): void => {
    this.boxes = [...canvas.querySelectorAll("[data-node]")].flatMap((group) => {
      const box = drawn.boxes.get((group as SVGElement).dataset.node ?? ""),
        mark = group.querySelector(":scope > .mark");
      if (!box || !mark) return [];
      const part = (selector: string): Written => new Written(mark.querySelector(selector)!);
      return [
        {
          box,
          group: mark,
          glyph: part("use"),
          word: part(".nword"),
          figure: part(".nfigure"),
          badge: part(".badge"),
          title: () => "",
          bars: [0, 1, 2, 3, 4].map((k) => part(`.s${k}`)),
        },
      ];
    });
    const elements = [...canvas.querySelectorAll("[data-edge]")],
      seen = new Set<string>();
    this.ends = drawn.lines.flatMap((line, k) => {
      const group = elements[k]?.querySelector(".gauge");
      // Edges of one output into one box end at one point.
      const key = `${line.from}.${line.output}>${line.into}`;
      if (!group || seen.has(key)) return [];
      seen.add(key);
      return [{ line, group, fill: new Written(group.querySelector(".gf")!), title: () => "" }];
    });
    canvas.onpointerover = (event) => this.nameUnder(event.target as Element);
    this.attached();
  };

  /** Titles are written when the pointer comes: nobody reads the others. */
  private nameUnder(element: Element): void {
    const node = element.closest("[data-node]"),
      edge = element.closest("[data-edge]");
    const one = node
      ? this.boxes.find((part) => part.group.parentElement === node)
      : edge
        ? this.ends.find((part) => part.group.parentElement === edge)
        : undefined;
    const title = one?.group.querySelector("title");
    if (one && title) title.textContent = one.title();
  }

  /** `way`: that of a sample that is followed. */
  write(now: PhaseNow | null, blame: Blame, way: SampleWay | null = null): void {
    for (const one of this.boxes) {
      this.writeBox(one, now, blame);
      this.writeWay(one, way);
    }
    for (const one of this.ends) this.writeEnd(one, now);
  }

  private writeBox(one: BoxParts, now: PhaseNow | null, blame: Blame): void {
    const { box } = one;
    const node = now && (box.node ? now.nodes.get(box.id) : busiest(now, box.id)[0]);
    const isBlamed = box.node ? blame.nodes.has(box.id) : [...blame.nodes].some((name) => name.startsWith(`${box.id}/`));
    one.group.classList.toggle("blame", isBlamed);
    one.group.classList.toggle("fault", isBlamed && blame.isBad);
    const state = node?.state ?? idle;
    one.glyph.set("href", `#g${state}`);
    let word = !now || !node ? (box.node ? "not in the log" : "") : box.node ? wordOf(node, now) : busiestWords(node, box.id);
    if (isBlamed && !word.startsWith("since")) {
      const named = [...blame.nodes].find((name) => name.startsWith(`${box.id}/`));
      word = box.node ? blame.word : `${ownName(named ?? "")} ${blame.short || percent(now?.nodes.get(named ?? "")?.row.shares[0] ?? 0)}`;
    }
    one.word.text(word);
    const figure = now && node && box.node ? figureOf(node, now) : "";
    // Both on one line need room; the word says more.
    const most = 15;
    one.figure.text(word.length + figure.length > most ? "" : figure);
    const dropped = !now
      ? 0
      : box.node
        ? (node?.row.dropped ?? 0)
        : busiest(now, box.id).reduce((sum, inner) => sum + inner.row.dropped, 0);
    one.badge.text(dropped > 0 ? "!" : "");
    let at = box.x + 8;
    one.bars.forEach((bar, k) => {
      const w = ((node?.row.shares[k] ?? 0) * (box.w - 16)) / 1000;
      bar.set("x", String(Math.round(at)));
      bar.set("width", String(Math.round(at + w) - Math.round(at)));
      at += w;
    });
    one.title = () => {
      const shares = node
        ? stateWords.slice(0, idle).flatMap((words, k) => (node.row.shares[k]! > 0 ? [`${words} ${percent(node.row.shares[k]!)}`] : []))
        : [];
      const window = now && shares.length > 0 ? ` (${windowWords(now)})` : "";
      const order = box.node && node?.isOrdered ? "one task at a time" : "";
      return [box.id, box.node ? "" : node?.name, order, node ? waitSentence(node) : "", shares.join(", ") + window, dropped > 0 ? count(dropped, "dropped sample") : ""]
        .filter(Boolean)
        .join("\n");
    };
  }

  private writeWay({ box, group }: BoxParts, way: SampleWay | null): void {
    const mine = (way?.stations ?? []).filter((one) => (box.node ? one.node === box.id : one.node.startsWith(`${box.id}/`)));
    const isEnd = mine.some((one) => one.fate === "stopped" || one.fate === "dropped");
    group.classList.toggle("onway", mine.length > 0);
    group.classList.toggle("wayend", isEnd);
  }

  private writeEnd(one: EndParts, now: PhaseNow | null): void {
    const edge = now?.edges.get(`${one.line.from}.${one.line.output}>${one.line.to}`);
    const isShown = edge !== undefined && edge.room !== null && edge.row.waiting !== null && now?.nodes.get(one.line.from)?.lane === "cpu";
    one.group.classList.toggle("off", !isShown);
    const name = `${one.line.from}.${one.line.output} → ${one.line.to}.${one.line.input}`;
    one.title = () => name;
    if (!edge) return;
    const waiting = edge.row.waiting ?? 0,
      share = edge.room ? Math.min(1, waiting / edge.room) : 0;
    one.group.classList.toggle("half", share >= half && share < full);
    one.group.classList.toggle("full", share >= full);
    one.fill.set("y", (one.line.end.y + gaugeHeight / 2 - gaugeHeight * share).toFixed(1));
    one.fill.set("height", (gaugeHeight * share).toFixed(1));
    one.title = () => {
      const facts = [
        edge.room !== null && `${waiting} of ${edge.room} values wait`,
        rateNow(now, edge.row.rate),
        edge.row.wait !== null && `${msWords(edge.row.wait)} of waiting`,
      ];
      return `${name}\n${facts.filter(Boolean).join(", ")}`;
    };
  }
}
