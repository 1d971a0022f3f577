// The graph as the server sends it (viewer/server/graph_json.h).

export interface Place {
  text: number;
  line: number;
  column: number;
}

export interface Input {
  port: string;
  member: string;
  from: string;
  output: string;
  place: Place | null;
}

export interface Wire {
  port: string;
  type: string;
  contract: string;
  grain: "slot" | "step";
  origin: number;
  bytes: number | null;
}

export interface Use {
  name: string;
  changes: boolean;
}

/** A node or a resource. `values` are those after defaults; they are known if the graph is built. */
export interface Component {
  name: string;
  type: string;
  place: Place | null;
  given: Record<string, string>;
  values?: Record<string, string>;
}

export interface Node extends Component {
  lane: "cpu" | "device";
  inputs: Input[];
  /** `on_error: skip`: a sample for which it fails is left out. */
  skips_errors?: boolean;
  segment?: number;
  grain?: "slot" | "step";
  origin?: number;
  is_ordered?: boolean;
  is_source?: boolean;
  outputs?: Wire[];
  resources?: Use[];
}

export interface Resource extends Component {
  uses: Use[];
}

export interface Phase {
  name: string;
  kind: string;
  place: Place | null;
  nodes: Node[];
  instances: { name: string; of: string; place: Place | null }[];
  steps?: number;
  credits?: number;
  /** What `leat check` prints of it: its line, the table of its sources, and notes on its memory. */
  text?: string;
  sources?: string[][];
  size_notes?: string;
  origins?: { source: string; rows: number; length: number }[];
}

export interface Mistake {
  id: string;
  is_warning: boolean;
  place: Place | null;
  text: string;
  hint: string;
  notes: { place: Place | null; text: string }[];
  parts: { phase: string; name: string }[];
}

export interface PortPage {
  name: string;
  type: string;
  words: string;
  sentence: string;
}

export interface ParamPage {
  name: string;
  type: string;
  required: boolean;
  default: string | null;
  range: string;
  sentence: string;
}

/** What `leat nodes TYPE` says. */
export interface TypePage {
  id: string;
  sentence: string;
  resource: boolean;
  plugin: string;
  snippet: string;
  inputs: PortPage[];
  outputs: PortPage[];
  params: ParamPage[];
}

export interface Graph {
  version: 1;
  title: string;
  is_readable: boolean;
  is_built: boolean;
  params: { name: string; value: string; doc: string; allowed: string }[];
  resources: Resource[];
  phases: Phase[];
  mistakes: Mistake[];
  types: Record<string, TypePage>;
  texts: { name: string; lines: string[] }[];
  hash?: string;
  seed?: string;
  device?: string;
  plan?: string;
  /** The table of the data, and the line on memory, as `leat check` prints them. */
  data?: string[][];
  memory?: string;
  /** `leat check` and a run read files of samples that this page does not read. */
  has_files_to_try?: boolean;
  warnings?: string[];
  disclosures?: string[];
}

/** One message of the topic `graph`. */
export interface Shown {
  version: number;
  file: string;
  graph?: Graph;
  waits_for?: string[];
  error?: string;
}

export const ownName = (name: string): string => name.slice(name.lastIndexOf("/") + 1);

/** The node's outputs: as built, or those that other nodes read. */
export function outputsOf(phase: Phase, node: Node): string[] {
  if (node.outputs) return node.outputs.map((wire) => wire.port);
  const read = new Set<string>();
  for (const other of phase.nodes) for (const input of other.inputs) if (input.from === node.name && input.output) read.add(input.output);
  return [...read];
}

/** The steps of a phase in which a source has samples. In a training, sources begin again. */
export function stepsOf(phase: Phase, origin: number): number {
  const all = phase.steps ?? 1, source = phase.origins?.[origin];
  if (!source || phase.kind === "train" || source.length === 0 || source.rows === 0) return all;
  return Math.min(all, Math.ceil(source.length / source.rows));
}

/** The sources upstream of a node that have no samples in a step. */
export function endedSources(phase: Phase, node: string, step: number): { name: string; steps: number }[] {
  const upstream = [node];
  for (const name of upstream)
    for (const input of phase.nodes.find((one) => one.name === name)?.inputs ?? []) if (!upstream.includes(input.from)) upstream.push(input.from);
  return (phase.origins ?? []).flatMap((origin, k) => {
    const steps = stepsOf(phase, k);
    return upstream.includes(origin.source) && step >= steps ? [{ name: origin.source, steps }] : [];
  });
}

export const isRead = (phase: Phase, node: string, port: string): boolean =>
  phase.nodes.some((one) => one.inputs.some((input) => input.from === node && input.output === port));

export function wireOf(phase: Phase, node: string, port: string): Wire | undefined {
  return phase.nodes.find((one) => one.name === node)?.outputs?.find((wire) => wire.port === port);
}
