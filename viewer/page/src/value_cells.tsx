// Values as a page draws them: a column is a sample, a row an output, or one structure or class of it.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { ownName } from "./graph";
import { dataOf, extentOf, isImage, planesOf, shortNumber, type Data, type OutputHead, type Plane } from "./numbers";

/** Which slot is marked, and what a click on another one does. */
export interface Pick {
  slot: number | null;
  pick: ((slot: number) => void) | null;
}

/** Heights of a picture, and widths that a column can have, in pixels. */
const tall = 68,
  narrowest = 84,
  widest = 124;
/** Numbers of a sample that are rows of their own. */
const mostRows = 32;

/** Characters at the end of a name that stay when it is shortened. */
const ending = 8;

/** A name in one line, shortened in its middle. All of it is in the title, and is what is copied. */
export function MiddleName({ name }: { name: string }) {
  const all = [...name];
  if (all.length <= ending + 4) return <span class="mid">{name}</span>;
  return (
    <span class="mid" title={name}>
      <span class="from">{all.slice(0, -ending).join("")}</span>
      <span>{all.slice(-ending).join("")}</span>
    </span>
  );
}

/** One row: of each sample its cell, or what is of the whole step. */
interface Line {
  name: string;
  cells: ComponentChildren[];
  whole: ComponentChildren;
}

interface Shown {
  output: OutputHead;
  /** How it relates to the edge that was chosen. */
  as: string;
  /** Why it has no values; empty: its samples were dropped, or its node put none. */
  why?: string;
  /** A node reads it, so a slot without a value is that of a dropped sample. */
  isRead?: boolean;
}

interface Props {
  all: Shown[];
  bytes: ArrayBuffer;
  slots: number;
  picked: Pick;
}

/** Outputs below each other. Where the samples are others than above, their names come again. */
export function Outputs({ all, bytes, slots, picked }: Props) {
  const width = widthOf(all);
  let above = "";
  return (
    <div class="samples" style={`--cell: ${width}px`} tabIndex={0} role="region" aria-label="values, a column for each sample">
      {all.flatMap(({ output, as, why, isRead }) => {
        const { samples } = output;
        const lines = linesOf(output, bytes, slots, width, picked, why ?? "", isRead ?? false);
        const columns = Math.max(0, ...lines.map((line) => line.cells.length));
        const names = JSON.stringify(samples);
        const isNew = columns > 0 && samples.length > 0 && names !== above;
        if (isNew) above = names;
        const key = `${output.node}.${output.port}`;
        return [
          isNew && (
            <div class="prow heads" key={`${key} samples`}>
              <div class="lab">sample</div>
              <div class="tiles">
                {samples.slice(0, columns).map((sample, slot) => (
                  <span key={slot} class="cell sample" title={`slot ${slot}: ${sample.id || "a sample without a name"}${sample.group ? ` of ${sample.group}` : ""}`} {...pressed(output, picked, slot)}>
                    <i>{slot}</i> <MiddleName name={sample.id} />
                  </span>
                ))}
              </div>
            </div>
          ),
          ...lines.map((line, k) => (
            <div class="prow" key={`${key} ${k}`}>
              <div class="lab">
                {k === 0 && (
                  <>
                    {as}
                    <b>{ownName(output.node)}{as === "this edge" || as === "of one node" ? `.${output.port}` : ""}</b>
                  </>
                )}
                {line.name && <span class="structure">{line.name}</span>}
              </div>
              <div class="tiles">
                {line.whole}
                {Array.from({ length: line.cells.length }, (_, slot) => <span key={slot} class="cell">{line.cells[slot]}</span>)}
              </div>
            </div>
          )),
        ];
      })}
    </div>
  );
}

/** The width of a column: that of the widest picture. */
function widthOf(all: Shown[]): number {
  const widths = all.flatMap(({ output }) =>
    output.values.flatMap((value) =>
      [value.numbers, ...(value.parts ?? [])].flatMap((head) => {
        if (!head || head.dims.length < 2) return [];
        const [h, w] = isImage(head, value.type) ? [head.dims[0]!, head.dims[1]!] : head.dims.length === 4 ? [head.dims[2]!, head.dims[3]!] : [1, 1];
        return [(tall * w) / Math.max(1, h)];
      }),
    ),
  );
  return Math.round(Math.min(widest, Math.max(narrowest, ...widths)));
}

/** Only a value of a sample can be followed. */
function pressed(output: OutputHead, picked: Pick, slot: number): object {
  const pick = output.samples.length > 0 ? picked.pick : null;
  return {
    ...(slot === picked.slot ? { "data-picked": "" } : {}),
    ...(pick ? { onClick: () => pick(slot), "data-pick": String(slot) } : {}),
  };
}

