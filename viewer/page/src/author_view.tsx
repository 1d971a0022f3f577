// The text beside the graph, with what is selected below it. The text and the graph are those of a file, or of a run.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Address } from "./address";
import { CheckPane } from "./check_pane";
import type { Graph, Shown } from "./graph";
import { folds, GraphView, nextFold, type Selected } from "./graph_view";
import type { Fold } from "./layout";
import { useKeys } from "./keys";
import { Mistakes, NodePane } from "./node_pane";
import { PreviewPane, type Paths } from "./preview_pane";
import { ask } from "./server";
import { TextPane } from "./text_pane";

/** While the text cannot be read as a graph, the last drawing stays. */
function useLastGood(graph: Graph | undefined): { drawn: Graph | undefined; isOld: boolean } {
  const last = useRef<Graph | undefined>(undefined);
  if (graph && graph.phases.some((phase) => phase.nodes.length > 0)) last.current = graph;
  return { drawn: last.current, isOld: graph !== undefined && last.current !== graph };
}

/** While the text has mistakes, values are shown for the last graph without. */
function useLastBuilt(graph: Graph | undefined): Graph | undefined {
  const last = useRef<Graph | undefined>(undefined);
  if (graph?.is_built) last.current = graph;
  return last.current;
}

interface Props {
  shown: Shown;
  address: Address;
  go: (change: Partial<Address>) => void;
  paths: Paths;
  /** The server does not answer. */
  isCut: boolean;
}

