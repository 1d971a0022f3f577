// The file that `leat report --out` writes, in a real browser: report_page.mjs LEAT SOURCE NODE_MODULES SCRATCH
// Exits with 77 where Chromium or its driver is not installed. Pictures and a PDF of what was tested are left in SCRATCH.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { check, end, fail, launch, openPage, texts } from "./browser.mjs";

const [leat, source, npm, scratch] = process.argv.slice(2).map((path) => resolve(path));
const browser = await launch(npm);
rmSync(scratch, { recursive: true, force: true });
mkdirSync(join(scratch, "saved"), { recursive: true });

function run(...args) {
  const done = spawnSync(leat, args, { cwd: scratch, encoding: "utf8", maxBuffer: 1 << 28 });
  if (done.status !== 0) throw new Error(`leat ${args.join(" ")}: ${done.stderr}`);
  return done.stdout;
}

const rowsOf = (file) => {
  const [head, ...rows] = readFileSync(join(scratch, "demo/images", file), "utf8").trim().split("\n").map((line) => line.split(","));
  return rows.map((row) => Object.fromEntries(head.map((name, k) => [name, row[k]])));
};
/** As the page writes numbers from 0 to 10. */
const words = (value) => (value === null ? "–" : value !== 0 && Math.abs(value) < 0.0005 ? value.toExponential(1).replace("e-", "e−") : value.toFixed(3));

const demo = (out, seed) => run("run", join(source, "graphs/demo.yaml"), "--out", out, "--set", "steps=6", "--set", "tests=40", "--set", "unlabelled=200", "--device", "cpu:1", "--seed", seed);
demo("demo", "0");
demo("other", "1");
const said = run("report", "demo", "--out", "demo.html");
const report = JSON.parse(run("report", "demo", "--json"));
check("the command says where the file is and what it has", said.startsWith("demo.html (") && said.includes("values of 80 images") && said.includes("numbers instead of names"), said);
const bytes = readFileSync(join(scratch, "demo.html"), "utf8");
// The page's own script has addresses of a server.
const begin = bytes.indexOf('id="leat-data"');
const data = bytes.slice(begin, bytes.indexOf("</script>", begin));
check("no image's name and no path is in the file", data.length > 1000 && !data.includes("A/test/") && !bytes.includes(scratch) && !data.includes("runs/"));

async function open(file, look) {
  const opened = await openPage(browser, pathToFileURL(join(scratch, file)).href, { width: 1240, ...look });
  await opened.page.waitForSelector("[data-figure]");
  return { ...opened, opened: Date.now() - opened.begun };
}

