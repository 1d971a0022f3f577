// The committed page is what its sources give: page_built.mjs PAGE NODE_MODULES SCRATCH
// Exits with 77 where what builds the page is not installed.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";

const [page, npm, scratch] = process.argv.slice(2).map((path) => resolve(path));
if (!existsSync(join(npm, "esbuild"))) {
  console.log("skipped: there is no esbuild; `./do test` installs it into .deps where there is npm");
  process.exit(77);
}
rmSync(scratch, { recursive: true, force: true });
mkdirSync(scratch, { recursive: true });
for (const name of ["src", "built", "build.mjs", "package.json", "tsconfig.json"]) cpSync(join(page, name), join(scratch, name), { recursive: true });
symlinkSync(npm, join(scratch, "node_modules"));
let failures = 0;
for (const [what, ...command] of [
  ["the types are sound", process.execPath, join(npm, "typescript/bin/tsc"), "--noEmit"],
  ["built/ is what src/ gives", process.execPath, "build.mjs", "--check"],
]) {
  const done = spawnSync(command[0], command.slice(1), { cwd: scratch, encoding: "utf8" });
  console.log((done.status === 0 ? "ok      " : "FAILED  ") + what);
  if (done.status === 0) continue;
  failures += 1;
  console.log(done.stdout + done.stderr);
}
process.exit(failures === 0 ? 0 : 1);
