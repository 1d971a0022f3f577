// Reports of many metrics, long names and few patients, on paper and on a phone: report_layout.mjs LEAT NODE_MODULES SCRATCH
// Exits with 77 where Chromium or its driver is not installed.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { check, end, fail, launch, openPage, texts } from "./browser.mjs";

const [leat, npm, scratch] = process.argv.slice(2).map((path) => resolve(path));
const browser = await launch(npm);
rmSync(scratch, { recursive: true, force: true });
mkdirSync(join(scratch, "saved"), { recursive: true });

function put(file, text) {
  mkdirSync(dirname(join(scratch, file)), { recursive: true });
  writeFileSync(join(scratch, file), text);
}

/** A finished run of several tests, in which each patient has two images. */
function putRun(folder, { hash, title, classes, tests = ["test"], patients = 12, more = {}, params = { lr: "0.1" } }) {
  const phases = {};
  for (const test of tests) {
    const rows = [];
    let right = 0;
    for (let k = 0; k < 2 * patients; ++k) {
      const label = k % classes.length, other = (label + 1) % classes.length, predicted = k % 5 === 0 ? other : label;
      right += Number(predicted === label);
      const shares = classes.map((_, c) => (c === predicted ? 0.6 + 0.01 * (k % 9) : 0)), rest = (1 - shares[predicted]) / (classes.length - 1);
      rows.push([`i${k}.png`, "", `p${Math.floor(k / 2)}`, classes[label], classes[predicted], shares[predicted], ...shares.map((one) => (one || rest).toFixed(4))].join(","));
    }
    put(`${folder}/images/${test}.net.csv`, `image,group,patient,label,prediction,confidence,${classes.map((one) => `probability_${one}`).join(",")}\n${rows.join("\n")}\n`);
    phases[test] = { "net.accuracy": right / (2 * patients), "net.auc": 0.8, "net.images": 2 * patients, ...more };
  }
  const nodes = `      chests: {uses: io.images, with: {folder: ./x, classes: ${JSON.stringify(classes)}}}\n      net: {uses: metric.classification, in: {logits: chests}}\n`;
  put(`${folder}/graph.yaml`, `leat: 1\nphases:\n${tests.map((test) => `  ${test}:\n    kind: test\n    nodes:\n${nodes}`).join("")}plan: {then: [${tests.join(", ")}]}\n`);
  put(`${folder}/results.json`, JSON.stringify({ version: 1, title, graph_hash: hash, seed: 1, device: "cpu:2", parameters: params, seconds: 7.5, steps: 3, peak_bytes: 1000, bound_bytes: 2000, phases, warnings: [] }));
}

async function open(folder, look) {
  const done = spawnSync(leat, ["report", folder, "--out", `${folder}.html`], { cwd: scratch, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`leat report ${folder}: ${done.stderr}`);
  const opened = await openPage(browser, pathToFileURL(join(scratch, `${folder}.html`)).href, look);
  await opened.page.waitForSelector("[data-figure]");
  return opened.page;
}

async function saved(page, label, name) {
  const session = await page.createCDPSession();
  await session.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: join(scratch, "saved") });
  await page.$eval(`button[aria-label="save CSV of ${label}"]`, (one) => one.click());
  for (let k = 0; k < 1200 && !existsSync(join(scratch, "saved", name)); ++k) await new Promise((next) => setTimeout(next, 50));
  return readFileSync(join(scratch, "saved", name), "utf8");
}

const sides = ["left", "right"].map((side) => `Bacterial pneumonia with pleural effusion of the lower ${side} lobe, stage A`.replaceAll(",", ""));
const three = [...sides, "Normal findings without any radiological evidence of pulmonary disease"];
const solid = (all) => all.map((one) => one.replaceAll(" ", "_"));
const six = ["a", "b", "c", "d", "e", "f"].map((one) => `test_${one}`);

