// The way of one sample through the graph: its value at each node, and where it was dropped or stopped.

import { isRead, ownName, wireOf, type Node, type Phase, type Wire } from "./graph";
import type { Selected } from "./graph_view";
import { dataOf, extentOf, planesOf, shortNumber, type NotKnown, type NumbersHead, type OutputHead, type Plane, type PreviewHead } from "./numbers";
import { goneSlots, rangeOf, Tile } from "./value_cells";
import { list, whole } from "./words";

/** Which sample is followed. */
export interface Identity {
  id: string;
  group: string;
}

/** What a node made of the sample. */
export interface Station {
  node: string;
  type: string;
  /** Pictures, one of each structure or class; or words. */
  planes: { plane: Plane; range: [number, number] }[];
  words: string;
  fate: "passed" | "dropped" | "kept" | "stopped" | "unknown";
}

export interface SampleWay {
  id: string;
  group: string;
  slot: number;
  stations: Station[];
}

/** The ports with which a gate says how it judged a row. */
const gatePorts = ["pseudo", "weight", "confidence", "needed"];
const isGate = (node: Node): boolean => node.type.startsWith("gate.");

/** The origin of the samples of an output; -1: it has none. */
export const originOf = (phase: Phase, selected: Selected): number => wireOf(phase, selected.node, selected.port)?.origin ?? -1;

/** The nodes of one origin in the order of the flow. */
function inOrder(phase: Phase, origin: number): Node[] {
  const mine = phase.nodes.filter((node) => (node.outputs ?? []).some((wire) => wire.origin === origin));
  const left = new Map(mine.map((node) => [node.name, node]));
  const out: Node[] = [];
  while (left.size > 0) {
    const ready = [...left.values()].filter((node) => !node.inputs.some((input) => left.has(input.from) && input.from !== node.name));
    // A graph has no cycles; should one come, nothing hangs.
    for (const node of ready.length > 0 ? ready : [...left.values()]) {
      out.push(node);
      left.delete(node.name);
    }
  }
  return out;
}

/** The nodes that a node's value comes from, and those that it reaches. */
function connected(phase: Phase, name: string): Set<string> {
  const out = new Set([name]);
  const walk = (next: (node: string) => string[], open: string[]): void => {
    for (const one of open)
      for (const other of next(one))
        if (!out.has(other)) {
          out.add(other);
          open.push(other);
        }
  };
  walk((node) => phase.nodes.find((one) => one.name === node)?.inputs.map((input) => input.from) ?? [], [name]);
  const upstream = [...out];
  walk((node) => phase.nodes.filter((one) => one.inputs.some((input) => input.from === node)).map((one) => one.name), [name]);
  // A sample goes several ways: those beside this one are shown too.
  walk((node) => phase.nodes.filter((one) => one.inputs.some((input) => input.from === node)).map((one) => one.name), upstream);
  return out;
}

/** The outputs of a node that can tell what it made of a sample, the best first: the selected one, those that are read, the others. */
function tellingWires(phase: Phase, origin: number, node: Node, selected: Selected): Wire[] {
  const rank = (wire: Wire): number => (node.name === selected.node && wire.port === selected.port ? 0 : isRead(phase, node.name, wire.port) ? 1 : 2);
  return (node.outputs ?? []).filter((wire) => wire.origin === origin).sort((a, b) => rank(a) - rank(b));
}

/** The outputs that tell the way of a sample: one of each node, and all with which a gate judges. */
export function outputsOnWay(phase: Phase, origin: number, selected: Selected): { node: string; port: string }[] {
  const near = connected(phase, selected.node);
  return inOrder(phase, origin)
    .filter((node) => near.has(node.name))
    .flatMap((node) => {
      const wires = tellingWires(phase, origin, node, selected);
      return (isGate(node) ? wires.filter((wire) => gatePorts.includes(wire.port)) : wires.slice(0, 1)).map((wire) => ({ node: node.name, port: wire.port }));
    });
}

/** The sample's part of a value: its head, and the number of its row; -1: the whole value is the sample's. */
function partOf(output: OutputHead, slot: number): { head: NumbersHead; row: number; text: string; type: string } | null {
  const own = output.values.find((value) => value.slot === slot);
  const whole = output.values.find((value) => value.slot < 0);
  const value = own ?? whole;
  const head = value?.numbers ?? value?.parts?.[0];
  if (!value || !head || (!own && slot >= (head.dims[0] ?? 0))) return null;
  return { head, row: own ? -1 : slot, text: value.text, type: value.type };
}

/** The numbers of a sample, at most as many as fit into a few words. */
function numbersOf(output: OutputHead, slot: number, bytes: ArrayBuffer): number[] | null {
  const part = partOf(output, slot);
  if (!part) return null;
  const data = dataOf(part.head, bytes);
  if (part.row < 0) return [...data];
  const length = data.length / Math.max(1, part.head.dims[0] ?? 1);
  return [...data.slice(part.row * length, (part.row + 1) * length)];
}

