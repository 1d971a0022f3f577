// The page's views of runs in a real browser, on runs that are made up (mock_runs.mjs): run_page.mjs SOURCE NODE_MODULES SCRATCH
// Exits with 77 where Chromium or its driver is not installed. Pictures are left in SCRATCH. It needs neither `leat` nor LibTorch.
// With `measure` as a fourth argument it prints times instead, and tests nothing.
import { mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { check, checkAxe, end, fail, launch, openPage, press, texts, wait } from "./browser.mjs";
import { curveOf, serve } from "./mock_runs.mjs";

const [source, npm, scratch] = process.argv.slice(2, 5).map((path) => resolve(path));
const measures = process.argv[5] === "measure";
const browser = await launch(npm, "--disable-gpu");
rmSync(scratch, { recursive: true, force: true });
mkdirSync(scratch, { recursive: true });

const page_folder = join(source, "viewer/page");
async function open(server, fragment, look) {
  const opened = await openPage(browser, `${server.address}&${fragment}`, look);
  // A stream that the test cuts is an error of the network.
  return { ...opened, problems: () => opened.problems.filter((one) => !one.includes("ERR_")) };
}
const text = async (page, selector) => (await texts(page, selector))[0] ?? "";
const pressButton = (page, words) => page.evaluate((name) => [...document.querySelectorAll("button")].find((one) => one.textContent.trim() === name).click(), words);
const marked = (page, node) => page.$eval(`[data-node='${node}'] > .mark`, (mark) => ({
  word: mark.querySelector(".nword").textContent, figure: mark.querySelector(".nfigure").textContent, glyph: mark.querySelector("use").getAttribute("href"),
  widths: [0, 1, 2, 3, 4].map((k) => Number(mark.querySelector(`.s${k}`).getAttribute("width"))), classes: mark.getAttribute("class"),
}));

const server = await serve(page_folder, { every: 300 });
const one = await serve(page_folder, { only: [0], every: 300, hasControl: true });
const plain = await serve(page_folder, { only: [0], isLive: false, every: 300 });
try {
  if (measures) await measure();
  else await test();
} catch (error) {
  fail(error);
} finally {
  await browser.close();
  for (const each of [server, one, plain]) each.close();
}
end();

async function test() {
  // ---- A run in progress ----
  const { page, problems } = await open(server, "view=run&runs=0");
  check("the verdict is the first sentence", await wait("it is there", async () => (await text(page, ".said h1")) === "The device waits 41 % of its time for unlabelled/strong, which takes 55 % of both workers."), await texts(page, ".said"));
  check("the token is gone from the address", !page.url().includes("t0ken") && page.url().includes("runs=0"), page.url());
  await wait("states are there", async () => (await page.$("[data-node='unlabelled/strong']")) && (await marked(page, "unlabelled/strong")).word !== "not in the log");
  const strong = await marked(page, "unlabelled/strong"), step = await marked(page, "step"), source = await marked(page, "labelled/images");
  check("the node to blame is marked, with a word", strong.classes.includes("blame") && strong.word === "bottleneck" && strong.glyph === "#g0", strong);
  check("a node of the workers has its samples a second, one of the device its time", strong.figure === "165/s" && step.figure === "40 ms", [strong, step]);
  check("the state is told by shape and word", source.glyph === "#g1" && source.word === "queued" && step.glyph === "#g2" && step.word === "no input", [source, step]);
  check("the bars add up", [strong, step, source].every((node) => Math.abs(node.widths.reduce((sum, width) => sum + width, 0) - 100) < 0.3), [strong, step, source]);
  check("a folded group names its busiest node", /^decoded 1\d %$/.test((await marked(page, "unlabelled/picture")).word), await marked(page, "unlabelled/picture"));
  const gauge = await page.$eval("[data-edge^='unlabelled/picture/resized.image>unlabelled/strong'] .gauge", (mark) => (mark.dispatchEvent(new PointerEvent("pointerover", { bubbles: true })), { classes: mark.getAttribute("class"), title: mark.querySelector("title").textContent }));
  check("an edge that is almost full says so", gauge.classes.includes("full") && gauge.title.includes("81 of 90 values wait"), gauge);
  await page.evaluate(() => document.querySelectorAll("[data-node]").forEach((node) => (node.isOld = true)));
  const steps = await text(page, ".progress b");
  check("numbers go on", await wait("more steps", async () => (await text(page, ".progress b")) !== steps));
  check("and nothing is laid out again", await page.evaluate(() => [...document.querySelectorAll("[data-node]")].every((node) => node.isOld)));
  await page.screenshot({ path: join(scratch, "run.png") });

  await pressButton(page, "unlabelled/strong");
  await wait("the node is in the dock", async () => (await text(page, ".facts h2")).startsWith("unlabelled/strong"));
  const shares = (await texts(page, ".states .r:not(.k)")).map((words) => (words === "<1 %" ? 0.4 : Number.parseInt(words, 10)));
  check("the dock has all shares in percent", shares.length === 5 && shares[0] >= 84 && Math.abs(shares.reduce((sum, share) => sum + share, 0) - 100) < 2, shares);
  check("and its place in the text", (await text(page, ".facts .yl.on")).includes("augment.strong"), await texts(page, ".facts .yl"));
  check("the address names the node", await wait("the address changes", async () => page.url().includes("node=unlabelled/strong")), page.url());
  await press(page, "[data-edge^='unlabelled/strong.view']");
  check("an edge opens live", await wait("pictures", async () => (await page.$$(".tile")).length >= 16));
  check("from the run, without computing", server.asked.some(([path]) => path === "api/runs/0/live") && !server.asked.some(([path]) => path.endsWith("/preview")), server.asked.at(-1));
  check("and says of which step", /Made by the run in step 3,\d+/.test(await text(page, ".truth")), await text(page, ".truth"));
  check("with waiting values, rate, bytes and wait", /of 90/.test(await text(page, ".edgefacts")) && /kB\/s/.test(await text(page, ".edgefacts")), await text(page, ".edgefacts"));
  await page.screenshot({ path: join(scratch, "edge.png") });

  await page.keyboard.press("Escape");
  await page.keyboard.press("Space");
  check("space holds what is shown, and says since when", await wait("held", async () => /^held since \d\d:\d\d:\d\d/.test(await text(page, ".held"))));
  const held = await text(page, ".progress b");
  await new Promise((next) => setTimeout(next, 900));
  check("what is held stays", (await text(page, ".progress b")) === held);
  await page.keyboard.press("Space");
  check("and follows again", await wait("more steps", async () => (await text(page, ".progress b")) !== held));
  await page.focus(".graph");
  await page.keyboard.press("b");
  check("b goes to the bottleneck", await wait("it is selected", async () => (await page.$$("[data-node='unlabelled/strong'].sel")).length === 1));
  await page.keyboard.press("ArrowRight");
  check("arrows walk along the flow", await wait("the next node", async () => (await page.$$("[data-node='unlabelled/toned'].sel")).length === 1));
  check("a node stays marked when it is no longer selected", (await marked(page, "unlabelled/strong")).classes.includes("blame"));
  await pressButton(page, "as table");
  await wait("a table", async () => (await page.$$(".grid tbody tr")).length === 52);
  check("the table has all nodes, the one that runs most first", (await text(page, ".grid tbody tr")).startsWith("unlabelled/strong · bottleneck"), await text(page, ".grid tbody tr"));
  await pressButton(page, "queued");
  check("and sorts by a share", await wait("sorted", async () => /images/.test(await text(page, ".grid tbody tr"))), await text(page, ".grid tbody tr"));
  for (const [key, view, selector] of [["3", "learning", ".learning"], ["4", "timeline", ".timeline"], ["6", "runs", ".runs"], ["1", "graph", ".author"], ["2", "run", ".run"]]) {
    await page.keyboard.press(key);
    check(`key ${key} shows ${view}`, await wait(view, async () => (await page.$$(selector)).length === 1 && page.url().includes(`view=${view}`)), page.url());
  }
  await page.goBack();
  check("back goes to the view before", await wait("the text", async () => (await page.$$(".author")).length === 1));
  check("no error in the console", problems().length === 0, problems().join("\n"));

  // ---- A stream that is cut ----
  const cut = await open(plain, "view=run");
  await wait("it is live", async () => (await text(cut.page, ".live")).startsWith("live"));
  check("a page for one run has no list of runs", !(await texts(cut.page, ".tabs button")).includes("Runs"));
  await press(cut.page, "[data-edge^='unlabelled/strong.view']");
  check("a run of another process is computed again", await wait("pictures", async () => plain.asked.some(([path]) => path === "api/runs/0/preview")) && !plain.asked.some(([path]) => path.endsWith("/live")));
  plain.cut();
  check("a cut stream is said with its time", await wait("it is said", async () => /^No connection since \d\d:\d\d:\d\d/.test(await text(cut.page, ".said h1"))), await text(cut.page, ".said h1"));
  check("and nothing is called live", !(await texts(cut.page, ".live")).some((words) => words.startsWith("live")));
  plain.mend();
  check("it goes on", await wait("it is live", async () => (await text(cut.page, ".live")).startsWith("live")));
  const control = await open(one, "view=run");
  await wait("control", async () => (await control.page.$$(".control button")).length === 3);
  await pressButton(control.page, "checkpoint now");
  check("control asks the server", await wait("it is asked", async () => one.asked.some(([path, body]) => path === "api/control" && body.do === "checkpoint")));

  const still = await open(server, "view=run&runs=0", { motion: "reduce" });
  await wait("steps", async () => (await text(still.page, ".progress b")) !== "");
  const drawings = await still.page.evaluate(async () => {
    let count = 0;
    new MutationObserver(() => ++count).observe(document.querySelector(".progress b"), { characterData: true, childList: true, subtree: true });
    await new Promise((next) => setTimeout(next, 3000));
    return count;
  });
  check("with reduced motion, numbers change once a second", drawings >= 1 && drawings <= 4, drawings);
  await still.page.keyboard.press("?");
  await still.page.waitForSelector(".keyhelp");
  await still.page.click(".keyhelp input");
  await still.page.keyboard.press("Escape");
  await still.page.focus(".graph");
  await still.page.keyboard.press("3");
  await new Promise((next) => setTimeout(next, 300));
  check("single keys can be turned off", (await still.page.$$(".run")).length === 1);
  await still.page.evaluate(() => localStorage.clear());

  // ---- Other states ----
  const stalled = await open(server, "view=run&runs=1");
  await wait("stalled", async () => (await text(stalled.page, ".said h1")).startsWith("No step has ended for 14 s."));
  check("a stall is said, and the node that holds is marked", await wait("marked", async () => (await stalled.page.$$("[data-node='unlabelled/images'] > .fault")).length === 1));
  check("with the time since its call began", /^since \d+/.test((await marked(stalled.page, "unlabelled/images")).word), await marked(stalled.page, "unlabelled/images"));
  await stalled.page.screenshot({ path: join(scratch, "stalled.png") });
  const failed = await open(server, "view=run&runs=2");
  await wait("failed", async () => (await text(failed.page, ".said h1")).startsWith("The run failed in unlabelled/picture/decoded at step 3685 of train, slot 4: cannot read chex/train/"));
  check("with the steps done, and what the number of the step means", (await text(failed.page, ".said p")) === "3,684 of 5,000 steps of train were done. Steps 3,684 to 3,685 had begun and were not done. The numbers of steps and slots begin with 0.", await text(failed.page, ".said p"));
  check("a failure is marked at its node", await wait("marked", async () => (await marked(failed.page, "unlabelled/picture")).word === "decoded failed"));
  await failed.page.screenshot({ path: join(scratch, "failed.png") });
  await pressButton(failed.page, "graph.yaml:9 in the graph's text");
  check("and its place in the text is one click away", await wait("the line", async () => (await text(failed.page, ".yl.on")).includes("decoded")));
  const odd = await open(server, "view=run&runs=5");
  await wait("nodes", async () => (await odd.page.$$("[data-node]")).length === 3);
  check("HTML in names is text", (await odd.page.$$("img, #app script")).length === 0 && (await text(odd.page, ".runname")) === "runs/<script>alert(1)</script>" && odd.problems().length === 0, odd.problems());
  check("an unfinished run says what is known of its end", (await text(odd.page, ".said h1")).startsWith("No process of this machine works on the run"), await text(odd.page, ".said"));
  check("and that it cannot go on without a checkpoint", (await texts(odd.page, ".said p")).includes("There is no checkpoint to continue from."), await text(odd.page, ".said"));
  const bare = await open(server, "view=run&runs=6");
  check("a run without a log says so", await wait("a sentence", async () => (await text(bare.page, ".run .wait")).startsWith("The run's log is not there")), await text(bare.page, ".run"));

  // ---- Learning ----
  const learning = await open(server, "view=learning&runs=6");
  await wait("charts", async () => (await learning.page.$$(".chart canvas")).length >= 6);
  const curves = server.asked.filter(([path]) => path === "api/runs/6/curves");
  check("at most 2,000 points of a curve are asked for", curves.length > 0 && curves.every(([, body]) => body.points <= 2000), curves[0]);
  await learning.page.$eval(".valuetable", (details) => (details.open = true));
  const rows = await learning.page.$$eval(".valuetable tbody tr", (all) => all.map((row) => [...row.cells].map((cell) => cell.textContent)));
  const want = curveOf(server.runs[6], "train", "step.gradient_norm", 2000);
  const found = rows.find((row) => row[1] === "step.gradient_norm");
  check("the table has the lowest and highest of all values", found && Math.abs(Number(found[6]) - Math.max(...want.high)) < 0.01 && Math.abs(Number(found[4]) - Math.min(...want.low)) < 0.01, [found, Math.max(...want.high)]);
  const nan = await texts(learning.page, ".chart .bad");
  check("values that are not finite are counted", nan.length === 1 && nan[0].endsWith("not finite"), nan);
  check("a metric's name with HTML is text", (await texts(learning.page, "figcaption b")).includes("masked/loss.<b>odd</b>"));
  check("the kept step is named", (await text(learning.page, ".learning .bar")).includes("weights after 3,500 steps"));
  const pixels = () => learning.page.$eval(".chart canvas", (canvas) => canvas.toDataURL());
  const before = await pixels();
  await learning.page.$eval("input[type=range]", (input) => ((input.value = "0"), input.dispatchEvent(new Event("input", { bubbles: true }))));
  check("smoothing changes the line", await wait("another picture", async () => (await pixels()) !== before));
  const linear = await pixels();
  await learning.page.click(".learning input[type=checkbox]");
  check("a logarithmic axis changes it", await wait("another picture", async () => (await pixels()) !== linear));
  await learning.page.select(".learning .bar select", "epoch unlabelled/images");
  check("epochs of a source are an axis", await wait("another picture", async () => learning.page.$eval(".learning .bar select", (select) => select.value.startsWith("epoch"))));
  await learning.page.select(".learning .bar select", "step");
  await learning.page.evaluate(() => {
    globalThis.saved = [];
    const make = URL.createObjectURL;
    URL.createObjectURL = (blob) => (blob.text().then((words) => globalThis.saved.push(words)), make(blob));
    HTMLAnchorElement.prototype.click = () => {};
    document.querySelector("[aria-label^='save step.lr as SVG']").click();
    document.querySelector("[aria-label^='save step.lr as CSV']").click();
  });
  await wait("two files", () => learning.page.evaluate(() => globalThis.saved.length === 2));
  const [svg, csv] = await learning.page.evaluate(() => [globalThis.saved.find((one) => one.startsWith("<svg")), globalThis.saved.find((one) => one.startsWith("curve,"))]);
  check("a chart is saved as SVG that can be parsed", await learning.page.evaluate((words) => new DOMParser().parseFromString(words, "image/svg+xml").querySelector("parsererror") === null, svg) && /<path d="M[\d.]+ [\d.]+L/.test(svg), svg?.slice(0, 300));
  const lr = curveOf(server.runs[6], "train", "step.lr", 2000);
  check("and as CSV with all points", csv.trim().split("\n").length === lr.step.length + 1 && csv.includes(`,${lr.step[100]},${lr.time[100]},${lr.mean[100]},`), csv?.slice(0, 300));
  check("no error in the console of learning", learning.problems().length === 0, learning.problems().join("\n"));
  const canvas = await learning.page.$(".chart .u-over");
  const box = await canvas.boundingBox();
  const whole = await pixels();
  await learning.page.mouse.move(box.x + 100, box.y + 60);
  await learning.page.mouse.down();
  await learning.page.mouse.move(box.x + 200, box.y + 60, { steps: 4 });
  await learning.page.mouse.up();
  check("hovering one chart shows the values of all at that step", await wait("the same step", async () => {
    const steps = (await texts(learning.page, ".where")).filter(Boolean);
    return steps.length > 3 && new Set(steps).size === 1;
  }), await texts(learning.page, ".where"));
  check("dragging zooms", await wait("another picture", async () => (await pixels()) !== whole));
  await learning.page.mouse.click(box.x + 100, box.y + 60, { count: 2 });
  check("a double click shows all again", await wait("the picture from before", async () => (await pixels()) === whole));
  await learning.page.focus(".chart");
  await learning.page.keyboard.press("+");
  check("keys zoom as well", await wait("another picture", async () => (await pixels()) !== whole));
  await learning.page.keyboard.press("0");
  check("the results are a table", (await text(learning.page, "section[aria-label=results] tbody tr")).startsWith("test.lungs.dice0."), await text(learning.page, "section[aria-label=results] tbody tr"));
  const several = await open(server, "view=learning&runs=3,7");
  check("several runs are over each other, by their names", await wait("names", async () => /supervised.*multimix_done/.test(await text(several.page, "figcaption"))), await texts(several.page, "figcaption"));

  // ---- Timeline ----
  const timeline = await open(server, "view=timeline&runs=3");
  await wait("threads", async () => (await texts(timeline.page, ".lanelabel b")).length === 3);
  check("the timeline has a row for each thread", JSON.stringify(await texts(timeline.page, ".lanelabel b")) === JSON.stringify(["worker 1", "worker 2", "device lane"]));
  const lanes = await (await timeline.page.$(".lanecanvas canvas")).boundingBox();
  for (let x = 0; x < 60 && !(await timeline.page.$(".tip")); x += 3) await timeline.page.mouse.move(lanes.x + 300 + x, lanes.y + 60);
  check("hovering names node, step, slot and time", /step 4,\d+, slot \d+.*ms/.test(await text(timeline.page, ".tip")), await text(timeline.page, ".tip"));
  await timeline.page.focus(".lanecanvas");
  await timeline.page.keyboard.press("+");
  check("plus zooms in", await wait("a shorter time", async () => (await text(timeline.page, ".timeline .bar b")) === "1.33 s"), await text(timeline.page, ".timeline .bar b"));
  await timeline.page.$eval(".valuetable", (details) => (details.open = true));
  check("the table sums the spans", await wait("rows", async () => (await timeline.page.$$(".valuetable tbody tr")).length > 40));
  await timeline.page.screenshot({ path: join(scratch, "timeline.png") });

  // ---- Runs, comparison ----
  const list = await open(server, "");
  await wait("runs", async () => (await list.page.$$(".runs tbody tr")).length === 9);
  await list.page.type("input[aria-label='filter runs']", "size=128");
  check("the filter knows parameters", await wait("one run", async () => (await texts(list.page, ".runs .rowname")).join() === "runs/multimix_done"), await texts(list.page, ".runs .rowname"));
  await list.page.$eval("input[aria-label='filter runs']", (input) => ((input.value = ""), input.dispatchEvent(new Event("input", { bubbles: true }))));
  check("columns are the parameters that differ", (await texts(list.page, ".runs th")).filter((one) => ["size", "unlabelled_batch", "class_labels"].includes(one)).join() === "size,unlabelled_batch", await texts(list.page, ".runs th"));
  await list.page.click("input[aria-label='choose runs/supervised']");
  await list.page.click("input[aria-label='choose runs/multimix_done']");
  await list.page.screenshot({ path: join(scratch, "runs.png") });
  await pressButton(list.page, "compare");
  check("two runs are compared", await wait("a sentence", async () => (await text(list.page, ".differences")) === "They differ in size 64 and 128, unlabelled_batch 0 and 30, seed 0 and 1."), await text(list.page, ".differences"));
  await wait("times", async () => (await list.page.$$("section[aria-label='times of nodes'] tbody tr")).length > 50);
  const result = await list.page.$eval("section[aria-label=results] tbody tr", (row) => [...row.cells].map((cell) => cell.textContent));
  check("a difference is b minus a", Math.abs(Number(result[2]) - Number(result[1]) - Number(result[3].replace("−", "-"))) < 0.0015, result);
  await wait("intervals", async () => (await list.page.$$("[data-paired]")).length > 0);
  const paired = await list.page.$$eval("[data-paired]", (all) => all.map((cell) => [...cell.closest("tr").cells].map((one) => one.textContent)));
  check("the tests' metrics come first, with the intervals of their paired differences", paired.length > 0 && paired.every((row) => row[0].startsWith("test.") && row[4].includes(" to ")) && Math.abs(Number(paired[0][4].split(" to ")[1].replace("−", "-")) - Number(paired[0][2]) + Number(paired[0][1]) - 0.01) < 0.0025, JSON.stringify(paired));
  check("what the intervals do not tell is said", (await text(list.page, "section[aria-label=results]")).includes("a difference can come from the seed alone"));
  await wait("curves", async () => (await list.page.$$(".chart canvas")).length >= 3);
  await list.page.screenshot({ path: join(scratch, "compare.png") });
  check("no error in the console of the list", list.problems().length === 0, list.problems().join("\n"));

  // ---- Who cannot see, narrow screens, zoom ----
  for (const [name, fragment, selector] of [["run", "view=run&runs=0&phase=train&node=unlabelled/strong", ".states"], ["stalled", "view=run&runs=1", ".fault"], ["learning", "view=learning&runs=0", ".chart canvas"], ["timeline", "view=timeline&runs=3", ".lanelabel"], ["runs", "view=runs", ".runs tbody tr"], ["compare", "view=compare&runs=3,7", ".chart canvas"]]) {
    const shown = await browser.newPage();
    await shown.setBypassCSP(true);
    await shown.setViewport({ width: 1440, height: 900 });
    await shown.goto(`${server.address}&${fragment}`);
    await shown.waitForSelector(selector);
    await new Promise((next) => setTimeout(next, 500));
    await checkAxe(npm, shown, name);
    await shown.screenshot({ path: join(scratch, `${name}_dark.png`) });
    await shown.close();
    for (const [where, options] of [["a phone", { width: 390, height: 844 }], ["200 % zoom", { width: 720, height: 450, scale: 2 }]]) {
      const narrow = await open(server, fragment, options);
      await narrow.page.waitForSelector(selector === ".fault" ? ".said h1" : selector);
      await new Promise((next) => setTimeout(next, 500));
      const over = await narrow.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      check(`${name} fits ${where}`, over <= 0 && narrow.problems().length === 0, [over, narrow.problems()]);
      if (where === "a phone") await narrow.page.screenshot({ path: join(scratch, `${name}_phone.png`) });
      else await narrow.page.screenshot({ path: join(scratch, `${name}_zoom.png`) });
      await narrow.page.close();
    }
  }
}

async function measure() {
  // From the answer of a million points, thinned to 2,000, to the frame that shows it.
  const blank = await browser.newPage();
  await blank.setViewport({ width: 1440, height: 900 });
  await blank.evaluateOnNewDocument(() => {
    const plainFetch = fetch;
    globalThis.times = [];
    globalThis.fetch = async (path, ...rest) => {
      const response = await plainFetch(path, ...rest);
      if (!String(path).includes("curves")) return response;
      const body = await response.text();
      const begin = performance.now();
      const look = () => requestAnimationFrame(() => (document.querySelectorAll(".chart canvas").length ? requestAnimationFrame(() => globalThis.times.push(performance.now() - begin, document.querySelectorAll(".chart canvas").length, body.length)) : look()));
      look();
      return new Response(body, { headers: response.headers });
    };
  });
  await blank.goto(`${server.address}&view=learning&runs=6`);
  await wait("drawn", () => blank.evaluate(() => globalThis.times.length > 0));
  const [ms, charts, bytes] = await blank.evaluate(() => globalThis.times);
  console.log(`13 curves of a million points: ${ms.toFixed(0)} ms from the answer (${(bytes / 1000).toFixed(0)} kB) to the frame with ${charts} charts`);
  // One curve: the others are filtered away, and come back.
  await blank.type("input[aria-label='find metric']", "gradient_norm");
  await wait("one chart", async () => (await blank.$$(".chart")).length === 1);
  const alone = await blank.evaluate(async () => {
    const all = [];
    for (let k = 0; k < 10; ++k) {
      const box = document.querySelector(".learning input[type=checkbox]"), begin = performance.now();
      box.click();
      await new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)));
      all.push(performance.now() - begin);
    }
    return all.sort((a, b) => a - b);
  });
  console.log(`one curve of a million points is made anew and drawn in ${alone[5].toFixed(0)} ms at the median, ${alone[9].toFixed(0)} ms at most`);
  await blank.close();

  // From the message to the numbers on the page.
  for (const every of [1000, 100]) {
    const sending = await serve(page_folder, { only: [0], every });
    const { page } = await open(sending, "view=run");
    await wait("it is live", async () => (await text(page, ".progress b")) !== "");
    const seen = await page.evaluate(async (length) => {
      const all = [], element = document.querySelector(".progress b");
      new MutationObserver(() => requestAnimationFrame(() => all.push([element.textContent.replaceAll(",", ""), Date.now()]))).observe(element, { characterData: true, childList: true, subtree: true });
      await new Promise((next) => setTimeout(next, length));
      return all;
    }, 12000);
    const delays = seen.flatMap(([step, time]) => (sending.sent.has(`0 ${step}`) ? [time - sending.sent.get(`0 ${step}`)] : [])).sort((a, b) => a - b);
    console.log(`a message every ${every} ms is on the page after ${delays[Math.floor(delays.length / 2)]} ms at the median, ${delays[Math.floor(delays.length * 0.95)]} ms at the 95th percentile (${delays.length} seen)`);
    await page.close();
    sending.close();
  }

  const sweep = await serve(page_folder, { many: 270 });
  const list = await open(sweep, "");
  await wait("rows", async () => (await list.page.$$(".runs tbody tr")).length === 100);
  const sorting = await list.page.evaluate(async () => {
    const all = [];
    for (const button of document.querySelectorAll(".runs th button")) {
      const begin = performance.now();
      button.click();
      await new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)));
      all.push(performance.now() - begin);
    }
    return Math.max(...all);
  });
  console.log(`a list of 279 runs is sorted in ${sorting.toFixed(0)} ms at most`);
  await list.page.close();
  sweep.close();

  // Frames while 200 nodes are dragged and zoomed.
  const wide = await open(server, "view=run&runs=4");
  await wait("200 nodes", async () => (await wide.page.$$("[data-node]")).length === 200);
  for (const act of ["pan", "zoom"]) {
    const rate = await wide.page.evaluate(async (what) => {
      const graph = document.querySelector(".graph"), gaps = [];
      graph.setPointerCapture = () => {};
      const send = (name, x, y) => graph.dispatchEvent(new PointerEvent(name, { clientX: x, clientY: y, button: 0, pointerId: 1, bubbles: true }));
      if (what === "pan") send("pointerdown", 700, 170);
      let last = performance.now();
      for (let k = 0; k < 120; ++k) {
        if (what === "pan") send("pointermove", 700 + 150 * Math.sin(k / 8), 170 + 80 * Math.cos(k / 8));
        else graph.dispatchEvent(new WheelEvent("wheel", { deltaY: k % 60 < 30 ? -60 : 60, clientX: 700, clientY: 400, cancelable: true }));
        await new Promise((next) => requestAnimationFrame(next));
        gaps.push(performance.now() - last);
        last = performance.now();
      }
      if (what === "pan") send("pointerup", 700, 170);
      gaps.sort((a, b) => a - b);
      return { mean: 1000 / (gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length), p95: gaps[Math.floor(gaps.length * 0.95)] };
    }, act);
    console.log(`${act} of 200 nodes: ${rate.mean.toFixed(0)} frames a second, 95 % within ${rate.p95.toFixed(0)} ms`);
  }
  await wide.page.close();

  // The work of the page's thread while messages arrive ten times a second.
  for (const [name, row, fragment] of [["52 nodes, graph", 0, "view=run"], ["200 nodes, graph", 4, "view=run"]]) {
    const fast = await serve(page_folder, { only: [row], every: 100 });
    const { page } = await open(fast, fragment);
    await wait("it is live", async () => (await page.$$("[data-node]")).length > 10);
    await new Promise((next) => setTimeout(next, 1500));
    const client = await page.createCDPSession();
    await client.send("Performance.enable", { timeDomain: "threadTicks" });
    const read = async () => Object.fromEntries((await client.send("Performance.getMetrics")).metrics.map((metric) => [metric.name, metric.value]));
    const begin = await read(), length = 8000;
    await new Promise((next) => setTimeout(next, length));
    const end = await read();
    const share = (metric) => ((100 * (end[metric] - begin[metric])) / (length / 1000)).toFixed(1);
    console.log(`${name}, 10 messages of each topic a second: script ${share("ScriptDuration")} %, style ${share("RecalcStyleDuration")} %, layout ${share("LayoutDuration")} %, all tasks ${share("TaskDuration")} % of a core`);
    await page.close();
    fast.close();
  }
}
