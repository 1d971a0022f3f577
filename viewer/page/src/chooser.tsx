// A button that opens a list of what can be shown, with a box for each.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

interface Props<One> {
  words: string;
  all: One[];
  isShown: (one: One) => boolean;
  turn: (one: One) => void;
  keyOf: (one: One) => string;
  item: (one: One) => ComponentChildren;
}

export function Chooser<One>({ words, all, isShown, turn, keyOf, item }: Props<One>) {
  const [isOpen, setOpen] = useState(false);
  return (
    <div class="chooser">
      <button type="button" class="quiet" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {words} {all.filter(isShown).length} of {all.length}
      </button>
      {isOpen && (
        <div class="choices" onKeyDown={(event) => event.key === "Escape" && (setOpen(false), event.preventDefault())}>
          {all.map((one) => (
            <label key={keyOf(one)}>
              <input type="checkbox" checked={isShown(one)} onChange={() => turn(one)} /> {item(one)}
            </label>
          ))}
        </div>
      )}
    </div>
  );
}
