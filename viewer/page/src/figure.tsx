// A drawing with its title, which can be saved as SVG, and its data as CSV.
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { csvField } from "./csv_field";
import { SideScroll } from "./side_scroll";

export type Cell = string | number | null;

function save(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

export const csvText = (rows: Cell[][]): string => rows.map((row) => row.map(csvField).join(",") + "\n").join("");

const kept = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "opacity", "font-family", "font-size", "font-weight", "text-anchor"];

/** A copy that looks the same without the page's style sheet. */
function svgText(svg: SVGSVGElement): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const from = [svg, ...svg.querySelectorAll<SVGElement>("*")], to = [copy, ...copy.querySelectorAll<SVGElement>("*")];
  from.forEach((element, k) => {
    const style = getComputedStyle(element);
    for (const name of kept) to[k]!.setAttribute(name, style.getPropertyValue(name));
    to[k]!.removeAttribute("class");
  });
  const box = svg.viewBox.baseVal;
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", String(box.width));
  copy.setAttribute("height", String(box.height));
  const ground = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  ground.setAttribute("width", String(box.width));
  ground.setAttribute("height", String(box.height));
  ground.setAttribute("fill", getComputedStyle(document.body).backgroundColor);
  copy.prepend(ground);
  return new XMLSerializer().serializeToString(copy) + "\n";
}

export const fileName = (title: string): string => title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");

interface FigureProps {
  title: string;
  csv: () => Cell[][];
  children: ComponentChildren;
  wide?: boolean;
  /** Sentences beneath the drawing. */
  below?: ComponentChildren;
}

export function FigureBox({ title, csv, children, wide, below }: FigureProps) {
  const box = useRef<HTMLElement>(null);
  const name = fileName(title);
  return (
    <figure class={wide ? "fig wide" : "fig"} ref={box}>
      <figcaption>
        <h3>{title}</h3>
        <span class="saves">
          <button type="button" class="quiet" title="save the drawing as SVG" aria-label={`save SVG of ${title}`} onClick={() => save(`${name}.svg`, "image/svg+xml", svgText(box.current!.querySelector("svg")!))}>SVG</button>
          <button type="button" class="quiet" title="save the numbers as CSV" aria-label={`save CSV of ${title}`} onClick={() => save(`${name}.csv`, "text/csv", csvText(csv()))}>CSV</button>
        </span>
      </figcaption>
      {wide ? <SideScroll what="figure" label={`figure: ${title}`}>{children}</SideScroll> : children}
      {below && <p class="beneath">{below}</p>}
    </figure>
  );
}

export function SaveCsv({ title, csv }: { title: string; csv: () => Cell[][] }) {
  return <button type="button" class="quiet saves" title="save the numbers as CSV" aria-label={`save CSV of ${title}`} onClick={() => save(`${fileName(title)}.csv`, "text/csv", csvText(csv()))}>CSV</button>;
}
