// The page follows a run of a million steps: long_run.mjs LEAT TEST_RUN NPM SCRATCH
// Server and page must not grow with the log after the first steps. TEST_RUN is the program that makes the run.
import { spawnSync } from "node:child_process";
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { check, end, fail, launch, openPage, startLeat, wait } from "./browser.mjs";

const [leat, testRun, npm, scratch] = process.argv.slice(2);
const whole = join(scratch, "whole"), grown = join(scratch, "grown");
const pieces = 200;

const browser = await launch(npm, "--enable-precise-memory-info");
rmSync(scratch, { recursive: true, force: true });
mkdirSync(grown, { recursive: true });
const made = spawnSync(testRun, ["--no-skip", "--test-case=soak: a log of a million steps*"], { env: { ...process.env, LEAT_LONG_RUN: whole }, encoding: "utf8" });
check("the run is made, and read in bounded memory", made.status === 0, made.stdout);
console.log(made.stdout.split("\n").filter((line) => line.includes("a log of")).join("\n"));

const files = ["events.log", "metrics.jsonl"].map((name) => ({ to: join(grown, name), bytes: readFileSync(join(whole, name)) }));
copyFileSync(join(whole, "graph.yaml"), join(grown, "graph.yaml"));
const growTo = (piece) => {
  for (const { to, bytes } of files) {
    const [from, until] = [piece - 1, piece].map((part) => Math.floor((bytes.length * part) / pieces));
    appendFileSync(to, bytes.subarray(from, until));
  }
};
for (const { to } of files) writeFileSync(to, "");
growTo(1);
const { child, address } = await startLeat(leat, scratch, "view", "grown");
try {
  const { page, problems } = await openPage(browser, address);
  const cdp = await page.createCDPSession();
  const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))[1]) / 1000;
  const heap = async () => {
    await cdp.send("HeapProfiler.collectGarbage");
    return (await cdp.send("Runtime.getHeapUsage")).usedSize / 1e6;
  };
  const shows = (step) => page.evaluate((wanted) => [...document.body.textContent.matchAll(/[\d,]{5,}/g)].some(([text]) => Number(text.replaceAll(",", "")) >= wanted), step);
  const seen = [];
  for (let piece = 2; piece <= pieces; ++piece) {
    growTo(piece);
    if (piece % 20 === 0) {
      const steps = (1e6 * (piece - 2)) / pieces;
      check(`the page shows step ${steps} of a log that grows`, await wait(`step ${steps}`, () => shows(steps)));
      seen.push({ piece, server: resident(), page: await heap() });
    } else await new Promise((next) => setTimeout(next, 100));
  }
  console.log(seen.map(({ piece, server, page: used }) => `${(100 * piece) / pieces} % of the log: server ${server.toFixed(0)} MB, heap of the page ${used.toFixed(1)} MB`).join("\n"));
  const [first, last] = [seen[0], seen.at(-1)];
  check("the server does not grow with the log", last.server < first.server + 40, seen);
  check("nor does the page", last.page < first.page * 1.5 + 3, seen);
  check("the console has no error", problems.length === 0, problems.join("\n"));
  const begun = Date.now();
  const again = await openPage(browser, address);
  check("a page that is opened anew shows the end", await wait("the last step", () => again.page.evaluate(() => document.body.textContent.includes("1,000,000"))));
  console.log(`a page that is opened anew shows the last step after ${Date.now() - begun} ms`);
} catch (error) {
  fail(error);
} finally {
  child.kill();
  await browser.close();
  if (existsSync(whole)) rmSync(scratch, { recursive: true, force: true });
}
end();
