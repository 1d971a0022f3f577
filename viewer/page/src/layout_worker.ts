// Lays graphs out on a thread of its own, so that the page does not freeze while a large one is laid out.

import { picture, type Wanted } from "./layout";

self.onmessage = (message: MessageEvent<{ number: number; wanted: Wanted }>): void => {
  const { number, wanted } = message.data;
  self.postMessage({ number, drawn: picture(wanted) });
};
