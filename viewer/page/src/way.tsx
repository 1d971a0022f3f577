// The way of one sample through the graph: its value at each node, and where it was dropped or stopped.

import { ownName, wireOf, type Node, type Phase } from "./graph";
import type { Selected } from "./graph_view";
import { dataOf, planesOf, shortNumber, type NumbersHead, type OutputHead, type Plane } from "./numbers";
import { rangeOf, Tile } from "./value_cells";

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

/** The outputs that tell the way of a sample: one of each node, and all with which a gate judges. */
export function outputsOnWay(phase: Phase, origin: number, through: string): { node: string; port: string }[] {
  const near = connected(phase, through);
  return inOrder(phase, origin)
    .filter((node) => near.has(node.name))
    .flatMap((node) => {
      const wires = (node.outputs ?? []).filter((wire) => wire.origin === origin);
      return (isGate(node) ? wires.filter((wire) => gatePorts.includes(wire.port)) : wires.slice(0, 1)).map((wire) => ({ node: node.name, port: wire.port }));
    });
}

/** The sample's part of a value: its head, and the number of its row; -1: the whole value is the sample's. */
function partOf(output: OutputHead, slot: number): { head: NumbersHead; row: number; text: string } | null {
  const own = output.values.find((value) => value.slot === slot);
  const whole = output.values.find((value) => value.slot < 0);
  const value = own ?? whole;
  const head = value?.numbers ?? value?.parts?.[0];
  if (!value || !head || (!own && slot >= (head.dims[0] ?? 0))) return null;
  return { head, row: own ? -1 : slot, text: value.text };
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
  const planes = planesOf(part.head, data, output.names)?.[Math.max(0, part.row)] ?? [];
  return planes.map((plane) => ({ plane, range: part.head.dtype === "u8" ? [0, 255] : (output.range ?? rangeOf(plane.data)) }));
}

function wordsOf(output: OutputHead, slot: number, bytes: ArrayBuffer): string {
  const numbers = numbersOf(output, slot, bytes), part = partOf(output, slot);
  if (!numbers || !part) return output.values.find((value) => value.slot === slot)?.text ?? "";
  const name = (value: number): string => (part.head.dtype === "i64" ? (value < 0 ? "not known" : (output.names.entries?.[value] ?? String(value))) : shortNumber(value));
  if (numbers.length > 4) return `${part.head.dims.slice(part.row < 0 ? 0 : 1).join(" × ")}`;
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
const samplesOf = (phase: Phase, origin: number, outputs: OutputHead[]): Identity[] =>
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

export function wayOf(phase: Phase, origin: number, slot: number, outputs: OutputHead[], bytes: ArrayBuffer): SampleWay {
  const known = samplesOf(phase, origin, outputs)[slot];
  const lost = new Set<string>();
  const stations: Station[] = [];
  for (const node of inOrder(phase, origin)) {
    const mine = outputs.filter((one) => one.node === node.name);
    if (mine.length === 0) continue;
    const output = mine[0]!;
    const wire = wireOf(phase, node.name, output.port);
    if (wire?.origin !== origin) continue;
    const hasRow = partOf(output, slot) !== null || output.values.some((value) => value.slot === slot);
    // A row of a dropped sample repeats another one.
    const isDead = output.weights[slot] === 0 || output.values.some((value) => value.slot === slot && value.type === "tombstone");
    // A slot beyond those that are known was not dropped; nothing is known of it.
    const isBetween = output.values.length > 0 && output.values.every((value) => value.slot >= 0) && slot < Math.max(...output.values.map((value) => value.slot));
    const isGone = isDead || (!hasRow && isBetween);
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
      stations.push({ node: node.name, type: node.type, planes, words: planes.length > 0 ? "" : wordsOf(output, slot, bytes), fate: "passed" });
    }
  }
  return { id: known?.id ?? "", group: known?.group ?? "", slot, stations };
}

const fateWords: Record<Station["fate"], string> = { passed: "", dropped: "dropped here", kept: "kept", stopped: "stopped here", unknown: "" };

const nameOf = (one: Identity): string => (one.id ? `${one.id}${one.group ? ` of ${one.group}` : ""}` : "a sample without a name");

interface Props {
  way: SampleWay;
  found: Found;
  /** Outputs on the way that were not asked for. */
  left: number;
  /** Follows the sample that is shown instead of the one before. */
  accept: () => void;
}

export function Way({ way, found, left, accept }: Props) {
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
      {left > 0 && <p class="k">{left === 1 ? "1 output" : `${left} outputs`} further along the way {left === 1 ? "is" : "are"} left out.</p>}
      {way.stations.length === 0 && <p class="k">No value of this sample is known here.</p>}
    </section>
  );
}
