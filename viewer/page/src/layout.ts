// Places the nodes of a phase: bottom up, each open group is laid out alone by dagre, and is one box in its parent. So no edge crosses a
// group that it does not belong to. The same graph and folds give the same places.

import { graphlib, layout as dagreLayout } from "@dagrejs/dagre";
import { ownName, type Node, type Phase } from "./graph";

export interface Box {
  id: string;
  name: string;
  node: Node | null;
  /** The template of a group. */
  of: string;
  children: Box[];
  isFolded: boolean;
  count: number;
  x: number;
  y: number;
  w: number;
  h: number;
}

type Point = { x: number; y: number };

/** A connection of an input with the output that it reads. */
interface Edge {
  from: string;
  output: string;
  to: string;
  input: string;
  member: string;
  isStep: boolean;
}

export interface Line extends Edge {
  path: string;
  /** Where it arrives, and the box that shows its reader. */
  end: Point;
  into: string;
}

export interface Picture {
  root: Box;
  boxes: Map<string, Box>;
  lines: Line[];
  w: number;
  h: number;
}

export interface Size {
  w: number;
  h: number;
}

export type Fold = "all" | "templates" | "none";

/** What is drawn of a phase. */
export interface Wanted {
  phase: Phase;
  fold: Fold;
  /** Groups that are folded although `fold` opens them, or the other way round. */
  turned: string[];
  size: Size;
}

/** Templates fold below the first level, so that the parts of a phase stay open. */
function isFoldedBy(fold: Fold, group: string): boolean {
  return fold === "all" || (fold === "templates" && group.includes("/"));
}
/** The ends of edges that enter or leave a group. No node has such a name. */
const entry = ">", exit = "<";
const header = 26;
const pad = 10;

function boxesOf(phase: Phase, folded: (group: string) => boolean, size: Size): Box {
  const box = (id: string, node: Node | null, of = ""): Box => ({
    id, name: ownName(id), node, of, children: [], isFolded: false, count: node ? 1 : 0, x: 0, y: 0, ...size,
  });
  const root = box("", null);
  const groups = new Map<string, Box>([["", root]]);
  const templates = new Map(phase.instances.map((one) => [one.name, one.of]));
  const group = (id: string): Box => {
    const known = groups.get(id);
    if (known) return known;
    const made = box(id, null, templates.get(id) ?? "");
    made.isFolded = folded(id);
    groups.set(id, made);
    group(id.includes("/") ? id.slice(0, id.lastIndexOf("/")) : "").children.push(made);
    return made;
  };
  for (const node of phase.nodes) {
    const outer = node.name.includes("/") ? node.name.slice(0, node.name.lastIndexOf("/")) : "";
    group(outer).children.push(box(node.name, node));
  }
  const count = (one: Box): number => (one.count = one.node ? 1 : one.children.reduce((sum, child) => sum + count(child), 0));
  count(root);
  return root;
}

interface End {
  box: Box;
  /** The boxes from the root's child to `box`. */
  chain: Box[];
}

/** For each node, the box that shows it: its own, or the folded group around it. */
function endsOf(root: Box): Map<string, End> {
  const ends = new Map<string, End>();
  const walk = (one: Box, chain: Box[], shown: End | null): void => {
    const here = shown ?? (one.node || one.isFolded ? { box: one, chain } : null);
    if (one.node && here) ends.set(one.id, here);
    for (const child of one.children) walk(child, [...chain, child], here);
  };
  walk(root, [], null);
  return ends;
}

function edgesOf(phase: Phase): Edge[] {
  const grains = new Map<string, string>();
  for (const node of phase.nodes) for (const wire of node.outputs ?? []) grains.set(`${node.name}.${wire.port}`, wire.grain);
  const known = new Set(phase.nodes.map((node) => node.name));
  return phase.nodes.flatMap((node) =>
    node.inputs
      .filter((input) => known.has(input.from))
      .map((input) => ({
        from: input.from, output: input.output, to: node.name, input: input.port, member: input.member,
        isStep: grains.get(`${input.from}.${input.output}`) === "step",
      })),
  );
}

