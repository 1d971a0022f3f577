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

/** The server is busy, or does not answer: the request can be repeated. */
const canRepeat = (error: unknown): boolean => error instanceof NoAnswer || (error instanceof ServerError && error.status === 503);

class NoAnswer extends Error {}

/** Posts a request. Throws a sentence if no server answers, or if it refuses. */
async function post(path: string, body: string, signal?: AbortSignal): Promise<Response> {
  const response = await fetch(path, { method: "POST", headers: headers(), body, signal: signal ?? null }).catch((error: unknown) => {
    throw error instanceof TypeError ? new NoAnswer("the server does not answer") : error;
  });
  if (!response.ok) throw await refused(response);
  return response;
}

/** Sends a request. The answer is JSON and bytes; `begin` is where the bytes begin. */
export async function ask<Head>(path: string, body: unknown, signal?: AbortSignal): Promise<Packed<Head>> {
  const response = await post(path, JSON.stringify(body), signal);
  if (response.headers.get("Content-Type") !== "application/octet-stream") return { head: await response.json(), bytes: new ArrayBuffer(0) };
  const all = await response.arrayBuffer();
  const length = new DataView(all).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(all, 4, length)));
  return { head, bytes: all.slice(4 + length) };
}

/** As `ask`, but asks again every two seconds while the server is busy or does not answer. */
export async function askUntilAnswered<Head>(path: string, body: unknown, signal: AbortSignal): Promise<Packed<Head>> {
  while (true) {
    try {
      return await ask<Head>(path, body, signal);
    } catch (error) {
      if (signal.aborted || !canRepeat(error)) throw error;
    }
    await new Promise((next) => setTimeout(next, 2000));
    signal.throwIfAborted();
  }
}

/** Sends a request whose answer is a file. */
export async function askFile(path: string): Promise<Blob> {
  return (await post(path, "{}")).blob();
}

export interface Link {
  /** True while the stream is open. */
  isOpen: boolean;
  /** Time at which it was cut. */
  since: number | null;
  /** Why it cannot be opened again, if that is known. */
  reason: string;
}

/** The stream was open, and is no longer: what is shown is from before. */
export const isCut = (link: Link): boolean => !link.isOpen && link.since !== null;

/** Time without a heartbeat after which the stream counts as cut. */
const silence = 3500;
const again = 1000;

/**
 * Follows a stream of events while the page can be seen. Returns a function that ends it. A browser opens few connections to a server, and
 * each stream takes one.
 */
export function follow(path: string, take: (topic: string, data: string) => void, tell: (link: Link) => void): () => void {
  let since: number | null = null, isOver = false, stop = new AbortController();
  const run = async (): Promise<void> => {
    if (isOver) return;
    if (document.hidden) {
      document.addEventListener("visibilitychange", () => void run(), { once: true });
      return;
    }
    stop = new AbortController();
    const hide = (): void => {
      if (document.hidden) stop.abort();
    };
    document.addEventListener("visibilitychange", hide);
    let watch = 0;
    const alive = (): void => {
      clearTimeout(watch);
      watch = setTimeout(() => stop.abort(), silence);
    };
    let reason = "";
    try {
      alive();
      const response = await fetch(path, { headers: headers(), signal: stop.signal });
      if (!response.ok || !response.body) throw await refused(response);
      since = null;
      tell({ isOpen: true, since, reason: "" });
      await read(response.body, alive, take);
    } catch (error) {
      if (error instanceof ServerError) reason = error.message;
      else if (!stop.signal.aborted && !(error instanceof TypeError)) reason = `this page failed: ${String(error)}`;
    }
    clearTimeout(watch);
    document.removeEventListener("visibilitychange", hide);
    if (isOver) return;
    since ??= Date.now();
    tell({ isOpen: false, since, reason });
    setTimeout(run, again);
  };
  void run();
  return () => {
    isOver = true;
    stop.abort();
  };
}

async function read(body: ReadableStream<Uint8Array>, alive: () => void, take: (topic: string, data: string) => void): Promise<void> {
  const reader = body.getReader(), decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    alive();
    rest += decoder.decode(value, { stream: true });
    const events = rest.split("\n\n");
    rest = events.pop() ?? "";
    for (const event of events) {
      // Texts can have line separators that `.` and `$` of a pattern stop at.
      const lines = event.split("\n");
      const part = (name: string): string | undefined => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const topic = part("event"), data = part("data");
      if (topic !== undefined && data !== undefined) take(topic, data);
    }
  }
}

/** Tells the server that this page is being closed, even while the browser takes it down. */
export function tellClosed(): void {
  void fetch("api/close", { method: "POST", headers: headers(), body: "{}", keepalive: true }).catch(() => undefined);
}
