// Values on an edge and the way of a sample, in a graph that trains a network on files: sample_way.mjs LEAT NODE_MODULES SCRATCH
// Exits with 77 where Chromium or its driver is not installed. Pictures of what was tested are left in SCRATCH.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { deflateSync } from "node:zlib";
import { check, end, fail, launch, openPage, press, startLeat, texts, wait } from "./browser.mjs";

const [leat, npm, scratch] = process.argv.slice(2).map((path) => resolve(path));
const browser = await launch(npm);
rmSync(scratch, { recursive: true, force: true });

/** A gray PNG. */
function png(side, gray) {
  const crc = (data) => {
    let rest = 0xffffffff;
    for (const byte of data) {
      rest ^= byte;
      for (let bit = 0; bit < 8; ++bit) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
    }
    return (rest ^ 0xffffffff) >>> 0;
  };
  const chunk = (type, data) => {
    const out = Buffer.alloc(12 + data.length);
    out.writeUInt32BE(data.length);
    out.write(type, 4, "latin1");
    data.copy(out, 8);
    out.writeUInt32BE(crc(out.subarray(4, 8 + data.length)), 8 + data.length);
    return out;
  };
  const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0]), rows = Buffer.alloc(side * (side + 1));
  head.writeUInt32BE(side);
  head.writeUInt32BE(side, 4);
  for (let y = 0; y < side; ++y) for (let x = 0; x < side; ++x) rows[y * (side + 1) + x + 1] = gray(x, y);
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

const stripes = (k) => png(32, (x, y) => 40 + 12 * k + 60 * ((x >> (k % 4)) & 1) + y);
for (const name of ["ill", "well"]) {
  mkdirSync(join(scratch, "data", name), { recursive: true });
  for (let k = 0; k < 7; ++k) writeFileSync(join(scratch, "data", name, `${name}${k}.png`), k === 3 ? png(1, () => 111) : stripes(k));
}
// Its end is missing.
writeFileSync(join(scratch, "data/ill/cut.png"), stripes(5).subarray(0, 60));
writeFileSync(join(scratch, "g.yaml"), `leat: 1
resources:
  data: {uses: io.split, with: {path: data, classes: [ill, well], validation: 2}}
  net: {uses: model.multitask_unet, with: {channels: [4, 8], classes: [ill, well], masks: [], norm: group}}
  adam: {uses: optim.adam, with: {model: net}}
templates:
  read:
    outputs: {image: small, label: images.label}
    nodes:
      images: {uses: io.images, with: {split: data, part: labelled, batch: 6}}
      pixels: {uses: image.decode, in: images.file, on_error: skip}
      small: {uses: image.resize, in: pixels, with: {size: 32}}
phases:
  train:
    nodes:
      lab: {uses: read}
      move: {uses: augment.affine, in: {image: lab.image}}
      batch: {uses: tensor.normalize, in: move.image, with: {model: net}}
      enc: {uses: model.encode, in: batch, with: {model: net, mode: train}}
      logits: {uses: model.classify, in: enc, with: {model: net}}
      ce: {uses: loss.cross_entropy, in: {logits: logits, label: lab.label}}
      total: {uses: loss.total, in: {terms: {first: ce}}}
      step: {uses: train.step, in: total, with: {optimizer: adam}}
plan: {train: {phase: train, steps: 30}}
`);