try {
  const { page, problems, requests } = await open("demo.html");
  const figures = await page.$$eval("[data-figure]", (all) => all.map((one) => [one.dataset.figure, one.querySelector("b").textContent, one.querySelector("small").textContent]));
  const wrong = figures.filter(([name, value, interval]) => {
    const [phase, ...rest] = name.split(".");
    const known = report.phases[phase][rest.join(".")];
    const mark = known.method === "Wilson score" ? " W" : "";
    return words(known.value) !== value || (known.low === null ? interval !== "" : interval !== `${words(known.low)} to ${words(known.high)}${mark}`);
  });
  check("the values on the page are those of the JSON report, with their intervals", figures.length === 18 && wrong.length === 0, JSON.stringify(wrong));
  const headlines = Object.entries(report.phases).flatMap(([phase, metrics]) => Object.keys(metrics).filter((name) => phase !== "train" && /\.(accuracy|auc|dice)$/.test(name)).map((name) => `${phase}.${name}`));
  check("every headline metric of the tests is on the page", headlines.every((name) => figures.some(([other]) => other === name)), headlines.join(" "));

  // ---- The phase ----
  check("the page opens on the phase that its first sentence is about", (await page.$eval(".choices select", (one) => one.value)) === "test_b" && (await page.$eval(".big", (one) => one.textContent)).startsWith("On test_b, multimix, which also had the unlabelled images of B, differed from multimix_a by: accuracy "));
  const beneath = (await texts(page, ".big ~ p.beneath")).join(" ");
  check("the other test and the number of intervals are next to the first sentence", beneath.includes("On test_a, multimix differed from multimix_a by: accuracy ") && beneath.includes("about one in twenty such intervals leaves out 0 by chance") && (await texts(page, '[aria-label="What was measured"] .beneath'))[1].includes("about one in twenty"), beneath);
  check("the tab has the graph's title", (await page.title()) === `${report.title} – leat report`, await page.title());
  const titles = () => page.$$eval('[aria-label="Classes"] figcaption h3', (all) => all.map((one) => one.textContent));
  const before = await titles();
  await page.select(".choices select", "test_a");
  await page.waitForFunction(() => document.querySelector('[aria-label="Classes"] h2').textContent.includes("test_a"), { timeout: 20000 });
  const after = await titles();
  check("each figure of classes names its phase, and follows the choice", before.length === 7 && before.every((one) => one.includes("test_b")) && after.every((one) => one.includes("test_a")), `${before.join("; ")} / ${after.join("; ")}`);
  check("the other figures name their phases", (await page.$$eval('[aria-label$="image by image"] figcaption h3', (all) => all.map((one) => one.textContent))).every((one) => one.endsWith("test_a and test_b")));

  const classes = rowsOf("test_a.multimix_classes.csv");
  const counts = ["NORMAL", "PNEUMONIA"].flatMap((label) => ["NORMAL", "PNEUMONIA"].map((prediction) => classes.filter((row) => row.label === label && row.prediction === prediction).length));
  const shown = await page.$$eval('svg.confusion[aria-label^="Confusion matrix of multimix, test_a:"] .count', (all) => all.map((one) => Number(one.textContent)));
  check("the confusion matrix counts the rows of the run's table", JSON.stringify(shown) === JSON.stringify(counts), `${shown} instead of ${counts}`);
  const axes = await page.$$eval("svg.confusion", (all) => all.map((one) => [...one.querySelectorAll("text")].map((text) => text.textContent)));
  check("a confusion matrix names its rows and columns", axes.length === 3 && axes.every((all) => all.includes("rows: label") && all.includes("columns: predicted")), JSON.stringify(axes));
  const aucs = await texts(page, "[data-auc] text");
  check("the ROC curves name their areas", ["supervised", "multimix_a", "multimix"].every((name) => aucs.includes(`${name} ${words(report.phases.test_a[`${name}_classes.auc`].value)}`)), aucs.join("; "));
  const dice = rowsOf("test_b.multimix_lungs.csv").map((row) => Number(row.dice)).sort((a, b) => a - b);
  const median = await page.$eval('[data-median="multimix test_b"]', (one) => one.textContent);
  check("the strip of test_b has its median", median === words(Number(dice[20].toPrecision(5))), `${median} instead of ${dice[20]}`);

  await page.select(".choices select", "test_b");
  const first = await page.$$eval("[data-image]:first-of-type td, [data-image]:first-of-type th", (all) => all.map((one) => one.textContent));
  check("the worst image comes first, with its number, label and Dice", first.at(-5) === words(Number(dice[0].toPrecision(5))) && /^image \d+$/.test(first[0]) && /NORMAL|PNEUMONIA/.test(first[1]), first.join("; "));
  await page.$eval("[data-image] button", (one) => one.click());
  await page.waitForSelector(".shown", { timeout: 5000 });
  check("an image that is chosen is marked in the strips", true);

  const drawn = await page.$$eval("[data-tile]", (all) => all.map((one) => [one.querySelector("b").textContent, one.querySelectorAll("path.outlined").length, one.querySelectorAll("image:not(.saliency)").length, one.querySelector("path.reference").getAttribute("d").length]));
  check("the worst images are drawn first, with the outlines of the reference and of three systems", drawn.length === 15 && drawn[0][0].trim() === `Dice ${first.at(-5)}` && drawn.every(([, outlines, pictures, length]) => outlines === 3 && pictures === 1 && length > 50), JSON.stringify(drawn));
  const loaded = await page.$$eval("[data-tile] image:not(.saliency)", (all) => Promise.all(all.map((one) => new Promise((next) => { const image = new Image(); image.onload = () => next(image.naturalWidth); image.onerror = () => next(0); image.src = one.getAttribute("href"); }))));
  check("their pictures can be read", loaded.every((width) => width === 64), loaded.join());

  // ---- One image in large ----
  const zoomed = async (name) => {
    await page.waitForFunction((name) => document.querySelector("dialog[open] header b")?.textContent === name, { timeout: 20000 }, name);
    return page.$eval("dialog[open]", (one) => [one.querySelector("header b").textContent, one.querySelector("svg.tile").getBoundingClientRect().height, one.querySelectorAll("path.outlined").length, one.querySelectorAll("image.saliency").length, [...one.querySelectorAll("tbody tr")].map((row) => row.textContent).join("; ")]);
  };
  const isClosed = () => page.waitForFunction(() => document.querySelector("dialog") === null, { timeout: 20000 }).then(() => true, () => false);
  const tileImages = await page.$$eval("[data-tile]", (all) => all.map((one) => `image ${one.dataset.tile}`));
  const small = await page.$eval("[data-tile] svg", (one) => one.getBoundingClientRect().height);
  await page.focus("[data-tile] button");
  await page.keyboard.press("Enter");
  const large = await zoomed(tileImages[0]);
  check("Enter opens a large view with outlines, saliency, classes and scores", large[0] === tileImages[0] && large[1] > 2 * small && large[2] === 3 && large[3] === 1 && large[4].includes(first.at(-5)) && /NORMAL|PNEUMONIA/.test(large[4]), `${small}; ${large.join("; ")}`);
  const counted = await page.$eval("dialog[open] header .k", (one) => one.textContent);
  check("the large view says what it counts", /^1 of \d+ images of test_b that have a drawing \(of 40 in all\); order: lowest Dice of multimix$/.test(counted), counted);
  await page.keyboard.press("ArrowRight");
  const second = await zoomed(tileImages[1]);
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  check("the arrow keys show the next and the previous image, and stop at the first", second[0] === tileImages[1] && (await zoomed(tileImages[0]))[0] === tileImages[0], second.join("; "));
  await page.keyboard.press("Escape");
  check("Escape closes it, and the focus returns", (await isClosed()) && await page.evaluate(() => document.activeElement === document.querySelector("[data-tile] button")));
  await page.$eval("[data-tile] button", (one) => one.click());
  await zoomed(tileImages[0]);
  await page.$$eval("dialog[open] header button", (all) => all.at(-1).click());
  check("a click opens it, and a button closes it", await isClosed());

  // ---- Saliency ----
  const focus = new Map(rowsOf("test_b.multimix_saliency.csv").map((row) => [row.image, row]));
  const lungs = rowsOf("test_b.multimix_lungs.csv").sort((a, b) => a.dice - b.dice);
  const share = (value) => `${Math.round(100 * value)} %`;
  const marked = await page.$$eval("[data-tile]", (all) => all.map((one) => [one.querySelectorAll("image.saliency").length, [...one.querySelectorAll("figcaption span")].at(-1).textContent]));
  check("the worst images have the saliency of the system, and how much of it is inside the mask", marked[0][1] === `${share(focus.get(lungs[0].image).inside)} of the saliency is inside the mask, which covers ${share(focus.get(lungs[0].image).area)}` && marked.every(([maps]) => maps === 1), JSON.stringify(marked));
  const maps = await page.$$eval("[data-tile] image.saliency", (all) => Promise.all(all.map((one) => new Promise((next) => { const image = new Image(); image.onload = () => next(image.naturalWidth); image.onerror = () => next(0); image.src = one.getAttribute("href"); }))));
  check("the saliency maps can be read", maps.every((width) => width === 32), maps.join());
  const inside = report.phases.test_b["multimix_saliency.inside"];
  const told = await page.$eval(".sentence", (one) => one.textContent);
  check("a sentence says how much of the saliency is inside the masks", told.startsWith(`test_b, multimix: ${share(inside.value)} [${share(inside.low)}, ${share(inside.high)}] of the saliency lies inside the mask, which covers ${share(report.phases.test_b["multimix_saliency.area"].value)}`), told);
  const how = await page.$eval('[aria-label="Saliency"] .beneath', (one) => one.textContent);
  check("the saliency has its mask, its method and a scale", how.includes("the reference mask that the graph connects, chests/chests.mask, not the predicted one") && how.includes("95 % intervals by image (percentile bootstrap") && (await page.$$(".heatscale rect")).length === 17, how);
  await page.select(".legend select", "f multimix");
  const least = [...focus.values()].sort((a, b) => a.inside - b.inside)[0];
  check("the images with the least saliency inside the mask can come first", (await page.$eval("[data-tile] figcaption", (one) => one.textContent)).includes(`${share(least.inside)} of the saliency is inside`));
  await page.select(".legend select", "c multimix");
  const unlikely = await page.$$eval("[data-tile]", (all) => all.map((one) => one.querySelectorAll("image:not(.saliency)").length));
  check("the images whose label is least probable have pictures too", unlikely.length === 15 && unlikely.every((count) => count === 1), unlikely.join());
  await page.select(".legend select", "m multimix");

  // ---- Grays of the data ----
  const sets = await page.$$eval("[data-grays]", (all) => all.map((one) => [one.dataset.grays, one.querySelectorAll("image").length]));
  check("each data set has a sample and a distribution, drawn ones without being asked", ["train.labelled", "train.with_masks", "train.a/unlabelled", "train.ab/unlabelled", "test_a.chests/all", "test_b.chests/all"].every((name) => sets.some(([other, samples]) => other === name && samples === 1)), JSON.stringify(sets));

  const measured = await page.$$eval("[data-measured]", (all) => all.map((one) => `${one.dataset.measured}: ${one.textContent}`));
  check("grays of some of the images are called a sample", measured.includes("train.a/unlabelled: sample: 180 of 200 images") && measured.includes("test_a.chests/all: all 40 images"), measured.join("; "));
  const samples = await page.$$eval("[data-samples]", (all) => all.map((one) => [one.dataset.samples, ...[...one.querySelectorAll("td")].slice(2).map((cell) => cell.textContent)].join(" ")));
  check("the data sets have counts by part and class", samples.includes("test_b.chests/chests test NORMAL 20 20 20 20") && samples.includes("train.a/chests unlabelled PNEUMONIA 100 0 0 100"), samples.join("; "));
  const meanings = await page.$$eval(".meanings", (all) => all.map((one) => one.textContent).join());
  check("metrics and words of the times are explained", ["droppedNumber of images dropped upstream.", "undefinedNumber of images without saliency", "focusMean over images of the ratio"].every((one) => meanings.includes(one)) && (await texts(page, ".lead")).join().includes("Lane: where a node runs.") && (await texts(page, '[aria-label="Learning"] .beneath')).join().includes("Learning rate of the step."), meanings);

  // ---- What was run ----
  const ran = await texts(page, ".ran dd");
  check("the versions of the software are there", ran.some((words) => /Leat \d+\.\d+/.test(words) && words.includes("LibTorch 2.") && words.includes("OpenCV 4.")), ran.join("; "));

  check("numbers have their units", ran.filter((words) => words === "12,734 multiply-adds for each pixel of an image, 391,571 weights").length === 3, ran.join("; "));
  const drawnFrom = await page.$$eval("[data-drawn]", (all) => all.map((one) => one.textContent));
  check("artificial images are called so, with what they follow from", drawnFrom.includes("train.chests: made by the program io.chest, and of no patient; seed 0, hospital A, split labelled, count 20") && drawnFrom.includes("train.ab/chests, train.ab/others: made by the program io.chest, and of no patient; seed 0, hospital [A, B], split unlabelled, count 200") && drawnFrom.includes("test_b.chests/chests: made by the program io.chest, and of no patient; seed 0, hospital B, split test, count 40"), drawnFrom.join("; "));

  const session = await browser.target().createCDPSession();
  await session.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: join(scratch, "saved") });
  for (const selector of ['button[aria-label="save SVG of ROC curves, test_b"]', 'button[aria-label="save CSV of ROC curves, test_b"]']) await page.$eval(selector, (one) => one.click());
  for (let k = 0; k < 100 && readdirSync(join(scratch, "saved")).filter((name) => /\.(svg|csv)$/.test(name)).length < 2; ++k) await new Promise((next) => setTimeout(next, 50));
  const saved = readdirSync(join(scratch, "saved")).sort();
  check("a figure is saved as SVG, its data as CSV", saved.join() === "roc-curves-test-b.csv,roc-curves-test-b.svg", saved.join());
  for (const name of ["SVG", "CSV"]) await page.$eval(`button[aria-label="save ${name} of Gray values of the data sets"]`, (one) => one.click());
  for (const title of ["saliency", "images", "Reliability of multimix, test_b"]) await page.$eval(`button[aria-label="save CSV of ${title}"]`, (one) => one.click());
  for (let k = 0; k < 200 && readdirSync(join(scratch, "saved")).filter((name) => /\.(svg|csv)$/.test(name)).length < 7; ++k) await new Promise((next) => setTimeout(next, 50));
  const grays = existsSync(join(scratch, "saved/gray-values-of-the-data-sets.svg")) ? readFileSync(join(scratch, "saved/gray-values-of-the-data-sets.svg"), "utf8") : "";
  check("the grays are saved as SVG with their samples, and as CSV", grays.includes("data:image/png;base64,") && readFileSync(join(scratch, "saved/gray-values-of-the-data-sets.csv"), "utf8").startsWith("phase,node,gray_from,gray_to,share,low,high\ntrain,"));
  check("the CSV of the saliency has the values of the report", readFileSync(join(scratch, "saved/saliency.csv"), "utf8").includes(`test_b,multimix,${Number(inside.value)},`));
  const csvOf = (name) => readFileSync(join(scratch, "saved", name), "utf8");
  check("no CSV has two columns of one name", readdirSync(join(scratch, "saved")).filter((name) => name.endsWith(".csv")).every((name) => { const head = csvOf(name).split("\n")[0].split(","); return new Set(head).size === head.length; }));
  check("bins without images are empty in the CSV", csvOf("reliability-of-multimix-test-b.csv").includes("\nPNEUMONIA,0,,,,\n"), csvOf("reliability-of-multimix-test-b.csv"));
  check("values by image have five digits in the CSV", csvOf("images.csv").split("\n").length === 42 && !/\.\d{7}/.test(csvOf("images.csv")), csvOf("images.csv").split("\n")[1]);
  const svg = readFileSync(join(scratch, "saved/roc-curves-test-b.svg"), "utf8");
  check("the SVG has its colours without the page's style sheet", svg.includes('stroke="rgb(') && !svg.includes("class=") && svg.includes('xmlns="http://www.w3.org/2000/svg"'));
  check("the CSV has the curve's points", readFileSync(join(scratch, "saved/roc-curves-test-b.csv"), "utf8").startsWith("series,class,false_positive_rate,true_positive_rate\nsupervised,PNEUMONIA,0,0\n"));

  check("the page asks for nothing but its file", requests.every((url) => url.startsWith("file:") || url.startsWith("blob:") || url.startsWith("data:")) && requests.filter((url) => url.startsWith("file:")).length === 1, requests.join("\n"));
  check("the page reports no error", problems.length === 0, problems.join("\n"));
  const blocked = await page.evaluate(async () => {
    const script = document.createElement("script");
    script.textContent = "window.injected = true";
    document.body.append(script);
    const fetched = await fetch("https://example.org/").then(() => true, () => false);
    return window.injected === undefined && !fetched;
  });
  check("its policy allows no other script and no request", blocked);

  const pdf = Buffer.from(await page.pdf({ path: join(scratch, "demo.pdf"), preferCSSPageSize: true })).toString("latin1");
  const boxes = [...pdf.matchAll(/\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/g)];
  check("it prints on A4, on several pages", boxes.length >= 2 && boxes.every((box) => Math.abs(box[1] - 595) < 1.5 && Math.abs(box[2] - 842) < 1.5) && pdf.length > 50000, `${boxes.length} pages, ${pdf.length} bytes`);
  const headings = await page.$$eval(".results h2, .results h3", (all) => all.map((one) => [...one.childNodes].filter((node) => node.nodeType === 3).map((node) => node.textContent).join("").trim()));
  const stranded = [];
  let hasText = true;
  for (const scale of [0.8, 1, 1.15]) {
    await page.pdf({ path: join(scratch, "scaled.pdf"), preferCSSPageSize: true, scale });
    const text = spawnSync("pdftotext", ["-layout", join(scratch, "scaled.pdf"), "-"], { encoding: "utf8" });
    if (text.status !== 0) hasText = false;
    else stranded.push(...text.stdout.split("\f").map((one) => one.trim().split("\n").at(-1).trim()).filter((line) => headings.some((heading) => line.split(/ {2,}/)[0] === heading)));
  }
  if (hasText) check("no heading is alone at the end of a page", stranded.length === 0, stranded.join("; "));
  else console.log("left out: no heading is alone at the end of a page (there is no pdftotext)");

  for (const theme of ["light", "dark"]) {
    const other = (await open("demo.html", { theme })).page;
    await other.$eval(".all summary", (one) => one.click());
    const colours = await other.evaluate(() => {
      const of = (element, name) => getComputedStyle(element).getPropertyValue(name);
      return [".reference", ".hue0", ".hue1", ".hue2"].map((look) => [of(document.querySelector(`.legend .key${look}`), "background-color"), of(document.querySelector(`.tile path${look}`), "stroke")]);
    });
    check(`outlines have the colours of their legend in the ${theme} theme`, colours.every(([key, line]) => key === line) && new Set(colours.map(([key]) => key)).size === 4, JSON.stringify(colours));
    const axe = readFileSync(join(npm, "axe-core/axe.min.js"), "utf8");
    await other.setBypassCSP(true);
    await other.reload();
    await other.waitForSelector("[data-figure]");
    await other.addScriptTag({ content: axe });
    const found = await other.evaluate(async () => (await window.axe.run()).violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html).join(" | ")}`));
    check(`axe finds nothing in the ${theme} theme`, found.length === 0, found.join("\n"));
    await other.screenshot({ path: join(scratch, `report-${theme}.png`), fullPage: true });
    await other.close();
  }
  const phone = (await open("demo.html", { width: 390, height: 844 })).page;
  await phone.waitForSelector(".hint", { timeout: 60000 });
  const wide = await phone.$$eval(".scroller", (all) => all.filter((one) => one.scrollWidth > one.clientWidth + 1 && !one.closest("details:not([open])")).map((one) => [one.getAttribute("aria-label"), one.parentElement.querySelector(".hint")?.getBoundingClientRect().height ?? 0]));
  check("on a phone a wide table scrolls in its box, and says so", wide.some(([name]) => name === "table: what was measured") && wide.every(([, height]) => height > 0), JSON.stringify(wide));
  check("on a phone nothing is wider than the screen", await phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await phone.screenshot({ path: join(scratch, "report-phone.png"), fullPage: true });

  // ---- Texts of a run are texts ----
  cpSync(join(scratch, "demo"), join(scratch, "odd"), { recursive: true });
  const results = JSON.parse(readFileSync(join(scratch, "odd/results.json"), "utf8"));
  results.title = "</script><img src=x onerror=\"window.injected = true\"> title";
  writeFileSync(join(scratch, "odd/results.json"), JSON.stringify(results));
  run("report", "odd", "--out", "odd.html", "--names");
  const odd = await open("odd.html");
  check("HTML in a title stays text", (await texts(odd.page, ".title"))[0] === results.title && (await odd.page.evaluate(() => window.injected === undefined && !document.querySelector("img"))));
  check("with --names, images have their names", (await texts(odd.page, "[data-image] th"))[0].startsWith("B/test/"), (await texts(odd.page, "[data-image] th"))[0]);

  // ---- Several structures ----
  cpSync(join(scratch, "demo"), join(scratch, "organs"), { recursive: true });
  const [columnsOfLungs, ...rowsOfLungs] = readFileSync(join(scratch, "demo/images/test_b.multimix_lungs.csv"), "utf8").trim().split("\n");
  const place = columnsOfLungs.split(",").indexOf("dice");
  const organs = rowsOfLungs.map((row, k) => {
    const cells = row.split(",");
    return { lungs: Number(cells[place]), heart: Number((0.2 + 0.01 * ((k * 7) % 40)).toFixed(2)), text: row };
  });
  const organTable = [columnsOfLungs.replace(/(^|,)dice(,|$)/, "$1dice_lungs$2") + ",dice_heart", ...organs.map((one) => `${one.text},${one.heart}`)].join("\n") + "\n";
  writeFileSync(join(scratch, "organs/images/test_b.multimix_lungs.csv"), organTable);
  rmSync(join(scratch, "organs/images/test_b.multimix_lungs.json"), { force: true });
  run("report", "organs", "--out", "organs.html");
  const { page: ofOrgans } = await open("organs.html");
  const plotted = await ofOrgans.$$eval('[aria-label$="image by image"]', (all) => all.map((one) => one.getAttribute("aria-label")));
  check("Dice, its mean and each structure, is plotted image by image", ["Dice", "Dice of lungs", "Dice of heart"].every((one) => plotted.includes(`${one} image by image`)), plotted.join("; "));
  const median5 = (values) => words(Number([...values].sort((a, b) => a - b)[20].toPrecision(5)));
  const medians = await ofOrgans.$$eval('[data-median="multimix test_b"]', (all) => all.map((one) => one.textContent));
  check("the strips have the values of the table", [organs.map((one) => (one.lungs + one.heart) / 2), organs.map((one) => one.heart)].every((values) => medians.includes(median5(values))), medians.join("; "));
  const lowestOf = { "m multimix": Math.min(...organs.map((one) => (one.lungs + one.heart) / 2)), "m multimix dice_lungs": Math.min(...organs.map((one) => one.lungs)), "m multimix dice_heart": 0.2 };
  for (const [key, lowest] of Object.entries(lowestOf)) {
    await ofOrgans.select(".legend select", key);
    await ofOrgans.waitForFunction((key) => document.querySelector(".worst .legend select").value === key, { timeout: 20000 }, key);
    const [tile, row, beneath] = await ofOrgans.evaluate(() => [document.querySelector("[data-tile] b").textContent, document.querySelector("[data-image] th").textContent, document.querySelector(".drawings").textContent]);
    check(`the worst image by ${key} is drawn first`, tile.trim().endsWith(` ${words(Number(lowest.toPrecision(5)))}`) && (await ofOrgans.$eval("[data-tile]", (one) => `image ${one.dataset.tile}`)) === row && !beneath.includes("no drawing"), `${tile} / ${row} / ${beneath}`);
  }
  // A run whose `keep_results` was too small has nothing of some of the worst.
  const keptOfHeart = organTable.split("\n").map((row, k) => (k > 0 && organs[k - 1]?.heart === 0.2 ? row.replace(/,(drawn|file),([^,]*)$/, ",,$2") : row)).join("\n");
  writeFileSync(join(scratch, "organs/images/test_b.multimix_lungs.csv"), keptOfHeart);
  for (const other of readdirSync(join(scratch, "organs/images")).filter((name) => name.startsWith("test_b.") && name !== "test_b.multimix_lungs.csv" && name.endsWith(".csv"))) rmSync(join(scratch, "organs/images", other));
  run("report", "organs", "--out", "organs.html");
  const { page: ofFewer } = await open("organs.html");
  await ofFewer.select(".legend select", "m multimix dice_heart");
  const lacking = await ofFewer.$eval(".drawings", (one) => one.textContent);
  check("images that are worse and have no drawing are named", /1 that is as bad or worse has no drawing in this file: image \d+\./.test(lacking), lacking);

  // ---- Several graphs ----
  results.graph_hash = "0123456789abcdef";
  results.title = "Another graph";
  writeFileSync(join(scratch, "odd/results.json"), JSON.stringify(results));
  run("report", "demo", "odd", "--out", "two.html");
  const two = await open("two.html");
  check("of several graphs there is a list", (await texts(two.page, "[data-group] th")).join() === `${report.title},Another graph`, (await texts(two.page, "[data-group] th")).join());
  const compared = await two.page.$$eval("[data-compared]", (all) => all.map((one) => [one.dataset.compared, [...one.querySelectorAll("td")].map((cell) => cell.textContent)]));
  // Equal values have no spread, and so no interval.
  check("two graphs have paired differences, which are 0 for copies", compared.length === 18 && compared.every(([, cells]) => cells[3] === "0.000" && cells[4] === "none"), JSON.stringify(compared));
  const columns = () => two.page.$$eval(".overview thead th", (all) => all.length - 2);
  const some = await columns();
  const hint = await two.page.$eval('[aria-label="All graphs"] .beneath', (one) => one.textContent);
  await two.page.$eval('[aria-label="All graphs"] .beneath .link', (one) => one.click());
  await two.page.waitForFunction(() => document.querySelectorAll(".overview thead th").length > 14, { timeout: 20000 });
  check("the list says that it leaves out columns, and shows them", some === 12 && hint.includes("The 12 that most graphs have are shown, of 18. show all 18") && (await columns()) === 18, hint);
  check("the first of the list is shown, and is the first of the differences", (await texts(two.page, ".title"))[0] === report.title && (await texts(two.page, '[aria-label="Differences between the two"] .beneath'))[0] === `Second minus first. First: ${report.title}. Second: Another graph.`);
  await two.page.$eval('[data-group="1"] button', (one) => one.click());
  check("a graph that is chosen is shown", (await texts(two.page, ".title"))[0] === "Another graph");
  await two.page.$eval('.overview thead th button', (one) => one.click());
  check("a click on the first head sorts by name", (await texts(two.page, "[data-group] th")).join() === `Another graph,${report.title}`);

  // ---- Two seeds of drawn images ----
  const seeds = run("report", "demo", "other", "--out", "seeds.html");
  check("images that each seed drew are counted each", seeds.includes("values of 160 images"), seeds);
  const drawnBy = await open("seeds.html");
  const numbers = () => texts(drawnBy.page, "[data-image] th");
  const ofFirst = await numbers();
  await drawnBy.page.select(".choices label:nth-of-type(2) select", "1");
  await drawnBy.page.waitForFunction(() => document.querySelector(".worst h2").textContent.includes("seed 1"), { timeout: 20000 });
  const ofSecond = await numbers();
  check("and share no number", ofFirst.length === 20 && ofSecond.length === 20 && ofFirst.every((one) => !ofSecond.includes(one)), `${ofFirst.join()} / ${ofSecond.join()}`);
  const untitled = JSON.parse(readFileSync(join(scratch, "other/results.json"), "utf8"));
  untitled.title = "";
  untitled.graph_hash = "fedcba9876543210";
  writeFileSync(join(scratch, "other/results.json"), JSON.stringify(untitled));
  run("report", "demo", "other", "--out", "unlike.html");
  const unlike = await open("unlike.html");
  await unlike.page.$$eval("[data-group] button", (all) => all.find((one) => one.textContent === "A run without a title").click());
  check("a run without a title can be chosen", (await texts(unlike.page, ".title"))[0] === "A run without a title");
  const between = await unlike.page.$eval('[aria-label="Differences between the two"]', (one) => one.textContent);
  check("two runs of other images have no interval, and nothing says that they have or that images are the same", between.includes("There are no intervals and no p") && between.split("Each side drew its images from its own seed").length === 2 && !between.includes("95 % intervals") && !/\bours\b|\btheirs\b|are the same/.test(between), between);
} catch (error) {
  fail(error);
} finally {
  await browser.close();
}
end();