function picturesOf(output: OutputHead, slot: number, bytes: ArrayBuffer): Station["planes"] {
  const part = partOf(output, slot);
  if (!part) return [];
  const data = dataOf(part.head, bytes);
  const planes = planesOf(part.head, data, output, part.type)?.[Math.max(0, part.row)] ?? [];
  // The range of all samples, as in the table of values: a picture that is constant would have none.
  const range: [number, number] = part.head.dtype === "u8" ? [0, 255] : (output.range ?? rangeOf(data));
  return planes.map((plane) => ({ plane, range }));
}

/** Which numbers are black and white, where no contract states it. */
function rangeWords(output: OutputHead, planes: Station["planes"]): string {
  const first = planes[0];
  if (!first || output.range || first.plane.data instanceof Uint8Array) return "";
  const [low, high] = first.range;
  return low < high ? `black ${shortNumber(low)}, white ${shortNumber(high)}` : `all ${shortNumber(low)}`;
}

function wordsOf(output: OutputHead, slot: number, bytes: ArrayBuffer): string {
  const numbers = numbersOf(output, slot, bytes), part = partOf(output, slot);
  if (!numbers || !part) return output.values.find((value) => value.slot === slot)?.text ?? "";
  const name = (value: number): string => (part.head.dtype === "i64" ? (value < 0 ? "not known" : (output.names.entries?.[value] ?? String(value))) : shortNumber(value));
  if (numbers.length > 4) {
    const { low, high, count } = extentOf([numbers]);
    return `${part.head.dims.slice(part.row < 0 ? 0 : 1).join(" × ")} numbers${count > 0 ? `, ${shortNumber(low)} to ${shortNumber(high)}` : ""}`;
  }
  const names = output.names.dims[1] ?? null;
  return numbers.map((value, k) => (names?.[k] !== undefined ? `${names[k]} ${shortNumber(value)}` : name(value))).join(", ");
}

/** How a gate judged the sample. */
function judged(node: Node, outputs: OutputHead[], slot: number, bytes: ArrayBuffer): Station {
  const of = (port: string): OutputHead | undefined => outputs.find((one) => one.node === node.name && one.port === port);
  const number = (port: string): number | undefined => {
    const output = of(port);
    return output ? numbersOf(output, slot, bytes)?.[0] : undefined;
  };
  const weight = number("weight"), confidence = number("confidence"), threshold = number("needed"), pseudo = of("pseudo");
  const label = pseudo ? wordsOf(pseudo, slot, bytes) : "";
  const isKept = weight !== undefined && weight > 0;
  const against =
    confidence === undefined ? "" : threshold === undefined ? `confidence ${confidence.toFixed(3)}` : `confidence ${confidence.toFixed(3)}, needed ${threshold.toFixed(3)}`;
  return {
    node: node.name,
    type: node.type,
    planes: [],
    words: [label, against, isKept ? `weight ${shortNumber(weight)}` : ""].filter(Boolean).join("; "),
    fate: weight === undefined ? "unknown" : isKept ? "kept" : "stopped",
  };
}

/** The samples of an origin by slot; empty: they are not known. */
export const samplesOf = (phase: Phase, origin: number, outputs: OutputHead[]): Identity[] =>
  outputs.find((one) => one.samples.length > 0 && wireOf(phase, one.node, one.port)?.origin === origin)?.samples ?? [];

/** Where the sample that is followed is among these values. */
export interface Found {
  slot: number;
  /** The sample in the slot; null: none is known. */
  is: Identity | null;
  /** The sample that was followed, if it is not there; null: it is there. */
  missing: Identity | null;
}

/** Finds a sample by its identity. `wanted` is null if none was followed before: then it is the one in the slot. */
export function findSample(phase: Phase, origin: number, outputs: OutputHead[], slot: number, wanted: Identity | null): Found {
  const samples = samplesOf(phase, origin, outputs),
    is = samples[slot] ?? null;
  const isWanted = (one: Identity | null): boolean => one !== null && wanted !== null && one.id !== "" && one.id === wanted.id && one.group === wanted.group;
  if (wanted === null || isWanted(is)) return { slot, is, missing: null };
  const other = samples.findIndex(isWanted);
  return other >= 0 ? { slot: other, is: samples[other]!, missing: null } : { slot, is, missing: wanted };
}

