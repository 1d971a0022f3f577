// The one sentence about a run.

import type { RunNow } from "./run";
import type { RunStore } from "./run_store";
import { isCut } from "./server";
import { clock, count, durationWords, shellWord, whole } from "./words";

export interface Said {
  sentence: string;
  details: string[];
  isBad: boolean;
}

/** How many steps of the training and of the last phase were done. */
function doneOf(store: RunStore, run: RunNow): string {
  if (!store.get("log")) return "";
  const parts = (store.get("log")?.phases ?? []).flatMap(({ name, kind }, k) => {
    const at = run.phases[k];
    if (!at || at.occurrences === 0 || (kind !== "train" && k !== run.phase)) return [];
    return [`${whole(at.step)}${at.steps === null ? "" : ` of ${whole(at.steps)}`} steps of \`${name}\``];
  });
  return parts.length === 0 ? "No step was done." : `${parts.join(" and ")} were done.`;
}

/** An error names the step in which it was, by its number from 0. It is one of those that were in flight. */
function stepWords(why: string): string[] {
  const step = /\bat step (\d+) of `/.exec(why)?.[1];
  return step === undefined ? [] : [`Step ${whole(Number(step))} was in flight. The numbers of steps and slots begin with 0.`];
}

export function saidOf(store: RunStore): Said {
  const said = saidOfRun(store),
    { link } = store;
  // Of a run in progress, it is the sentence.
  if (!isCut(link) || !store.get("run") || store.get("run")?.status === "running") return said;
  return { ...said, details: [...said.details, `No connection since ${clock(link.since!)}: what is shown is from then.`] };
}

function saidOfRun(store: RunStore): Said {
  const run = store.get("run"),
    verdict = store.get("verdict"),
    link = store.link;
  const told = verdict ? [verdict.sentence, ...verdict.details].filter(Boolean) : [];
  if (!run) return { sentence: link.reason || "The run is being read.", details: [], isBad: link.reason !== "" };
  if (isCut(link) && run.status === "running")
    return {
      sentence: `No connection since ${clock(link.since!)}. What is shown is from then.`,
      details: link.reason ? [link.reason] : [],
      isBad: true,
    };
  if (run.status === "failed") {
    const where = run.failed ? ` in \`${run.failed.node}\`` : "";
    return { sentence: `The run failed${where}: ${run.why || "the reason is not known"}`, details: [[doneOf(store, run), ...stepWords(run.why)].join(" ")], isBad: true };
  }
  if (run.status === "stopped" || run.status === "unfinished") {
    const isStopped = run.status === "stopped";
    return {
      sentence: `${isStopped ? "The run was stopped by request." : "The run ended before its plan was done."} ${doneOf(store, run)}`,
      details: [run.why, `\`leat run --resume ${shellWord(run.folder)}\` continues it, from its last checkpoint if there is one.`].filter(Boolean),
      isBad: !isStopped,
    };
  }
  if (run.is_paused)
    return { sentence: "The run is paused. Steps in flight are finished; no further one begins.", details: [], isBad: false };
  if (run.stalled) return { sentence: `${run.stalled[0]!.toUpperCase()}${run.stalled.slice(1)}${run.stalled.endsWith(".") ? "" : "."}`, details: [], isBad: true };
  if (run.why && run.status === "finished") return { sentence: run.why, details: told, isBad: true };
  if (told.length > 0) return { sentence: told[0]!, details: told.slice(1), isBad: false };
  if (run.status === "finished") {
    const steps = run.phases.reduce((sum, phase) => sum + phase.step, 0);
    if (run.phases.length === 0) return { sentence: "The run is finished.", details: [], isBad: false };
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
