// Pictures of graphs, which a worker makes.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Phase } from "./graph";
import type { Fold, Picture, Size, Wanted } from "./layout";

interface Waiting {
  take: (drawn: Picture) => void;
  fail: (problem: Error) => void;
}

let worker: Worker | null = null;
let last = 0;
const waiting = new Map<number, Waiting>();

function opened(): Worker {
  if (worker) return worker;
  const made = new Worker(new URL("layout.js", document.baseURI), { type: "module" });
  made.onmessage = ({ data }: MessageEvent<{ number: number; drawn: Picture }>) => {
    waiting.get(data.number)?.take(data.drawn);
    waiting.delete(data.number);
  };
  made.onerror = (event) => {
    made.terminate();
    worker = null;
    for (const one of waiting.values()) one.fail(new Error(event.message || "its worker could not be loaded"));
    waiting.clear();
  };
  return (worker = made);
}

function pictureOf(wanted: Wanted): Promise<Picture> {
  return new Promise((take, fail) => {
    const number = ++last;
    const to = opened();
    waiting.set(number, { take, fail });
    to.postMessage({ number, wanted });
  });
}

/** A picture, and the phase as it was when the picture was asked for. */
export interface LaidOut {
  drawn: Picture;
  phase: Phase;
}

/** The newest picture. While a newer one is made, the one before stays. Of several that are asked for meanwhile, only the last is made. */
export function useLaidOut(phase: Phase, fold: Fold, turned: Set<string>, size: Size): { laidOut: LaidOut | null; problem: string } {
  const [laidOut, setLaidOut] = useState<LaidOut | null>(null);
  const [problem, setProblem] = useState("");
  const next = useRef<Wanted | null>(null), isBusy = useRef(false), isGone = useRef(false);
  const work = async (): Promise<void> => {
    if (isBusy.current) return;
    isBusy.current = true;
    while (next.current && !isGone.current) {
      const wanted: Wanted = next.current;
      next.current = null;
      try {
        const drawn = await pictureOf(wanted);
        setLaidOut({ drawn, phase: wanted.phase });
        setProblem("");
      } catch (error) {
        setProblem(`The graph could not be laid out: ${error instanceof Error ? error.message : String(error)}.`);
      }
    }
    isBusy.current = false;
  };
  useEffect(() => {
    next.current = { phase, fold, turned: [...turned], size };
    void work();
  }, [phase, fold, turned, size.w, size.h]);
  useEffect(() => () => void (isGone.current = true), []);
  return { laidOut, problem };
}
