// What is known about a run: the newest message of each topic of its stream.

import { useEffect, useReducer } from "preact/hooks";
import type { Shown } from "./graph";
import type { Activity, CallNow, LogNames, MetricNames, Ranks, RecordedPhase, RunMessage, RunNow, Verdict } from "./run";
import { follow, type Link } from "./server";

export interface Topics {
  graph: Shown;
  log: LogNames;
  run: RunNow;
  calls: CallNow[];
  verdict: Verdict;
  metrics: MetricNames;
  ranks: Ranks | null;
  messages: RunMessage[];
  recorded: RecordedPhase[];
  [activity: `activity.${number}`]: Activity;
}

/** The rows of a table that was sent as columns by name. */
function rowsOf(columns: Record<string, unknown[]>): Record<string, unknown>[] {
  const names = Object.keys(columns);
  return (columns[names[0]!] ?? []).map((_, k) => Object.fromEntries(names.map((name) => [name, columns[name]![k]])));
}

/** Least time between two drawings of what arrived. */
const pause = (): number => (matchMedia("(prefers-reduced-motion: reduce)").matches ? 1000 : 200);

/**
 * Follows a run. A message is parsed when somebody reads it, so of several messages of a topic between two drawings only the newest costs
 * anything. While the store is held, what is shown stays.
 */
export class RunStore {
  link: Link = { isOpen: false, since: null, reason: "" };
  /** Time since which what is shown stays. */
  heldSince: number | null = null;
  /** Counts the drawings. What is computed from topics is valid for one of them. */
  drawings = 0;
  private readonly known = new Map<string, unknown>();
  /** Messages that have not been parsed: of the last drawing, and newer ones. */
  private readonly shown = new Map<string, string>();
  private readonly arrived = new Map<string, string>();
  private readonly listeners = new Map<string, Set<() => void>>();
  private drawn = 0;
  private timer = 0;
  private readonly end: () => void;

  constructor(readonly row: number) {
    this.end = follow(
      `api/runs/${row}/events`,
      (topic, data) => this.take(topic, data),
      (link) => {
        this.link = link;
        this.tell("link");
      },
    );
  }

  close(): void {
    this.end();
    clearTimeout(this.timer);
  }

  get<Topic extends keyof Topics>(topic: Topic): Topics[Topic] | undefined {
    const data = this.shown.get(topic);
    if (data !== undefined) {
      const parsed = JSON.parse(data);
      this.known.set(topic, topic.startsWith("activity.") ? { ...parsed, nodes: rowsOf(parsed.nodes), edges: rowsOf(parsed.edges) } : parsed);
      this.shown.delete(topic);
    }
    return this.known.get(topic) as Topics[Topic] | undefined;
  }

  /** Calls back after a topic has changed. Other topics: `link`, `held`. */
  listen(topics: string[], call: () => void): () => void {
    for (const topic of topics) {
      const set = this.listeners.get(topic) ?? new Set();
      set.add(call);
      this.listeners.set(topic, set);
    }
    return () => topics.forEach((topic) => this.listeners.get(topic)?.delete(call));
  }

  hold(isHeld: boolean): void {
    this.heldSince = isHeld ? Date.now() : null;
    this.tell("held");
    if (!isHeld) this.show();
  }

  private take(topic: string, data: string): void {
    this.arrived.set(topic, data);
    if (this.heldSince !== null || this.timer !== 0) return;
    this.timer = setTimeout(() => this.show(), Math.max(0, this.drawn + pause() - performance.now()));
  }

  private show(): void {
    clearTimeout(this.timer);
    this.timer = 0;
    if (this.heldSince !== null) return;
    this.drawn = performance.now();
    this.drawings += 1;
    const calls = new Set<() => void>();
    for (const [topic, data] of this.arrived) {
      this.shown.set(topic, data);
      this.listeners.get(topic)?.forEach((call) => calls.add(call));
    }
    this.arrived.clear();
    calls.forEach((call) => call());
  }

  private tell(topic: string): void {
    this.listeners.get(topic)?.forEach((call) => call());
  }
}

/** The newest message of a topic. The component is drawn again when it changes. */
export function useTopic<Topic extends keyof Topics>(store: RunStore, topic: Topic): Topics[Topic] | undefined {
  useChanges(store, topic);
  return store.get(topic);
}

export function useChanges(store: RunStore, ...topics: string[]): void {
  const [, again] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    again(undefined);
    return store.listen(topics, () => again(undefined));
  }, [store, topics.join()]);
}
