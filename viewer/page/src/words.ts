// Numbers and times as the page writes them.

import { shortNumber } from "./numbers";

export const whole = (value: number): string => Math.round(value).toLocaleString("en");

/** A share in thousandths as percent. */
export function percent(thousandths: number): string {
  return thousandths > 0 && thousandths < 5 ? "<1 %" : `${Math.round(thousandths / 10)} %`;
}

export function rateWords(rate: number): string {
  if (rate === 0) return "0/s";
  return `${rate >= 100 ? whole(rate) : rate >= 10 ? rate.toFixed(0) : rate.toFixed(rate >= 1 ? 1 : 2)}/s`;
}

export function msWords(ms: number | null): string {
  if (ms === null) return "–";
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms >= 100 ? whole(ms) : ms >= 10 ? ms.toFixed(0) : ms >= 1 ? ms.toFixed(1) : ms.toFixed(2)} ms`;
}

export function durationWords(seconds: number): string {
  const all = Math.max(0, Math.round(seconds));
  const h = Math.floor(all / 3600),
    min = Math.floor((all % 3600) / 60),
    s = all % 60;
  if (h > 0) return `${h} h ${min} min`;
  return min > 0 ? (s === 0 ? `${min} min` : `${min} min ${s} s`) : `${seconds < 10 && seconds > 0 ? seconds.toFixed(1) : s} s`;
}

/** The time of day, in milliseconds since 1970. */
export const clock = (time: number): string => new Date(time).toLocaleTimeString("en-GB");

export function metricWords(value: number | null | undefined): string {
  if (value === undefined) return "–";
  if (value === null) return "undefined";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e6) return whole(value);
  return size >= 1e-3 && size < 10 ? value.toFixed(3) : shortNumber(value);
}

/** A text as one word of a shell's command, such as a path: in quotes if it has blanks or other characters that a shell changes. */
export const shellWord = (text: string): string => (/^[\w./:=,@%+\-\u0080-\uffff]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

export const count = (number: number, word: string): string => `${whole(number)} ${word}${number === 1 ? "" : "s"}`;

/** Names as a sentence has them: a, b and c. */
export const list = (names: string[]): string => (names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);
