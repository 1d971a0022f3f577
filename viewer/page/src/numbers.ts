// The numbers of a value, as the server sends them (viewer/server/value_json.h).

export interface NumbersHead {
  dims: number[];
  dtype: "u8" | "u16" | "i64" | "f32";
  at: number;
  bytes: number;
}

export interface ValueHead {
  type: string;
  text: string;
  slot: number;
  hash: string;
  numbers?: NumbersHead;
  parts?: NumbersHead[];
}

export interface OutputHead {
  node: string;
  port: string;
  contract: string;
  range: [number, number] | null;
  names: { dims: (string[] | null)[]; entries: string[] | null };
  values: ValueHead[];
  samples: { id: string; group: string }[];
  /** By row of a value for the whole step: 0 if its sample was dropped. Empty: none was. */
  weights: number[];
  /** Of values computed anew: what upstream of it changes while the graph runs, and whose weights come from a run. */
  changing?: string[];
  weights_of?: string[];
}

/** An output that was asked for, but is not known in this step. `lacked`: a network of which the run has no weights. */
export interface NotKnown {
  node: string;
  port: string;
  changing: string[];
  lacked: string;
}

/** `trained` and `stateful` are upstream of the edge that was asked for, the first output. */
export interface PreviewHead {
  outputs: OutputHead[];
  not_known?: NotKnown[];
  /** The step of the values. */
  step: number;
  /** Other steps can be asked for. */
  has_step: boolean;
  trained: string[];
  stateful: string[];
  /** The run that weights come from, and whose of them the edge needs; null: no weights come from a run. */
  weights: { run: string; step: number; of: string[] } | null;
  warnings: string[];
  seconds: number;
  /** Of recorded values: the training steps done. */
  trained_steps?: number;
}

export type Data = Uint8Array | Uint16Array | Float32Array | number[];

export function dataOf(head: NumbersHead, bytes: ArrayBuffer): Data {
  if (head.dtype === "u8") return new Uint8Array(bytes, head.at, head.bytes);
  if (head.dtype === "u16") return new Uint16Array(bytes, head.at, head.bytes / 2);
  if (head.dtype === "f32") return new Float32Array(bytes, head.at, head.bytes / 4);
  return [...new BigInt64Array(bytes, head.at, head.bytes / 8)].map(Number);
}

export interface Extent {
  low: number;
  high: number;
  mean: number;
  count: number;
  /** Numbers that are not finite. */
  others: number;
}

export function extentOf(all: Data[]): Extent {
  let low = Infinity, high = -Infinity, sum = 0, count = 0, others = 0;
  for (const data of all)
    for (const value of data) {
      if (!Number.isFinite(value)) {
        ++others;
        continue;
      }
      if (value < low) low = value;
      if (value > high) high = value;
      sum += value;
      ++count;
    }
  return { low, high, mean: sum / count, count, others };
}

export function histogram(all: Data[], low: number, high: number, bins: number): number[] {
  const out = new Array<number>(bins).fill(0);
  const width = high > low ? (high - low) / bins : 1;
  for (const data of all)
    for (const value of data)
      if (value >= low && value <= high) ++out[Math.min(bins - 1, Math.floor((value - low) / width))]!;
  return out;
}

/** A picture of one channel, or in colour: then `data` has red, green and blue of each pixel behind each other. */
export interface Plane {
  w: number;
  h: number;
  data: Data;
  name: string;
  isColour?: boolean;
}

/** Whether a value is an image, H x W or H x W x K, not the rows of a step. `type` is that of the value. */
export function isImage(head: NumbersHead, type: string): boolean {
  const { dims, dtype } = head;
  return (dtype === "u8" || type === "image") && (dims.length === 2 || (dims.length === 3 && dims[2]! <= 16));
}

/** The pictures in a value: an image in colour, channels of an image, or the channels of one row of N x K x H x W. Null if it has none. */
export function planesOf(head: NumbersHead, data: Data, output: OutputHead, type: string): Plane[][] | null {
  const { dims } = head, { names } = output;
  if (isImage(head, type)) {
    const [h, w, k = 1] = dims as [number, number, number?];
    // Masks of three structures say what their channels are.
    if (k === 3 && !names.entries && !/, of \w/.test(output.contract)) return [[{ w, h, data, name: "", isColour: true }]];
    const list: Plane[] = [];
    for (let channel = 0; channel < k; ++channel) {
      const plane: Data = data instanceof Uint8Array ? new Uint8Array(w * h) : data instanceof Uint16Array ? new Uint16Array(w * h) : new Float32Array(w * h);
      for (let p = 0; p < w * h; ++p) plane[p] = data[p * k + channel]!;
      list.push({ w, h, data: plane, name: names.entries?.[channel] ?? (k > 1 ? String(channel) : "") });
    }
    return [list];
  }
  if (dims.length !== 4 || dims[2]! < 2 || dims[3]! < 2) return null;
  const [n, k, h, w] = dims as [number, number, number, number];
  return Array.from({ length: n }, (_, row) =>
    Array.from({ length: Math.min(k, 8) }, (_unused, channel) => {
      const begin = (row * k + channel) * h * w;
      return { w, h, data: data.slice(begin, begin + h * w) as Data, name: names.dims[1]?.[channel] ?? (k > 1 ? String(channel) : "") };
    }),
  );
}

export function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-3) return value.toExponential(2);
  return String(Number(value.toPrecision(4)));
}

/** As `leat check` writes sizes. */
export function sizeWords(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0, value = bytes;
  while (value >= 1000 && unit + 1 < units.length) [value, unit] = [value / 1000, unit + 1];
  return `${unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`;
}
