// The page in a real browser, on graphs that are edited: page.mjs LEAT SOURCE NODE_MODULES SCRATCH
// Exits with 77 where Chromium or its driver is not installed. Pictures of what was tested are left in SCRATCH.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { check, end, fail, launch, openPage, press, startLeat, texts, wait } from "./browser.mjs";

const [leat, source, npm, scratch] = process.argv.slice(2).map((path) => resolve(path));
const browser = await launch(npm);
rmSync(scratch, { recursive: true, force: true });
mkdirSync(scratch, { recursive: true });
cpSync(join(source, "graphs"), join(scratch, "graphs"), { recursive: true, filter: (path) => !path.includes("results") });

const children = [];
/** `leat view` as a child, and its address. */
async function view(...args) {
  const started = await startLeat(leat, scratch, "view", ...args);
  children.push(started.child);
  return started;
}
async function open(address, look) {
  const opened = await openPage(browser, address, look);
  await opened.page.waitForSelector("[data-node]");
  return opened;
}
const checked = (graph, ...args) => JSON.parse(spawnSync(leat, ["check", "--json", graph, ...args], { cwd: scratch, encoding: "utf8" }).stdout);

/** A graph of `count` nodes in ten instances of a template. */
function manyNodes(count) {
  const inner = Math.floor((count - 1) / 10), rest = count - 1 - 10 * inner;
  const chain = (prefix, length, from) => Array.from({ length }, (_, k) => `      ${prefix}${k}: {uses: augment.weak, in: ${k === 0 ? from : `${prefix}${Math.max(0, k - 1 - ((k * 7) % 5))}`}}`);
  return ["leat: 1", "templates:", "  part:", "    inputs: [image]", `    outputs: {image: n${inner - 1}.view}`, "    nodes:", ...chain("n", inner, "image"),
    "phases:", "  predict:", "    kind: predict", "    nodes:", "      chests: {uses: io.chest, with: {hospital: A, count: 8, batch: 4, split: test}}",
    ...Array.from({ length: 10 }, (_, k) => `      part${k}: {uses: part, in: {image: ${k < 2 ? "chests.image" : `part${k - 2}.image`}}}`),
    ...chain("last", rest, "part9.image"), "plan: {then: [predict]}", ""].join("\n");
}