function linesOf(output: OutputHead, bytes: ArrayBuffer, slots: number, width: number, picked: Pick, why: string, isRead: boolean): Line[] {
  const lines = new Map<string, Line>();
  const line = (name: string): Line => {
    const found = lines.get(name) ?? { name, cells: [], whole: null };
    lines.set(name, found);
    return found;
  };
  const put = (name: string, slot: number, cell: ComponentChildren): void => {
    line(name).cells[slot] = cell;
  };
  const label = (slot: number): string => output.samples[slot]?.id ?? "";
  const word = (words: string, slot: number) => <span class="word" title={[words, label(slot)].filter(Boolean).join("\n")} {...pressed(output, picked, slot)}>{words}</span>;
  const { entries, dims: names } = output.names;
  const gone = isRead && why === "" ? goneSlots(output).filter((slot) => slot < slots) : [];
  if (output.values.length === 0 && gone.length === 0) line("").whole = <span class="word" key="none">{why || "no value: its node put none, or its samples were dropped"}</span>;
  for (const value of output.values.slice(0, output.values.length === 1 ? 1 : slots)) {
    const heads = value.numbers ? [value.numbers] : (value.parts ?? []);
    const isOfStep = value.slot < 0;
    // A row of a dropped sample repeats another one.
    const isDropped = (row: number): boolean => isOfStep && output.weights[row] === 0;
    // A loss puts two sums, and `loss.total` divides them.
    if (value.type === "loss term" && heads.length === 2) {
      const [sum, weights] = heads.map((head) => dataOf(head, bytes)[0]!) as [number, number];
      line("").whole = [["sum of weighted losses", sum] as const, ["sum of weights", weights] as const, ["mean", weights === 0 ? 0 : sum / weights] as const].map(([words, number]) => (
        <span class="word" key={words}>
          <span class="k">{words}</span> {shortNumber(number)}
        </span>
      ));
      continue;
    }
    const say = (name: string, words: string): void => {
      if (isOfStep) line(name).whole = <span class="word">{words}</span>;
      else put(name, value.slot, word(words, value.slot));
    };
    if (heads.length === 0) say("", value.text);
    heads.forEach((head, part) => {
      const data = dataOf(head, bytes);
      const before = heads.length > 1 ? (entries?.[part] ?? String(part)) : "";
      const named = (name: string): string => [before, name].filter(Boolean).join(" ");
      const words = (number: number): string => (head.dtype === "i64" && entries ? (number < 0 ? "not known" : (entries[number] ?? String(number))) : shortNumber(number));
      const planes = planesOf(head, data, output, value.type);
      const begin = Math.max(value.slot, 0);
      if (planes) {
        const range: [number, number] = head.dtype === "u8" ? [0, 255] : (output.range ?? rangeOf(data));
        planes.forEach((row, index) => {
          const slot = begin + index;
          for (const plane of row)
            put(named(plane.name), slot, isDropped(slot) ? word("dropped", slot) : <Tile pressed={pressed(output, picked, slot)} plane={plane} range={range} width={width} title={[label(slot), plane.name].filter(Boolean).join(", ")} />);
        });
        return;
      }
      const [rows, columns] = isOfStep ? [head.dims[0] ?? 0, head.dims.length === 2 ? head.dims[1]! : 1] : [1, data.length];
      if (head.dims.length === 0) say(named(""), words(data[0]!));
      else if (head.dims.length > 2 || columns > mostRows) say(named(""), `${head.dims.join(" × ")} numbers`);
      else
        for (let row = 0; row < rows; ++row)
          for (let column = 0; column < columns; ++column) {
            const slot = begin + row;
            const name = (isOfStep ? names[1] : head.dims.length === 1 ? entries : null)?.[column] ?? (columns > 1 ? String(column) : "");
            put(named(name), slot, word(isDropped(slot) ? "dropped" : words(data[row * columns + column]!), slot));
          }
    });
  }
  for (const slot of gone) put([...lines.keys()][0] ?? "", slot, word("dropped", slot));
  return [...lines.values()];
}

/** The slots whose samples are known, but have no value of their own in an output that gives each sample one. */
export function goneSlots(output: OutputHead): number[] {
  if (output.values.some((value) => value.slot < 0)) return [];
  const has = new Set(output.values.map((value) => value.slot));
  return output.samples.map((_, slot) => slot).filter((slot) => !has.has(slot));
}

export function rangeOf(data: Data): [number, number] {
  const extent = extentOf([data]);
  return [extent.low, extent.high];
}

/** A picture, black and white at the ends of the range, and gray if it is empty. Colours have one range. With a width, it fits into a column of that width. */
export function Tile({ plane, range, title, pressed, width }: { plane: Plane; range: [number, number]; title: string; pressed?: object; width?: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current!.getContext("2d")!;
    const image = context.createImageData(plane.w, plane.h);
    const factor = range[1] > range[0] ? 255 / (range[1] - range[0]) : 0;
    for (let p = 0; p < plane.w * plane.h; ++p) {
      for (let k = 0; k < 3; ++k) image.data[4 * p + k] = factor > 0 ? (plane.data[plane.isColour ? 3 * p + k : p]! - range[0]) * factor : 128;
      image.data[4 * p + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }, [plane, range[0], range[1]]);
  const hover = (event: MouseEvent): void => {
    const at = canvas.current!, box = at.getBoundingClientRect();
    const x = Math.floor(((event.clientX - box.left) / box.width) * plane.w), y = Math.floor(((event.clientY - box.top) / box.height) * plane.h);
    const size = plane.isColour ? 3 : 1, first = (y * plane.w + x) * size;
    const values = [...plane.data.slice(first, first + size)];
    if (values.length > 0) at.title = `${title}\n(${x}, ${y}): ${values.map(shortNumber).join(", ")}`;
  };
  const scale = width === undefined ? 0 : Math.min(width / plane.w, tall / plane.h);
  const size = scale > 0 ? { style: `width: ${plane.w * scale}px; height: ${plane.h * scale}px` } : {};
  return <canvas class="tile" {...pressed} {...size} ref={canvas} width={plane.w} height={plane.h} role="img" aria-label={title || "picture"} onMouseMove={hover} />;
}
