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

/** Which steps had begun when a run failed in one of them. Steps begin in order, so those before it had begun too. */
function begunWords(run: RunNow, step: number | null): string[] {
  const done = run.phases[run.phase]?.step;
  if (step === null || done === undefined) return [];
  const words = step > done ? `Steps ${whole(done)} to ${whole(step)} had begun and were not done` : `Step ${whole(step)} had begun`;
  return [`${words}. The numbers of steps and slots begin with 0.`];
}

/** Where and why a run failed: its error names both, after the place in the graph's text and the node, which the page has beside it. */
function failureOf({ failed, why }: RunNow): { sentence: string; step: number | null; place: string } {
  const node = failed ? ` in \`${failed.node}\`` : "";
  const where = failed?.where ?? "", begin = `failed at ${where}: `, at = where === "" ? -1 : why.indexOf(begin);
  const step = /\bstep (\d+) of `/.exec(where || why)?.[1];
  const number = step === undefined ? null : Number(step);
  if (at < 0) return { sentence: `The run failed${node}: ${why || "the reason is not known"}`, step: number, place: "" };
  return { sentence: `The run failed${node} at ${where}: ${why.slice(at + begin.length)}`, step: number, place: /^(.+?:\d+):\d+: /.exec(why)?.[1] ?? "" };
}

/** The place in the graph's text of the node that failed, as the error names it; empty if it does not. */
export const placeOfFailure = (run: RunNow): string => failureOf(run).place;

/** How a run that ended before its plan was done can go on. */
function resumeWords(run: RunNow): string {
  if (run.checkpoint == null) return "There is no checkpoint to continue from.";
  return `\`leat run --resume ${shellWord(run.folder)}\` continues it from its last checkpoint, after ${count(run.checkpoint, "step")}.`;
}

const lost = "No process of this machine works on the run, and its log does not say how it ended: it was killed, or it runs on another machine.";

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
    const { sentence, step } = failureOf(run);
    return { sentence, details: [[doneOf(store, run), ...begunWords(run, step)].join(" "), resumeWords(run)], isBad: true };
  }
  if (run.status === "stopped" || run.status === "unfinished") {
    const isStopped = run.status === "stopped";
    return {
      sentence: isStopped ? `The run was stopped by request. ${doneOf(store, run)}` : lost,
      details: [run.why, isStopped ? "" : doneOf(store, run), resumeWords(run)].filter(Boolean),
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
