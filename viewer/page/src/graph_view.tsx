// The drawn graph: pan, zoom, fit, fold, search, and a walk along the flow by keys.

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Mistake, Phase } from "./graph";
import { useLaidOut, type LaidOut } from "./laid_out";
import type { Box, Fold, Line, Picture, Size } from "./layout";

export interface Selected {
  node: string;
  /** Empty: the node itself, not an output. */
  port: string;
}

export const folds: [Fold, string][] = [["all", "fold all"], ["templates", "templates"], ["none", "unfold all"]];

export const nextFold = (fold: Fold): Fold => folds[(folds.findIndex(([one]) => one === fold) + 1) % folds.length]![0];

/** What a view of a run adds to the drawing. It writes into these elements itself, so that nothing is laid out again. */
export interface Marks {
  size: Size;
  inBox: (box: Box) => ComponentChildren;
  atEnd: (line: Line) => ComponentChildren;
  /** The elements are others than before. */
  attach: (canvas: SVGGElement, drawn: Picture) => void;
}

const plainSize: Size = { w: 132, h: 38 };

interface Props {
  phase: Phase;
  mistakes: Mistake[];
  selected: Selected | null;
  select: (selected: Selected | null) => void;
  find: string;
  fold: Fold;
  marks?: Marks;
}

interface View {
  x: number;
  y: number;
  k: number;
}

const smallest = 0.1, largest = 2.5;
/** Below this scale only names are drawn, larger. */
const far = 0.62;
/** The drawing is painted beyond its frame by this much (app.css), so that it can be moved without being painted. */
const margin = 300;
/** Time without a move after which it is painted anew. */
const rested = 140;

export function GraphView(props: Props) {
  const { phase, fold, marks } = props;
  const [turned, setTurned] = useState<Set<string>>(new Set());
  useEffect(() => setTurned(new Set()), [phase.name, fold]);
  const { laidOut, problem } = useLaidOut(phase, fold, turned, marks?.size ?? plainSize);
  const turn = (group: string): void => {
    const next = new Set(turned);
    if (!next.delete(group)) next.add(group);
    setTurned(next);
  };
  const told = problem && (
    <p class="problem" role="alert">
      {problem}
    </p>
  );
  if (!laidOut) return <div class="graph">{told}</div>;
  return (
    <>
      {told}
      <Drawn {...props} {...laidOut} turn={turn} />
    </>
  );
}

