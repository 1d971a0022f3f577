import { render } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { CheckPane } from "./check_pane";
import type { Graph, Shown } from "./graph";
import { GraphView, type Fold, type Selected } from "./graph_view";
import { Mistakes, NodePane } from "./node_pane";
import { PreviewPane } from "./preview_pane";
import { Results } from "./results";
import { ask, follow, type Link } from "./server";
import { TextPane } from "./text_pane";

const folds: [Fold, string][] = [["all", "fold all"], ["templates", "templates"], ["none", "unfold all"]];

function useShown(): [Shown | null, Link] {
  const [shown, setShown] = useState<Shown | null>(null);
  const [link, setLink] = useState<Link>({ isOpen: false, since: null, reason: "" });
  useEffect(() => follow((topic, data) => topic === "graph" && setShown(JSON.parse(data)), setLink), []);
  return [shown, link];
}

function useTheme(): [string, () => void] {
  const [theme, setTheme] = useState(localStorage.getItem("leat-theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem("leat-theme", theme);
  }, [theme]);
  return [theme, () => setTheme(theme === "dark" ? "light" : "dark")];
}

function LinkState({ link }: { link: Link }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  if (link.isOpen) return <span class="live"><i class="ring" aria-hidden="true" />watching the file</span>;
  if (link.reason) return <span class="live bad" role="alert">{link.reason}</span>;
  if (link.since === null) return <span class="live">connecting</span>;
  return <span class="live bad" role="alert">no connection for {Math.round((Date.now() - link.since) / 1000)} s; what is shown is from before</span>;
}

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

function App() {
  const [shown, link] = useShown();
  const [theme, turnTheme] = useTheme();
  const graph = shown?.graph;
  const { drawn, isOld } = useLastGood(graph);
  const built = useLastBuilt(graph);
  const [phaseName, setPhaseName] = useState("");
  const [selected, setSelected] = useState<Selected | null>(null);
  const [text, setText] = useState(0);
  const [fold, setFold] = useState<Fold>("templates");
  const [find, setFind] = useState("");
  const [step, setStep] = useState(0);
  const [seed, setSeed] = useState<string | null>(null);
  const [notice, setNotice] = useState("");
  const search = useRef<HTMLInputElement>(null);

  const phase = useMemo(() => drawn?.phases.find((one) => one.name === phaseName) ?? drawn?.phases[0], [drawn, phaseName]);
  const node = phase?.nodes.find((one) => one.name === selected?.node);
  const builtPhase = built?.phases.find((one) => one.name === phase?.name && one.nodes.some((other) => other.name === selected?.node));
  useEffect(() => {
    if (node?.place) setText(node.place.text);
  }, [selected]);
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "/") search.current?.focus();
      else if (event.key === "f") setFold(folds[(folds.findIndex(([one]) => one === fold) + 1) % folds.length]![0]);
      else if (event.key === "t") turnTheme();
      else if (event.key === "Escape") setSelected(null);
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  });

  const pressLine = (inText: number, line: number): void => {
    for (const one of [phase, ...(drawn?.phases ?? [])]) {
      const found = one?.nodes.find((other) => other.place?.text === inText && other.place.line === line);
      if (!one || !found) continue;
      setPhaseName(one.name);
      setSelected({ node: found.name, port: "" });
      return;
    }
  };
  const errors = graph?.mistakes.filter((one) => !one.is_warning).length ?? 0;
  const warnings = (graph?.mistakes.length ?? 0) - errors;
  const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? "" : "s"}`;
  const state = !graph ? "" : errors > 0 ? count(errors, "mistake") : warnings > 0 ? count(warnings, "warning") : "no mistakes";
  const placeless = graph?.mistakes.filter((one) => !one.place) ?? [];
  return (
    <div class="app">
      <header class="top">
        <span class="word">leat</span>
        <span class="runname">{shown?.file}</span>
        <span class="sp" />
        <LinkState link={link} />
        <button type="button" class="quiet" onClick={turnTheme}>{theme === "dark" ? "light" : "dark"}</button>
      </header>
      {!shown ? (
        <p class="wait">{link.reason || "The graph is being read."}</p>
      ) : (
        <main class="author">
          <div class="ypane">
            <div class="bar">
              <b>{graph?.texts[text]?.name.split("/").pop()}</b>
              <span class={errors > 0 ? "bad" : ""} role="status">{state}</span>
              <span class="sp" />
              <span>read only</span>
            </div>
            {graph && <TextPane graph={graph} text={Math.min(text, graph.texts.length - 1)} setText={setText} line={node?.place?.text === text ? node.place.line : 0} press={pressLine} />}
          </div>
          <div class="agraph">
            <div class="bar">
              <label>
                phase{" "}
                <select value={phase?.name} onChange={(event) => (setPhaseName(event.currentTarget.value), setSelected(null))}>
                  {drawn?.phases.map((one) => <option key={one.name} value={one.name}>{one.name} · {one.nodes.length} nodes</option>)}
                </select>
              </label>
              {isOld && <span class="bad">The drawing is from the last text that could be read.</span>}
              <span class="sp" />
              <input ref={search} class="find" type="search" placeholder="find node  /" aria-label="find node" value={find}
                onInput={(event) => setFind(event.currentTarget.value)}
                onKeyDown={(event) => {
                  const found = phase?.nodes.find((one) => find && `${one.name} ${one.type}`.toLowerCase().includes(find.toLowerCase()));
                  if (event.key === "Enter" && found) setSelected({ node: found.name, port: "" });
                  if (event.key === "Escape") setFind("");
                }} />
              {folds.map(([one, words]) => <button type="button" key={one} class="quiet" aria-pressed={fold === one} onClick={() => setFold(one)}>{words}</button>)}
            </div>
            {phase ? <GraphView phase={phase} mistakes={graph?.mistakes ?? []} selected={selected} select={setSelected} find={find} fold={fold} /> : <div class="graph" />}
            <div class="dock">
              {notice && <p class="problem" role="alert">{notice}</p>}
              {shown.error && <p class="problem" role="alert">{shown.error}</p>}
              <Mistakes mistakes={placeless} />
              {(shown.waits_for ?? []).length > 0 && (
                <p class="problem warn">
                  This graph runs code that is not Leat's own: {shown.waits_for!.join(", ")}. Shapes and values are known after it is loaded.{" "}
                  <button type="button" class="loud" onClick={() => ask("api/allow", shown.waits_for).catch((error: unknown) => setNotice(String(error)))}>allow it</button>
                </p>
              )}
              {phase && built && builtPhase && selected && node && selected.port ? (
                <PreviewPane graph={built} phase={builtPhase} old={built === graph ? "" : graph?.mistakes.some((one) => !one.is_warning) ? "The text has mistakes." : shown.error ? "The graph could not be checked." : "The graph waits for leave to run code."} selected={selected} version={shown.version} step={step} setStep={setStep} seed={seed ?? built.seed ?? "0"} setSeed={setSeed} />
              ) : phase && graph && node ? (
                <NodePane graph={graph} phase={phase} node={node} select={setSelected} />
              ) : (
                graph && <CheckPane graph={graph} phase={phase} />
              )}
            </div>
          </div>
        </main>
      )}
    </div>
  );
}

// A file that `leat report --out` wrote has its data in it.
const embedded = document.getElementById("leat-data");
render(embedded ? <Results report={JSON.parse(embedded.textContent)} /> : <App />, document.getElementById("app")!);
