// What flows on an edge: the values of an output in one step, beside those that it comes from.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { endedSources, isRead, stepsOf, wireOf, type Graph, type Phase } from "./graph";
import type { Selected } from "./graph_view";
import { type NotKnown, type OutputHead, type PreviewHead } from "./numbers";
import type { RecordedPhase } from "./run";
import { ask, ServerError, type Packed } from "./server";
import { Outputs, type Pick } from "./value_cells";
import { Figures } from "./value_figures";
import { findSample, originOf, outputsOnWay, samplesOf, Way, wayOf, whyNotKnown, type Identity, type SampleWay } from "./way";
import { whole } from "./words";

/** Where requests go: for values of any step, for the newest of a run in this process, for recorded ones, and to allow foreign code. */
export interface Paths {
  /** Null: the graph cannot be built. */
  any: string | null;
  live: string | null;
  /** Null: the run has recorded nothing. */
  recorded: string | null;
  allow: string;
}

/** Where values come from. */
type Source = "live" | "recorded" | "any";
const sourceWords: Record<Source, string> = { live: "newest of the run", recorded: "recorded by the run", any: "computed anew" };

interface Props {
  graph: Graph | undefined;
  phase: Phase;
  /** Why the graph is that of an earlier text, as a sentence; empty if it is not. */
  old: string;
  selected: Selected;
  /** Counts the versions of the graph. */
  version: number;
  /** Null: none was chosen. */
  step: number | null;
  setStep: (step: number) => void;
  /** The slot whose sample is followed through the graph; null: none. */
  sample: number | null;
  setSample: (sample: number | null) => void;
  /** Told of the way of that sample. */
  show?: (way: SampleWay | null) => void;
  /** What the run has recorded of this phase. */
  recorded?: RecordedPhase | undefined;
  seed: string;
  setSeed: (seed: string) => void;
  paths: Paths;
  /** No newer values of the run are asked for. */
  isHeld?: boolean;
  /** The run admits no steps until it is told to go on. */
  isPaused?: boolean;
  /** The server does not answer. What failed is asked for when it does again. */
  isCut: boolean;
}

/** The outputs that are shown with the selected one, and how each relates to it. */
export function shownWith(phase: Phase, selected: Selected): { node: string; port: string; as: string }[] {
  const node = phase.nodes.find((one) => one.name === selected.node);
  const type = wireOf(phase, selected.node, selected.port)?.type;
  const out: { node: string; port: string; as: string }[] = [];
  const add = (name: string, port: string, as: string): void => {
    if (name === selected.node && port === selected.port) return;
    if (!out.some((one) => one.node === name && one.port === port)) out.push({ node: name, port, as });
  };
  if (!node || !type) return [{ ...selected, as: "this edge" }];
  const source = node.inputs.find((input) => wireOf(phase, input.from, input.output)?.type === type);
  if (source) {
    add(source.from, source.output, "in");
    for (const other of phase.nodes)
      if (other !== node && other.inputs.some((input) => input.from === source.from && input.output === source.output))
        for (const wire of other.outputs ?? []) if (wire.type === type) add(other.name, wire.port, "beside it");
  }
  for (const wire of node.outputs ?? []) if (wire.type === type || wire.type === "label") add(node.name, wire.port, "of one node");
  return [...out.slice(0, 3), { ...selected, as: "this edge" }];
}

/** What was asked for. Everything that is drawn is of one answer and its question. */
interface Asked {
  phase: string;
  selected: Selected;
  outputs: { node: string; port: string; as: string }[];
  seed: string;
  slots: number;
  lane: string;
  source: Source;
  /** Null: the newest. */
  step: number | null;
  /** The slot whose way was asked for too. */
  sample: number | null;
}

interface Answer extends Packed<PreviewHead> {
  asked: Asked;
}

/** Time for which a slider rests before its value is asked for, and after which a request that another page has replaced is repeated. */
const rest = 60, again = 300;
/** Outputs of one request; the server takes no more. */
const mostOutputs = 64;
/** Time between two requests for the newest values. */
const newestAfter = 1000;

