import { render } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useAddress, views, type Address, type ViewName } from "./address";
import { AuthorView } from "./author_view";
import { CompareView } from "./compare_view";
import type { Shown } from "./graph";
import { keysAreOn, turnKeys, useKeys } from "./keys";
import { LearningView } from "./learning_view";
import type { PageKind, RunList, RunRow } from "./run";
import { RunStore, useChanges, useTopic } from "./run_store";
import { RunView } from "./run_view";
import { Results } from "./results";
import { ResultsView } from "./results_view";
import { glyphs, RunsView } from "./runs_view";
import { follow, isCut, tellClosed, type Link } from "./server";
import { Glyph, GlyphShapes } from "./states";
import { TimelineView } from "./timeline_view";
import { clock, count, durationWords } from "./words";

const viewWords: Record<ViewName, string> = {
  graph: "Graph",
  run: "Run",
  learning: "Learning",
  timeline: "Timeline",
  results: "Results",
  runs: "Runs",
  compare: "Compare",
};

interface Told {
  page: PageKind | null;
  runs: RunRow[];
  /** The list of runs has arrived. */
  isListed: boolean;
  /** Why the list of runs cannot be read. */
  problem: string;
  shown: Shown | null;
  link: Link;
}

/** What the server tells the page as a whole. */
function useTold(): Told {
  const [told, setTold] = useState<Told>({ page: null, runs: [], isListed: false, problem: "", shown: null, link: { isOpen: false, since: null, reason: "" } });
  useEffect(() => {
    const change = (part: Partial<Told>): void => setTold((before) => ({ ...before, ...part }));
    // A long list comes in parts, of which only those that have changed come again.
    const parts = new Map<string, RunRow[]>();
    let list: RunList = { parts: [], error: "" };
    const showRuns = (): void => {
      if (list.parts.every((one) => parts.has(one))) change({ runs: list.parts.flatMap((one) => parts.get(one)!), isListed: true, problem: list.error });
    };
    return follow(
      "api/events",
      (topic, data) => {
        if (topic === "graph") change({ shown: JSON.parse(data) });
        else if (topic === "page") change({ page: JSON.parse(data) });
        else if (topic === "runs") {
          list = JSON.parse(data);
          showRuns();
        } else if (topic.startsWith("runs.")) {
          parts.set(topic, JSON.parse(data));
          if (list.parts.includes(topic)) showRuns();
        }
      },
      (link) => change({ link }),
    );
  }, []);
  return told;
}

/** The streams of these runs. Each is open as long as its run is shown. */
function useStores(rows: number[]): RunStore[] {
  const open = useRef(new Map<number, RunStore>());
  const stores = useMemo(
    () =>
      rows.map((row) => {
        const store = open.current.get(row) ?? new RunStore(row);
        open.current.set(row, store);
        return store;
      }),
    [rows.join()],
  );
  useEffect(() => {
    for (const [row, store] of open.current)
      if (!rows.includes(row)) {
        store.close();
        open.current.delete(row);
      }
  }, [rows.join()]);
  return stores;
}

function useTheme(): [string, () => void] {
  const [theme, setTheme] = useState(
    localStorage.getItem("leat-theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"),
  );
  document.documentElement.dataset.theme = theme;
  return [
    theme,
    () => {
      const next = theme === "dark" ? "light" : "dark";
      localStorage.setItem("leat-theme", next);
      setTheme(next);
    },
  ];
}

function Cut({ link, words }: { link: Link; words: string }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  if (link.isOpen)
    return (
      <span class="live">
        {words && <i class="ring" aria-hidden="true" />}
        {words}
      </span>
    );
  if (link.since === null) return <span class="live">connecting</span>;
  const seconds = Math.round((Date.now() - link.since) / 1000);
  return (
    <span class="live bad">
      <span class="unseen" role="alert">
        no connection
      </span>
      no connection for {seconds < 60 ? `${seconds} s` : durationWords(seconds)}, since {clock(link.since)}
      {link.reason ? `: ${link.reason}` : "; what is shown is from then"}
    </span>
  );
}

/** How many of several runs are in each state. */
function RunCounts({ runs }: { runs: RunRow[] }) {
  const all = runs.map((run) => run.status);
  return (
    <span class={all.some((status) => status === "failed" || status === "unfinished") ? "live bad" : "live"}>
      {[...new Set(all)].map((status) => `${all.filter((one) => one === status).length} ${status}`).join(", ")}
    </span>
  );
}

