// What the address's fragment holds: the view, the runs and what is selected. The token is never a part of it (server.ts removes it).

import { useEffect, useRef, useState } from "preact/hooks";

export const views = ["graph", "run", "learning", "timeline", "results", "runs", "compare"] as const;
export type ViewName = (typeof views)[number];

export interface Address {
  /** Null: the page chooses it. */
  view: ViewName | null;
  runs: number[];
  phase: string;
  node: string;
  port: string;
  step: number | null;
  /** The slot whose sample is followed. */
  sample: number | null;
}

function read(): Address {
  const given = new URLSearchParams(location.hash.slice(1));
  const view = views.find((one) => one === given.get("view")) ?? null;
  const runs = (given.get("runs") ?? "")
    .split(",")
    .filter((row) => /^\d{1,9}$/.test(row))
    .map(Number);
  const number = (name: string): number | null => {
    const text = given.get(name);
    return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
  };
  return {
    view,
    runs,
    phase: given.get("phase") ?? "",
    node: given.get("node") ?? "",
    port: given.get("port") ?? "",
    step: number("step"),
    sample: number("sample"),
  };
}

function fragment(address: Address): string {
  const out = new URLSearchParams();
  if (address.view) out.set("view", address.view);
  if (address.runs.length > 0) out.set("runs", address.runs.join(","));
  for (const name of ["phase", "node", "port"] as const) if (address[name]) out.set(name, address[name]);
  for (const name of ["step", "sample"] as const) if (address[name] !== null) out.set(name, String(address[name]));
  const text = out.toString().replaceAll("%2F", "/").replaceAll("%2C", ",");
  return text ? `#${text}` : "";
}

/** Time after which small changes are written to the address. Browsers refuse many changes in a row, such as those of a slider. */
const rest = 200;

/** The address, and how it is changed. A change of the view or of the runs is an entry of the browser's history. */
export function useAddress(): [Address, (change: Partial<Address>) => void] {
  const [address, setAddress] = useState(read);
  const current = useRef(address),
    timer = useRef(0);
  useEffect(() => {
    const changed = (): void => {
      clearTimeout(timer.current);
      setAddress((current.current = read()));
    };
    addEventListener("popstate", changed);
    addEventListener("hashchange", changed);
    return () => {
      removeEventListener("popstate", changed);
      removeEventListener("hashchange", changed);
    };
  }, []);
  const go = (change: Partial<Address>): void => {
    const write = (isEntry: boolean): void =>
      history[isEntry ? "pushState" : "replaceState"](null, "", location.pathname + fragment(current.current));
    const isEntry = "view" in change || "runs" in change;
    clearTimeout(timer.current);
    if (isEntry) write(false);
    current.current = { ...current.current, ...change };
    if (isEntry) write(true);
    else timer.current = setTimeout(() => write(false), rest);
    setAddress(current.current);
  };
  return [address, go];
}
