// The ranks of a training: what each does in a step, and which one the others wait for.

import { useRef, useState } from "preact/hooks";
import type { RankRow, Ranks } from "./run";
import { useTopic, type RunStore } from "./run_store";
import { count, msWords, whole } from "./words";

/** Of many ranks, this number of rows is shown. */
const most = 4;
/** Rows change places at most this often, in milliseconds, so that they can be read. */
const settled = 5000;
const partsOf = (row: RankRow): [string, number][] => [
  ["computes", row.compute],
  ["awaits", row.data],
  ["idles", row.waiting],
];
const part = (row: RankRow): number => row.compute + row.data;

/** The numbers of the ranks, that with the longest part first. */
export const longestFirst = (ranks: RankRow[]): number[] => ranks.map((_, rank) => rank).sort((a, b) => part(ranks[b]!) - part(ranks[a]!) || a - b);

/** `rank 1`, and what is behind it: the process and its host. */
function nameParts(name: string): [string, string] {
  const at = name.indexOf(" (");
  return at < 0 ? [name, ""] : [name.slice(0, at), name.slice(at + 2).replace(/\)$/, "")];
}

function rangeWords(low: number, high: number): string {
  const [from, to] = [msWords(low), msWords(high)];
  return from === to ? from : `${from} to ${to}`;
}

function RankBar({ row, longest }: { row: RankRow; longest: number }) {
  const width = 88;
  let at = 0;
  return (
    <svg class="sharebar rankbar" viewBox={`0 0 ${width} 10`} width={width} height="10" preserveAspectRatio="none" aria-hidden="true">
      {partsOf(row).map(([name, seconds], k) => {
        const w = longest > 0 ? (width * seconds) / longest : 0,
          x = at;
        at += w;
        return w > 0 && <rect key={name} class={name} x={x} width={w} y={k === 0 ? 0 : 5} height={k === 0 ? 10 : 5} />;
      })}
    </svg>
  );
}

const Key = ({ of }: { of: string }) => (
  <svg class="rankbar" width="9" height="9" viewBox="0 0 9 9" aria-hidden="true">
    <rect class={of} y={of === "computes" ? 0 : 4} width="9" height={of === "computes" ? 9 : 5} />
  </svg>
);

function Head() {
  return (
    <thead>
      <tr>
        <th scope="col">rank</th>
        <td />
        <th scope="col" class="r">
          <Key of="computes" /> computing
        </th>
        <th scope="col" class="r">
          <Key of="awaits" /> waiting for{"\n"}its images
        </th>
        <th scope="col" class="r">
          <Key of="idles" /> waiting for{"\n"}others
        </th>
      </tr>
    </thead>
  );
}

function Row({ row, longest, isLate }: { row: RankRow; longest: number; isLate: boolean }) {
  const [name, place] = nameParts(row.name);
  return (
    <tr class={isLate ? "late" : ""}>
      <th scope="row" title={row.name}>
        {name}
        {isLate && <b class="lateword">late</b>} <span class="k">{place}</span>
      </th>
      <td>
        <RankBar row={row} longest={longest} />
      </td>
      {partsOf(row).map(([of, seconds]) => (
        <td key={of} class="r">
          {seconds > 0 ? msWords(seconds * 1000) : "–"}
        </td>
      ))}
    </tr>
  );
}

/** The order of the rows, which changes seldom. The late rank is always first. */
function useOrder(ranks: Ranks): number[] {
  const order = useRef({ time: 0, ranks: [] as number[] });
  const isOld = performance.now() - order.current.time > settled || order.current.ranks.length !== ranks.ranks.length;
  if (isOld || (ranks.late !== null && order.current.ranks[0] !== ranks.late))
    order.current = { time: performance.now(), ranks: longestFirst(ranks.ranks) };
  return order.current.ranks;
}

/** A row for each rank, that with the longest part first. Of many, the others are folded. */
export function RankTable({ ranks }: { ranks: Ranks }) {
  const [showsAll, setShowsAll] = useState(false);
  const order = useOrder(ranks);
  const longest = Math.max(...ranks.ranks.map(part));
  const isLong = order.length > most + 1;
  const shown = isLong && !showsAll ? order.slice(0, most) : order,
    folded = order.slice(shown.length).map((rank) => part(ranks.ranks[rank]!) * 1000);
  return (
    <table class="small ranks">
      <Head />
      <tbody>
        {shown.map((rank) => (
          <Row key={rank} row={ranks.ranks[rank]!} longest={longest} isLate={rank === ranks.late} />
        ))}
        {isLong && (
          <tr>
            <td colSpan={5}>
              {folded.length > 0 && `${folded.length} others: parts of ${rangeWords(Math.min(...folded), Math.max(...folded))} `}
              <button type="button" class="link" aria-expanded={showsAll} onClick={() => setShowsAll(!showsAll)}>
                {showsAll ? `show the ${most} longest` : "show all"}
              </button>
            </td>
          </tr>
        )}
      </tbody>
    </table>
  );
}

/** What is said below the table. */
export function RankWords({ ranks }: { ranks: Ranks }) {
  return (
    <>
      <p>{ranks.sentence}</p>
      {ranks.other_steps > 0 && <p class="k">Without {count(ranks.other_steps, "step")} that another number of ranks did.</p>}
    </>
  );
}

/** The panel of a run that several ranks share; nothing for another one. */
export function RankPanel({ store }: { store: RunStore }) {
  const ranks = useTopic(store, "ranks");
  if (!ranks) return null;
  return (
    <div class="rankpanel">
      <div class="lab">
        {ranks.ranks.length} ranks, time per step, {ranks.is_recent ? `last ${count(ranks.steps, "step")}` : `${whole(ranks.steps)} steps`} of {ranks.phase}
      </div>
      <RankTable ranks={ranks} />
      <RankWords ranks={ranks} />
      <p class="k">All else on this page is of rank 0.</p>
    </div>
  );
}