function Drawn({ phase, drawn, mistakes, selected, select, find, marks, turn }: Props & LaidOut & { turn: (group: string) => void }) {
  const frame = useRef<HTMLDivElement>(null), surface = useRef<SVGSVGElement>(null), canvas = useRef<SVGGElement>(null), scale = useRef<HTMLSpanElement>(null);
  const view = useRef<View>({ x: 0, y: 0, k: 1 });
  const isOwn = useRef(false);

  const painted = useRef<View>({ x: 0, y: 0, k: 1 }), settle = useRef(0);
  /** Paints the drawing at the place where it is shown. */
  const paint = (): void => {
    const now = (painted.current = view.current);
    clearTimeout(settle.current);
    canvas.current?.setAttribute("transform", `translate(${now.x + margin} ${now.y + margin}) scale(${now.k})`);
    canvas.current?.classList.toggle("far", now.k < far);
    if (surface.current) surface.current.style.transform = "";
  };
  /** Moves what is painted, as long as that covers the frame; the browser then only shifts a picture. */
  const shift = (): boolean => {
    const box = frame.current, now = view.current, old = painted.current;
    const k = now.k / old.k, x = now.x - old.x * k, y = now.y - old.y * k;
    const covers = (size: number, by: number): boolean => by - margin * k <= 0 && by + (size + margin) * k >= size;
    if (!box || !surface.current || k < 0.6 || k > 1.6 || now.k < far !== old.k < far || !covers(box.clientWidth, x) || !covers(box.clientHeight, y)) return false;
    surface.current.style.transform = `translate(${x}px, ${y}px) scale(${k})`;
    clearTimeout(settle.current);
    settle.current = setTimeout(paint, rested);
    return true;
  };
  const show = (next: View, isMove = false): void => {
    view.current = next;
    if (!isMove || !shift()) paint();
    if (scale.current) scale.current.textContent = `${Math.round(next.k * 100)} %`;
  };
  const fit = (): void => {
    const box = frame.current?.getBoundingClientRect();
    if (!box || box.width === 0) return;
    const k = Math.min(1.1, Math.max(smallest, Math.min((box.width - 24) / drawn.w, (box.height - 24) / drawn.h)));
    show({ k, x: (box.width - drawn.w * k) / 2, y: Math.max(12, (box.height - drawn.h * k) / 2) });
  };
  const zoom = (factor: number, x?: number, y?: number): void => {
    const box = frame.current!.getBoundingClientRect();
    const at = { x: x ?? box.width / 2, y: y ?? box.height / 2 };
    const k = Math.min(largest, Math.max(smallest, view.current.k * factor));
    const by = k / view.current.k;
    isOwn.current = true;
    show({ k, x: at.x - (at.x - view.current.x) * by, y: at.y - (at.y - view.current.y) * by }, true);
  };
  // The view stays where the user put it, from save to save; until then everything is shown.
  useLayoutEffect(() => {
    if (isOwn.current) show(view.current);
    else fit();
  }, [drawn]);
  useEffect(() => {
    isOwn.current = false;
    fit();
  }, [phase.name]);
  useEffect(() => {
    const observer = new ResizeObserver(() => {
      if (!isOwn.current) fit();
    });
    observer.observe(frame.current!);
    return () => observer.disconnect();
  }, [drawn]);

  useLayoutEffect(() => marks?.attach(canvas.current!, drawn), [drawn, marks]);

  const flagged = useMemo(() => {
    const out = new Map<string, boolean>();
    for (const one of mistakes)
      for (const part of one.parts)
        if (part.phase === phase.name) out.set(part.name, (out.get(part.name) ?? false) || !one.is_warning);
    return out;
  }, [mistakes, phase.name]);
  /** True: a mistake in the node or the folded group; false: a warning; undefined: neither. */
  const worst = (box: Box): boolean | undefined => {
    let out = flagged.get(box.id);
    if (!box.node) for (const [name, isBad] of flagged) if (name.startsWith(`${box.id}/`)) out = (out ?? false) || isBad;
    return out;
  };
  const found = (box: Box): boolean => find !== "" && `${box.id} ${box.node?.type ?? box.of}`.toLowerCase().includes(find.toLowerCase());
  const walk = (key: string): void => {
    const here = selected && drawn.boxes.get(selected.node);
    const next =
      key === "ArrowRight" ? drawn.lines.find((line) => line.from === selected?.node)?.to
      : key === "ArrowLeft" ? drawn.lines.find((line) => line.to === selected?.node)?.from
      : here ? nearest([...drawn.boxes.values()].filter((box) => box.node && isShown(drawn.root, box)), here, key === "ArrowDown")
      : phase.nodes[0]?.name;
    if (next) select({ node: next, port: "" });
  };
  const press = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key.startsWith("Arrow")) walk(event.key);
    else if (event.key === "+" || event.key === "=") zoom(1.25);
    else if (event.key === "-") zoom(0.8);
    else if (event.key === "0") {
      isOwn.current = false;
      fit();
    } else if (event.key === "Escape") select(null);
    else return;
    event.preventDefault();
  };

  const drag = (event: PointerEvent): void => {
    if (event.button !== 0 || (event.target as Element).closest("[data-press]")) return;
    const begin = { x: event.clientX - view.current.x, y: event.clientY - view.current.y };
    const target = event.currentTarget as Element;
    target.setPointerCapture(event.pointerId);
    const move = (now: Event): void => {
      const pointer = now as PointerEvent;
      isOwn.current = true;
      show({ ...view.current, x: pointer.clientX - begin.x, y: pointer.clientY - begin.y }, true);
    };
    const end = (): void => {
      target.removeEventListener("pointermove", move);
      target.removeEventListener("pointerup", end);
      target.removeEventListener("pointercancel", end);
    };
    target.addEventListener("pointermove", move);
    target.addEventListener("pointerup", end);
    target.addEventListener("pointercancel", end);
  };
  useEffect(() => {
    const wheel = (event: WheelEvent): void => {
      event.preventDefault();
      const box = frame.current!.getBoundingClientRect();
      zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), event.clientX - box.left, event.clientY - box.top);
    };
    const element = frame.current!;
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  });

  const group = (box: Box, depth: number) => (
    <g key={box.id} data-group={box.id} class={flagged.has(box.id) ? (flagged.get(box.id) ? "bad" : "warn") : ""}>
      <rect class={depth > 1 ? "grp deep" : "grp"} x={box.x} y={box.y} width={box.w} height={box.h} rx="4" />
      <g class="gh" data-press role="button" tabIndex={0} aria-label={`fold ${box.id}`} aria-expanded="true" onClick={() => turn(box.id)}
        onKeyDown={(event) => event.key === "Enter" && turn(box.id)}>
        <rect class="hit" x={box.x} y={box.y} width={box.w} height="24" />
        <path class="chev" d={`M${box.x + 9} ${box.y + 10}l4 4 4-4`} />
        <text x={box.x + 22} y={box.y + 17}>
          <tspan class="gname">{box.name}</tspan>
          <tspan class="gtype" dx="7">{[box.of, `${box.count} nodes`].filter(Boolean).join(" · ")}</tspan>
        </text>
      </g>
      {box.children.map((child) => part(child, depth + 1))}
    </g>
  );
  const part = (box: Box, depth: number) => {
    if (!box.node && !box.isFolded) return group(box, depth);
    const isBad = worst(box);
    const state = [
      "nd", box.node?.lane === "device" ? "dev" : "", selected?.node === box.id ? "sel" : "", found(box) ? "found" : "",
      isBad === undefined ? "" : isBad ? "bad" : "warn",
    ].filter(Boolean).join(" ");
    const press = (): void => (box.node ? select({ node: box.id, port: "" }) : turn(box.id));
    const kind = box.node ? [box.node.type || "not known", box.node.is_ordered && "one task at a time"].filter(Boolean).join(", ") : [box.of, `${box.count} nodes`].filter(Boolean).join(" · ");
    return (
      <g key={box.id} class={state} data-press data-node={box.id} role="button" tabIndex={0} aria-label={`${box.id}, ${kind}`}
        onClick={press} onKeyDown={(event) => event.key === "Enter" && press()}>
        {!box.node && <rect class="nb back" x={box.x + 3} y={box.y + 3} width={box.w} height={box.h} rx={4} />}
        <rect class="nb" x={box.x} y={box.y} width={box.w} height={box.h} rx={box.node?.lane === "device" ? 0 : 4} />
        {box.node?.lane === "device" && <path class="devbar" d={`M${box.x} ${box.y}h${box.w}`} />}
        {box.node?.is_ordered && <path class="orderbar" d={`M${box.x + 3} ${box.y + 2}v${box.h - 4}`} />}
        {marks?.inBox(box)}
        <text class="nname near" x={box.x + (marks ? 22 : 8)} y={box.y + 16}>{short(box.name, marks ? (box.node ? 13 : 12) : 19)}</text>
        <text class="nname away" x={box.x + (marks ? 22 : 7)} y={box.y + (marks ? 20 : 25)}>{short(box.name, marks ? 10 : 13)}</text>
        {!marks && <text class="nsub" x={box.x + 8} y={box.y + 30}>{short(box.node ? box.node.type || "not known" : kind, 22)}</text>}
        {!box.node && <path class="chev" d={`M${box.x + box.w - 14} ${box.y + 9}l4 4-4 4`} />}
        {isBad !== undefined && <text class="badge" x={box.x + box.w - 13} y={box.y + 17}>{isBad ? "✕" : "!"}</text>}
      </g>
    );
  };
  const line = (one: Line) => {
    const isSelected = selected?.node === one.from && selected.port === one.output;
    const isNear = selected !== null && selected.port === "" && (selected.node === one.from || selected.node === one.to);
    const press = (): void => select({ node: one.from, port: one.output });
    return (
      <g key={`${one.from}.${one.output}>${one.to}.${one.input}.${one.member}`} data-press data-edge={`${one.from}.${one.output}>${one.to}.${one.input}`}
        class={["ed", isSelected ? "sel" : "", isNear ? "rel" : ""].filter(Boolean).join(" ")} role="button" tabIndex={0}
        aria-label={`${one.from}.${one.output} to ${one.to}.${one.input}`} onClick={press} onKeyDown={(event) => event.key === "Enter" && press()}>
        <path class="hit" d={one.path} />
        <path class={one.isStep ? "ln step" : "ln"} d={one.path} marker-end="url(#arrow)" />
        {marks?.atEnd(one)}
        {!marks && <title>{`${one.from}.${one.output} → ${one.to}.${one.input}`}</title>}
      </g>
    );
  };
  return (
    <div class={marks ? "graph marked" : "graph"} ref={frame} tabIndex={0} aria-label={`graph of ${phase.name}`} onKeyDown={press} onPointerDown={drag}>
      <svg ref={surface}>
        <defs>
          <marker id="arrow" viewBox="0 0 6 6" refX="6" refY="3" markerWidth="6" markerHeight="6" orient="auto" markerUnits="userSpaceOnUse">
            <path class="head" d="M0 0L6 3L0 6z" />
          </marker>
        </defs>
        <g ref={canvas}>
          {drawn.root.children.map((box) => part(box, 1))}
          {drawn.lines.map(line)}
        </g>
      </svg>
      <div class="zoomer">
        <button type="button" aria-label="smaller" onClick={() => zoom(0.8)}>−</button>
        <button type="button" class="zv" aria-label="show all" onClick={() => ((isOwn.current = false), fit())}><span ref={scale} /></button>
        <button type="button" aria-label="larger" onClick={() => zoom(1.25)}>+</button>
      </div>
    </div>
  );
}

function isShown(root: Box, box: Box): boolean {
  let at = root;
  for (;;) {
    const next = at.children.find((child) => child.id === box.id || box.id.startsWith(`${child.id}/`));
    if (!next) return false;
    if (next.id === box.id) return true;
    if (next.isFolded) return false;
    at = next;
  }
}

/** The nearest node above or below. */
function nearest(boxes: Box[], here: Box, isBelow: boolean): string | undefined {
  let best: string | undefined, distance = Infinity;
  for (const box of boxes) {
    const down = (box.y - here.y) * (isBelow ? 1 : -1);
    if (down <= 4) continue;
    const now = down + 2 * Math.abs(box.x - here.x);
    if (now < distance) [best, distance] = [box.id, now];
  }
  return best;
}

function short(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
