// The page on a real training run, while it runs and afterwards: live_run.mjs LEAT SOURCE NODE_MODULES SCRATCH
// Exits with 77 where Chromium or its driver is not installed. Pictures of what was tested are left in SCRATCH.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { check, end, fail, launch, openPage, startLeat, wait } from "./browser.mjs";

const [leat, source, npm, scratch] = process.argv.slice(2).map((path) => resolve(path));
const browser = await launch(npm);
rmSync(scratch, { recursive: true, force: true });
mkdirSync(scratch, { recursive: true });
cpSync(join(source, "graphs/03_train.yaml"), join(scratch, "train.yaml"));
writeFileSync(
  join(scratch, "recorded.yaml"),
  `${readFileSync(join(scratch, "train.yaml"), "utf8")}  record: {edges: [train.view.view, train.chests.image, train.classes.logits], slots: 3, every: 10 steps}\n`,
);

const children = [];
async function start(...args) {
  const started = await startLeat(leat, scratch, ...args);
  children.push(started.child);
  return started;
}
const problems = [];
async function open(address, theme = "light") {
  const opened = await openPage(browser, address, { theme });
  problems.push(opened.problems);
  return opened.page;
}
const text = (page) => page.evaluate(() => document.body.innerText);
const press = (page, words) =>
  page.evaluate((wanted) => [...document.querySelectorAll("button")].find((one) => one.textContent.trim() === wanted)?.click(), words);
const steps = async (page) => Number(/(\d[\d ,]*) of \d[\d ,]* steps/.exec(await text(page))?.[1].replace(/\D/g, "") ?? -1);

