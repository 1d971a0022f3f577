// The page while its runs change: paused, cut off, ended, and of several samples and lists. On runs that are made up (mock_runs.mjs):
// changing_runs.mjs SOURCE NODE_MODULES SCRATCH
// Exits with 77 where Chromium or its driver is not installed. Pictures are left in SCRATCH. It needs neither `leat` nor LibTorch.
import { mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { check, end, fail, launch, openPage, press, texts, wait } from "./browser.mjs";
import { serve } from "./mock_runs.mjs";

const [source, npm, scratch] = process.argv.slice(2, 5).map((path) => resolve(path));
const browser = await launch(npm, "--disable-gpu");
rmSync(scratch, { recursive: true, force: true });
mkdirSync(scratch, { recursive: true });
const servers = [];
async function start(options) {
  servers.push(await serve(join(source, "viewer/page"), { every: 300, ...options }));
  return servers.at(-1);
}
const open = async (server, fragment) => (await openPage(browser, `${server.address}&${fragment}`)).page;
const text = async (page, selector) => (await texts(page, selector))[0] ?? "";
const pressButton = (page, words) => page.evaluate((name) => [...document.querySelectorAll("button")].find((one) => one.textContent.trim() === name).click(), words);
const word = (page, node) => page.$eval(`[data-node='${node}'] > .mark`, (mark) => `${mark.querySelector(".nword").textContent} ${mark.querySelector(".nfigure").textContent}`.trim());
async function filter(page, words) {
  await page.$eval("input[aria-label='filter runs']", (input, value) => ((input.value = value), input.dispatchEvent(new Event("input", { bubbles: true }))), words);
}

try {
  await pause();
  await cut();
  await still();
  await listed();
  await followed();
  await columns();
  await laidOver();
  await ofStates();
  await ofGraphs();
  await compared();
} catch (error) {
  fail(error);
} finally {
  await browser.close();
  servers.forEach((one) => one.close());
}
end();

async function pause() {
  const server = await start({ only: [0], hasControl: true }), [run] = server.runs;
  const page = await open(server, "view=run");
  await wait("a rate shows", async () => (await word(page, "unlabelled/strong")) === "bottleneck 165/s");
  run.isPaused = true;
  server.tell();
  check("a paused run says so on each node, without a rate", await wait("it is paused", async () => (await word(page, "unlabelled/strong")) === "paused"), await word(page, "unlabelled/strong"));
  check("and beside its steps", (await texts(page, ".progress .k")).includes("paused"), await texts(page, ".progress .k"));
  await pressButton(page, "checkpoint now");
  check("a checkpoint that is asked for in a pause is said to come after it", await wait("it is said", async () => (await text(page, ".control [role=status]")) === "the run is paused: the checkpoint is taken when it goes on"), await text(page, ".control"));
  check("its shares are those before the pause", (await text(page, ".overview")).includes("last 10 s before the pause"), await text(page, ".overview"));
  await press(page, "[data-edge^='unlabelled/strong.view']");
  check("an edge has no rate", await wait("the edge shows", async () => (await text(page, ".edgefacts")).includes("paused")) && !(await text(page, ".edgefacts")).includes("/s"), await text(page, ".edgefacts"));
  check("and says that its value comes after the pause", await wait("it is said", async () => (await text(page, ".waited")).startsWith("The run is paused: the value comes with its next step, when it goes on.")), await text(page, ".dock"));
  await page.screenshot({ path: join(scratch, "paused.png") });
  await page.$eval(".waited button", (button) => button.click());
  check("which can be computed anew instead", await wait("pictures show", async () => (await page.$$(".samples .tile")).length >= 16), await text(page, ".dock"));
  run.isPaused = false;
  server.tell();
  check("it goes on", await wait("a rate shows", async () => (await word(page, "unlabelled/strong")).endsWith("165/s")));

  // ---- What is said where the graph is shown ----
  await page.keyboard.press("Escape");
  check("a node that runs one task at a time is marked", (await page.$$("[data-node='unlabelled/toned'] > .orderbar")).length === 1 && (await page.$eval("[data-node='unlabelled/toned']", (node) => node.getAttribute("aria-label"))).includes("one task at a time"));
  await press(page, "[data-node='unlabelled/toned']");
  check("and its facts say it", await wait("they show", async () => (await text(page, ".facts")).includes("one at a time")), await text(page, ".facts"));
  await page.keyboard.press("Escape");
  run.verdict = { ...run.verdict, nodes: [], is_metrics: true };
  server.tell();
  check("nodes whose metrics hold the run up are marked", await wait("they are", async () => (await word(page, "total")) === "metrics read"), await word(page, "total"));
  await page.evaluate(() => (location.hash = "#view=run&phase=train"));
  run.phaseNow = 1;
  server.tell();
  check("a validation that runs now is said beside the graph of the training", await wait("it is said", async () => (await text(page, ".atwork")).startsWith("validate is at work, not these nodes")), await text(page, ".bar"));
  await page.screenshot({ path: join(scratch, "at_work.png") });
  await pressButton(page, "show validate");
  check("and is one click away", await wait("its nodes are drawn", async () => (await page.$$("[data-node^='chex']")).length > 0 && (await page.$$(".atwork")).length === 0));
  await page.keyboard.press("4");
  check("the timeline says what its colours are", await wait("it does", async () => (await text(page, ".under-lanes")).includes("Its colour is that of its step")), await text(page, ".under-lanes"));
}

async function cut() {
  const server = await start({ only: [0] }), [run] = server.runs;
  const page = await open(server, "view=run");
  await wait("it is live", async () => (await text(page, ".live")).startsWith("live"));
  run.status = "finished";
  run.verdict = null;
  server.tell();
  await wait("it is finished", async () => (await text(page, ".live")) === "finished");
  server.cut();
  check("the page of a run that is over notices that its server is gone", await wait("it is said", async () => /no connection for .*, since \d\d:\d\d:\d\d; what is shown is from then/.test(await text(page, ".live"))), await text(page, ".live"));
  check("and says it below the sentence about the run", (await texts(page, ".said p")).some((one) => /^No connection since \d\d:\d\d:\d\d: what is shown is from then/.test(one)), await texts(page, ".said"));
  await page.screenshot({ path: join(scratch, "cut.png") });
  await pressButton(page, "Learning");
  check("in all views", await wait("it is said", async () => (await text(page, ".live")).includes("no connection")));
  check("curves wait for it", (await page.$$(".chart canvas")).length === 0);
  server.mend();
  check("they come when it answers again", await wait("curves show", async () => (await page.$$(".chart canvas")).length > 0));
  check("and the run is finished again", await wait("it is", async () => (await text(page, ".live")) === "finished"));

  // ---- A run that was stopped ----
  await pressButton(page, "Run");
  run.status = "stopped";
  server.tell();
  check("a stopped run reads as one", await wait("it is said", async () => /^The run was stopped by request\. 3,692 of 5,000 steps of train were done\.$/.test(await text(page, ".said h1"))), await text(page, ".said h1"));
  check("which can be resumed", (await text(page, ".said p")).startsWith("leat run --resume runs/multimix continues it"), await text(page, ".said p"));
  check("and not as a failure", (await text(page, ".live")) === "stopped" && (await page.$$(".live.bad, .verdict.wrong")).length === 0, await text(page, ".live"));

  const many = await start({ hasList: false });
  const list = await open(many, "view=runs");
  check("before the list has come, nothing is said of its length", await wait("it is being read", async () => (await text(list, "main")) === "The list of runs is being read."), await text(list, "main"));
  many.sendList();
  check("then it shows", await wait("runs", async () => (await list.$$(".runs tbody tr")).length === 9));
  many.cut();
  check("of a list that is cut off, no run counts as running", await wait("it is said", async () => (await texts(list, ".state")).some((one) => /^was running at \d\d:/.test(one))) && !(await texts(list, ".state")).includes("running"), await texts(list, ".state"));
}

async function listed() {
  const server = await start();
  const page = await open(server, "view=runs");
  const rows = () => texts(page, ".runs .rowname");
  const finds = async (words, wanted) => {
    await filter(page, words);
    return wait(`${words} is found`, async () => JSON.stringify(await rows()) === JSON.stringify(wanted));
  };
  await wait("runs", async () => (await rows()).length === 9);
  const heads = () => texts(page, ".runs th button");
  check("no two columns have the same name", new Set(await heads()).size === (await heads()).length && (await heads()).includes("steps done"), await heads());
  check("the filter knows the seed", await finds("seed=1", ["runs/multimix_done", "runs/stalled", "runs/wide"]), await rows());
  check("of all digits", await finds("seed=12345678901234567891", []) && (await finds("seed=12345678901234567890", ["runs/failed"])), await rows());
  check("and the status", await finds("status=failed", ["runs/failed"]), await rows());
  check("and both, with a word", await finds("seed=1 status=finished done", ["runs/multimix_done"]), await rows());
  check("also of a run that was stopped", await finds("status=stopped", ["runs/stopped"]), await rows());
  server.runs[0].isPaused = true;
  server.sendList();
  check("and of one that is paused", await finds("status=paused", ["runs/multimix"]), await rows());
  check("which the list calls so", (await texts(page, ".runs .state")).join() === "paused", await texts(page, ".runs .state"));
  await page.screenshot({ path: join(scratch, "paused_row.png") });
  server.runs[0].isPaused = false;
  server.sendList();
  check("until it goes on", await finds("status=paused", []), await rows());
  check("a value is compared as a whole", await finds("size=12", []), await rows());
  check("as a number", await finds("size=128.0", ["runs/multimix_done"]), await rows());
  check("and with < and >", await finds("done>100000 steps>1", []) && (await finds("done>100000", ["runs/no_log"])), await rows());
  check("<= and >= include the number", (await finds("size<=128 done>=1 seed=1 status=finished", ["runs/multimix_done"])) && (await finds("size<=127 seed=1 status=finished", [])), await rows());
  await filter(page, "size<=large");
  check("a comparison with no number is said", await wait("it is said", async () => (await text(page, ".runs .problem")) === "`size<=large` compares with something that is not a number."), await text(page, ".runs .problem"));
  await filter(page, "sed=1");
  check("a name that no column has is said", await wait("it is said", async () => (await text(page, ".runs .problem")).startsWith("There is no column `sed`. Did you mean `seed`? Names are run, status, done, time, seed")), await text(page, ".runs .problem"));
  await filter(page, "auc>0");
  check("and one that several have", await wait("it is said", async () => (await text(page, ".runs .problem")) === "`auc` is the end of several names: validate.classes.auc, test.classes.auc, test_cross.classes.auc."), await text(page, ".runs .problem"));
  check("blanks around an operator, and == and !=, are understood", (await finds("seed == 1 status = finished", ["runs/multimix_done"])) && (await finds("seed = 2 status != finished", ["runs/<script>alert(1)</script>", "runs/stopped"])), await rows());
  check("the head of a column is its name too", (await finds("steps done>900000", ["runs/no_log"])) && (await finds("Steps done > 900000 status=finished", ["runs/no_log"])), await rows());
  check("times have units", (await finds("time<1min", ["runs/<script>alert(1)</script>", "runs/wide"])) && (await finds("time > 3 min time<4 min", ["runs/stopped"])) && (await finds('time>"1 h"', ["runs/no_log"])), await rows());
  for (const [words, said] of [
    ["status=fin", "No run has the status `fin`. It can be running, paused, finished, failed, stopped, unfinished."],
    ["size=999", "No run has the size `999`. There are 64, 128."],
    ["time<1month", "`1month` is not a time: write it like 90s, 1.5min or 1h30min. Units are ms, s, min, h, d."],
    ["seed=<3", "`=<` is not an operator. Operators are = != < <= > >=."],
    ["status:failed", "`status:failed`: write `status=…`. Operators are = != < <= > >=."],
    ["=3", "`=3` has no name before `=`. Names are run, status, done, time, seed"],
    ["title<3", "`title` has no numbers, so it can be compared with = and != only."],
  ]) {
    await filter(page, words);
    check(`\`${words}\` is refused in words`, (await wait("it is said", async () => (await text(page, ".runs .problem")).startsWith(said))) && (await rows()).length === 0, await text(page, ".runs .problem"));
    check("in a small box", (await page.$eval(".runs .problem", (box) => box.getBoundingClientRect().height)) < 60, await page.$eval(".runs .problem", (box) => box.getBoundingClientRect().height));
  }
  await page.screenshot({ path: join(scratch, "refused.png") });
  check("a metric is compared", await finds("test.lungs.hd95>0", ["runs/multimix_done", "runs/no_log"]), await rows());
  await filter(page, "");
  const heading = (name) => page.$$eval(".runs th", (all, wanted) => all.find((one) => one.querySelector("button")?.textContent === wanted)?.textContent, name);
  check("a mean over the last steps is called so in its heading", await wait("it is", async () => (await heading("train\ntotal.loss")) === "train\ntotal.lossmean of 50"), await heading("train\ntotal.loss"));
  check("and newest values are marked", (await texts(page, ".runs td")).includes("0.250 *") && (await text(page, ".saidofruns")).includes("* of a run that is not finished: so far, and from its last validation."), await text(page, ".saidofruns"));
  await page.click(".runs .chooser button");
  const box = (name) => page.evaluate((wanted) => [...document.querySelectorAll(".runs .choices label")].find((one) => one.textContent.trim().endsWith(wanted)).querySelector("input").click(), name);
  check("metrics can be chosen as columns", await wait("choices", async () => (await page.$$(".runs .choices")).length === 1));
  await box("test_cross.lungs.hd95");
  await box("test.lungs.dice");
  check("and are", await wait("they are", async () => (await heads()).includes("test_cross\nlungs.hd95") && !(await heads()).includes("test\nlungs.dice")), await heads());
  await page.screenshot({ path: join(scratch, "columns.png") });
  await page.keyboard.press("2");
  await wait("a run shows", async () => (await page.$$(".run")).length === 1);
  await page.keyboard.press("6");
  check("the choice stays", await wait("it does", async () => (await heads()).includes("test_cross\nlungs.hd95")), await heads());
  await page.reload();
  check("also when the page is loaded again", await wait("it does", async () => (await heads()).includes("test_cross\nlungs.hd95")), await heads());
}

/** Of a run of which nothing is known to move, no rate is shown, and no button that could do nothing. */
async function still() {
  const server = await start({ only: [0], hasControl: true }), [run] = server.runs;
  const page = await open(server, "view=run");
  const disabled = () => page.$$eval(".control button", (all) => all.filter((one) => one.disabled).map((one) => one.textContent).join());
  const progress = () => texts(page, ".progress .k");
  await wait("a rate shows", async () => (await progress()).some((one) => one.includes("steps/s")));
  await wait("a time that is left", async () => (await progress()).some((one) => one.endsWith(" left")));
  check("a run that moves has a rate, a time that is left, and its buttons", (await progress()).some((one) => one.endsWith(" left")) && (await disabled()) === "", [await progress(), await disabled()]);
  run.stalled = "No step has ended for 14 s.";
  server.tell();
  check("one that is stalled has neither", await wait("it is said", async () => (await progress()).includes("no step ends")) && !(await progress()).some((one) => /\/s| left/.test(one)), await progress());
  check("and can only be stopped", (await disabled()) === "checkpoint now,pause", await disabled());
  check("its nodes have no rate", !/\/s/.test(await word(page, "unlabelled/weak")) && (await text(page, ".overview")).includes("last 10 s before the stall"), await word(page, "unlabelled/weak"));
  run.stalled = "";
  server.tell();
  await wait("a rate shows", async () => (await progress()).some((one) => one.includes("steps/s")));
  server.cut();
  check("nor has one without a connection", await wait("it is said", async () => (await progress()).includes("no connection")) && !(await progress()).some((one) => /\/s| left/.test(one)), await progress());
  check("which can be asked for nothing", (await disabled()) === "checkpoint now,pause,stop after this step", await disabled());
  check("and whose nodes have no rate", await wait("they have none", async () => !/\/s/.test(await word(page, "unlabelled/weak"))), await word(page, "unlabelled/weak"));
  await page.screenshot({ path: join(scratch, "still.png") });
}

async function followed() {
  const server = await start({ only: [0] }), [run] = server.runs;
  const page = await open(server, "view=run&phase=train&node=unlabelled/strong&port=view");
  const way = () => text(page, ".way h3");
  await press(page, "[data-pick='2']");
  check("a sample is followed", await wait("its way shows", async () => (await way()) === "slot 2: image 2"), await way());
  const step = Number(/in step ([\d,]+)/.exec(await text(page, ".truth"))[1].replace(",", ""));
  // The samples of the step computed anew: the same ones, in other slots.
  server.state.idOf = (what, slot) => (what === "preview" ? `image ${(slot + 5) % 8}` : `image ${slot}`);
  run.status = "finished";
  server.tell();
  check("after the run's end it is still the same sample", await wait("it is in its new slot", async () => (await way()) === "slot 5: image 2"), await way());
  check("of the same step", server.asked.some(([path, body]) => path.endsWith("/preview") && body.step === step), server.asked.at(-1));
  check("and nothing is said of another", (await page.$$(".way .problem")).length === 0);
  server.state.idOf = (_what, slot) => `other ${slot}`;
  await page.$eval("input[aria-label='number of the step']", (input) => ((input.value = "7"), input.dispatchEvent(new Event("change", { bubbles: true }))));
  check("a step without it says that this is another sample", await wait("it is said", async () => (await text(page, ".way .problem")).startsWith("Another sample than before: image 2 is not among these values.")), await text(page, ".way"));
  await page.screenshot({ path: join(scratch, "another_sample.png") });
  await pressButton(page, "follow this one");
  check("which can be followed instead", await wait("nothing is said", async () => (await page.$$(".way .problem")).length === 0 && (await way()) === "slot 5: other 5"), await way());
  server.state.idOf = () => "";
  await page.$eval("input[aria-label='number of the step']", (input) => ((input.value = "8"), input.dispatchEvent(new Event("change", { bubbles: true }))));
  check("samples without names are not taken for it", await wait("it is said", async () => (await text(page, ".way .problem")).startsWith("Another sample")), await text(page, ".way"));

  const wide = await open(await start({ only: [4] }), "view=run&phase=train&node=source&port=image&sample=1");
  check("outputs beyond those of one request are counted", await wait("they are", async () => /\d+ outputs further along the way are left out\./.test(await text(wide, ".way"))), await text(wide, ".way"));
}

/** A column is a sample in all rows; structures and classes are rows of their own. */
async function columns() {
  const server = await start({ only: [0] });
  const long = (slot) => `virale < 5 ans/Patient50${60 + slot}  zwei  blanks_with_a_very_long_name_very_long_name_very_long_name_end.jpeg`;
  server.state.idOf = (_what, slot) => long(slot);
  const page = await open(server, "view=run&phase=train&node=masked/moved&port=mask");
  await wait("pictures show", async () => (await page.$$(".samples .tile")).length >= 16);
  const placed = () => page.$$eval(".samples .prow", (all) => all.map((row) => [...row.querySelectorAll(".cell")].map((cell) => Math.round(cell.getBoundingClientRect().left)).join()));
  const rows = await placed();
  check("all rows have a cell for each sample, one below the other", rows.length >= 4 && new Set(rows).size === 1 && rows[0].split(",").length === 8, rows);
  const named = await texts(page, ".samples .structure");
  check("each structure is a row with its name", named.join() === "lungs,heart", named);
  check("samples have their names", (await page.$eval(".sample .mid", (one) => one.title)) === long(0) && (await page.$eval(".sample .mid", (one) => one.textContent)) === long(0), await texts(page, ".sample"));
  await page.evaluate(() => (location.hash = "#view=run&phase=train&node=labelled/classes&port=logits"));
  await wait("numbers show", async () => (await texts(page, ".samples .structure")).length === 3);
  check("a class is a row, and names hide no value", (await texts(page, ".samples .structure")).join() === "gesund (normal),virale < 5 ans,other" && (await page.$$eval(".samples .prow:last-child .word", (all) => all.map((one) => one.textContent))).slice(0, 3).join() === "2,5,8" && (await page.$eval(".samples .word", (one) => { const box = one.getBoundingClientRect(), dock = one.closest(".dock").getBoundingClientRect(); return box.top > dock.top && box.bottom < dock.bottom && box.right < dock.right; })), await text(page, ".samples"));
  await page.screenshot({ path: join(scratch, "columns.png") });
  await page.evaluate(() => (location.hash = "#view=run&phase=train&node=masked/moved&port=mask&sample=1"));
  check("all structures are on the way of a sample", await wait("they show", async () => (await page.$$(".station .pictures > :nth-child(2)")).length >= 1 && (await texts(page, ".station i")).includes("heart")), await texts(page, ".station"));
}

/** Runs that are not followed, and one that is still being read. */
async function laidOver() {
  const server = await start();
  const page = await open(server, "view=learning&runs=3,0,7,8");
  const keys = () => page.$$eval("figure.chart", (all) => all.map((one) => one.querySelectorAll(".key").length));
  check("curves of all chosen runs are drawn, also of one that is read slowly", await wait("they are", async () => (await keys()).length > 3 && (await keys()).every((count) => count === 4)), await keys());
  await page.reload();
  check("and when the page is loaded again", await wait("they are", async () => (await keys()).length > 3 && (await keys()).every((count) => count === 4)), await keys());
  check("the runs that have no room in the head are counted", (await text(page, ".runname")).endsWith("and 1 other"), await text(page, ".runname"));
  await page.screenshot({ path: join(scratch, "laid_over.png") });
}

async function ofStates() {
  const server = await start();
  server.runs[2].extra = ["own.loss"];
  const page = await open(server, "view=learning&runs=3,2,7");
  check("the state of several runs says how many are in each", await wait("it does", async () => (await text(page, "header .live")) === "1 failed, 2 finished"), await text(page, "header .live"));
  const keyOf = (title) => page.$$eval("figure.chart", (all, name) => all.filter((one) => one.querySelector("b").textContent === name).map((one) => [...one.querySelectorAll(".key")].map((key) => [key.textContent.split(" ")[0], key.querySelector("path").getAttribute("stroke"), key.querySelector("path").getAttribute("stroke-dasharray")]))[0] ?? [], title);
  await page.waitForSelector("input[aria-label='find metric']");
  await page.$eval("input[aria-label='find metric']", (input) => ((input.value = "loss"), input.dispatchEvent(new Event("input", { bubbles: true }))));
  await wait("the chart that one run has", async () => (await keyOf("own.loss")).length === 1);
  await wait("a chart that all have", async () => (await keyOf("total.loss")).length === 3);
  const own = await keyOf("own.loss"), all = await keyOf("total.loss");
  check("a chart that only one run has shows its colour, dashes and name", own.length === 1 && own[0][0] === "failed" && JSON.stringify(own[0]) === JSON.stringify(all[1]), JSON.stringify([own, all]));
}

async function ofGraphs() {
  const server = await start();
  const shared = { checkpoint_every: "100", tests: "40" };
  server.runs.forEach((run) => (run.params = {}));
  Object.assign(server.runs[3], { title: "one graph", params: { lr: "0.1", ...shared } });
  Object.assign(server.runs[7], { title: "one graph", params: { lr: "0.01", ...shared } });
  const page = await open(server, "view=runs");
  await page.waitForSelector(".runs tbody tr");
  const heads = await page.$$eval(".runs thead th button", (all) => all.map((one) => one.innerText.replace(/\s+/g, " ").trim()));
  check("the parameter by which runs of a graph differ is a column, one that is the same in all that have it is not", heads.includes("lr") && !heads.includes("tests") && !heads.includes("checkpoint_every") && !heads.includes("size"), heads.join("; "));
  const kinds = heads.filter((one) => one.startsWith("test")).map((one) => one.split(".").at(-1));
  check("several kinds of metrics are columns, headline metrics first", kinds.includes("dice") && new Set(kinds).size >= 3, heads.join("; "));
}

async function compared() {
  const server = await start();
  const page = await open(server, "view=compare&runs=0,3");
  await wait("results show", async () => (await page.$$("section[aria-label=results] tbody tr")).length > 0);
  check("curves say how they are smoothed", /smoothing\s+0\.90/.test(await text(page, ".compare .scroll .bar")), await text(page, ".compare .scroll .bar"));
  check("and of how many steps their last values are", await wait("they do", async () => /smoothed.*multimix.* after 3,692 steps.*supervised.* after 5,000 steps/.test(await text(page, "figcaption"))), await text(page, "figcaption"));
  const head = await texts(page, "section[aria-label=results] th");
  check("values of an unfinished run have their steps", head[1] === "multimixso far, after 3,500 or 3,692 steps" && head[2] === "supervised", head);
  check("and are not called results", (await text(page, "section[aria-label=results] h2")).startsWith("Results, and newest values of what is not finished"), await text(page, "section[aria-label=results] h2"));
  check("over how many steps those of the training are is said", (await text(page, "section[aria-label=results]")).includes("Metrics of the training are means over the last 50 steps that a run did."), await text(page, "section[aria-label=results]"));
  await page.screenshot({ path: join(scratch, "compared.png") });

  await page.evaluate(() => (location.hash = "#view=compare&runs=3,7"));
  await wait("intervals show", async () => (await page.$$("[data-paired]")).length > 0);
  const table = await page.$$eval("section[aria-label=results] tr", (all) => all.map((row) => [...row.cells].map((cell) => (cell.querySelector("svg") ? "bar" : cell.textContent))));
  check("bars and p have columns of their own", table[0].slice(3).join() === "difference,95 % interval,p, Holm,relative" && table.slice(1).every((row) => row[4] !== "bar"), JSON.stringify(table.slice(0, 3)));
  check("times of a run beside other programs are called so", await wait("it is said", async () => (await texts(page, "section[aria-label='times of nodes'] .problem")).join() === "While multimix_done ran, other programs used 43 % of the machine's cores: its times can be longer than they would be alone."), await texts(page, "section[aria-label='times of nodes'] .problem"));
  const ratios = await page.$$eval("section[aria-label='times of nodes'] tbody tr", (all) => all.map((row) => [...row.cells].map((cell) => (cell.querySelector("svg") ? "bar" : cell.textContent))));
  check("times that are shown as 0 have no ratio", ratios.find((row) => row[0] === "train: masked/masks").slice(1).join() === "0.00 ms,0.01 ms,–,", JSON.stringify(ratios.at(-1)));
  check("others have one", ratios.filter((row) => row[3].endsWith(" ×") && row[4] === "bar").length === ratios.length - 1, JSON.stringify(ratios));
  await page.screenshot({ path: join(scratch, "compared_paired.png") });
}