/** Saves as editors do, by a rename. */
function save(file, text) {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

try {
  // ---- A small graph, edited ----
  const file = join(scratch, "graphs/02_views.yaml");
  const text = readFileSync(file, "utf8");
  const small = await view("graphs/02_views.yaml");
  const { page, problems } = await open(small.address);
  const known = checked("graphs/02_views.yaml").phases[0];
  const drawn = await page.$$eval("[data-node]", (all) => all.map((one) => one.dataset.node));
  check("every node of `check` is drawn", JSON.stringify(drawn.sort()) === JSON.stringify(known.nodes.map((node) => node.name).sort()), drawn);
  const edges = known.nodes.flatMap((node) => node.inputs.map((input) => `${input.from.split(".")[0]}>${node.name}.${input.port}`));
  const lines = await page.$$eval("[data-edge]", (all) => all.map((one) => one.dataset.edge.replace(/\.\w+>/, ">")));
  check("every edge of `check` is drawn", JSON.stringify(lines.sort()) === JSON.stringify(edges.sort()), lines);
  check("the token is gone from the address", !page.url().includes("token"), page.url());

  await press(page, "[data-edge^='strong.view']");
  await page.waitForSelector(".tile", { timeout: 20000 });
  const rows = await texts(page, ".prow .lab b");
  check("the edge is shown beside what it comes from", rows.includes("weak") && rows.at(-1).startsWith("strong"), rows);
  const first = () => page.$$eval(".prow:last-of-type .tile", (all) => all.map((one) => one.toDataURL()));
  const before = await first();
  check("a picture for each slot of the step", before.length === 4, before.length);
  await page.$eval("input[aria-label='number of the step']", (input) => {
    input.value = "1";
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  check("another step has other pictures", await wait("the pictures change", async () => (await first())[0] !== before[0]));
  await page.screenshot({ path: join(scratch, "edge.png") });

  // An edit at the edge shows at once; the selection and the step stay.
  const second = await first();
  save(file, text.replace("[1, 3]", "[6, 6]"));
  check("an edit changes the pictures", await wait("the pictures change", async () => (await first())[0] !== second[0]));
  check("the step slider stays where it was put", (await page.$eval("input[aria-label='step']", (input) => input.value)) === "1");
  save(file, text);
  check("and back: the same bits as before", await wait("the pictures are as before", async () => JSON.stringify(await first()) === JSON.stringify(second)));

  save(file, text.replace("augment.strong", "augment.stong"));
  check("a mistake is at its line", await wait("a mistake shows", async () => (await texts(page, ".told")).some((one) => one.includes("augment.stong"))));
  check("and at its node", (await page.$$("[data-node='strong'].bad")).length === 1);
  check("with the words of `check`", spawnSync(leat, ["check", "graphs/02_views.yaml"], { cwd: scratch, encoding: "utf8" }).stderr.includes((await texts(page, ".told"))[0].split("did you")[0]));
  await page.keyboard.press("Escape");
  await page.$eval(".yaml", (box) => (box.scrollTop = 0));
  await press(page, ".ypane .bar .link");
  check("the count of mistakes leads to its node and line", await wait("it does", async () => (await page.$$("[data-node='strong'].sel")).length === 1 && page.$eval(".yl.bad", (line) => line.getBoundingClientRect().bottom < innerHeight)));
  check("and its phase is marked", (await texts(page, ".agraph select option")).every((one) => one.startsWith("✕ ")), await texts(page, ".agraph select option"));
  await page.screenshot({ path: join(scratch, "mistake.png") });
  save(file, "leat: 1\nphases: {predict: [");
  check("a text that is no YAML keeps the drawing, and says so", await wait("it says so", async () => (await texts(page, ".agraph .bar .bad")).length === 1));
  check("the nodes are still there", (await page.$$("[data-node]")).length === known.nodes.length);
  save(file, text.replace("leat: 1", "leat: 1\ntitle: <b>bold</b>"));
  await page.keyboard.press("Escape");
  check("HTML in a name is shown as text", await wait("the title shows", async () => (await texts(page, ".prevhead h2"))[0] === "<b>bold</b>"));
  save(file, text);
  await wait("no mistakes", async () => (await texts(page, "[role=status]")).includes("no mistakes"));

  // Keys, and what screen readers get.
  await page.keyboard.press("Escape");
  await page.focus(".graph");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  check("arrows walk along the flow", await wait("a node is selected", async () => (await page.$$(".nd.sel")).length === 1));
  await page.keyboard.press("/");
  await page.keyboard.type("weak");
  check("search marks nodes", await wait("a node is found", async () => (await page.$$(".nd.found")).length === 2));
  await page.keyboard.press("Enter");
  check("and opens the first", await wait("its page shows", async () => (await texts(page, ".prevhead h2"))[0].startsWith("weak")));
  const params = await texts(page, ".params summary");
  check("a node's page has its parameters with values", params.some((one) => one.startsWith("pad")), params);
  check("no error in the console", problems.length === 0, problems.join("\n"));
  const session = await page.createCDPSession();
  await session.send("Page.setBypassCSP", { enabled: true });
  await page.reload();
  await page.waitForSelector("[data-node]");
  await page.addScriptTag({ path: join(npm, "axe-core/axe.min.js") });
  for (const theme of ["light", "dark"]) {
    await page.evaluate((name) => (document.documentElement.dataset.theme = name), theme);
    const found = await page.evaluate(() => axe.run(document, { runOnly: ["wcag2a", "wcag2aa"] }));
    check(`axe finds nothing in the ${theme} page`, found.violations.length === 0,
      found.violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html).join(" | ")}`).join("\n"));
  }
  // The server goes away: the page says so, and shows nothing as live.
  small.child.kill("SIGKILL");
  check("a stream that is cut is said with its time", await wait("it is said", async () => (await texts(page, ".top .bad")).some((one) => /no connection for \d+ s/.test(one))));

  // ---- What `check` prints, as a panel ----
  const told = spawnSync(leat, ["check", "graphs/demo.yaml"], { cwd: scratch, encoding: "utf8" }).stdout.split("\n").map((line) => line.trim().split(/\s+/).join(" "));
  const panel = await view("graphs/demo.yaml");
  const counts = await open(panel.address);
  await counts.page.waitForSelector(".check table[aria-label='data']");
  await counts.page.$$eval(".check details", (all) => all.forEach((one) => (one.open = true)));
  const shown = (await counts.page.$$eval(".check .prevmain tr", (all) => all.map((row) => [...row.children].map((cell) => cell.textContent.trim()).filter(Boolean).join(" "))));
  check("the panel has the data by part and class, and the sources of each phase", shown.some((row) => row.startsWith("data part class images labels masks patients")) && shown.some((row) => row.startsWith("source samples a step steps of an epoch")), shown);
  check("each of its rows is a line of `leat check`", shown.length > 10 && shown.every((row) => told.includes(row)), shown.filter((row) => !told.includes(row)));
  const phases = await texts(counts.page, ".check .prevmain summary"), memory = await texts(counts.page, ".check .doc");
  check("and so are its phases, with steps, memory and lanes", phases.length === checked("graphs/demo.yaml").phases.length && phases.every((line) => told.includes(line.split(/\s+/).join(" "))), phases);
  check("and the plan and the memory", memory.length === 2 && told.includes(memory[0]) && told.includes(memory[1]), memory);
  await counts.page.screenshot({ path: join(scratch, "check.png") });
  panel.child.kill("SIGKILL");

  // ---- Many nodes: laid out in a worker, so the page can be used meanwhile ----
  writeFileSync(join(scratch, "graphs/many.yaml"), manyNodes(500));
  const many = await view("graphs/many.yaml");
  const wide = await open(many.address);
  await wide.page.select(".agraph select", "predict");
  await wide.page.keyboard.press("f");
  check("500 nodes are drawn", await wait("they are", async () => (await wide.page.$$("[data-node]")).length === 500), (await wide.page.$$("[data-node]")).length);
  check("the layout is made in a worker", wide.page.workers().some((one) => one.url().endsWith("/layout.js")), wide.page.workers().map((one) => one.url()));
  check("the console has no error", wide.problems.length === 0, wide.problems.join("\n"));
  many.child.kill("SIGKILL");

  // ---- Colours, 16 bit and floats ----
  const png = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(40, 30), context = canvas.getContext("2d");
    for (const [fill, x] of [["rgb(210, 40, 30)", 0], ["rgb(20, 60, 200)", 20]]) [context.fillStyle] = [fill], context.fillRect(x, 0, 20, 30);
    return [...new Uint8Array(await (await canvas.convertToBlob({ type: "image/png" })).arrayBuffer())];
  });
  mkdirSync(join(scratch, "colours"));
  for (const name of ["a.png", "b.png"]) writeFileSync(join(scratch, "colours", name), Buffer.from(png));
  writeFileSync(join(scratch, "colours.yaml"), `leat: 1
resources: {files: {uses: io.split, with: {path: colours}}}
phases:
  predict:
    nodes:
      images: {uses: io.images, with: {split: files, batch: 2}}
      colours: {uses: image.decode, in: images.file, with: {channels: rgb}}
      deep: {uses: image.decode, in: images.file, with: {channels: rgb, depth: 16}}
      floats: {uses: image.window, in: deep, with: {from: min_max, depth: float}}
      gray: {uses: image.decode, in: images.file, with: {depth: 16}}
      seen: {uses: write.mosaic, in: {image: colours}}
      seen_deep: {uses: write.mosaic, in: {image: deep}, with: {file: deep.png}}
      seen_floats: {uses: write.mosaic, in: {image: floats}, with: {file: floats.png}}
      seen_gray: {uses: write.mosaic, in: {image: gray}, with: {file: gray.png}}
plan: {then: [predict]}
`);
  const kinds = await open((await view("colours.yaml")).address);
  /** Red, green and blue of a pixel of the first picture in the last row. */
  const pixel = (x, y) => kinds.page.$$eval(".prow:last-of-type .tile", (all, x, y) => [...all[0].getContext("2d").getImageData(x, y, 1, 1).data].slice(0, 3), x, y);
  for (const [edge, red, blue] of [["colours.image", [210, 40, 30], [20, 60, 200]], ["deep.image", [255, 27, 13], [0, 54, 242]], ["floats.windowed", [255, 27, 13], [0, 54, 242]], ["gray.image", [255, 255, 255], [0, 0, 0]]]) {
    await press(kinds.page, `[data-edge^='${edge}>']`);
    const shows = await wait(`${edge} is shown`, async () => {
      const found = (await kinds.page.$$(".prow:last-of-type .tile")).length === 2 ? [await pixel(5, 5), await pixel(35, 20)] : [];
      return found.length === 2 && found.every((one, k) => one.every((value, c) => Math.abs(value - [red, blue][k][c]) <= 2));
    });
    check(`a picture of ${edge} has its colours, each sample one tile`, shows, JSON.stringify((await kinds.page.$$(".prow:last-of-type .tile")).length > 0 ? [await pixel(5, 5), await pixel(35, 20)] : []));
  }
  await kinds.page.screenshot({ path: join(scratch, "kinds.png") });
  check("the console has no error", kinds.problems.length === 0, kinds.problems.join("\n"));

  // ---- A large graph ----
  const demo = await view("graphs/demo.yaml");
  const large = await open(demo.address);
  await large.page.select(".agraph select", "train");
  await large.page.keyboard.press("f");
  const nodes = checked("graphs/demo.yaml").phases.find((phase) => phase.name === "train").nodes.length;
  check("unfolded, every node of the demo is drawn", await wait("all nodes", async () => (await large.page.$$("[data-node]")).length === nodes));
  await large.page.keyboard.press("f");
  await large.page.keyboard.press("f");
  await large.page.waitForSelector("[data-edge^='a/strong.view>']");
  await press(large.page, "[data-edge^='a/strong.view>']");
  check("an edge of the demo is computed", await wait("its pictures show", async () => (await large.page.$$(".tile")).length >= 24));
  // The picture in viewer/README.md.
  await large.page.screenshot({ path: join(scratch, "writing.png") });
  const dark = await open(demo.address, { theme: "dark" });
  await dark.page.screenshot({ path: join(scratch, "dark.png") });
  demo.child.kill("SIGINT");
  check("Ctrl-C ends it", await new Promise((done) => demo.child.once("exit", () => done(true))));
} catch (error) {
  fail(error);
} finally {
  for (const child of children) child.kill("SIGKILL");
  await browser.close();
}
end();
