// A run while it works, and afterwards: what holds it up, its graph with the state of each node, and what is selected.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Address } from "./address";
import { Finder } from "./author_view";
import { folds, GraphView, nextFold, type Selected } from "./graph_view";
import type { Fold } from "./layout";
import { useKeys } from "./keys";
import { NodeTable } from "./node_table";
import { drawnPhase, longCall, paceOf, phaseNow, type PhaseNow } from "./nodes_now";
import type { Control as ControlWord } from "./run";
import { RunDock } from "./run_dock";
import { RunMarks, type Blame } from "./run_marks";
import { useChanges, useTopic, type RunStore } from "./run_store";
import { ask, isCut } from "./server";
import { Glyph, Legend } from "./states";
import { placeOfFailure, saidOf, Words } from "./verdict";
import type { SampleWay } from "./way";
import { durationWords, rateWords, whole } from "./words";

interface Props {
  store: RunStore;
  address: Address;
  go: (change: Partial<Address>) => void;
  isLive: boolean;
  hasControl: boolean;
}

/** True on screens that are too narrow for a graph. */
export function useIsNarrow(): boolean {
  const query = useMemo(() => matchMedia("(max-width: 760px)"), []);
  const [isNarrow, setNarrow] = useState(query.matches);
  useEffect(() => {
    const changed = (): void => setNarrow(query.matches);
    query.addEventListener("change", changed);
    return () => query.removeEventListener("change", changed);
  }, []);
  return isNarrow;
}

/** The nodes of a phase whose metrics are read. */
function metricNodes(store: RunStore, now: PhaseNow): Set<string> {
  const names = store.get("metrics")?.phases.find((one) => one.name === now.names.name)?.metrics ?? [];
  return new Set(names.map((one) => one.slice(0, one.indexOf("."))).filter((one) => now.nodes.has(one)));
}

export function blameOf(store: RunStore, now: PhaseNow | null): Blame {
  const run = store.get("run"),
    verdict = store.get("verdict");
  if (now?.isPaused) return { nodes: new Set(), word: "", short: "", isBad: false };
  if (run?.failed && now && run.failed.phase === now.names.name)
    return { nodes: new Set([run.failed.node]), word: "failed here", short: "failed", isBad: true };
  if (run?.stalled)
    return {
      nodes: new Set(
        [...(now?.nodes.values() ?? [])].filter((node) => node.call && node.call.seconds >= longCall).map((node) => node.name),
      ),
      word: "stuck",
      short: "stuck",
      isBad: true,
    };
  const ofPhase = verdict && now && verdict.phase === now.names.name;
  if (ofPhase && verdict.is_metrics) return { nodes: metricNodes(store, now), word: "metrics read", short: "metrics", isBad: false };
  const named = ofPhase ? verdict.nodes : [];
  return { nodes: new Set(named), word: named.length > 1 ? "shares the blame" : "bottleneck", short: "", isBad: false };
}