export function wayOf(phase: Phase, origin: number, slot: number, head: PreviewHead, bytes: ArrayBuffer, selected: Selected): SampleWay {
  const { outputs } = head;
  const known = samplesOf(phase, origin, outputs)[slot];
  const lost = new Set<string>();
  const stations: Station[] = [];
  for (const node of inOrder(phase, origin)) {
    const mine = tellingWires(phase, origin, node, selected).flatMap((wire) => outputs.filter((one) => one.node === node.name && one.port === wire.port));
    const output = mine.find((one) => one.values.length > 0) ?? mine[0];
    if (!output) {
      const missing = head.not_known?.find((one) => one.node === node.name);
      if (missing && node.inputs.some((input) => lost.has(input.from))) lost.add(node.name);
      else if (missing) stations.push({ node: node.name, type: node.type, planes: [], words: whyNotKnown(missing, head), fate: "unknown" });
      continue;
    }
    const hasRow = partOf(output, slot) !== null || output.values.some((value) => value.slot === slot);
    // A row of a dropped sample repeats another one.
    const isDead = output.weights[slot] === 0 || output.values.some((value) => value.slot === slot && value.type === "tombstone");
    const isGone = isDead || (!hasRow && isRead(phase, node.name, output.port) && goneSlots(output).includes(slot));
    const isAfter = node.inputs.some((input) => lost.has(input.from));
    if (isGone) lost.add(node.name);
    if (isGone && isAfter) continue;
    if (isGone) {
      const why = output.values.find((value) => value.slot === slot)?.text ?? "";
      stations.push({ node: node.name, type: node.type, planes: [], words: why.startsWith("dropped") ? why : "", fate: "dropped" });
    } else if (!hasRow) stations.push({ node: node.name, type: node.type, planes: [], words: "not known", fate: "unknown" });
    else if (isGate(node)) stations.push(judged(node, outputs, slot, bytes));
    else {
      const planes = picturesOf(output, slot, bytes);
      stations.push({ node: node.name, type: node.type, planes, words: planes.length > 0 ? rangeWords(output, planes) : wordsOf(output, slot, bytes), fate: "passed" });
    }
  }
  return { id: known?.id ?? "", group: known?.group ?? "", slot, stations };
}

/** Why an output is not known in a step. */
export function whyNotKnown({ changing, lacked }: NotKnown, { step, weights }: PreviewHead): string {
  if (lacked) return `not known: ${weights?.run ?? "the run"} has no weights of ${lacked}`;
  return `not known in step ${whole(step)}: ${list(changing)} ${changing.length === 1 ? "changes" : "change"} while the graph runs`;
}

/** Sentences on values of the way that are of other weights than the edge. */
function otherWeights(way: SampleWay, head: PreviewHead): string[] {
  // Values of a run have no such facts: all of them are of its weights.
  const isOfRun = head.outputs.every((one) => one.changing === undefined);
  if (isOfRun || head.trained.length + head.stateful.length > 0) return [];
  const names = (of: (one: OutputHead) => string[] | undefined): [string, string][] => {
    const nodes = new Map<string, Set<string>>();
    for (const { node } of way.stations)
      for (const one of head.outputs)
        if (one.node === node && one.changing?.length && of(one)?.length) nodes.set(list(of(one)!), (nodes.get(list(of(one)!)) ?? new Set()).add(ownName(node)));
    return [...nodes].map(([what, all]) => [what, list([...all])]);
  };
  const { weights } = head;
  if (weights) return names((one) => one.weights_of).map(([what, nodes]) => `${nodes}: with the weights of ${what} that ${weights.run} kept at step ${weights.step}.`);
  return names((one) => one.changing).map(([what, nodes]) => `${nodes}: values of a first step, because ${what} can change while the graph runs.`);
}

const fateWords: Record<Station["fate"], string> = { passed: "", dropped: "dropped here", kept: "kept", stopped: "stopped here", unknown: "" };

const nameOf = (one: Identity): string => (one.id ? `${one.id}${one.group ? ` of ${one.group}` : ""}` : "a sample without a name");

interface Props {
  way: SampleWay;
  found: Found;
  head: PreviewHead;
  /** Outputs on the way that were not asked for. */
  left: number;
  /** Follows the sample that is shown instead of the one before. */
  accept: () => void;
}

export function Way({ way, found, head, left, accept }: Props) {
  return (
    <section class="way" aria-label="the way of one sample">
      <h3 class="lab">
        slot {way.slot}: <b>{way.id || "a sample without a name"}</b>
        {way.group && ` of ${way.group}`}
      </h3>
      {found.missing && (
        <p class="problem warn" role="alert">
          {found.missing.id
            ? `Another sample than before: ${nameOf(found.missing)} is not among these values.`
            : "The sample that was followed has no name, so this can be another one."}{" "}
          <button type="button" class="link" onClick={accept}>
            follow this one
          </button>
        </p>
      )}
      <ol class="stations" tabIndex={0}>
        {way.stations.map((one) => (
          <li key={one.node} class={`station ${one.fate}`} title={`${one.node} (${one.type})`}>
            <b>{ownName(one.node)}</b>
            {fateWords[one.fate] && <span class="fate">{fateWords[one.fate]}</span>}
            {one.planes.length > 0 && (
              <span class="pictures">
                {one.planes.map(({ plane, range }) => (
                  <span key={plane.name}>
                    <Tile plane={plane} range={range} title={[`${way.id} at ${one.node}`, plane.name].filter(Boolean).join(", ")} />
                    {plane.name && <i>{plane.name}</i>}
                  </span>
                ))}
              </span>
            )}
            {one.words && <span class="k">{one.words}</span>}
          </li>
        ))}
      </ol>
      {otherWeights(way, head).map((one) => <p class="k" key={one}>{one}</p>)}
      {left > 0 && <p class="k">{left === 1 ? "1 output" : `${left} outputs`} further along the way {left === 1 ? "is" : "are"} left out.</p>}
      {way.stations.length === 0 && <p class="k">No value of this sample is known here.</p>}
    </section>
  );
}
