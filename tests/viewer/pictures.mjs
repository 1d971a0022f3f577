// Makes the pictures of viewer/README.md anew: pictures.mjs LEAT SOURCE NODE_MODULES SCRATCH
// They are left in viewer/pictures. It trains the demo, if SCRATCH/runs/demo is not there: about 5 minutes on two cores.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { launch, openPage, press, startLeat, wait } from "./browser.mjs";

const [leat, source, npm, scratch] = process.argv.slice(2).map((path) => resolve(path));
const pictures = join(source, "viewer/pictures");
mkdirSync(scratch, { recursive: true });
cpSync(join(source, "graphs"), join(scratch, "graphs"), { recursive: true, filter: (path) => !path.includes("results") });
for (const name of ["seen", "failure", "stall", "slow", "fast"]) rmSync(join(scratch, "runs", name), { recursive: true, force: true });
const browser = await launch(npm);
const children = [];

async function start(...args) {
  const started = await startLeat(leat, scratch, ...args);
  children.push(started.child);
  return started;
}
function run(...args) {
  const done = spawnSync(leat, args, { cwd: scratch, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`leat ${args.join(" ")}: ${done.stderr}`);
}
const text = (page) => page.evaluate(() => document.body.innerText);
const pause = (seconds) => new Promise((next) => setTimeout(next, 1000 * seconds));

/** Writes the page, or a part of it, as viewer/pictures/NAME.png. */
async function shoot(page, name, clip) {
  await page.screenshot({ path: join(pictures, `${name}.png`), ...(clip ? { clip } : {}) });
  console.log(`${name}.png`);
}

/** A graph of the tutorials, changed. */
function changed(graph, file, ...changes) {
  let made = readFileSync(join(source, "graphs", graph), "utf8");
  for (const [from, to] of changes) {
    if (!made.includes(from)) throw new Error(`${graph} has no \`${from}\``);
    made = made.replace(from, to);
  }
  writeFileSync(join(scratch, file), made);
}

try {
  // ---- Writing ----
  const writing = await start("view", "graphs/demo.yaml");
  const graph = (await openPage(browser, writing.address)).page;
  await press(graph, "[data-edge^='a/strong.view']");
  await wait("values show", async () => (await graph.$$(".tile")).length >= 24);
  await pause(1);
  await shoot(graph, "writing");

  // ---- Running ----
  const running = await start("run", "graphs/demo.yaml", "--out", "runs/seen", "--device", "cpu:1", "--view");
  const live = (await openPage(browser, running.address)).page;
  await wait("the run is under way", async () => Number(/(\d+) of 500 steps/.exec(await text(live))?.[1] ?? 0) > 25);
  await pause(6);
  await shoot(live, "running");
  running.child.kill("SIGINT");

  // ---- A failure: one of forty pictures is cut ----
  mkdirSync(join(scratch, "pictures"), { recursive: true });
  const drawing = await browser.newPage();
  const drawn = await drawing.evaluate(() =>
    Array.from({ length: 40 }, (_, k) => {
      const canvas = new OffscreenCanvas(96, 96), context = canvas.getContext("2d");
      context.fillStyle = `rgb(${5 * k} ${5 * k} ${5 * k})`;
      context.fillRect(8 + k, 8, 40, 80);
      return canvas.convertToBlob({ type: "image/png" }).then(async (blob) => [...new Uint8Array(await blob.arrayBuffer())]);
    }).reduce(async (all, one) => [...(await all), await one], []),
  );
  drawn.forEach((bytes, k) => writeFileSync(join(scratch, "pictures", `picture-${k + 10}.png`), Buffer.from(k === 29 ? bytes.slice(0, bytes.length / 2) : bytes)));
  writeFileSync(
    join(scratch, "failure.yaml"),
    `leat: 1
resources:
  pictures: {uses: io.split, with: {path: pictures}}
phases:
  predict:
    nodes:
      files: {uses: io.images, with: {split: pictures, part: unlabelled, batch: 4}}
      decode: {uses: image.decode, in: files.file}
      small: {uses: image.resize, in: decode, with: {size: 48}}
      weak: {uses: augment.weak, in: small}
      sheet: {uses: write.mosaic, in: {image: weak}, with: {count: 40, columns: 8}}
plan: {then: [predict]}
`,
  );
  spawnSync(leat, ["run", "failure.yaml", "--out", "runs/failure"], { cwd: scratch });
  const failed = (await openPage(browser, (await start("view", "runs/failure")).address)).page;
  await wait("the failure shows", async () => (await text(failed)).includes("failed"));
  await pause(1);
  await shoot(failed, "failure");

  // ---- A stall: a network that is far too large ----
  changed("03_train.yaml", "stall.yaml", ["channels: [8, 16, 32, 64, 96]", "channels: [512, 1024, 1024, 1024, 1024]"], ["plan:\n", "plan:\n  stall_after: 3 s\n"]);
  const stalling = await start("run", "stall.yaml", "--out", "runs/stall", "--device", "cpu:1", "--view");
  const stalled = (await openPage(browser, stalling.address)).page;
  await wait("the stall shows", async () => stalling.printed.text.includes("nothing has moved"));
  await pause(1);
  await shoot(stalled, "stall");
  stalling.child.kill("SIGKILL");

  // ---- Two runs ----
  run("run", "graphs/03_train.yaml", "--out", "runs/slow");
  changed("03_train.yaml", "fast.yaml", ["lr: 2.0e-3", "lr: 8.0e-3"]);
  run("run", "fast.yaml", "--out", "runs/fast");
  const both = await start("view", "runs/slow", "runs/fast");
  const compared = (await openPage(browser, `${both.address}&view=compare&runs=0,1`)).page;
  await wait("curves show", async () => (await compared.$$("main canvas")).length > 0);
  await pause(2);
  await shoot(compared, "comparison");

  // ---- The report ----
  if (!existsSync(join(scratch, "runs/demo/results.json"))) run("run", "graphs/demo.yaml", "--out", "runs/demo");
  run("report", "runs/demo", "--out", "demo.html");
  const report = (await openPage(browser, pathToFileURL(join(scratch, "demo.html")).href, { width: 1240, height: 900 })).page;
  await report.waitForSelector("[data-figure]");
  await pause(2);
  await shoot(report, "report");
  const worst = await report.evaluate(() => {
    const title = [...document.querySelectorAll("h2,h3")].filter((one) => one.textContent.startsWith("Worst first")).at(-1);
    const box = title.closest("section").getBoundingClientRect();
    return { x: 0, y: box.top + window.scrollY, width: 1240, height: Math.min(box.height, 520) };
  });
  await shoot(report, "report-worst", worst);
} finally {
  await browser.close();
  for (const child of children) child.kill("SIGKILL");
}
