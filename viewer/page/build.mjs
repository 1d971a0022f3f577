// Builds the page: src/ into built/. With --check: fails if built/ is not what src/ gives.
import { build } from "esbuild";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const result = await build({
  entryPoints: [
    { in: "src/app.tsx", out: "app" },
    { in: "src/app.css", out: "app" },
    { in: "src/layout_worker.ts", out: "layout" },
  ],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  outdir: "built",
  legalComments: "none",
  charset: "utf8",
  write: false,
});
const files = result.outputFiles.map((file) => [file.path.replace(/.*\/built\//, ""), file.text]);
files.push(["index.html", readFileSync("src/index.html", "utf8")]);
const isCheck = process.argv.includes("--check");
let differs = false;
mkdirSync("built", { recursive: true });
for (const [name, text] of files) {
  const path = `built/${name}`;
  if (!isCheck) writeFileSync(path, text);
  else if (readFileSync(path, "utf8") !== text) {
    console.error(`${path} is not what src/ gives: run npm run build`);
    differs = true;
  }
}
process.exit(differs ? 1 : 0);
