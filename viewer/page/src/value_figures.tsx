// Numbers of the values on an edge, and a drawing of how often each occurs.

import { ownName } from "./graph";
import { dataOf, extentOf, histogram, shortNumber, type Data, type OutputHead } from "./numbers";

/** The range of the numbers, and how often each occurs; dashed: those of the first output, which the others come from. */
export function Figures({ output, first, lane, bytes }: { output: OutputHead | undefined; first: OutputHead | undefined; lane: string; bytes: ArrayBuffer | undefined }) {
  if (!bytes || !output) return <aside class="figures" />;
  const before = first === output ? undefined : first;
  const all = (one: OutputHead | undefined): Data[] =>
    one ? one.values.flatMap((value) => (value.numbers ? [value.numbers] : (value.parts ?? []))).map((head) => dataOf(head, bytes)) : [];
  const data = all(output);
  const extent = extentOf(data);
  if (extent.count + extent.others < 16) return <aside class="figures" />;
  const isByte = output.values[0]?.numbers?.dtype === "u8";
  const [low, high] = isByte ? [0, 255] : [extent.low, extent.high];
  const bars = histogram(data, low, high, 64), past = histogram(all(before), low, high, 64);
  const line = (bins: number[]): string => {
    const most = Math.max(...bins.slice(isByte ? 1 : 0, isByte ? -1 : undefined), 1);
    return bins.map((count, k) => `${k === 0 ? "M" : "L"}${((k + 0.5) * 220) / 64} ${(88 - 84 * Math.min(1, count / most)).toFixed(1)}`).join("");
  };
  const hasPast = past.some((count) => count > 0);
  return (
    <aside class="figures" aria-label="range and histogram">
      <div class="lab">{isByte ? "gray values" : "values"} of these samples{hasPast && before ? `; dashed: ${ownName(before.node)}` : ""}</div>
      <svg viewBox="0 0 220 92" role="img" aria-label={`histogram from ${shortNumber(low)} to ${shortNumber(high)}`}>
        <path class="harea" d={`${line(bars)}L218 88L2 88z`} />
        <path class="hline" d={line(bars)} />
        {hasPast && <path class="hpast" d={line(past)} />}
        <path class="ax" d="M0 88H220" />
      </svg>
      <div class="ends lab"><span>{shortNumber(low)}</span><span>{shortNumber(high)}</span></div>
      <dl class="kv">
        <dt>lowest</dt><dd>{shortNumber(extent.low)}</dd>
        <dt>mean</dt><dd>{shortNumber(extent.mean)}</dd>
        <dt>highest</dt><dd>{shortNumber(extent.high)}</dd>
        <dt>numbers</dt><dd>{extent.count.toLocaleString("en")}</dd>
        {extent.others > 0 && <><dt>not finite</dt><dd class="bad">{extent.others}</dd></>}
        {lane === "device" && <><dt>lane</dt><dd>device</dd></>}
      </dl>
    </aside>
  );
}
