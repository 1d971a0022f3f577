// The one sentence about a run.

import type { RunNow } from "./run";
import type { RunStore } from "./run_store";
import { clock, count, durationWords, whole } from "./words";

export interface Said {
  sentence: string;
  details: string[];
  isBad: boolean;
}

function stepOf(run: RunNow): string {
  const at = run.phases[run.phase];
  return at ? `step ${whole(at.step)}` : "the first step";
}

/** The phase of the last step, if there are several. */
function placeOf(store: RunStore, run: RunNow): string {
  const names = store.get("log")?.phases ?? [];
  return names.length > 1 && names[run.phase] ? ` of \`${names[run.phase]!.name}\`` : "";
}

export function saidOf(store: RunStore): Said {
  const run = store.get("run"),
    verdict = store.get("verdict"),
    link = store.link;
  const told = verdict ? [verdict.sentence, ...verdict.details].filter(Boolean) : [];
  if (!run) return { sentence: link.reason || "The run is being read.", details: [], isBad: link.reason !== "" };
  if (!link.isOpen && link.since !== null && run.status === "running")
    return {
      sentence: `No connection since ${clock(link.since)}. What is shown is from then.`,
      details: link.reason ? [link.reason] : [],
      isBad: true,
    };
  if (run.status === "failed") {
    const where = run.failed ? ` in \`${run.failed.node}\`` : "";
    return { sentence: `The run failed after ${stepOf(run)}${where}: ${run.why || "the reason is not known"}`, details: [], isBad: true };
  }
  if (run.status === "unfinished")
    return {
      sentence: `The run ended after ${stepOf(run)}${placeOf(store, run)}, before its plan was done.`,
      details: [run.why, `\`leat run --resume ${run.folder}\` continues it from its last checkpoint.`].filter(Boolean),
      isBad: true,
    };
  if (run.is_paused)
    return { sentence: "The run is paused. Steps in flight are finished; no further one begins.", details: [], isBad: false };
  if (run.stalled) return { sentence: `${run.stalled[0]!.toUpperCase()}${run.stalled.slice(1)}${run.stalled.endsWith(".") ? "" : "."}`, details: [], isBad: true };
  if (run.why && run.status === "finished") return { sentence: run.why, details: told, isBad: true };
  if (told.length > 0) return { sentence: told[0]!, details: told.slice(1), isBad: false };
  if (run.status === "finished") {
    const steps = run.phases.reduce((sum, phase) => sum + phase.step, 0);
    return { sentence: `The run is finished: ${count(steps, "step")} in ${durationWords(run.seconds)}.`, details: [], isBad: false };
  }
  return {
    sentence: run.phase < 0 ? "No phase has begun." : "Too few steps have ended to say what holds the run up.",
    details: [],
    isBad: false,
  };
}

/** A sentence whose words in backticks are code; names of nodes can be pressed. */
export function Words({ text, names, press }: { text: string; names: Set<string>; press: (node: string) => void }) {
  return (
    <>
      {text.split(/`([^`]*)`/).map((part, k) => {
        if (k % 2 === 0) return part;
        if (!names.has(part)) return <code key={k}>{part}</code>;
        return (
          <button type="button" class="code" key={k} onClick={() => press(part)}>
            {part}
          </button>
        );
      })}
    </>
  );
}