function RunState({ store }: { store: RunStore }) {
  const run = useTopic(store, "run");
  useChanges(store, "link", "held");
  const words = !run ? "" : run.status === "running" ? (run.stalled ? "stalled" : run.is_paused ? "paused" : "live") : run.status;
  if (!run || isCut(store.link)) return <Cut link={store.link} words="" />;
  if (run.status !== "running")
    return (
      <span class={run.status === "finished" || run.status === "stopped" ? "live" : "live bad"}>
        <Glyph state={glyphs[run.status]} />
        {words}
      </span>
    );
  if (store.heldSince !== null)
    return (
      <span class="live held">
        held since {clock(store.heldSince)}
        <button type="button" class="loud" onClick={() => store.hold(false)}>
          follow
        </button>
      </span>
    );
  return (
    <span class={run.stalled ? "live bad" : "live"}>
      <Glyph state={run.stalled ? 3 : run.is_paused ? 4 : 0} />
      {words}
      <button type="button" class="quiet" title="space" onClick={() => store.hold(true)}>
        hold
      </button>
    </span>
  );
}

const keyWords: [string, string][] = [
  ["arrows, Enter", "walk along the flow, open a node or fold a group"],
  ["f", "folds all, templates, nothing"],
  ["+ − 0", "zoom, show all; drag and wheel as well"],
  ["/", "finds nodes"],
  ["t", "light or dark"],
  ["Esc", "closes what is selected"],
  ["?", "these keys"],
];
const runKeys: [string, string][] = [
  ["1 – 7", "graph, run, learning, timeline, results, runs, compare"],
  ["space", "holds what is shown, and follows again"],
  ["b", "goes to the bottleneck"],
];

function Help({ isOpen, turn, hasRuns }: { isOpen: boolean; turn: () => void; hasRuns: boolean }) {
  const [hasKeys, setKeys] = useState(keysAreOn());
  return (
    <div class="chooser wideonly">
      <button type="button" class="quiet" aria-expanded={isOpen} aria-label="keys" onClick={turn}>
        ?
      </button>
      {isOpen && (
        <div class="choices keyhelp" role="region" aria-label="keys">
          <dl class="keylist">
            {[...(hasRuns ? runKeys : []), ...keyWords].flatMap(([key, words]) => [
              <dt key={key}>{key}</dt>,
              <dd key={`${key} `}>{words}</dd>,
            ])}
          </dl>
          <label>
            <input type="checkbox" checked={hasKeys} onChange={() => setKeys(turnKeys())} /> single keys (turn them off if you dictate)
          </label>
        </div>
      )}
    </div>
  );
}

/** Says changes of a run's status to screen readers, and nothing else. */
function Announcer({ store }: { store: RunStore }) {
  const run = useTopic(store, "run");
  const text = !run ? "" : run.stalled ? "the run has stalled" : run.status === "running" ? "" : run.status === "failed" ? "the run failed" : run.status === "stopped" ? "the run was stopped by request" : `the run is ${run.status}`;
  return (
    <div class="unseen" role="status">
      {text}
    </div>
  );
}

