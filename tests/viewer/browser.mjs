// What the tests of the page share: Debian's Chromium, driven by puppeteer, and checks that are counted.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Starts Chromium. Ends the process with 77 where Chromium or its driver is not installed. */
export async function launch(npm, ...flags) {
  const chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => existsSync(path));
  if (!chromium || !existsSync(join(npm, "puppeteer-core"))) {
    console.log("skipped: there is no Chromium or no puppeteer-core; `./do test` installs them where it can");
    process.exit(77);
  }
  const { default: puppeteer } = await import(pathToFileURL(createRequire(join(npm, "x.js")).resolve("puppeteer-core")).href);
  return puppeteer.launch({ executablePath: chromium, args: ["--no-sandbox", "--force-device-scale-factor=1", ...flags] });
}

/** On a machine that does much else, a page can take long. */
const most = 120_000;

/** Opens a page. `problems` gets the errors of its scripts and of its console. */
export async function openPage(browser, address, { width = 1440, height = 900, theme = "light", scale = 1, motion = "no-preference" } = {}) {
  const page = await browser.newPage();
  page.setDefaultTimeout(most);
  page.setDefaultNavigationTimeout(most);
  await page.setViewport({ width, height, deviceScaleFactor: scale });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }, { name: "prefers-reduced-motion", value: motion }]);
  const problems = [], requests = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("dialog", (dialog) => (problems.push(`dialog: ${dialog.message()}`), dialog.dismiss()));
  page.on("request", (request) => requests.push(request.url()));
  const begun = Date.now();
  await page.goto(address);
  return { page, problems, requests, begun };
}

let failures = 0;
/** Prints whether something holds, and, where it does not, what was found. */
export function check(name, holds, found = "") {
  console.log((holds ? "ok      " : "FAILED  ") + name);
  if (holds) return;
  failures += 1;
  console.log(typeof found === "string" ? found : JSON.stringify(found));
}

/** Counts an error that ended the checks. */
export function fail(error) {
  failures += 1;
  console.log(error);
}

/** Ends the process: with 1 if a check failed. */
export function end() {
  console.log(failures > 0 ? `${failures} failed` : "all passed");
  process.exit(failures > 0 ? 1 : 0);
}

/** Checks in both themes that a page can be used by everybody. Its policy must be off (`setBypassCSP`), because a script is added. */
export async function checkAxe(npm, page, name) {
  await page.addScriptTag({ path: join(npm, "axe-core/axe.min.js") });
  for (const theme of ["light", "dark"]) {
    await page.evaluate((one) => (document.documentElement.dataset.theme = one), theme);
    const found = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa"] }));
    check(`axe finds nothing in ${name}, ${theme}`, found.violations.length === 0,
      found.violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 200)).join(" | ")}`).join("\n"));
  }
}

/** Waits until something holds. Returns false after the time. */
export async function wait(what, holds, seconds = most / 1000) {
  const until = Date.now() + seconds * 1000;
  while (Date.now() < until) {
    try {
      if (await holds()) return true;
    } catch (error) {
      // What is looked at can come a moment later.
      if (!error.message.includes("failed to find element")) throw error;
    }
    await new Promise((next) => setTimeout(next, 25));
  }
  console.log(`waited in vain until ${what}`);
  return false;
}

/** Clicks on an element, also one of a drawing, once it is there: a graph is laid out by a worker, and drawn again while it is folded. */
export async function press(page, selector) {
  const isPressed = (wanted) => {
    const element = document.querySelector(wanted);
    element?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    return element !== null;
  };
  await page.waitForFunction(isPressed, {}, selector);
}

export const texts = (page, selector) => page.$$eval(selector, (all) => all.map((one) => one.textContent.trim()));

/** A `leat` command that shows the page: the child, the page's address, what it prints, and the promise of its exit code. */
export async function startLeat(leat, folder, ...args) {
  const child = spawn(leat, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  const printed = { text: "" };
  child.stderr.on("data", (data) => (printed.text += data));
  const over = new Promise((next) => child.once("exit", (code) => next(code)));
  const address = await new Promise((found, failed) => {
    child.stdout.once("data", (data) => found(data.toString().split("\n")[0]));
    child.once("exit", (code) => failed(new Error(`leat ended with ${code}: ${printed.text}`)));
  });
  child.stdout.on("data", (data) => (printed.text += data));
  return { child, address, printed, over };
}