try {
  // ---- While it runs ----
  const run = await start("run", "train.yaml", "--set", "steps=100000", "--out", "run", "--device", "cpu:1", "--view", "--control");
  const page = await open(run.address);
  check("the run's graph has its nodes", await wait("nodes are drawn", async () => (await page.$$("[data-node]")).length === 8));
  check("steps are counted", await wait("steps are done", async () => (await steps(page)) > 3));
  const first = await steps(page);
  check("and they go on", await wait("more steps are done", async () => (await steps(page)) > first + 3));
  check("the token is gone from the address", !page.url().includes("token"), page.url());
  check("the page says that it is live", (await text(page)).includes("live"));
  const table = spawnSync(leat, ["runs", "."], { cwd: scratch, encoding: "utf8" });
  check("`leat runs` says that it is running", /^run .*running/m.test(table.stdout), table.stdout + table.stderr);
  check("a verdict is said", await wait("a verdict comes", async () => /holds|waits|busy|computes|programs/.test(await page.$eval("main", (one) => one.innerText.split("\n")[0]))), await page.$eval("main", (one) => one.innerText.split("\n")[0]));
  await page.screenshot({ path: join(scratch, "running.png") });

  // A value of the run itself, while it goes on.
  await page.$eval("[data-edge^='view.view']", (one) => one.dispatchEvent(new MouseEvent("click", { bubbles: true })));
  check("an edge shows the run's own values", await wait("pictures are drawn", async () => (await page.$$(".tile canvas, canvas.tile")).length > 0), await text(page));
  await page.screenshot({ path: join(scratch, "live_edge.png") });
  // One of its samples: a whole step stays, and the sample's value is shown at each node.
  await page.$eval("[data-pick='2']", (one) => one.click());
  const stations = () => page.$$eval(".station", (all) => all.map((one) => one.querySelector("b").textContent));
  check("a sample's way has the nodes of its origin", await wait("the way is shown", async () => (await stations()).includes("class_loss") || (await stations()).includes("classes")), await stations());
  check("and is framed in the graph", (await page.$$(".onway")).length >= 4, await page.$$eval(".onway", (all) => all.length));
  const held = await page.$eval(".way", (one) => one.textContent);
  await new Promise((next) => setTimeout(next, 2500));
  check("and it stays", (await page.$eval(".way", (one) => one.textContent)) === held);
  check("a link keeps the sample", page.url().includes("sample=2"), page.url());
  await page.screenshot({ path: join(scratch, "way.png") });
  await page.keyboard.press("Escape");

  await press(page, "pause");
  check("a pause stops the steps", await wait("the run is paused", async () => run.printed.text.includes("paused")));
  let paused = -1;
  const stands = await wait("the steps in flight are done", async () => {
    const before = await steps(page);
    await new Promise((next) => setTimeout(next, 2000));
    paused = await steps(page);
    return before === paused;
  });
  check("and they stand still", stands, await steps(page));
  check(
    "a node says since when it waits, and for what",
    await wait("a node waits", async () => {
      await page.$eval("[data-node='view']", (one) => one.dispatchEvent(new MouseEvent("click", { bubbles: true })));
      return /for \d[\d.]* s: the run is paused/.test(await text(page));
    }),
    await text(page),
  );
  await page.screenshot({ path: join(scratch, "paused.png") });
  const still = spawnSync(leat, ["runs", ".", "--where", "status=paused"], { cwd: scratch, encoding: "utf8" });
  check("`leat runs` says that it is paused", /^run .*paused/m.test(still.stdout), still.stdout + still.stderr);
  const inPane = (pattern) => page.$eval(".facts", (one) => one.innerText).then((words) => pattern.exec(words)?.[1]);
  check("its shares are those before the pause, and it has no rate", (await inPane(/(last .* before the pause)/)) !== undefined && (await inPane(/samples a second\s+(paused)/)) !== undefined, await text(page));
  const window = () => page.$$eval(".states .k", (all) => all.reduce((sum, one) => sum + Number.parseFloat(one.textContent), 0));
  const before = await window();
  await new Promise((next) => setTimeout(next, 12000));
  await press(page, "go on");
  check("they go on when they are told to", await wait("more steps are done", async () => (await steps(page)) > paused + 3), await text(page));
  check("after a long pause, the last seconds are those in which it did not stand still", await wait("it has a rate", async () => (await inPane(/samples a second\s+([\d.]+)/)) !== undefined) && (await window()) < before + 8, [before, await window()]);
  await page.keyboard.press("Escape");
  await press(page, "checkpoint now");
  check("a checkpoint is written when it is asked for", await wait("there is a checkpoint", async () => existsSync(join(scratch, "run/checkpoints/last"))));
  await press(page, "Learning");
  check("curves are drawn", await wait("curves are drawn", async () => (await page.$$("main canvas")).length > 0));
  await page.screenshot({ path: join(scratch, "learning.png") });
  await press(page, "Timeline");
  check("the timeline names the device lane", await wait("the timeline is drawn", async () => (await text(page)).includes("device lane")));
  await page.screenshot({ path: join(scratch, "timeline.png") });
  await press(page, "Run");
  await press(page, "stop after this step");
  check("the run stops", await wait("the run has ended", async () => run.printed.text.includes("interrupted after")));
  check("and the page says that it was stopped", await wait("it is said", async () => (await text(page)).includes("The run was stopped by request.")), await text(page));
  check("and that somebody asked for it", await wait("it is said", async () => /a stop was asked for at step \d+/.test(await text(page))), await text(page));
  check("the page stays", run.child.exitCode === null);
  await page.goto("about:blank");
  check("until it is closed", (await Promise.race([run.over, new Promise((next) => setTimeout(() => next("still there"), 20000))])) === 130, run.child.exitCode);

  const ended = spawnSync(leat, ["runs", "."], { cwd: scratch, encoding: "utf8" });
  check("`leat runs` says that it was stopped", /^run .*stopped/m.test(ended.stdout), ended.stdout + ended.stderr);

  // ---- A run that is killed ----
  mkdirSync(join(scratch, "killed"));
  const victim = await start("run", "train.yaml", "--set", "steps=100000", "--out", "killed/run", "--device", "cpu:1", "--view");
  const other = await start("view", "killed");
  const seen = await open(other.address);
  await wait("it is listed", async () => (await text(seen)).includes("run"));
  await wait("steps are done", async () => (await steps(seen)) > 10);
  victim.child.kill("SIGKILL");
  check("a run that was killed is not shown as running", await wait("it is said", async () => (await text(seen)).includes("No process of this machine works on the run,")), await text(seen));
  const killed = spawnSync(leat, ["runs", "killed"], { cwd: scratch, encoding: "utf8" });
  check("`leat runs` has as many steps as the page", /^run +\d+ +unfinished +(\d+) /m.exec(killed.stdout)?.[1] === String(await steps(seen)), [killed.stdout, await steps(seen)]);
  const explained = spawnSync(leat, ["explain", "killed/run"], { cwd: scratch, encoding: "utf8" });
  check("`leat explain` says it in its first line", explained.stdout.startsWith("The run is unfinished. No process of this machine works on it"), explained.stdout);

  // ---- Afterwards ----
  const done = spawnSync(leat, ["run", "train.yaml", "--set", "steps=40", "--out", "runs/short", "--seed", "3"], { cwd: scratch, encoding: "utf8" });
  check("a short run ends", done.status === 0, done.stderr);
  spawnSync(leat, ["run", "train.yaml", "--set", "steps=60", "--out", "runs/long", "--seed", "3"], { cwd: scratch });
  const metrics = readFileSync(join(scratch, "runs/short/metrics.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line));
  const results = JSON.parse(readFileSync(join(scratch, "runs/short/results.json"), "utf8"));
  const after = await start("view", "runs/short");
  const gone = await start("view", "runs/short");
  const lonely = (await openPage(browser, gone.address)).page;
  await wait("the run shows", async () => (await text(lonely)).includes("finished"));
  gone.child.kill("SIGINT");
  check("the page of a run that is over says when its server is gone", await wait("it is said", async () => /no connection for .*, since \d\d:\d\d:\d\d/.test(await text(lonely))), await text(lonely));
  const replay = await open(after.address, "dark");
  check("a finished run says that it is finished", await wait("it is finished", async () => (await text(replay)).includes("finished")));
  const activity = JSON.parse(spawnSync(leat, ["report", "runs/short", "--json"], { cwd: scratch, encoding: "utf8" }).stdout).runs[0].activity[0];
  await press(replay, "as table");
  check("the table has the calls of the log", await wait("the table shows", async () => (await text(replay)).includes(activity.nodes[0].name)));
  await replay.screenshot({ path: join(scratch, "table.png") });
  await press(replay, "Learning");
  const last = metrics.filter((line) => line.phase === "train").at(-1);
  const loss = last.metrics["total.loss"];
  await wait("there is a table of curves", async () => (await replay.$$(".valuetable summary")).length > 0);
  await replay.$eval(".valuetable summary", (one) => one.click());
  const lossRow = () => replay.$$eval(".valuetable tr", (all) => all.map((row) => [...row.cells].map((cell) => cell.textContent)).find((row) => row.includes("total.loss")));
  check("the table of curves has the last loss of the file", await wait("the loss shows", async () => Math.abs(Number((await lossRow())?.[2]) - loss) < 6e-4), [await lossRow(), loss]);
  await press(replay, "Results");
  const auc = results.phases.test["classes.auc"];
  check("the results have the AUC of the store", await wait("results show", async () => (await replay.evaluate(() => document.body.textContent)).includes(auc.toFixed(3).slice(1))), auc);
  await replay.screenshot({ path: join(scratch, "results.png") });

  // ---- Recorded values ----
  const recorded = spawnSync(leat, ["run", "recorded.yaml", "--set", "steps=40", "--out", "recorded", "--seed", "3"], { cwd: scratch, encoding: "utf8" });
  check("a run that records ends", recorded.status === 0, recorded.stderr);
  check("and has the metrics of one that does not", readFileSync(join(scratch, "recorded/metrics.jsonl"), "utf8") === readFileSync(join(scratch, "runs/short/metrics.jsonl"), "utf8"));
  const kept = await start("view", "recorded");
  const slider = await open(`${kept.address}&view=run&phase=train&node=view&port=view`);
  const range = "input[aria-label='recording']";
  check("recorded values are shown", await wait("there is a slider", async () => (await slider.$(range)) !== null && (await slider.$$(".tile")).length >= 3), await text(slider));
  const picture = () => slider.$eval(".prow:last-of-type .tile, .tile", (one) => one.toDataURL());
  check("the newest ones first", (await text(slider)).includes("Recorded by the run in step 39 of train, after 40 training steps"), await text(slider));
  const newest = await picture();
  await slider.$eval(range, (one) => {
    one.value = "0";
    one.dispatchEvent(new Event("input", { bubbles: true }));
  });
  check("the slider shows the first ones", await wait("they are shown", async () => (await text(slider)).includes("after 10 training steps") && (await picture()) !== newest), await text(slider));
  await slider.select("select[aria-label='sample to follow']", "1");
  check("a recorded sample has a way", await wait("it is shown", async () => (await slider.$$(".station")).length === 3), await text(slider));
  await slider.screenshot({ path: join(scratch, "recorded.png") });
  const openly = spawnSync(leat, ["view", "recorded", "--export", "recorded.html"], { cwd: scratch, encoding: "utf8" });
  check("recorded values are exported", openly.status === 0 && openly.stdout.concat(openly.stderr).includes("recorded step"), openly.stdout + openly.stderr);
  const values = await open(pathToFileURL(join(scratch, "recorded.html")).href);
  check("and shown in the file", await wait("they are shown", async () => (await values.$$("[aria-label='Recorded values'] .tile")).length > 0), (await text(values)).slice(0, 2000));
  await values.$eval("[aria-label='Recorded values']", (one) => one.scrollIntoView());
  await values.screenshot({ path: join(scratch, "recorded_export.png") });

  const all = await start("view", "runs");
  const list = await open(all.address);
  check("the list has both runs", await wait("the list shows", async () => { const shown = await text(list); return shown.includes("short") && shown.includes("long"); }));
  await list.screenshot({ path: join(scratch, "runs.png") });

  // ---- One file ----
  const exported = spawnSync(leat, ["view", "runs/short", "--export", "short.html"], { cwd: scratch, encoding: "utf8" });
  check("a run is exported", exported.status === 0 && statSync(join(scratch, "short.html")).size > 1e5, exported.stderr);
  const file = await open(pathToFileURL(join(scratch, "short.html")).href);
  check("the file has the AUC too", await wait("results show", async () => (await file.evaluate(() => document.body.textContent)).includes(auc.toFixed(3).slice(1))));
  // The server closes idle connections. Chromium can meet that moment; the page asks again.
  const wrong = problems.flat().filter((one) => !one.includes("ERR_SOCKET_NOT_CONNECTED"));
  check("nothing went wrong in the browser", wrong.length === 0, wrong);
} catch (error) {
  fail(error);
} finally {
  await browser.close();
  for (const child of children) child.kill();
}
end();
