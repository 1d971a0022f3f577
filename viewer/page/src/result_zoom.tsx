// One image in large over the page. Arrow keys go to the next and the previous one, Escape closes it, and the focus goes back.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { countWords } from "./result_words";

interface Props {
  words: string;
  place: number;
  count: number;
  /** Which images are counted. */
  of: string;
  go: (place: number) => void;
  close: () => void;
  children: ComponentChildren;
}

export function Zoom({ words, place, count, of, go, close, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const opened = dialog.current!, from = document.activeElement;
    opened.showModal();
    return () => {
      opened.close();
      if (from instanceof HTMLElement) from.focus();
    };
  }, []);
  const press = (event: KeyboardEvent): void => {
    // The page behind it has keys of its own.
    event.stopPropagation();
    const target = event.target as Element;
    const to = event.key === "ArrowRight" || event.key === "ArrowDown" ? place + 1 : event.key === "ArrowLeft" || event.key === "ArrowUp" ? place - 1 : event.key === "Home" ? 0 : event.key === "End" ? count - 1 : place;
    if (to === place || target.closest("select, .scroller")) return;
    event.preventDefault();
    if (to >= 0 && to < count) go(to);
  };
  return (
    <dialog class="zoom" ref={dialog} aria-label={words} onKeyDown={press} onClose={close} onClick={(event) => event.target === event.currentTarget && dialog.current!.close()}>
      <div class="zoomed">
        <header>
          <b aria-live="polite">{words}</b>
          <span class="k">{countWords(place + 1)} of {of}</span>
          <span class="sp" />
          <button type="button" class="quiet" aria-disabled={place === 0} onClick={() => place > 0 && go(place - 1)}>← previous</button>
          <button type="button" class="quiet" aria-disabled={place + 1 === count} onClick={() => place + 1 < count && go(place + 1)}>next →</button>
          <button type="button" class="quiet" autoFocus onClick={() => dialog.current!.close()}>close (Esc)</button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
