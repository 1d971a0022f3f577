// Values of slots as a page draws them: pictures, names, bars or numbers.

import { useEffect, useRef } from "preact/hooks";
import { ownName } from "./graph";
import { dataOf, extentOf, planesOf, shortNumber, type Data, type OutputHead, type Plane } from "./numbers";

/** Which slot is marked, and what a click on another one does. */
export interface Pick {
  slot: number | null;
  pick: ((slot: number) => void) | null;
}

export function Output({ output, as, bytes, slots, picked }: { output: OutputHead; as: string; bytes: ArrayBuffer; slots: number; picked: Pick }) {
  return (
    <div class="prow">
      <div class="lab">
        {as}
        <b>{ownName(output.node)}{as === "this edge" || as === "of one node" ? `.${output.port}` : ""}</b>
      </div>
      <div class="tiles">{cells(output, bytes, slots, picked)}</div>
    </div>
  );
}

function cells(output: OutputHead, bytes: ArrayBuffer, slots: number, picked: Pick) {
  const label = (slot: number): string => output.samples[slot]?.id ?? "";
  // Only a value of a sample can be followed.
  const canPick = output.samples.length > 0 ? picked.pick : null;
  const pressed = (slot: number) => ({
    ...(slot >= 0 && slot === picked.slot ? { "data-picked": "" } : {}),
    ...(canPick && slot >= 0 ? { onClick: () => canPick(slot), "data-pick": String(slot) } : {}),
  });
  if (output.values.length === 0) return [<span class="word" key="none">no value: its node put none, or its samples were dropped</span>];
  return output.values.slice(0, output.values.length === 1 ? 1 : slots).flatMap((value) => {
    const heads = value.numbers ? [value.numbers] : (value.parts ?? []);
    // A loss puts two sums, and `loss.total` divides them.
    if (value.type === "loss term" && heads.length === 2) {
      const [sum, weights] = heads.map((head) => dataOf(head, bytes)[0]!) as [number, number];
      return [
        ["sum of weighted losses", sum],
        ["sum of weights", weights],
        ["mean", weights === 0 ? 0 : sum / weights],
      ].map(([words, number]) => (
        <span class="word" key={words}>
          <span class="k">{words}</span> {shortNumber(number as number)}
        </span>
      ));
    }
    if (heads.length === 0) return [<span class="word" key={value.slot} title={label(value.slot)} {...pressed(value.slot)}>{value.text}</span>];
    return heads.flatMap((head, part) => {
      const data = dataOf(head, bytes);
      const planes = planesOf(head, data, output.names);
      const begin = Math.max(value.slot, 0);
      if (planes) {
        const range: [number, number] = head.dtype === "u8" ? [0, 255] : (output.range ?? rangeOf(data));
        return planes.flatMap((row, index) => row.map((plane, channel) => (
          <Tile key={`${value.slot}.${part}.${index}.${channel}`} pressed={pressed(begin + index)} plane={plane} range={range} title={[label(begin + index), plane.name].filter(Boolean).join(", ")} />
        )));
      }
      if (head.dtype === "i64" && head.dims.length === 0) {
        const index = data[0]!;
        const name = index < 0 ? "not known" : (output.names.entries?.[index] ?? String(index));
        return [<span class="word" key={`${value.slot}.${part}`} title={label(value.slot)} {...pressed(value.slot)}>{name}</span>];
      }
      if (head.dims.length === 0) return [<span class="word" key={`${value.slot}.${part}`} {...pressed(value.slot)}>{shortNumber(data[0]!)}</span>];
      const names = head.dims.length === 2 ? output.names.dims[1] : head.dims.length === 1 ? output.names.entries : null;
      if (head.dims.length <= 2 && (head.dims.at(-1) ?? 0) <= 32)
        return [<Rows key={`${value.slot}.${part}`} dims={head.dims} data={data} names={names ?? null} isByRow={value.slot < 0} label={label} pressed={value.slot < 0 ? pressed : () => pressed(value.slot)} entries={head.dtype === "i64" ? output.names.entries : null} />];
      return [<span class="word" key={`${value.slot}.${part}`}>{head.dims.join(" × ")}</span>];
    });
  });
}

export function rangeOf(data: Data): [number, number] {
  const extent = extentOf([data]);
  return [extent.low, extent.high];
}

export function Tile({ plane, range, title, pressed }: { plane: Plane; range: [number, number]; title: string; pressed?: object }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current!.getContext("2d")!;
    const image = context.createImageData(plane.w, plane.h);
    const factor = range[1] > range[0] ? 255 / (range[1] - range[0]) : 0;
    for (let p = 0; p < plane.w * plane.h; ++p) {
      const gray = (plane.data[p]! - range[0]) * factor;
      image.data[4 * p] = image.data[4 * p + 1] = image.data[4 * p + 2] = gray;
      image.data[4 * p + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }, [plane, range[0], range[1]]);
  const hover = (event: MouseEvent): void => {
    const at = canvas.current!, box = at.getBoundingClientRect();
    const x = Math.floor(((event.clientX - box.left) / box.width) * plane.w), y = Math.floor(((event.clientY - box.top) / box.height) * plane.h);
    const value = plane.data[y * plane.w + x];
    if (value !== undefined) at.title = `${title}\n(${x}, ${y}): ${shortNumber(value)}`;
  };
  return <canvas class="tile" {...pressed} ref={canvas} width={plane.w} height={plane.h} role="img" aria-label={title || "picture"} onMouseMove={hover} />;
}

function Rows(props: { dims: number[]; data: Data; names: string[] | null; isByRow: boolean; label: (row: number) => string; pressed: (row: number) => object; entries: string[] | null }) {
  const { dims, data, names, isByRow, label, pressed, entries } = props;
  const width = dims.length === 2 ? dims[1]! : 1, rows = dims.length === 2 ? dims[0]! : isByRow ? dims[0]! : 1;
  const columns = dims.length === 1 && !isByRow ? dims[0]! : width;
  const text = (value: number): string => entries?.[value] ?? shortNumber(value);
  return (
    <table class="small">
      {names && <thead><tr>{isByRow && <th />}{names.map((name) => <th key={name}>{name}</th>)}</tr></thead>}
      <tbody>
        {Array.from({ length: rows }, (_, row) => (
          <tr key={row} {...pressed(row)}>
            {isByRow && <th>{label(row)}</th>}
            {Array.from({ length: columns }, (_unused, column) => <td key={column}>{text(data[row * columns + column]!)}</td>)}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
