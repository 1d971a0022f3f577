// Keys of the page. A key that is typed into a field, or pressed on a control that uses it, is not one of them.

import { useEffect } from "preact/hooks";

const isOff = (): boolean => localStorage.getItem("leat-keys") === "off";

/** Single keys can be turned off, for those who dictate. */
export function turnKeys(): boolean {
  localStorage.setItem("leat-keys", isOff() ? "on" : "off");
  return !isOff();
}

export const keysAreOn = (): boolean => !isOff();

/** `take` returns true if it has used the key. */
export function useKeys(take: (key: string) => boolean): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const target = event.target instanceof Element ? event.target : document.body;
      const isText = target.closest("select, textarea, input:not([type=checkbox])") !== null;
      const isControl = event.key === " " && target.closest("button, summary, input, a") !== null;
      if (event.defaultPrevented || isText || isControl || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isOff() && event.key !== "Escape") return;
      if (take(event.key)) event.preventDefault();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  });
}