export function RunView({ store, address, go, isLive, hasControl }: Props) {
  const log = useTopic(store, "log"),
    shown = useTopic(store, "graph");
  useChanges(store, "link");
  const [fold, setFold] = useState<Fold>("templates");
  const [find, setFind] = useState("");
  const [isTurned, setTurned] = useState(false);
  const search = useRef<HTMLInputElement>(null);
  const isNarrow = useIsNarrow();
  const name = usePhaseName(store, address);
  const phase = useMemo(() => drawnPhase(store, name), [log, shown?.version, name]);
  const selected = useMemo<Selected | null>(
    () => (address.node ? { node: address.node, port: address.port } : null),
    [address.node, address.port],
  );
  const select = (next: Selected | null): void =>
    go({ phase: next ? name : address.phase, node: next?.node ?? "", port: next?.port ?? "" });

  const write = useRef(() => {});
  const marks = useMemo(() => new RunMarks(() => write.current()), []);
  const way = useRef<SampleWay | null>(null);
  write.current = () => {
    const now = phaseNow(store, name);
    marks.write(now, blameOf(store, now), way.current);
  };
  const show = (next: SampleWay | null): void => {
    way.current = next;
    write.current();
  };
  const index = log?.phases.findIndex((one) => one.name === name) ?? -1;
  useEffect(() => {
    write.current();
    return store.listen(["log", "run", "calls", "verdict", "link", `activity.${index}`], () => write.current());
  }, [store, index]);
  useKeys((key) => {
    if (key === "/") search.current?.focus();
    else if (key === "f") setFold(nextFold);
    else if (key === "b") {
      const first = [...blameOf(store, phaseNow(store, name)).nodes][0];
      if (first) select({ node: first, port: "" });
    } else if (key === "Escape") select(null);
    else return false;
    return true;
  });
  const isTable = isNarrow !== isTurned;
  const isOld = !store.link.isOpen && store.get("run")?.status === "running";
  return (
    <main class={["run", selected ? "chosen" : "", isOld ? "old" : ""].join(" ")}>
      <Verdict store={store} name={name} select={select} go={go} hasControl={hasControl} />
      <div class="bar">
        <label>
          phase{" "}
          <select value={name} onChange={(event) => go({ phase: event.currentTarget.value, node: "", port: "" })}>
            {log?.phases.map((one) => (
              <option key={one.name} value={one.name}>
                {one.name}
              </option>
            ))}
          </select>
        </label>
        <AtWork store={store} name={name} go={go} />
        <Legend />
        <Finder input={search} find={find} setFind={setFind} phase={phase} select={select} />
        <span>
          {!isTable &&
            folds.map(([one, words]) => (
              <button type="button" key={one} class="quiet" aria-pressed={fold === one} onClick={() => setFold(one)}>
                {words}
              </button>
            ))}
          <button type="button" class="quiet" aria-pressed={isTurned} onClick={() => setTurned(!isTurned)}>
            {isNarrow ? "as graph" : "as table"}
          </button>
        </span>
      </div>
      {!phase ? (
        <p class="wait">
          {log ? "No phase has begun." : "The run's log is not there, or cannot be read: without it there are no states and times."}
        </p>
      ) : isTable ? (
        <NodeTable store={store} name={name} find={find} selected={selected} select={select} isNarrow={isNarrow} />
      ) : (
        <GraphView phase={phase} mistakes={[]} selected={selected} select={select} find={find} fold={fold} marks={marks} />
      )}
      <RunDock store={store} name={name} phase={phase} selected={selected} select={select} address={address} go={go} isLive={isLive} show={show} />
    </main>
  );
}

/** Says which phase is in progress, if it is another one than that whose graph is shown. */
function AtWork({ store, name, go }: { store: RunStore; name: string; go: Props["go"] }) {
  const run = useTopic(store, "run"),
    log = useTopic(store, "log");
  const other = run?.status === "running" ? log?.phases[run.phase]?.name : undefined;
  if (other === undefined || other === name) return null;
  return (
    <span class="atwork">
      <Glyph state={0} />
      <b>{other}</b> is at work, not these nodes:
      <button type="button" class="link" onClick={() => go({ phase: other, node: "", port: "" })}>
        show {other}
      </button>
    </span>
  );
}

/** Time for which a phase has to be in progress until the view turns to it, so that a short validation does not replace the training. */
const stays = 3000;

