// The states of a node, told by shape, word and colour.

import { states } from "./run";

export const idle = states.length;
export const stateWords = [...states, "idle"] as const;
/** As they fit into a box. */
export const boxWords = ["running", "queued", "no input", "blocked", "no credit", "idle"] as const;
export const stateDocs = [
  "A call of the node runs.",
  "Values are there; the node waits for a worker, for its turn or for the device lane.",
  "No call runs, because a value is missing.",
  "The values of the step before are not read yet.",
  "All steps in flight have their ledger; the source waits for one to end.",
  "The phase is not in progress.",
] as const;

const shapes = [
  "M1 0L10 5L1 10Z",
  "M0 1H2.4V9H0ZM3.8 1H6.2V9H3.8ZM7.6 1H10V9H7.6Z",
  "M5 1A4 4 0 1 1 4.99 1Z",
  "M1 1H9V9H1Z",
  "M5 0.5L9.5 5L5 9.5L0.5 5Z",
  "M0 4H10V6H0Z",
  "M1 1H9V9H1Z",
  "M0.5 5L4 8.5L9.5 1.5",
];
/** Shapes of a run that ended before its plan was done, and of one that is finished. */
export const unfinished = 6,
  finished = 7;

/** The shapes that `<use href="#g0">` refers to; once in the page. */
export function GlyphShapes() {
  return (
    <svg class="shapes" width="0" height="0" aria-hidden="true">
      <defs>
        {shapes.map((shape, k) => (
          <symbol id={`g${k}`} key={k} viewBox="-1 -1 12 12">
            <path class={`g g${k}`} d={shape} />
          </symbol>
        ))}
      </defs>
    </svg>
  );
}

export function Glyph({ state }: { state: number }) {
  return (
    <svg class="glyph" width="11" height="11" aria-hidden="true">
      <use href={`#g${state}`} width="11" height="11" />
    </svg>
  );
}

/** The bar of shares: running at full height, waiting at half, so that it reads in gray. */
export function Bar({ shares, width, height = 8 }: { shares: readonly number[]; width: number; height?: number }) {
  let at = 0;
  return (
    <svg class="sharebar" viewBox={`0 0 ${width} ${height}`} width={width} height={height} preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width={width} height={height} />
      {shares.map((share, k) => {
        const w = (share * width) / 1000,
          x = at;
        at += w;
        return (
          w > 0 && <rect key={k} class={`s${k}`} x={x} width={w} y={k === 0 ? 0 : height / 2} height={k === 0 ? height : height / 2} />
        );
      })}
    </svg>
  );
}

export function Legend() {
  return (
    <div class="legend" aria-label="legend">
      {boxWords.slice(0, idle).map((word, k) => (
        <span key={word} title={`${stateWords[k]}: ${stateDocs[k]}`}>
          <Glyph state={k} />
          {word}
        </span>
      ))}
      <span title="Values waiting of those that the edge can hold; marks at 60 and 85 %">
        <svg width="7" height="14" aria-hidden="true">
          <rect class="gt" x="1" y="0.5" width="5" height="13" />
          <rect class="gf" x="1" y="6.5" width="5" height="7" />
        </svg>
        waiting on an edge
      </span>
      <span title="Thin: one value per sample; thick: one value per step">
        <svg width="28" height="8" aria-hidden="true">
          <path class="ln" d="M0 4H12" />
          <path class="ln step" d="M16 4H28" />
        </svg>
        sample, step
      </span>
      <span>
        <svg width="14" height="12" aria-hidden="true">
          <rect class="nb lanebox" x="0.5" y="1.5" width="13" height="10" />
          <path class="devbar" d="M0 1.5H14" />
        </svg>
        device lane
      </span>
      <span title="A node with a state: its tasks run one after another, in the order of steps and slots">
        <svg width="14" height="12" aria-hidden="true">
          <rect class="nb" x="0.5" y="0.5" width="13" height="11" rx="2" />
          <path class="orderbar" d="M3.5 2V10" />
        </svg>
        one task at a time
      </span>
    </div>
  );
}