function App() {
  const told = useTold();
  const [theme, turnTheme] = useTheme();
  const [address, go] = useAddress();
  const [isHelp, setHelp] = useState(false);
  // A server that says nothing of the page has opened a graph.
  const opened = told.page?.opened ?? (told.shown ? "graph" : null);
  const isOne = told.runs.length === 1;
  const view: ViewName = opened !== "runs" ? "graph" : (address.view ?? (isOne || address.runs.length > 0 ? "run" : "runs"));
  const known = address.runs.filter((row) => told.runs.some((one) => one.row === row));
  const chosen = known.length > 0 ? known : told.runs.slice(0, 1).map((one) => one.row);
  const watched = opened !== "runs" || view === "runs" ? [] : view === "compare" ? chosen.slice(0, 2) : chosen.slice(0, 1);
  const stores = useStores(watched);
  const store = stores[0];
  const offered = views.filter((one) => opened === "runs" && (!isOne || (one !== "runs" && one !== "compare")));
  useKeys((key) => {
    const digit = views[Number(key) - 1];
    if (key === "t") turnTheme();
    else if (key === "?") setHelp(!isHelp);
    else if (key === "Escape" && isHelp) setHelp(false);
    else if (key === " " && store && view !== "runs") stores.forEach((one) => one.hold(one.heldSince === null));
    else if (digit && offered.includes(digit)) go({ view: digit });
    else return false;
    return true;
  });
  useEffect(() => {
    document.title = opened === "graph" ? `${told.shown?.file.split("/").pop() ?? ""} · leat` : `${viewWords[view]} · leat`;
  }, [opened, view, told.shown?.file]);
  // The command of a run that is over waits until its page is closed.
  useEffect(() => {
    if (opened !== "runs") return;
    addEventListener("pagehide", tellClosed);
    return () => removeEventListener("pagehide", tellClosed);
  }, [opened]);
  const row = told.runs.find((one) => one.row === chosen[0]);
  const areSeveral = view === "learning" && chosen.length > 1 && !isCut(told.link);
  return (
    <div class="app">
      <GlyphShapes />
      <header class="top">
        <span class="word">leat</span>
        <span class="runname">
          {opened === "runs"
            ? view === "runs"
              ? told.isListed && count(told.runs.length, "run")
              : chosen
                  .slice(0, 3)
                  .map((one) => told.runs.find((run) => run.row === one)?.folder)
                  .join("  ·  ") + (view === "learning" && chosen.length > 3 ? `  and ${count(chosen.length - 3, "other")}` : "")
            : told.shown?.file}
        </span>
        {offered.length > 0 && (
          <nav class="tabs" aria-label="views">
            {offered.map((one) => (
              <button
                type="button"
                key={one}
                aria-current={one === view ? "page" : undefined}
                title={`key ${views.indexOf(one) + 1}`}
                onClick={() => go({ view: one })}
              >
                {viewWords[one]}
              </button>
            ))}
          </nav>
        )}
        <span class="sp" />
        {areSeveral && <RunCounts runs={told.runs.filter((one) => chosen.includes(one.row))} />}
        {areSeveral && row?.status !== "running" ? null : store ? <RunState store={store} /> : <Cut link={told.link} words={opened === "graph" ? "watching the file" : ""} />}
        <Help isOpen={isHelp} turn={() => setHelp(!isHelp)} hasRuns={opened === "runs"} />
        <button type="button" class="quiet" onClick={turnTheme}>
          {theme === "dark" ? "light" : "dark"}
        </button>
      </header>
      {store && <Announcer store={store} />}
      {opened === null ? (
        <p class="wait">{told.link.reason || "The graph is being read."}</p>
      ) : opened === "graph" ? (
        told.shown ? (
          <AuthorView shown={told.shown} address={address} go={go} paths={{ any: "api/preview", live: null, recorded: null, allow: "api/allow" }} isCut={isCut(told.link)} />
        ) : (
          <p class="wait">The graph is being read.</p>
        )
      ) : view === "runs" || told.runs.length === 0 ? (
        <RunsView key={String(told.isListed)} runs={told.runs} isKnown={told.isListed} problem={told.problem} link={told.link} chosen={known} go={go} />
      ) : (
        <OneView view={view} stores={stores} told={told} address={address} go={go} row={row} chosen={chosen} theme={theme} />
      )}
    </div>
  );
}

interface OneProps {
  view: ViewName;
  stores: RunStore[];
  told: Told;
  address: Address;
  go: (change: Partial<Address>) => void;
  row: RunRow | undefined;
  chosen: number[];
  theme: string;
}

function OneView({ view, stores, told, address, go, row, chosen, theme }: OneProps) {
  const store = stores[0]!;
  const isLive = told.page?.is_live ?? false;
  if (view === "graph") return <RunGraph store={store} address={address} go={go} isLive={isLive} />;
  if (view === "learning")
    return (
      <LearningView
        key={store.row}
        store={store}
        runs={chosen.flatMap((row) => told.runs.find((one) => one.row === row) ?? [])}
        theme={theme}
      />
    );
  if (view === "timeline") return <TimelineView key={store.row} store={store} theme={theme} address={address} go={go} />;
  if (view === "results") return <ResultsView rows={chosen} isOver={told.runs.filter((one) => chosen.includes(one.row)).every((one) => one.status === "finished")} />;
  if (view === "compare") return <CompareView stores={stores} runs={told.runs} go={go} theme={theme} />;
  return <RunView key={row?.row} store={store} address={address} go={go} isLive={isLive} hasControl={told.page?.has_control ?? false} />;
}

function RunGraph({ store, address, go, isLive }: { store: RunStore; address: Address; go: OneProps["go"]; isLive: boolean }) {
  const shown = useTopic(store, "graph"),
    run = useTopic(store, "run");
  useChanges(store, "link");
  if (!shown) return <p class="wait">{store.link.reason || "The run's graph is being read."}</p>;
  const base = `api/runs/${store.row}`;
  return (
    <AuthorView
      shown={shown}
      address={address}
      go={go}
      isCut={isCut(store.link)}
      paths={{ any: `${base}/preview`, live: isLive && run?.status === "running" ? `${base}/live` : null, recorded: null, allow: `${base}/allow` }}
    />
  );
}

// A file that `leat report --out` wrote has its data in it.
const embedded = document.getElementById("leat-data");
render(embedded ? <Results report={JSON.parse(embedded.textContent)} /> : <App />, document.getElementById("app")!);
