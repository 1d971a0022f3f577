// The values that a run recorded, in a report: those of one edge after each epoch.
import { useMemo, useState } from "preact/hooks";
import type { OutputHead } from "./numbers";
import { countWords } from "./result_words";
import type { Recorded, Run } from "./results_data";
import { Outputs } from "./value_cells";

/** Most slots of a recording that are drawn. */
const slots = 32;

function bytesOf(one: Recorded): ArrayBuffer {
  const text = atob(one.bytes), out = new Uint8Array(text.length);
  for (let k = 0; k < text.length; ++k) out[k] = text.charCodeAt(k);
  return out.buffer;
}

const keyOf = (phase: string, output: OutputHead): string => `${phase} ${output.node}.${output.port}`;

export function RecordedValues({ run }: { run: Run }) {
  const all = run.recorded ?? [];
  const edges = [...new Set(all.flatMap((one) => one.outputs.map((output) => keyOf(one.phase, output))))];
  const [chosen, setChosen] = useState("");
  const [place, setPlace] = useState(Infinity);
  const edge = edges.includes(chosen) ? chosen : edges[0]!;
  const mine = all.filter((one) => one.outputs.some((output) => keyOf(one.phase, output) === edge));
  const at = Math.min(place, mine.length - 1), shown = mine[at]!;
  const bytes = useMemo(() => bytesOf(shown), [shown]);
  const output = shown.outputs.find((one) => keyOf(shown.phase, one) === edge)!;
  return (
    <>
      <p class="legend">
        <label>edge <select value={edge} onChange={(event) => (setChosen(event.currentTarget.value), setPlace(Infinity))}>{edges.map((one) => <option key={one} value={one}>{one}</option>)}</select></label>
        <label>
          after training step{" "}
          <input type="range" min={0} max={mine.length - 1} value={at} aria-label="recording" aria-valuetext={`after training step ${shown.trained}`} onInput={(event) => setPlace(Number(event.currentTarget.value))} />{" "}
          <b>{countWords(shown.trained)}</b>, {at + 1} of {mine.length}
        </label>
      </p>
      <Outputs all={[{ output, as: "" }]} bytes={bytes} slots={slots} picked={{ slot: null, pick: null }} />
    </>
  );
}
