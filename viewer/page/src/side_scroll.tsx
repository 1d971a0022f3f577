// A box whose wide content scrolls sideways, with a hint while it is wider than the box.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

export function SideScroll({ label, what, tall, children }: { label: string; what: "table" | "figure"; tall?: boolean; children: ComponentChildren }) {
  const box = useRef<HTMLDivElement>(null);
  const [isWide, setWide] = useState(false);
  const [isAtEnd, setAtEnd] = useState(false);
  useEffect(() => {
    const element = box.current!;
    const look = (): void => {
      const hidden = element.scrollWidth - element.clientWidth;
      setWide(hidden > 1);
      setAtEnd(element.scrollLeft >= hidden - 1);
    };
    const watch = new ResizeObserver(look);
    watch.observe(element);
    for (const child of element.children) watch.observe(child);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      watch.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);
  return (
    <div class={isWide ? (isAtEnd ? "sideways" : "sideways more") : "fits"}>
      {isWide && <p class="hint">The {what} is wider than its box: scroll it sideways →</p>}
      <div class={tall ? "scroller tall" : "scroller"} ref={box} tabIndex={0} role="region" aria-label={label}>{children}</div>
    </div>
  );
}