try {
  // ---- Many columns on paper ----
  for (const count of [2, 10]) {
    for (let k = 0; k < count; ++k) putRun(`of${count}/g${k}`, { hash: `${count}${k}ff`, title: `Graph ${k} with a title that is not short`, classes: ["NORMAL", "PNEUMONIA"], tests: six });
    const page = await open(`of${count}`, { width: 703 });
    check(`of ${count} graphs, the tables for paper are not on the screen`, await page.$$eval(".onpaper", (all) => all.length > 1 && all.every((one) => one.getBoundingClientRect().height === 0)));
    await page.emulateMediaType("print");
    const printed = await page.$$eval(".onpaper", (all) => ({ heads: all.flatMap((one) => [...one.tHead.rows[0].cells].slice(2).map((cell) => cell.textContent)), rows: all.map((one) => one.tBodies[0].rows.length), right: Math.max(...all.flatMap((one) => [...one.querySelectorAll("th, td")].map((cell) => cell.getBoundingClientRect().right))) }));
    const all = six.flatMap((test) => [`${test} net.accuracy`, `${test} net.auc`]);
    check(`of ${count} graphs, all 12 columns are on paper, and none is cut`, JSON.stringify([...printed.heads].sort()) === JSON.stringify(all) && printed.rows.every((rows) => rows === count) && printed.right <= 703, JSON.stringify(printed));
    check(`of ${count} graphs, the list of the screen is not on paper`, await page.$eval(".overview", (one) => one.getBoundingClientRect().height === 0));
    await page.close();
  }

  // ---- Long names of classes ----
  for (const [name, classes] of [["long", three], ["solid", solid(three)], ["two", solid(sides)]]) {
    putRun(name, { hash: "dd", title: "Long names", classes, more: Object.fromEntries(solid(sides).map((one) => [`net.f1_${one}`, 0.5])), params: { [solid(three)[2]]: solid(three)[1] } });
    const page = await open(name, { width: 390 });
    await page.$$eval("details", (all) => all.forEach((one) => (one.open = true)));
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    check(`${name}: the page is no wider than a phone`, width <= 390, String(width));
    const cut = await page.$$eval(".fig svg text", (all) => all.filter((one) => {
      const box = one.getBoundingClientRect(), of = one.ownerSVGElement.getBoundingClientRect();
      return box.left < of.left - 3 || box.right > of.right + 3;
    }).map((one) => one.textContent));
    check(`${name}: no text of a figure is cut`, cut.length === 0, cut.join("; "));
    const legend = await texts(page, "[data-auc] text"), beneath = (await texts(page, ".fig .beneath")).join(" ");
    check(`${name}: a curve's area is there in full`, legend.length >= 1 && legend.every((one) => / [01]\.\d{3}$/.test(one)), legend.join("; "));
    check(`${name}: the names of the confusion matrix are in full beneath it`, classes.every((one, k) => beneath.includes(`${k + 1}: ${one}`)), beneath);
    await page.close();
  }

  // ---- CSV files ----
  putRun("formula", { hash: "ee", title: "Formulas", classes: ["=1+1", "@sum", "-3", "other"] });
  const formula = await open("formula", { width: 1240 });
  const roc = await saved(formula, "ROC curves of net, test, each class against the rest", "roc-curves-of-net-test-each-class-against-the-rest.csv");
  check("names that a spreadsheet could run have a ' before them", ["'=1+1", "'@sum", "'-3", "other"].every((one) => roc.includes(`\n${one},${one},0,0\n`)), roc.slice(0, 400));
  const confusion = await saved(formula, "Confusion matrix of net, test", "confusion-matrix-of-net-test.csv");
  check("also in the head of a table", confusion.split("\n")[1].startsWith("'=1+1,") && confusion.startsWith("label,predicted =1+1,"), confusion);
  const bins = await saved(formula, "Reliability of net, test", "reliability-of-net-test.csv");
  check("the bins of several classes have no empty column", bins.startsWith("images,mean_probability,fraction,low,high\n"), bins.split("\n")[0]);
  await formula.close();

  // ---- Few patients ----
  check("twelve patients are no reason for a warning", (await (await open("formula", {})).$$(".warned")).length === 0);
  putRun("few", { hash: "cc", title: "Few", classes: ["NORMAL", "PNEUMONIA"], patients: 5 });
  const few = await open("few", { width: 1240 });
  check("five are, and the page says so", (await texts(few, ".warned")).join().startsWith("WARNING: intervals are over very few patients: 5 in test."), (await texts(few, ".warned")).join());
  check("their number is beside the interval", (await texts(few, ".measured td")).some((one) => one.includes("5 patients")), (await texts(few, ".measured td")).join("; "));
} catch (error) {
  fail(error);
} finally {
  await browser.close();
}
end();
