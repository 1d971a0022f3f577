// The text of the graph, read only: the user edits it in an editor of their own. Mistakes are shown at their lines.

import { useEffect, useRef } from "preact/hooks";
import type { Graph, Mistake } from "./graph";

interface Props {
  graph: Graph;
  text: number;
  setText: (text: number) => void;
  /** Line of what is selected. */
  line: number;
  /** A line that was asked for; each time is another object. */
  shownLine: { line: number } | null;
  press: (text: number, line: number) => void;
}

interface Piece {
  text: string;
  kind: string;
}

/** Splits a line of YAML into what has one colour. */
export function pieces(line: string): Piece[] {
  const out: Piece[] = [];
  const pattern = /(#.*$)|("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')|([\w./-]+)(?=\s*:(?:\s|$))|(?<![\w.])(-?\d[\d_]*(?:\.\d+)?(?:e[-+]?\d+)?)(?![\w.])/gi;
  let end = 0;
  for (const match of line.matchAll(pattern)) {
    const isComment = match[1] !== undefined;
    if (isComment && match.index > 0 && !/\s/.test(line[match.index - 1]!)) continue;
    if (match.index > end) out.push({ text: line.slice(end, match.index), kind: "" });
    out.push({ text: match[0], kind: isComment ? "yc" : match[2] !== undefined ? "ys" : match[3] !== undefined ? "yk" : "yn" });
    end = match.index + match[0].length;
  }
  if (end < line.length) out.push({ text: line.slice(end), kind: "" });
  return out;
}

export function MistakeText({ mistake }: { mistake: Mistake }) {
  return (
    <>
      <b>{mistake.is_warning ? "warning: " : ""}</b>
      {mistake.text}
      {mistake.hint && <span class="hint">{mistake.hint}</span>}
    </>
  );
}

export function TextPane({ graph, text, setText, line, shownLine, press }: Props) {
  const shown = graph.texts[text];
  const scroll = useRef<HTMLDivElement>(null);
  const mistakes = graph.mistakes.filter((one) => one.place?.text === text);
  const first = mistakes.find((one) => !one.is_warning)?.place?.line ?? 0;
  useEffect(() => {
    const target = scroll.current?.querySelector(`[data-line="${line || first}"]`);
    target?.scrollIntoView({ block: "nearest" });
  }, [line, first, text]);
  useEffect(() => {
    if (shownLine) scroll.current?.querySelector(`[data-line="${shownLine.line}"]`)?.scrollIntoView({ block: "center" });
  }, [shownLine]);
  if (!shown) return <div class="yaml" />;
  const owners = new Set(graph.phases.flatMap((phase) => phase.nodes).flatMap((node) => (node.place?.text === text ? [node.place.line] : [])));
  return (
    <>
      {graph.texts.length > 1 && (
        <div class="files" role="tablist" aria-label="files">
          {graph.texts.map((one, index) => (
            <button type="button" role="tab" aria-selected={index === text} key={one.name} onClick={() => setText(index)}>
              {one.name.slice(one.name.lastIndexOf("/") + 1)}
              {graph.mistakes.some((mistake) => mistake.place?.text === index && !mistake.is_warning) && <b class="dot"> ✕</b>}
            </button>
          ))}
        </div>
      )}
      <div class="yaml" ref={scroll} tabIndex={0} aria-label={`text of ${shown.name}`}>
        {shown.lines.map((content, index) => {
          const number = index + 1;
          const here = mistakes.filter((one) => one.place!.line === number);
          const isBad = here.some((one) => !one.is_warning);
          return (
            <div key={number}>
              <div data-line={number} class={["yl", owners.has(number) ? "has" : "", number === line ? "on" : "", isBad ? "bad" : here.length ? "warn" : ""].filter(Boolean).join(" ")}
                style={`--indent:${Math.min(content.length - content.trimStart().length, 24) + 2}ch`}
                onClick={() => press(text, number)}>
                <span class="n">{number}</span>
                <Underlined content={content} columns={here.map((one) => one.place!.column)} />
              </div>
              {here.map((one, k) => (
                <div key={k} class={one.is_warning ? "told warn" : "told"}>
                  <MistakeText mistake={one} />
                  {one.notes.map((note, n) => (
                    <div class="note" key={n}>
                      {note.text}
                      {note.place && `: ${graph.texts[note.place.text]?.name}:${note.place.line}`}
                    </div>
                  ))}
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </>
  );
}

/** The line, with the words at these columns underlined. */
function Underlined({ content, columns }: { content: string; columns: number[] }) {
  const spans = columns.map((column) => {
    const word = /^[^\s,\]}:]+|^./.exec(content.slice(column - 1))?.[0] ?? "";
    return [column - 1, column - 1 + word.length] as const;
  });
  const edges = spans.flat();
  let at = 0;
  return (
    <>
      {pieces(content).flatMap((piece) => {
        const begin = at;
        at += piece.text.length;
        const cuts = [begin, ...edges.filter((edge) => edge > begin && edge < at).sort((a, b) => a - b), at];
        return cuts.slice(1).map((end, k) => {
          const from = cuts[k]!;
          const isMarked = spans.some(([first, last]) => first < end && last > from);
          return <span key={`${begin}.${k}`} class={`${piece.kind}${isMarked ? " under" : ""}`}>{content.slice(from, end)}</span>;
        });
      })}
    </>
  );
}