export function AuthorView({ shown, address, go, paths, isCut }: Props) {
  const graph = shown.graph;
  const { drawn, isOld } = useLastGood(graph);
  const built = useLastBuilt(graph);
  const [text, setText] = useState(0);
  const [fold, setFold] = useState<Fold>("templates");
  const [find, setFind] = useState("");
  const [seed, setSeed] = useState<string | null>(null);
  const [notice, setNotice] = useState("");
  const search = useRef<HTMLInputElement>(null);
  const selected = useMemo<Selected | null>(
    () => (address.node ? { node: address.node, port: address.port } : null),
    [address.node, address.port],
  );
  const select = (next: Selected | null): void => go({ phase: phase?.name ?? "", node: next?.node ?? "", port: next?.port ?? "" });

  const phase = useMemo(() => drawn?.phases.find((one) => one.name === address.phase) ?? drawn?.phases[0], [drawn, address.phase]);
  const node = phase?.nodes.find((one) => one.name === selected?.node);
  const builtPhase = built?.phases.find((one) => one.name === phase?.name && one.nodes.some((other) => other.name === selected?.node));
  useEffect(() => {
    if (node?.place) setText(node.place.text);
  }, [selected]);
  useKeys((key) => {
    if (key === "/") search.current?.focus();
    else if (key === "f") setFold(nextFold);
    else if (key === "Escape") select(null);
    else return false;
    return true;
  });

  const pressLine = (inText: number, line: number): void => {
    for (const one of [phase, ...(drawn?.phases ?? [])]) {
      const found = one?.nodes.find((other) => other.place?.text === inText && other.place.line === line);
      if (one && found) return go({ phase: one.name, node: found.name, port: "" });
    }
  };
  const [shownLine, setShownLine] = useState<{ line: number } | null>(null);
  const [next, setNext] = useState(0);
  /** Goes to one mistake after the other, errors first: to its line, and to its node in the drawing. */
  const goToMistake = (): void => {
    const all = [...(graph?.mistakes ?? [])].sort((a, b) => Number(a.is_warning) - Number(b.is_warning));
    const one = all[next % Math.max(1, all.length)];
    if (!one) return;
    setNext(next + 1);
    const part = one.parts.find((other) => drawn?.phases.some((phase) => phase.name === other.phase));
    if (part) go({ phase: part.phase, node: part.name, port: "" });
    if (one.place) {
      setText(one.place.text);
      setShownLine({ line: one.place.line });
    }
  };
  const isWrong = (name: string): boolean => (graph?.mistakes ?? []).some((one) => !one.is_warning && one.parts.some((part) => part.phase === name));
  const errors = graph?.mistakes.filter((one) => !one.is_warning).length ?? 0;
  const warnings = (graph?.mistakes.length ?? 0) - errors;
  const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? "" : "s"}`;
  const state = !graph ? "" : errors > 0 ? count(errors, "mistake") : warnings > 0 ? count(warnings, "warning") : "no mistakes";
  // A file that is empty or gone has no line below which a mistake could stand.
  const hasLine = (place: { text: number; line: number }): boolean => (graph?.texts[place.text]?.lines ?? []).some((line) => line !== "");
  const placeless = graph?.mistakes.filter((one) => !one.place || !hasLine(one.place)) ?? [];
  const old =
    built === graph
      ? ""
      : errors > 0
        ? "The text has mistakes."
        : shown.error
          ? "The graph could not be checked."
          : "The graph waits for leave to run code.";
  return (
    <main class="author">
      <div class="ypane">
        <div class="bar">
          <b>{graph?.texts[text]?.name.split("/").pop()}</b>
          <span class={errors > 0 ? "bad" : ""} role="status">
            {errors + warnings > 0 ? (
              <button type="button" class="link" title="goes to it; pressed again, to the next one" onClick={goToMistake}>
                {state}
              </button>
            ) : (
              state
            )}
          </span>
          <span class="sp" />
          <span>read only</span>
        </div>
        {graph && (
          <TextPane
            graph={graph}
            text={Math.min(text, graph.texts.length - 1)}
            setText={setText}
            line={node?.place?.text === text ? node.place.line : 0}
            shownLine={shownLine}
            press={pressLine}
          />
        )}
      </div>
      <div class="agraph">
        <div class="bar">
          <label>
            phase{" "}
            <select value={phase?.name} onChange={(event) => go({ phase: event.currentTarget.value, node: "", port: "" })}>
              {drawn?.phases.map((one) => (
                <option key={one.name} value={one.name}>
                  {isWrong(one.name) ? "✕ " : ""}
                  {one.name} · {one.nodes.length} nodes
                </option>
              ))}
            </select>
          </label>
          {isOld && <span class="bad">The drawing is from the last text that could be read.</span>}
          <span class="sp" />
          <Finder input={search} find={find} setFind={setFind} phase={phase} select={select} />
          {folds.map(([one, words]) => (
            <button type="button" key={one} class="quiet" aria-pressed={fold === one} onClick={() => setFold(one)}>
              {words}
            </button>
          ))}
        </div>
        {phase ? (
          <GraphView phase={phase} mistakes={graph?.mistakes ?? []} selected={selected} select={select} find={find} fold={fold} />
        ) : (
          <div class="graph" />
        )}
        <div class="dock">
          {notice && (
            <p class="problem" role="alert">
              {notice}
            </p>
          )}
          {shown.error && (
            <p class="problem" role="alert">
              {shown.error}
            </p>
          )}
          <Mistakes mistakes={placeless} />
          {(shown.waits_for ?? []).length > 0 && (
            <p class="problem warn">
              This graph runs code that is not Leat's own: {shown.waits_for!.join(", ")}. Shapes and values are known after it is loaded.{" "}
              <button
                type="button"
                class="loud"
                onClick={() => ask(paths.allow, shown.waits_for).catch((error: unknown) => setNotice(String(error)))}
              >
                allow it
              </button>
            </p>
          )}
          {phase && built && builtPhase && selected && node && selected.port ? (
            <PreviewPane
              graph={built}
              phase={builtPhase}
              old={old}
              selected={selected}
              version={shown.version}
              step={address.step}
              setStep={(step) => go({ step })}
              sample={address.sample}
              setSample={(sample) => go({ sample })}
              seed={seed ?? built.seed ?? "0"}
              setSeed={setSeed}
              paths={paths}
              isCut={isCut}
            />
          ) : phase && graph && node ? (
            <NodePane graph={graph} phase={phase} node={node} select={select} />
          ) : (
            graph && <CheckPane graph={graph} phase={phase} />
          )}
        </div>
      </div>
    </main>
  );
}

interface FinderProps {
  input: { current: HTMLInputElement | null };
  find: string;
  setFind: (find: string) => void;
  phase: { nodes: { name: string; type: string }[] } | undefined;
  select: (selected: Selected) => void;
}

/** The field that marks nodes by name or type. Enter opens the first. */
export function Finder({ input, find, setFind, phase, select }: FinderProps) {
  return (
    <label class="named">
      find node
      <input
        ref={input}
        class="find"
        type="search"
        title="the key / comes here; Enter opens the first"
        aria-label="find node"
        value={find}
        onInput={(event) => setFind(event.currentTarget.value)}
        onKeyDown={(event) => {
          const found = phase?.nodes.find((one) => find && `${one.name} ${one.type}`.toLowerCase().includes(find.toLowerCase()));
          if (event.key === "Enter" && found) select({ node: found.name, port: "" });
          if (event.key === "Escape") setFind("");
        }}
      />
    </label>
  );
}