/** The phase that the address names, else the one in progress; of a run that is over, its training. */
function usePhaseName(store: RunStore, address: Address): string {
  const log = useTopic(store, "log");
  const [current, setCurrent] = useState(-1);
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    let timer = 0,
      wanted = store.get("run")?.phase ?? -1;
    setCurrent(wanted);
    const over = (): void => setOver((store.get("run")?.status ?? "running") !== "running");
    over();
    const stop = store.listen(["run"], () => {
      over();
      const now = store.get("run")?.phase ?? -1;
      if (now === wanted) return;
      clearTimeout(timer);
      timer = setTimeout(() => setCurrent(now), wanted < 0 ? 0 : stays);
      wanted = now;
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [store]);
  if (log?.phases.some((one) => one.name === address.phase)) return address.phase;
  const failed = isOver ? store.get("run")?.failed?.phase : undefined;
  if (log?.phases.some((one) => one.name === failed)) return failed!;
  // What a run did that is over is mostly its training.
  const train = isOver ? log?.phases.find((one) => one.kind === "train") : undefined;
  return train?.name ?? log?.phases[Math.max(0, current)]?.name ?? "";
}

function Verdict({
  store,
  name,
  select,
  go,
  hasControl,
}: {
  store: RunStore;
  name: string;
  select: (selected: Selected) => void;
  go: Props["go"];
  hasControl: boolean;
}) {
  useChanges(store, "run", "verdict", "link", "log");
  const said = saidOf(store);
  const names = useMemo(
    () =>
      new Set(
        store
          .get("log")
          ?.phases.find((one) => one.name === name)
          ?.nodes.map((node) => node.name),
      ),
    [store.get("log"), name],
  );
  const press = (node: string): void => select({ node, port: "" });
  const run = store.get("run"),
    failed = run?.failed;
  return (
    <section class={said.isBad ? "verdict wrong" : "verdict"} aria-label="what holds the run up">
      <div class="said">
        <h1>
          <Words text={said.sentence} names={names} press={press} />
        </h1>
        {said.details.map((one) => (
          <p key={one} class="k">
            <Words text={one} names={names} press={press} />
          </p>
        ))}
        {failed && (
          <button type="button" class="link" onClick={() => go({ view: "graph", phase: failed.phase, node: failed.node, port: "" })}>
            {run && placeOfFailure(run) ? `${placeOfFailure(run)} in the graph's text` : "its place in the graph's text"}
          </button>
        )}
      </div>
      <Progress store={store} name={name} />
      {hasControl && <Control store={store} />}
    </section>
  );
}

function Progress({ store, name }: { store: RunStore; name: string }) {
  const run = useTopic(store, "run");
  const index = store.get("log")?.phases.findIndex((one) => one.name === name) ?? -1;
  useChanges(store, `activity.${index}`);
  const at = run?.phases[index];
  if (!run || !at) return null;
  const now = phaseNow(store, name),
    pace = paceOf(store, now);
  const share = at.steps ? at.step / at.steps : null;
  return (
    <div class="progress">
      <div>
        <span>
          <b>{whole(at.step)}</b>
          {at.steps !== null && <span class="k"> of {whole(at.steps)} steps</span>}
          {at.steps === null && <span class="k"> steps</span>}
        </span>
        {share !== null && <span class="k">{Math.floor(share * 100)} %</span>}
      </div>
      <svg
        class="progressbar"
        role="img"
        aria-label={share === null ? "length not known" : `${Math.floor(share * 100)} % of ${name}`}
        viewBox="0 0 100 4"
        preserveAspectRatio="none"
      >
        <rect class="track" width="100" height="4" />
        <rect class="done" width={100 * Math.min(1, share ?? 0)} height="4" />
      </svg>
      <div class="k">
        <span>
          {now?.still
            ? stillWords[now.still]
            : pace.rate === null
              ? `${durationWords(run.seconds)} in all`
              : rateWords(pace.rate).replace("/s", " steps/s")}
          {at.occurrences > 1 && `, ${run.status === "running" ? `pass ${whole(at.occurrences)}` : `${whole(at.occurrences)} passes`} of ${name}`}
        </span>
        <span>
          {pace.left !== null
            ? `${durationWords(pace.left)} left`
            : run.status === "running"
              ? ""
              : `${durationWords(run.seconds)} in all`}
        </span>
      </div>
    </div>
  );
}

const stillWords = { paused: "paused", stalled: "no step ends", "no connection": "no connection" };

function Control({ store }: { store: RunStore }) {
  const run = useTopic(store, "run");
  const [said, setSaid] = useState("");
  const isPaused = run?.is_paused ?? false;
  const wasCut = isCut(store.link);
  if (run?.status !== "running") return null;
  const send = async (what: ControlWord): Promise<void> => {
    try {
      await ask("api/control", { do: what });
      const asked = isPaused ? "the run is paused: the checkpoint is taken when it goes on" : "a checkpoint was asked for";
      setSaid(what === "stop" ? "stops after this step" : what === "checkpoint" ? asked : "");
    } catch (error) {
      setSaid(error instanceof Error ? error.message : String(error));
    }
  };
  // Checkpoints and pauses come between steps, and in a stall no step ends.
  const isStuck = wasCut || (run.stalled !== "" && !isPaused);
  const why = wasCut ? "no connection" : isStuck ? "no step ends" : undefined;
  return (
    <div class="control">
      <button type="button" class="quiet" disabled={isStuck} title={why} onClick={() => void send("checkpoint")}>
        checkpoint now
      </button>
      <button type="button" class="quiet" disabled={isStuck} title={why} onClick={() => void send(isPaused ? "go on" : "pause")}>
        {isPaused ? "go on" : "pause"}
      </button>
      <button type="button" class="quiet" disabled={wasCut} title={wasCut ? why : undefined} onClick={() => void send("stop")}>
        stop after this step
      </button>
      <span class="k" role="status">
        {wasCut ? "" : said}
      </span>
    </div>
  );
}
