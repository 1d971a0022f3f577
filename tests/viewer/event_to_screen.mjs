// How long an event of a run takes until it is on the page: event_to_screen.mjs LEAT SOURCE NODE_MODULES SCRATCH [EVENTS]
// The run and its server have the first core, Chromium the second. The events are pauses and their ends: their time is known, and they come
// to the page as every other note of the run does, not as the answer to a press of its buttons. Prints times; tests nothing.
import { spawn } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [leat, source, npm, scratch] = process.argv.slice(2, 6).map((path) => resolve(path));
const events = Number(process.argv[6] ?? 200);
rmSync(scratch, { recursive: true, force: true });
mkdirSync(scratch, { recursive: true });
cpSync(join(source, "graphs/03_train.yaml"), join(scratch, "train.yaml"));
const chromium = join(scratch, "chromium.sh");
const found = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => existsSync(path));
writeFileSync(chromium, `#!/bin/sh\nexec taskset -c 1 ${found} "$@"\n`);
chmodSync(chromium, 0o755);
const { default: puppeteer } = await import(pathToFileURL(createRequire(join(npm, "x.js")).resolve("puppeteer-core")).href);
const browser = await puppeteer.launch({ executablePath: chromium, args: ["--no-sandbox", "--disable-gpu"] });

const run = spawn("taskset", ["-c", "0", leat, "run", "train.yaml", "--set", "steps=100000", "--out", "run", "--device", "cpu:1", "--threads", "1", "--view", "--control"],
  { cwd: scratch, stdio: ["ignore", "pipe", "inherit"] });
const address = await new Promise((done) => {
  let said = "";
  run.stdout.on("data", (part) => {
    said += part;
    const at = /http:\S+/.exec(said);
    if (at) done(at[0]);
  });
});
const page = await browser.newPage();
await page.goto(address);
const token = /token=([^&]*)/.exec(address)[1], origin = address.replace(/[#?].*/, "");
const isPaused = () => page.evaluate(() => [...document.querySelectorAll(".control button")].some((one) => one.textContent.trim() === "go on"));
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
await pause(4000);
await page.evaluate(() => {
  globalThis.seen = [];
  let was = false;
  new MutationObserver(() => {
    const is = [...document.querySelectorAll(".control button")].some((one) => one.textContent.trim() === "go on");
    if (is !== was) requestAnimationFrame(() => globalThis.seen.push(performance.timeOrigin + performance.now()));
    was = is;
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
});
const delays = [];
let lost = 0;
for (let k = 0; k < events; ++k) {
  await pause(400 + Math.random() * 700);
  const wanted = await page.evaluate(() => globalThis.seen.length);
  const begun = performance.timeOrigin + performance.now();
  const answer = await fetch(`${origin}api/control`, { method: "POST", headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" }, body: JSON.stringify({ do: k % 2 ? "go on" : "pause" }) });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  const at = await page.waitForFunction((count) => globalThis.seen[count], { timeout: 5000, polling: 20 }, wanted).then((one) => one.jsonValue()).catch(() => null);
  if (at === null) lost += 1;
  else delays.push(at - begun);
}
delays.sort((a, b) => a - b);
const at = (share) => Math.round(delays[Math.min(delays.length - 1, Math.floor(delays.length * share))]);
console.log(`${delays.length} events on the page after ${at(0.5)} ms at the median, ${at(0.95)} ms at the 95th percentile, ${at(1)} ms at most; ${lost} not seen; paused now: ${await isPaused()}`);
await browser.close();
run.kill("SIGINT");
