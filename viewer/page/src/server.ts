// The connection to the server. The token came in the address's fragment, and goes into a header only.

const kept = "leat-token";

function takeToken(): string {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const given = fragment.get("token");
  if (given === null) return sessionStorage.getItem(kept) ?? "";
  sessionStorage.setItem(kept, given);
  fragment.delete("token");
  const rest = fragment.toString();
  history.replaceState(null, "", location.pathname + (rest ? `#${rest}` : ""));
  return given;
}

const token = takeToken();
const headers = (): HeadersInit => ({ Authorization: `Bearer ${token}` });

/** A refusal or failure, in the server's words. */
export class ServerError extends Error {
  constructor(
    readonly status: number,
    text: string,
  ) {
    super(text);
  }
}

async function refused(response: Response): Promise<ServerError> {
  const text = await response.text();
  try {
    return new ServerError(response.status, JSON.parse(text).error);
  } catch {
    return new ServerError(response.status, text || `status ${response.status}`);
  }
}

export interface Packed<Head> {
  head: Head;
  bytes: ArrayBuffer;
}

/** Sends a request. The answer is JSON and bytes; `begin` is where the bytes begin. */
export async function ask<Head>(path: string, body: unknown, signal?: AbortSignal): Promise<Packed<Head>> {
  const response = await fetch(path, { method: "POST", headers: headers(), body: JSON.stringify(body), signal: signal ?? null });
  if (!response.ok) throw await refused(response);
  if (response.headers.get("Content-Type") !== "application/octet-stream") return { head: await response.json(), bytes: new ArrayBuffer(0) };
  const all = await response.arrayBuffer();
  const length = new DataView(all).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(all, 4, length)));
  return { head, bytes: all.slice(4 + length) };
}

export interface Link {
  /** True while the stream is open. */
  isOpen: boolean;
  /** Time at which it was cut. */
  since: number | null;
  /** Why it cannot be opened again, if that is known. */
  reason: string;
}

/** Time without a heartbeat after which the stream counts as cut. */
const silence = 3500;
const again = 1000;

/** Follows the server's events for as long as the page is open. */
export function follow(take: (topic: string, data: string) => void, tell: (link: Link) => void): void {
  let since: number | null = null;
  const run = async (): Promise<void> => {
    const stop = new AbortController();
    let watch = 0;
    const alive = (): void => {
      clearTimeout(watch);
      watch = setTimeout(() => stop.abort(), silence);
    };
    let reason = "";
    try {
      alive();
      const response = await fetch("api/events", { headers: headers(), signal: stop.signal });
      if (!response.ok || !response.body) throw await refused(response);
      since = null;
      tell({ isOpen: true, since, reason: "" });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        alive();
        rest += value;
        const events = rest.split("\n\n");
        rest = events.pop() ?? "";
        for (const event of events) {
          const topic = /^event: (.*)$/m.exec(event)?.[1];
          const data = /^data: (.*)$/m.exec(event)?.[1];
          if (topic !== undefined && data !== undefined) take(topic, data);
        }
      }
    } catch (error) {
      if (error instanceof ServerError) reason = error.message;
    }
    clearTimeout(watch);
    since ??= Date.now();
    tell({ isOpen: false, since, reason });
    setTimeout(run, again);
  };
  void run();
}
