// All archived runs of graphs/results in one report: report_archives.mjs LEAT SOURCE NODE_MODULES SCRATCH
// Exits with 77 where tar cannot read .tar.xz, or where Chromium or its driver is not installed.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { check, end, fail, launch, openPage } from "./browser.mjs";

const [leat, source, npm, scratch] = process.argv.slice(2).map((path) => resolve(path));
const browser = await launch(npm);
rmSync(scratch, { recursive: true, force: true });
mkdirSync(join(scratch, "runs"), { recursive: true });
const archives = readdirSync(join(source, "graphs/results")).filter((name) => name.endsWith(".tar.xz"));
const isUnpacked = archives.every((name) => spawnSync("tar", ["xf", join(source, "graphs/results", name), "-C", join(scratch, "runs")]).status === 0);
if (!isUnpacked) {
  console.log("skipped: there is no tar that reads .tar.xz");
  await browser.close();
  process.exit(77);
}

/** As the page and graphs/RESULTS.md print fractions. */
const words = (value) => (value === null ? "–" : value.toFixed(3));

const results = readdirSync(join(scratch, "runs"), { recursive: true })
  .filter((name) => name.endsWith("results.json"))
  .map((name) => ({ folder: dirname(name), ...JSON.parse(readFileSync(join(scratch, "runs", name), "utf8")) }));
const begun = Date.now();
const done = spawnSync(leat, ["report", "runs", "--out", "all.html"], { cwd: scratch, encoding: "utf8", maxBuffer: 1 << 28 });
check("all archived runs make one report", done.status === 0 && done.stdout.includes(`the results of ${results.length} runs`), done.stderr + done.stdout);
check("the command says in a few lines what is in it", done.stdout.trim().split("\n").length < 10, done.stdout);
const text = readFileSync(join(scratch, "all.html"), "utf8");
console.log(`${results.length} runs, ${(text.length / 1e6).toFixed(1)} MB, written in ${((Date.now() - begun) / 1000).toFixed(1)} s`);
check("it has at least 250 runs and is smaller than 20 MB", results.length >= 250 && text.length < 20e6, `${results.length} runs, ${text.length} bytes`);

const at = text.indexOf(">", text.indexOf('id="leat-data"')) + 1;
const page = JSON.parse(text.slice(at, text.indexOf("</script>", at)));
check("it has each run once", page.groups.reduce((sum, group) => sum + group.runs.length, 0) === results.length);
const wrong = [];
let compared = 0;
for (const group of page.groups)
  group.runs.forEach((run, k) => {
    // Two archives can have a run of the same graph and seed.
    const candidates = results.filter((one) => one.graph_hash === group.graph_hash && String(one.seed) === run.seed);
    const shown = group.figures.filter((one) => one.headline !== undefined && !one.is_kept).map((one) => [`${one.node}.${one.metric}`, one.phase, group.runs.length > 1 ? one.by_seed[k] : one.interval[0]]);
    compared += shown.length;
    if (shown.length === 0 || !candidates.some((one) => shown.every(([name, phase, value]) => (one.phases[phase][name] ?? null) === value))) wrong.push(`${group.title}, seed ${run.seed}`);
  });
check(`its values are those of each run's results.json (${compared} values)`, wrong.length === 0 && compared > results.length, wrong.join("\n"));

// ---- What graphs/RESULTS.md says of the papers' systems ----
const table = readFileSync(join(source, "graphs/RESULTS.md"), "utf8").split("## 10 masks, 100 labels")[1].split("\n\n").find((one) => one.startsWith("| row |"));
const [head, , ...lines] = table.split("\n").map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
const columns = { "CheX accuracy": "test classes.accuracy", AUC: "test classes.auc", "JSRT Dice": "test lungs.dice", "MCU Dice": "test_cross lungs.dice", "NIHX AUC": "test_cross classes.auc" };
const titleOf = (row) => {
  const [, name, first, second] = /^(.*?)-(\d+)(?:-(\d+))?$/.exec(row);
  const system = name === "MultiMix" ? "MultiMix as printed" : name;
  return `${system}: ${second ? `${second} class labels, ${first} masks` : name === "U-Net" ? `${first} masks` : `${first} class labels`}, 64 pixels`;
};
const expected = lines.filter((cells) => /-\d+$/.test(cells[0])).map((cells) => ({ row: cells[0], title: titleOf(cells[0]), seeds: cells[1], values: Object.entries(columns).flatMap(([name, column]) => (cells[head.indexOf(name)] ? [[column, cells[head.indexOf(name)].split(" ")[0]]] : [])) }));

try {
  const opened = Date.now();
  const { page: tab, problems } = await openPage(browser, pathToFileURL(join(scratch, "all.html")).href, { width: 1240 });
  await tab.waitForSelector("[data-figure]", { timeout: 120000 });
  console.log(`opened in ${((Date.now() - opened) / 1000).toFixed(1)} s`);
  const listed = await tab.evaluate(() => {
    const names = [...document.querySelectorAll(".overview thead th")].map((one) => one.textContent);
    return [...document.querySelectorAll("[data-group]")].map((row) => Object.fromEntries([...row.querySelectorAll("th, td")].map((cell, k) => [names[k], cell.textContent])));
  });
  check("its list has all graphs", listed.length === page.groups.length);
  const others = expected.flatMap((one) => {
    const rows = listed.filter((row) => row.graph.split(" · ")[0] === one.title && row.seeds === one.seeds);
    const isShown = rows.some((row) => one.values.every(([column, value]) => row[column] === value));
    return isShown ? [] : [`${one.row} (${one.title}): ${JSON.stringify(one.values)} instead of ${JSON.stringify(rows)}`];
  });
  check(`its list has the values of graphs/RESULTS.md (${expected.length} rows)`, expected.length === 8 && others.length === 0, others.join("\n"));
  const last = page.groups.length - 1;
  await tab.$eval(`[data-group="${last}"] button`, (one) => one.click());
  await tab.waitForFunction((title) => document.querySelector("p.title")?.textContent.startsWith(title), { timeout: 60000 }, page.groups[last].title);
  const first = page.groups[last].figures.find((one) => one.headline !== undefined && !one.is_training);
  const shown = await tab.$eval(`[data-figure="${first.phase}.${first.node}.${first.metric}${first.is_kept ? ".kept" : ""}"] b`, (one) => one.textContent);
  check("a graph that is chosen is shown with its values", shown === words(first.interval[0]), `${shown} instead of ${first.interval[0]}`);
  check("the page reports no error", problems.length === 0, problems.join("\n"));
} catch (error) {
  fail(error);
} finally {
  await browser.close();
}
end();