const shown = await startLeat(leat, scratch, "view", "g.yaml", "--seed", "5");
try {
  const { page, problems } = await openPage(browser, shown.address);
  const words = async (selector) => (await texts(page, selector)).join(" | ");
  const box = "input[aria-label='number of the step']";
  const typed = (value) => page.$eval(box, (input, text) => ((input.value = text), input.dispatchEvent(new Event("change", { bubbles: true }))), value);
  const isStep = (step) => wait(`step ${step} shows`, async () => (await words(".truth")).includes(`step ${step} of train`));
  const samples = () => page.$$eval(".samples .heads:first-of-type .sample", (all) => all.map((one) => one.title.replace(/^slot \d+: /, "").replace(/ of \w+$/, "")));
  const stations = () => page.$$eval(".station", (all) => Object.fromEntries(all.map((one) => [one.querySelector("b").textContent, one.textContent.slice(one.querySelector("b").textContent.length)])));

  await press(page, "[data-edge^='move.image>']");
  await page.waitForSelector(".tile");
  check("an output that nobody reads, and that has no values, has no row", (await page.$$(".samples .tile")).length >= 10 && !(await words(".samples")).includes("no value"), await words(".samples"));
  const counts = await page.$$eval("select[aria-label='number of slots'] option", (all) => all.map((one) => one.textContent));
  check("no more slots are offered than a step has", counts.join() === "0,0–3,0–5" && (await page.$eval("select[aria-label='number of slots']", (one) => one.value)) === "6", counts);

  await typed("3");
  await isStep(3);
  for (const text of ["1.5", "-1", "999", ""]) {
    await typed(text);
    const said = `${text || "That"} is no step of train: they are whole numbers from 0 to 29. Step 3 is still shown.`;
    check(`"${text}" is no step, which is said`, await wait("it is said", async () => (await words(".prev .problem")) === said) && (await page.$eval(box, (one) => one.value)) === "3", await words(".prev .problem"));
  }
  await typed("4");
  check("and a step is one", (await isStep(4)) && (await page.$$(".prev .problem")).length === 0, await words(".prev .problem"));

  // The sample that is clicked is followed in its step.
  await typed("9");
  await isStep(9);
  const [, clicked] = await samples();
  await press(page, "[data-pick='1']");
  check("the sample is the one that was clicked", await wait("its way shows", async () => (await words(".way h3")).startsWith(`slot 1: ${clicked}`)) && clicked !== "", [clicked, await words(".way h3")]);
  check("in the step that was shown", (await page.$eval(box, (one) => `${one.value} ${one.disabled}`)) === "9 false");
  check("and the note is about the edge", (await words(".truth")).startsWith("Computed by the engine: step 9 of train has exactly these values with seed 5."), await words(".truth"));
  let way = await stations();
  check("nodes that need changing weights say that they are not known", ["batch", "enc", "logits"].every((name) => (way[name] ?? "").startsWith("not known in step 9: net changes while the graph runs")), way);
  check("a node whose first output is not there shows the other", way.move === "" && (await page.$$eval(".station", (all) => all.find((one) => one.querySelector("b").textContent === "move").querySelectorAll("canvas").length)) === 1, way);
  await page.screenshot({ path: join(scratch, "way.png") });
  await typed("12");
  check("another step shows, and says if it has another sample", (await isStep(12)) && (await page.$eval(box, (one) => one.value)) === "12" && ((await samples()).includes(clicked) ? (await words(".way h3")).includes(clicked) : (await words(".way .problem")).startsWith(`Another sample than before: ${clicked}`)), [await words(".way"), await samples()]);
  await typed("0");
  await isStep(0);
  way = await stations();
  check("step 0 has the first weights", await wait("they show", async () => ((way = await stations()), /ill -?[\d.]+, well/.test(way.logits ?? ""))), way);
  check("which is said of the nodes that need them", (await words(".way .k")).includes("values of a first step, because net can change while the graph runs"), await words(".way .k"));
  check("a number of features is said in words", /^\d+ numbers, \S+ to \S+$/.test(way.enc), way);
  check("pictures without a stated range say theirs", /^black \S+, white \S+$/.test(way.batch), way);
  await page.screenshot({ path: join(scratch, "first_step.png") });
  await page.select("select[aria-label='sample to follow']", "");
  await wait("the way is gone", async () => (await page.$$(".way")).length === 0);

  // A sample that is left out.
  let slot = -1, step = -1;
  while (slot < 0 && ++step < 30) {
    await typed(String(step));
    await isStep(step);
    slot = (await samples()).findIndex((name) => name.endsWith("cut.png"));
  }
  check("a sample that was left out has its name", slot >= 0, await samples());
  check("and its cells say that it was dropped", (await words(".samples .word")).includes("dropped"), await words(".samples .word"));
  await page.select("select[aria-label='sample to follow']", String(slot));
  check("also on its way", await wait("it shows", async () => (await words(".way h3")).includes("cut.png") && Object.values(await stations()).some((one) => one.startsWith("dropped here"))), [await words(".way h3"), await stations()]);
  check("which ends there", JSON.stringify(Object.keys(await stations())) === '["images","pixels"]', await stations());
  await page.screenshot({ path: join(scratch, "dropped.png") });
  await page.select("select[aria-label='sample to follow']", "");

  // A file that changes while the page is open.
  const at = (await samples()).findIndex((name) => !name.endsWith("cut.png")), name = (await samples())[at];
  const picture = () => page.$eval(`.samples .prow:nth-of-type(2) canvas[data-pick='${at}']`, (one) => one.toDataURL());
  const before = await picture();
  writeFileSync(join(scratch, "data", name), png(32, (x, y) => (x > y ? 250 : 5)));
  await page.$$eval(".prev button", (all) => all.find((one) => one.textContent === "again").click());
  check("values can be asked for again, and are those of the new file", await wait("the picture changes", async () => (await picture()) !== before));

  await typed("3");
  await isStep(3);
  await press(page, "[data-edge^='logits.logits>']");
  check("of an edge that needs changing weights, the step that is not known is named", await wait("it is said", async () => (await words(".truth")).includes("These are the values of a first step; those of step 3 are not known.")), await words(".truth"));
  await page.keyboard.press("Escape");
  await press(page, "[data-node='lab/pixels']");
  check("a node says that it leaves out samples for which it fails", await wait("it is said", async () => (await words(".prevhead")).includes("on_error: skip")), await words(".prevhead"));
  check("no error in the console", problems.length === 0, problems.join("\n"));
} catch (error) {
  fail(error);
} finally {
  shown.child.kill("SIGKILL");
  await browser.close();
}
end();