export function picture({ phase, fold, turned, size }: Wanted): Picture {
  const others = new Set(turned);
  const root = boxesOf(phase, (group) => isFoldedBy(fold, group) !== others.has(group), size);
  const ends = endsOf(root);
  const edges = edgesOf(phase);
  /** Where edges run in a group, and the heights at which they enter and leave it; from the group's corner. */
  const inner = new Map<string, Point[]>(), sides = new Map<string, number>();

  /** The child of the group that shows the node; undefined if the node is outside. */
  const childOf = (node: string, group: Box, depth: number): Box | undefined => {
    const end = ends.get(node);
    return end && (group === root || end.chain[depth - 1] === group) ? end.chain[depth] : undefined;
  };
  const place = (group: Box): void => {
    const depth = group === root ? 0 : group.id.split("/").length;
    for (const child of group.children) if (!child.node && !child.isFolded) place(child);
    const arrange = () => {
      const graph = new graphlib.Graph({ multigraph: false });
      graph.setGraph({ rankdir: "LR", nodesep: 14, edgesep: 10, ranksep: group === root ? 44 : 26 });
      graph.setDefaultEdgeLabel(() => ({}));
      for (const child of group.children) graph.setNode(child.id, { width: child.w, height: child.h });
      for (const edge of edges) {
        const from = childOf(edge.from, group, depth), to = childOf(edge.to, group, depth);
        if (from === to || (!from && !to)) continue;
        // An edge that crosses the group's side is led to it between the nodes.
        if (!from && !graph.hasNode(entry)) graph.setNode(entry, { width: 1, height: 8 });
        if (!to && !graph.hasNode(exit)) graph.setNode(exit, { width: 1, height: 8 });
        graph.setEdge(from?.id ?? entry, to?.id ?? exit, {});
      }
      // The parts of a phase keep the order of the text. Inside a part, few crossings are worth more.
      dagreLayout(graph, { disableOptimalOrderHeuristic: group === root });
      return graph;
    };
    let graph = arrange();
    const open = group === root ? group.children.filter((child) => !child.node && !child.isFolded) : [];
    if (open.length > 1) {
      // Parts beside each other get equal widths, so that their nodes are below each other.
      const widths = new Map<number, number>();
      const rank = (child: Box): number => (graph.node(child.id) as { rank?: number }).rank ?? 0;
      for (const child of open) widths.set(rank(child), Math.max(widths.get(rank(child)) ?? 0, child.w));
      for (const child of open) child.w = widths.get(rank(child))!;
      graph = arrange();
    }
    const top = group === root ? 0 : header, side = group === root ? 0 : pad;
    for (const child of group.children) {
      const at = graph.node(child.id);
      child.x = at.x - child.w / 2 + side;
      child.y = at.y - child.h / 2 + top;
    }
    for (const edge of graph.edges()) {
      const points = (graph.edge(edge) as { points: Point[] }).points;
      inner.set(`${group.id}:${edge.v}>${edge.w}`, points.slice(1, -1).map((one) => ({ x: one.x + side, y: one.y + top })));
    }
    for (const end of [entry, exit]) if (graph.hasNode(end)) sides.set(group.id + end, graph.node(end).y + top);
    const size = graph.graph() as { width?: number; height?: number };
    group.w = Math.max(size.width ?? 0, 90) + 2 * side;
    group.h = (size.height ?? 0) + top + side;
  };
  place(root);

  const boxes = new Map<string, Box>();
  const settle = (one: Box, x: number, y: number): void => {
    one.x += x;
    one.y += y;
    boxes.set(one.id, one);
    if (!one.isFolded) for (const child of one.children) settle(child, one.x, one.y);
  };
  settle(root, 0, 0);

  // Ports are spread over a side, in the order in which they are first used.
  const outs = new Map<string, string[]>(), ins = new Map<string, string[]>();
  const port = (all: Map<string, string[]>, box: string, name: string): void => {
    const list = all.get(box) ?? [];
    if (!list.includes(name)) list.push(name);
    all.set(box, list);
  };
  const drawn = edges.flatMap((edge) => {
    const from = ends.get(edge.from), to = ends.get(edge.to);
    return from && to && from.box !== to.box ? [{ edge, from, to }] : [];
  });
  for (const { edge, from, to } of drawn) {
    port(outs, from.box.id, `${edge.from}.${edge.output}`);
    port(ins, to.box.id, `${edge.from}.${edge.output}`);
  }
  const at = (all: Map<string, string[]>, box: Box, name: string): number => {
    const list = all.get(box.id) ?? [];
    return box.y + (box.h * (list.indexOf(name) + 1)) / (list.length + 1);
  };
  const lines = drawn.map(({ edge, from, to }): Line => {
    const name = `${edge.from}.${edge.output}`;
    let shared = 0;
    while (shared < from.chain.length && shared < to.chain.length && from.chain[shared] === to.chain[shared]) ++shared;
    const points: Point[] = [{ x: from.box.x + from.box.w, y: at(outs, from.box, name) }];
    const along = (group: Box, a: string, b: string): void => {
      for (const one of inner.get(`${group.id}:${a}>${b}`) ?? []) points.push({ x: one.x + group.x, y: one.y + group.y });
    };
    const side = (group: Box, end: string): void => {
      points.push({ x: group.x + (end === exit ? group.w : 0), y: group.y + (sides.get(group.id + end) ?? group.h / 2) });
    };
    for (let k = from.chain.length - 2; k >= shared; --k) {
      along(from.chain[k]!, from.chain[k + 1]!.id, exit);
      side(from.chain[k]!, exit);
    }
    along(shared === 0 ? root : from.chain[shared - 1]!, from.chain[shared]!.id, to.chain[shared]!.id);
    for (let k = shared; k + 1 < to.chain.length; ++k) {
      side(to.chain[k]!, entry);
      along(to.chain[k]!, entry, to.chain[k + 1]!.id);
    }
    points.push({ x: to.box.x, y: at(ins, to.box, name) });
    return { ...edge, path: curve(points), end: points.at(-1)!, into: to.box.id };
  });
  return { root, boxes, lines, w: root.w, h: root.h };
}

/** A curve through the points that is horizontal at each of them. */
function curve(points: Point[]): string {
  const n = (value: number): string => value.toFixed(1);
  let out = `M${n(points[0]!.x)} ${n(points[0]!.y)}`;
  for (let k = 1; k < points.length; ++k) {
    const a = points[k - 1]!, b = points[k]!;
    const reach = Math.max(8, Math.abs(b.x - a.x) / 2);
    out += Math.abs(a.y - b.y) < 0.5 ? `L${n(b.x)} ${n(b.y)}` : `C${n(a.x + reach)} ${n(a.y)} ${n(b.x - reach)} ${n(b.y)} ${n(b.x)} ${n(b.y)}`;
  }
  return out;
}
