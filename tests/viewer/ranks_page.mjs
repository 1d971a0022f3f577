// The panel of the ranks of a run in a real browser, on runs that are made up (mock_runs.mjs): ranks_page.mjs SOURCE NODE_MODULES SCRATCH
// Exits with 77 where Chromium or its driver is not installed. Pictures are left in SCRATCH.
import { mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { check, checkAxe, end, fail, launch, openPage, texts, wait } from "./browser.mjs";
import { serve } from "./mock_runs.mjs";

const [source, npm, scratch] = process.argv.slice(2, 5).map((path) => resolve(path));
const browser = await launch(npm, "--disable-gpu");
rmSync(scratch, { recursive: true, force: true });
mkdirSync(scratch, { recursive: true });

const rows = (page) => page.$$eval(".ranks tbody tr", (all) => all.map((row) => [...row.cells].map((cell) => cell.textContent.trim())));
/** The widths of a row's parts, of the width of its bar. */
const bars = (page) => page.$$eval(".ranks tbody .rankbar", (all) => all.map((bar) => [...bar.querySelectorAll("rect")].map((rect) => [rect.getAttribute("class"), Number(rect.getAttribute("width")) / bar.viewBox.baseVal.width])));
const press = (page, words) => page.evaluate((name) => [...document.querySelectorAll(".ranks button")].find((one) => one.textContent.trim() === name).click(), words);
const sorted = (numbers) => numbers.every((one, k) => k === 0 || numbers[k - 1] >= one - 1);
const ms = (words) => (words === "–" ? 0 : Number.parseFloat(words));

/** Opens the page of one run, shows it to `look`, and closes it. */
async function shown(name, options, look, screen) {
  const server = await serve(join(source, "viewer/page"), { every: 300, ...options });
  const { page, problems } = await openPage(browser, `${server.address}&view=run`, screen);
  try {
    await wait("the overview is there", async () => (await page.$$(".overview tbody tr")).length > 0);
    await look(page, server);
    check(`no error in the console: ${name}`, problems.length === 0, problems.join("\n"));
    await page.screenshot({ path: join(scratch, `${name.replaceAll(" ", "_")}.png`) });
  } finally {
    await page.close();
    server.close();
  }
}

try {
  await test();
} catch (error) {
  fail(error);
} finally {
  await browser.close();
}
end();

async function test() {
  await shown("one process", { only: [0] }, async (page) => {
    check("a run of one process has no panel of ranks", (await page.$$(".rankpanel, .ranks, .shared")).length === 0);
  });

  await shown("two ranks", { only: [0], ranks: 2 }, async (page) => {
    const all = await rows(page), parts = await bars(page);
    check("the late rank is first, and marked with a word", all.length === 2 && all[0][0].startsWith("rank 1late process 4711") && all[1][0].startsWith("rank 0 process 4710"), all);
    check("with its times per step", /^10\d ms$/.test(all[0][2]) && all[0][3] === "–" && all[0][4] === "–" && /^4\d ms$/.test(all[1][4]), all);
    check("the bars of all ranks end at the same length", parts.every((one) => Math.abs(one.reduce((sum, [, width]) => sum + width, 0) - 1) < 0.001), parts);
    check("and what a rank waits for is told apart", parts[0].map(([name]) => name).join() === "computes" && parts[1].at(-1)[0] === "idles", parts);
    check("the heads name the parts", (await texts(page, ".ranks thead th")).map((one) => one.trim().replace("\n", " ")).join() === "rank,computing,waiting for its images,waiting for others", await texts(page, ".ranks thead th"));
    check("the sentence says why", /^The other ranks wait for rank 1 \(process 4711 on gpu-03/.test((await texts(page, ".rankpanel p"))[0]), await texts(page, ".rankpanel p"));
    check("the whole name can be read", await page.$eval(".ranks tbody th", (cell) => cell.title.startsWith("rank 1 (process 4711 on gpu-03")));
    check("it says which steps count, and of which rank all else is", (await texts(page, ".rankpanel .lab"))[0] === "2 ranks, time per step, last 96 steps of train" && (await texts(page, ".rankpanel .k")).at(-1) === "All else on this page is of rank 0.", await texts(page, ".rankpanel"));
    check("few ranks have no fold", (await page.$$(".ranks button")).length === 0);
    const before = (await texts(page, ".ranks"))[0];
    check("numbers go on", await wait("other numbers", async () => (await texts(page, ".ranks"))[0] !== before || (await bars(page))[1][0][1] !== parts[1][0][1]));
  });

  await shown("64 ranks", { only: [3], ranks: 64 }, async (page) => {
    const all = await rows(page);
    check("of 64 ranks, those with the longest parts have a row, and one line is for the others", all.length === 5 && all[0][0].startsWith("rank 1late") && /^60 others: parts of 5\d ms to \d\d ms show all$/.test(all[4][0]), all);
    check("the panel fits into its place", await page.$eval(".dock", (dock) => dock.scrollWidth <= dock.clientWidth && document.querySelector(".rankpanel p").getBoundingClientRect().bottom <= dock.getBoundingClientRect().bottom));
    check("of a run that is over, the whole run counts", (await texts(page, ".rankpanel .lab"))[0] === "64 ranks, time per step, 5,000 steps of train" && (await texts(page, ".rankpanel p")).includes("Without 300 steps that another number of ranks did."), await texts(page, ".rankpanel"));
    await press(page, "show all");
    check("all can be shown", await wait("64 rows", async () => (await rows(page)).length === 65));
    const parts = (await rows(page)).slice(0, 64).map((row) => ms(row[2]) + ms(row[3]));
    check("in the order of their parts", sorted(parts), parts);
    await press(page, "show the 4 longest");
    check("and folded again", await wait("few rows", async () => (await rows(page)).length === 5));
  });

  await shown("none late", { only: [0], ranks: 6, hasLate: false }, async (page) => {
    check("if none is late, none is marked, and it is said", (await page.$$(".lateword")).length === 0 && (await texts(page, ".rankpanel p"))[0] === "No rank is late: none takes a tenth longer than the others.", await texts(page, ".rankpanel"));

  });

  for (const [where, screen] of [["a phone", { width: 390, height: 844 }], ["200 % zoom", { width: 720, height: 450, scale: 2 }], ["a narrow window", { width: 1000, height: 800 }]])
    await shown(where, { only: [0], ranks: 64 }, async (page) => {
      await page.$eval(".rankpanel", (panel) => panel.scrollIntoView());
      const over = await page.evaluate(() => [document.documentElement.scrollWidth - innerWidth, document.querySelector(".rankpanel").scrollWidth - document.querySelector(".rankpanel").clientWidth]);
      check(`ranks fit ${where}`, over.every((one) => one <= 0), over);
    }, screen);

  const server = await serve(join(source, "viewer/page"), { only: [0], ranks: 64, every: 300 });
  const page = await browser.newPage();
  await page.setBypassCSP(true);
  await page.goto(`${server.address}&view=run`);
  await wait("the panel is there", async () => (await page.$$(".ranks tbody tr")).length > 0);
  await checkAxe(npm, page, "ranks");
  await page.close();
  server.close();
}
