// The filter of the page's list of runs means what `leat runs --where` means: run_filter.mjs PAGE NODE_MODULES CASES
// Exits with 77 where what builds the page is not installed.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [page, npm, cases] = process.argv.slice(2).map((path) => resolve(path));
if (!existsSync(join(npm, "esbuild"))) {
  console.log("skipped: there is no esbuild; `./do test` installs it into .deps where there is npm");
  process.exit(77);
}
const esbuild = createRequire(import.meta.url)(join(npm, "esbuild"));
const bundle = await esbuild.build({
  stdin: { contents: 'export { filterOf } from "./run_filter"; export { columnsOf } from "./run_columns";', resolveDir: join(page, "src"), loader: "ts" },
  bundle: true,
  format: "esm",
  write: false,
});
const { filterOf, columnsOf } = await import(`data:text/javascript;base64,${Buffer.from(bundle.outputFiles[0].text).toString("base64")}`);

const given = JSON.parse(readFileSync(cases, "utf8"));
const runs = given.runs.map((run, row) => ({ ...run, row, error: "", graph_hash: "", order: Object.keys(run.metrics).map((name) => ({ name, is_headline: true })) }));
const columns = columnsOf(runs);
let failures = 0;
for (const { filter, finds = [], says = [] } of given.cases) {
  const made = filterOf(filter, columns, runs);
  const found = runs.filter(made.matches).map((run) => run.folder),
    said = made.problems.join(" ").toLowerCase();
  const isGood = JSON.stringify(found) === JSON.stringify(finds) && (says.length > 0 ? says.every((words) => said.includes(words)) : said === "");
  console.log(`${isGood ? "ok      " : "FAILED  "}${filter}${isGood ? "" : `: ${JSON.stringify(found)} ${said}`}`);
  if (!isGood) failures += 1;
}
process.exit(failures === 0 ? 0 : 1);