/** The sources of an edge's values, the best one first. */
function sourcesOf(paths: Paths, recorded: RecordedPhase | undefined, selected: Selected): Source[] {
  const isRecorded = paths.recorded !== null && recorded?.outputs.some((one) => one.node === selected.node && one.port === selected.port);
  return [...(paths.live ? ["live" as const] : []), ...(isRecorded ? ["recorded" as const] : []), ...(paths.any ? ["any" as const] : [])];
}

export function PreviewPane(props: Props) {
  const { graph, phase, old, selected, version, step, setStep, sample, setSample, show, recorded, seed, setSeed, paths, isHeld, isPaused, isCut } = props;
  const [slots, setSlots] = useState(8);
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [problem, setProblem] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [repeats, setRepeats] = useState(0);
  const [chosen, setChosen] = useState<Source | null>(null);
  const [refused, setRefused] = useState("");
  const [wanted, setWanted] = useState<(Identity & { where: string }) | null>(null);
  const sources = sourcesOf(paths, recorded, selected);
  const source = chosen && sources.includes(chosen) ? chosen : sources[0];
  const outputs = shownWith(phase, selected);
  const node = phase.nodes.find((one) => one.name === selected.node);
  const wire = wireOf(phase, selected.node, selected.port);
  const origin = originOf(phase, selected);
  // A source of an evaluation can end before the phase does.
  const most = Math.max(0, stepsOf(phase, origin) - 1);
  // An edit can make the phase shorter. The slider then stands at the last step, and goes back when the phase is as long as before.
  const askedStep = Math.min(step ?? 0, most);
  const followed = origin >= 0 ? sample : null;
  const more = followed === null ? [] : outputsOnWay(phase, origin, selected);
  // The server takes the first output as the edge that is looked at: the others must not change its values.
  const edgeFirst = [...outputs.slice(-1), ...outputs.slice(0, -1)];
  const onWay = [...edgeFirst, ...more.filter((one) => !outputs.some((other) => other.node === one.node && other.port === one.port))];
  const all = onWay.slice(0, mostOutputs);
  const trained = recorded?.trained ?? [];
  // Where no recording was chosen, the newest one is shown.
  const place = step !== null && trained.includes(step) ? trained.indexOf(step) : trained.length - 1;
  const at = source === "recorded" ? trained[place] : source === "any" ? askedStep : null;
  const stays = source === "live" && isHeld === true;
  useEffect(() => {
    if (old || stays || !source) return;
    const stop = new AbortController();
    const asked: Asked = { phase: phase.name, selected, outputs, seed, slots: Math.max(slots, (followed ?? 0) + 1), lane: node?.lane ?? "", source, step: at ?? null, sample: followed };
    const repeatAfter = (time: number): unknown => setTimeout(() => !stop.signal.aborted && setRepeats((count) => count + 1), time);
    // Nothing is made while nobody looks.
    if (source === "live" && document.hidden) {
      document.addEventListener("visibilitychange", () => !stop.signal.aborted && setRepeats((count) => count + 1), { once: true });
      return () => stop.abort();
    }
    const timer = setTimeout(() => {
      setBusy(source === "any");
      const body = { phase: phase.name, outputs: all, slots: asked.slots };
      const answered =
        source === "live"
          ? ask<PreviewHead>(paths.live!, body, stop.signal)
          : source === "recorded"
            ? ask<PreviewHead>(paths.recorded!, { ...body, trained: at }, stop.signal)
            : ask<PreviewHead>(paths.any!, { ...body, step: at, seed }, stop.signal);
      answered
        .then((found) => {
          setAnswer({ ...found, asked });
          setProblem("");
          // A step whose sample is followed stays.
          if (source === "live" && followed === null) repeatAfter(newestAfter);
        })
        .catch((error: unknown) => {
          if (stop.signal.aborted) return;
          // No step was done: the value is waited for, and that is said.
          if (error instanceof ServerError && (error.status === 409 || (source === "live" && error.status === 503))) repeatAfter(again);
          else setProblem(error instanceof Error ? error.message : String(error));
        })
        .finally(() => !stop.signal.aborted && setBusy(false));
    }, rest);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
    // Another sample of a step that was taken from the run is of the same step.
  }, [phase.name, JSON.stringify(all), at, slots, seed, version, old, repeats, source, paths.any, stays, problem === "" || !isCut, (followed ?? 0) < slots]);

  const rows = phase.origins?.[wire?.origin ?? -1]?.rows ?? 0;
  // A recording has the first slots only.
  const has = source === "recorded" ? Math.max(0, ...(answer?.head.outputs ?? []).map((one) => one.samples.length)) : rows;
  const isOther = answer !== null && (answer.asked.phase !== phase.name || answer.asked.selected.node !== selected.node || answer.asked.selected.port !== selected.port);
  const shown = isOther ? null : answer;
  // The sample stays the same one, whatever slot it has in other values.
  const where = shown ? `${shown.asked.source} ${shown.head.step} ${followed}` : "";
  const before = wanted?.where === where ? null : wanted;
  const found = useMemo(
    () => (shown && followed !== null && shown.asked.sample !== null ? findSample(phase, origin, shown.head.outputs, followed, before) : null),
    [shown, followed, origin, before],
  );
  const accept = (): void => setWanted(found?.is ? { ...found.is, where } : null);
  const way = useMemo(() => found && wayOf(phase, origin, found.slot, shown!.head, shown!.bytes, shown!.asked.selected), [found]);
  useEffect(() => {
    if (followed === null) setWanted(null);
    else if (found && wanted === null) accept();
    if (found && found.slot !== followed) setSample(found.slot);
  }, [found, followed]);
  const follow = (slot: number | null): void => {
    // It is the sample that is shown in this slot. Another one that comes in its place is said.
    const is = shown && slot !== null ? samplesOf(phase, origin, shown.head.outputs)[slot] : undefined;
    setWanted(shown && is ? { ...is, where: `${shown.asked.source} ${shown.head.step} ${slot}` } : null);
    setSample(slot);
  };
  const typeStep = (box: HTMLInputElement): void => {
    const number = box.value.trim() === "" ? NaN : Number(box.value);
    if (Number.isInteger(number) && number >= 0 && number <= most) {
      setRefused("");
      setStep(number);
      return;
    }
    setRefused(`${Number.isNaN(number) ? "That" : box.value} is no step of ${phase.name}: they are whole numbers from 0 to ${whole(most)}. Step ${whole(shownStep)} is still shown.`);
    box.value = String(shownStep);
  };
  useEffect(() => setRefused(""), [phase.name, selected.node, selected.port, step, source]);
  // The values of a run in progress are computed anew after its end: those of the same step, which has the same samples.
  const liveStep = useRef<number | null>(null);
  if (shown?.asked.source === "live" && shown.asked.sample !== null) liveStep.current = shown.head.step;
  useEffect(() => {
    if (source === "any" && followed !== null && liveStep.current !== null) setStep(Math.min(most, liveStep.current));
    if (source !== "live") liveStep.current = null;
  }, [source]);
  useEffect(() => show?.(way), [way]);
  useEffect(() => () => show?.(null), []);
  const picked: Pick = { slot: followed, pick: origin >= 0 ? (slot) => follow(slot === followed ? null : slot) : null };
  // Drawn anew for each answer only, not for each key in the search.
  const rowset = useMemo(() => shown && <Rowset phase={phase} answer={shown} picked={picked} />, [shown, followed, origin, phase]);
  const figures = useMemo(
    () => <Figures output={shown ? foundIn(shown, shown.asked.selected) : undefined} first={shown ? foundIn(shown, shown.asked.outputs[0]!) : undefined} lane={shown?.asked.lane ?? ""} bytes={shown?.bytes} />,
    [shown],
  );
  const counts = slotCounts(rows);
  const isFixed = source === "live" || (shown !== null && !shown.head.has_step && source === "any");
  const shownStep = source === "live" ? (shown?.head.step ?? 0) : isFixed ? 0 : askedStep;
  return (
    <section class="prev" aria-label="values of the edge" aria-busy={isBusy}>
      <div class="prevmain">
        <div class="prevhead">
          <h2>
            {selected.node}.{selected.port} <small>→ {readersOf(phase, selected).join(", ") || "nobody"}</small>
          </h2>
          <span class="lab">{[wire?.type, wire?.contract, rows > 0 && `${rows} a step`].filter(Boolean).join(" · ")}</span>
        </div>
        <div class="prevctl">
          {sources.length > 1 && (
            <label>
              values{" "}
              <select aria-label="where the values come from" value={source} onChange={(event) => setChosen(event.currentTarget.value as Source)}>
                {sources.map((one) => <option key={one} value={one}>{sourceWords[one]}</option>)}
              </select>
            </label>
          )}
          {source === "recorded" ? (
            <label>
              after training step{" "}
              <input type="range" min={0} max={trained.length - 1} value={place} aria-label="recording" aria-valuetext={`after training step ${at}`}
                onInput={(event) => setStep(trained[Number(event.currentTarget.value)]!)} />{" "}
              <b class="fixed">{whole(at ?? 0)}</b>
              <span class="k">, {place + 1} of {trained.length}</span>
            </label>
          ) : (
            <label>
              step{" "}
              <input type="range" min={0} max={most} value={shownStep} aria-label="step" disabled={isFixed}
                onInput={(event) => setStep(Number(event.currentTarget.value))} />
              <input type="number" min={0} max={most} value={shownStep} aria-label="number of the step" disabled={isFixed}
                onChange={(event) => typeStep(event.currentTarget)} />
              <span class="k"> of 0–{most}</span>
            </label>
          )}
          <label>
            slots{" "}
            <select value={counts.find((count) => count >= slots) ?? counts.at(-1)} aria-label="number of slots" onChange={(event) => setSlots(Number(event.currentTarget.value))}>
              {counts.map((count) => <option key={count} value={count}>{count === 1 ? "0" : `0–${count - 1}`}</option>)}
            </select>
          </label>
          {origin >= 0 && (
            <label>
              way of{" "}
              <select value={followed ?? ""} aria-label="sample to follow"
                onChange={(event) => follow(event.currentTarget.value === "" ? null : Number(event.currentTarget.value))}>
                <option value="">no sample</option>
                {Array.from({ length: Math.max(Math.min(slots, has || slots), (followed ?? -1) + 1) }, (_, slot) => <option key={slot} value={slot}>slot {slot}</option>)}
              </select>
            </label>
          )}
          {source === "live" && followed !== null && (
            <button type="button" class="quiet" onClick={() => setRepeats((count) => count + 1)}>a newer step</button>
          )}
          {source === "any" && <span>
            seed <b>{seed}</b> <button type="button" class="quiet" onClick={() => setSeed(String(BigInt(seed) + 1n))}>next seed</button>
            {seed !== (graph?.seed ?? "0") && <button type="button" class="quiet" onClick={() => setSeed(graph?.seed ?? "0")}>the run's</button>}
          </span>}
          {source === "any" && <button type="button" class="quiet" title="computes these values again, also from files that have changed" onClick={() => setRepeats((count) => count + 1)}>again</button>}
          {isBusy && <span class="k" role="status">computing</span>}
        </div>
        {old && <p class="problem warn">{old} These values are from before.</p>}
        {problem && <p class="problem" role="alert">{problem}</p>}
        {refused && <p class="problem warn" role="alert">{refused}</p>}
        {source === "any" && !isFixed && step !== null && step > most && <p class="problem warn">{phase.name} has no step {whole(step)} here. The last one is shown.</p>}
        {source === "live" && !shown && !problem && (
          <p class="waited" role="status">
            {stays ? "This page is held, so no value is asked for." : isPaused ? "The run is paused: the value comes with its next step, when it goes on." : `The value comes with the next step of ${phase.name}.`}{" "}
            {sources.includes("any") && <button type="button" class="link" onClick={() => setChosen("any")}>Compute it anew instead.</button>}
          </p>
        )}
        {way && found && <Way way={way} found={found} head={shown!.head} left={onWay.length - all.length} accept={accept} />}
        {rowset}
      </div>
      {figures}
    </section>
  );
}

/** The sentence about what is drawn. */
function truth({ head, asked }: Answer): string {
  if (asked.source === "live")
    return `Made by the run in step ${whole(head.step)}.${asked.sample !== null ? " This step stays while a sample is followed." : ""}`;
  if (asked.source === "recorded")
    return `Recorded by the run in step ${whole(head.step)} of ${asked.phase}, after ${whole(head.trained_steps ?? 0)} training steps: the first slots only.${asked.sample !== null ? " Nodes that were not recorded are left out of the way." : ""}`;
  const changing = [...head.trained, ...head.stateful];
  const weights = head.weights && head.weights.of.length > 0 && `with the weights of ${head.weights.of.join(", ")} that ${head.weights.run} kept at step ${head.weights.step}`;
  if (changing.length === 0 && !weights) return `Computed by the engine: step ${head.step} of ${asked.phase} has exactly these values with seed ${asked.seed}.`;
  if (weights && head.has_step) return `Step ${head.step} of ${asked.phase} with seed ${asked.seed}, ${weights}.`;
  return `Upstream of this edge, ${changing.join(", ")} ${changing.length === 1 ? "changes" : "change"} while the graph runs. These are the values of a first step${weights ? `, ${weights}` : ""}${(asked.step ?? 0) > 0 ? `; those of step ${whole(asked.step!)} are not known` : ""}.`;
}

/** The values of an output in the answer. */
const foundIn = (answer: Answer, one: { node: string; port: string }): OutputHead | undefined =>
  answer.head.outputs.find((output) => output.node === one.node && output.port === one.port);

const nothingOf = ({ node, port }: NotKnown): OutputHead => ({ node, port, contract: "", range: null, names: { dims: [], entries: null }, values: [], samples: [], weights: [] });

/** The numbers of slots to choose from: no more than a step has. */
const slotCounts = (rows: number): number[] => {
  const all = [1, 4, 8, 16, 32];
  return rows > 0 && rows <= 32 ? [...all.filter((count) => count < rows), rows] : all;
};

function Rowset({ phase, answer, picked }: { phase: Phase; answer: Answer; picked: Pick }) {
  const { asked, head } = answer;
  const all = asked.outputs.flatMap((one) => {
    const missing = head.not_known?.find((other) => other.node === one.node && other.port === one.port);
    const output = foundIn(answer, one) ?? (missing && nothingOf(missing));
    const isReadHere = isRead(phase, one.node, one.port);
    // An output that nobody reads need not exist, as the mask of a node whose mask is not connected.
    if (output && one.as !== "this edge" && !missing && !isReadHere && output.values.length === 0) return [];
    const ended = output && output.values.length === 0 ? endedSources(phase, one.node, head.step) : [];
    const why = missing ? whyNotKnown(missing, head) : ended.map((source) => `no value: ${source.name} ended with step ${whole(source.steps - 1)}`).join("; ");
    return output ? [{ output, as: one.as, why, isRead: isReadHere }] : [];
  });
  return (
  <>
    <Outputs all={all} bytes={answer.bytes} slots={asked.slots} picked={picked} />
    <p class="lab truth">
      {truth(answer)}{asked.source === "any" && ` ${head.seconds.toFixed(2)} s.`}
      {(head.warnings ?? []).map((one) => ` warning: ${one}`)}
    </p>
  </>
  );
}

function readersOf(phase: Phase, selected: Selected): string[] {
  return phase.nodes.filter((node) => node.inputs.some((input) => input.from === selected.node && input.output === selected.port)).map((node) => node.name);
}
