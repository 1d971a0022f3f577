// A server with runs that are made up here, for tests of the page: mock_runs.mjs PAGE starts it alone, and prints its address.
// It gives what viewer/page/src/run.ts declares. Every number is a function of its place, so two starts give the same pages.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join, resolve } from "node:path";

const token = "t0ken";
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** A number from 0 to 1 that depends on the words. */
export function chance(...words) {
  let hash = 2166136261;
  for (const char of words.join("|")) hash = Math.imul(hash ^ char.charCodeAt(0), 16777619);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 2246822519);
  hash ^= hash >>> 13;
  return (hash >>> 0) / 4294967296;
}

// ---- Graphs: `name type lane grain < input, input` ----

const picture = (of) => [`${of}/picture/decoded image.decode cpu slot < ${of}/images.file`, `${of}/picture/resized image.resize cpu slot < ${of}/picture/decoded.image`];
const segment = (of, from) => [
  `${of}/encode model.encode device step < ${from}`, `${of}/saliency model.saliency device step < ${from}`,
  `${of}/masks model.segment device step < ${of}/encode.features, ${from}, ${of}/saliency.saliency`,
];
const multimix = [
  "labelled/images io.images cpu slot <", ...picture("labelled"), "labelled/view augment.weak cpu slot < labelled/picture/resized.image",
  "labelled/toned augment.intensity cpu slot < labelled/view.view", "labelled/batch tensor.normalize device step < labelled/toned.image",
  "labelled/features model.encode device step < labelled/batch.batch", "labelled/classes model.classify device step < labelled/features.features",
  "labelled/loss loss.cross_entropy device step < labelled/classes.logits, labelled/images.label",
  "unlabelled/images io.images cpu slot <", ...picture("unlabelled"), "unlabelled/weak augment.weak cpu slot < unlabelled/picture/resized.image",
  "unlabelled/strong augment.strong cpu slot < unlabelled/picture/resized.image", "unlabelled/toned augment.intensity cpu slot < unlabelled/strong.view",
  "unlabelled/weak_batch tensor.normalize device step < unlabelled/weak.view", "unlabelled/strong_batch tensor.normalize device step < unlabelled/toned.image",
  "unlabelled/teacher model.encode device step < unlabelled/weak_batch.batch", "unlabelled/teacher_classes model.classify device step < unlabelled/teacher.features",
  "unlabelled/gate gate.confidence device step < unlabelled/teacher_classes.logits, unlabelled/images.known_label",
  "unlabelled/features model.encode device step < unlabelled/strong_batch.batch", "unlabelled/classes model.classify device step < unlabelled/features.features",
  "unlabelled/loss loss.pseudo_label device step < unlabelled/classes.logits, unlabelled/gate.pseudo, unlabelled/gate.weight",
  "masked/images io.masks cpu slot <", ...picture("masked"), "masked/resized image.resize cpu slot < masked/images.mask",
  "masked/moved augment.affine cpu slot < masked/picture/resized.image, masked/resized.image", "masked/view image.resize cpu slot < masked/moved.image",
  "masked/toned augment.intensity cpu slot < masked/view.image", "masked/batch tensor.normalize device step < masked/toned.image",
  "masked/masks tensor.masks device step < masked/moved.mask", ...segment("masked/lungs", "masked/batch.batch"),
  "masked/loss loss.dice device step < masked/lungs/masks.logits, masked/masks.masks",
  "unmasked/images io.masks cpu slot <", ...picture("unmasked"), "unmasked/plain augment.affine cpu slot < unmasked/picture/resized.image",
  "unmasked/toned augment.intensity cpu slot < unmasked/plain.image", "unmasked/plain_batch tensor.normalize device step < unmasked/plain.image",
  "unmasked/batch tensor.normalize device step < unmasked/toned.image", ...segment("unmasked/target", "unmasked/plain_batch.batch"),
  ...segment("unmasked/lungs", "unmasked/batch.batch"), "unmasked/loss loss.kl device step < unmasked/lungs/masks.logits, unmasked/target/masks.logits",
  "total loss.total device step < labelled/loss.term, unlabelled/loss.term, masked/loss.term, unmasked/loss.term", "step train.step device step < total.loss",
];
const judge = (split, task) => [`${split}/images io.images cpu slot <`, ...picture(split), `${split}/batch tensor.normalize device step < ${split}/picture/resized.image`,
  `${split}/encode model.encode device step < ${split}/batch.batch`, `${task} metric.${task} device step < ${split}/encode.features`];
const wideGraph = ["source io.images cpu slot <", ...Array.from({ length: 199 }, (_, k) => `part${k % 10}/node${k} ${k % 3 ? "image.resize" : "augment.<b>weak</b>"} cpu slot < ${k < 10 ? "source" : `part${k % 10}/node${k - 10}`}.image`)];
const oddGraph = ["<img/src=x onerror=alert(1)> io.images cpu slot <", "a&amp;b image.decode cpu slot < <img/src=x onerror=alert(1)>.file", "\"quoted\" train.step device step < a&amp;b.image"]
  .map((line) => line.replace("src=x onerror", "src=x_onerror"));

function nodesOf(lines) {
  return lines.map((line, k) => {
    const [head, inputs] = line.split(" <");
    const [name, type, lane, grain] = head.split(" ");
    return { name, type, lane, grain, is_ordered: name === "unlabelled/toned", line: k + 1, inputs: inputs.split(",").map((one) => one.trim()).filter(Boolean).map((one) => ({ from: one.slice(0, one.lastIndexOf(".")), output: one.slice(one.lastIndexOf(".") + 1) })) };
  });
}

const rowsOf = (name) => (name.startsWith("unlabelled") ? 30 : name.startsWith("unmasked") ? 4 : 10);
const templates = { labelled: "learn_classes", unlabelled: "learn_pseudo_labels", masked: "learn_masks", unmasked: "learn_consistency", picture: "picture", lungs: "segment", target: "segment" };

function graphOf(run) {
  const lines = [];
  const phases = run.phases.map((phase) => {
    const nodes = nodesOf(phase.lines).map((node) => {
      lines.push(`      ${node.name.split("/").pop()}: {uses: ${node.type}${node.inputs.length ? `, in: ${node.inputs[0].from.split("/").pop()}` : ""}}`);
      const outputs = [...new Set(nodesOf(phase.lines).flatMap((other) => other.inputs.filter((input) => input.from === node.name).map((input) => input.output)))];
      return {
        name: node.name, type: node.type, lane: node.lane, grain: node.grain, is_ordered: node.is_ordered, origin: 0, place: { text: 0, line: lines.length, column: 7 }, given: {}, values: {},
        inputs: node.inputs.map((input, k) => ({ port: `in${k}`, member: "", ...input, place: null })),
        outputs: outputs.map((port) => ({ port, type: node.lane === "cpu" ? "image" : "tensor", contract: node.lane === "cpu" ? "H x W, 8 bit" : "N x 1 x 64 x 64, float", grain: node.grain, origin: 0, bytes: 4096 })),
      };
    });
    const groups = [...new Set(nodes.flatMap((node) => node.name.split("/").slice(0, -1).map((_, k, parts) => parts.slice(0, k + 1).join("/"))))];
    return { name: phase.name, kind: phase.kind, place: null, nodes, steps: phase.steps, credits: 3, text: `${phase.name}: ${phase.steps} steps`, instances: groups.map((name) => ({ name, of: templates[name.split("/").pop()] ?? "", place: null })),
      origins: [{ source: "unlabelled/images", rows: 30, length: 5116 }, { source: "labelled/images", rows: 10, length: 100 }] };
  });
  return { version: 1, title: run.title, is_readable: true, is_built: true, params: [], resources: [], phases, mistakes: [], texts: [{ name: "graph.yaml", lines }], seed: "0", device: "cpu", plan: "train 5,000 steps", memory: "values in flight take up to 40.0 MB of the 1.0 GB allowed",
    types: { "augment.strong": { id: "augment.strong", sentence: "A strong view of an image: flip, crop, then operations drawn from a pool, and a cut-out square.", resource: false, plugin: "", snippet: "", inputs: [], outputs: [], params: [] } } };
}

function logOf(run) {
  return {
    workers: 2, begun: 1_796_000_000,
    phases: run.phases.map((phase) => {
      const nodes = nodesOf(phase.lines), index = new Map(nodes.map((node, k) => [node.name, k]));
      return { name: phase.name, kind: phase.kind, credits: 3, nodes: nodes.map(({ name, type, lane, grain, is_ordered }) => ({ name, type, lane, grain, is_ordered })),
        edges: nodes.flatMap((node, to) => node.inputs.map((input) => ({ from: index.get(input.from), output: input.output, to, per_step: nodes[index.get(input.from)].grain === "slot" ? rowsOf(input.from) : 1, bytes: 4096 }))) };
    }),
  };
}

/** As the server sends tables. */
const columnsOf = (rows) => Object.fromEntries(Object.keys(rows[0] ?? {}).map((name) => [name, rows.map((row) => row[name])]));

function activityOf(run, k, tick) {
  const phase = run.phases[k], nodes = nodesOf(phase.lines), isOver = run.status !== "running";
  const seconds = isOver ? run.seconds : 10, steps = isOver ? phase.at : 55;
  const rows = nodes.map((node) => {
    const isStrong = node.name === "unlabelled/strong", isSource = node.inputs.length === 0;
    const busy = isStrong ? 840 : node.type === "train.step" ? 220 : node.type === "image.decode" ? 40 + rowsOf(node.name) * 4 : Math.round(8 + 60 * chance(node.name, "busy"));
    const jitter = Math.round(8 * chance(node.name, tick));
    const running = Math.min(1000, Math.max(1, busy + jitter)), rest = 1000 - running;
    const queued = run.stalled && !isSource ? 0 : isSource ? rest : node.type === "tensor.normalize" ? Math.round(rest * 0.4) : Math.round(rest * 0.02);
    const slots = node.grain === "slot" ? rowsOf(node.name) : 1;
    return { shares: [running, queued, rest - queued, 0, 0], calls: steps * slots, dropped: node.name === "masked/moved" ? 2 : 0, rate: (steps * slots) / seconds, median: node.name === "masked/masks" ? 0.001 * (1 + run.row) : (1 + 0.3 * run.row * (chance(run.row, node.name, "factor") - 0.3)) * (isStrong ? 6.62 : node.type === "train.step" ? 40.1 : 0.2 + 6 * chance(node.name)), p95: isStrong ? 12.1 : node.type === "train.step" ? 44 : 0.4 + 9 * chance(node.name) };
  });
  const edges = logOf(run).phases[k].edges.map((edge, e) => ({ waiting: isOver ? null : Math.floor((edge.per_step ?? 1) * 3 * (nodes[edge.to].name === "unlabelled/strong" ? 0.9 : nodes[edge.to].name === "labelled/loss" ? 0.7 : 0.3 * chance(e, tick))), rate: rows[edge.from].rate, wait: 2 + 40 * chance("wait", e) }));
  return { phase: k, window: isOver ? null : { from: run.seconds - 10, to: run.seconds }, seconds, steps, nodes: columnsOf(rows), edges: columnsOf(edges) };
}

/** Ranks that share the training. Rank 1 computes longest; without `late`, none is late. */
export function ranksOf(run, number, late, tick) {
  const isOver = run.status !== "running";
  const all = Array.from({ length: number }, (_, k) => ({
    name: `rank ${k} (process ${4710 + k} on gpu-${String(3 + Math.floor(k / 8)).padStart(2, "0")}.cluster.example.org)`,
    compute: (k === 1 && late ? 0.1 : 0.052) + 0.004 * chance(k, "compute") + 0.0005 * chance(k, tick), data: k % 3 === 0 ? 0.006 * chance(k, "data") : 0,
  }));
  const longest = Math.max(...all.map((one) => one.compute + one.data));
  return {
    phase: "train", is_recent: !isOver, steps: isOver ? run.phases[0].at : 96, ranks: all.map((one) => ({ ...one, waiting: longest - one.compute - one.data })), late: late ? 1 : null, other_steps: isOver && late ? 300 : 0,
    sentence: late ? `The other ranks wait for ${all[1].name}: its part of a step takes ${(all[1].compute * 1000).toFixed(0)} ms, that of others 55 ms; it computes ${(all[1].compute * 1000).toFixed(0)} ms, others 53 ms.` : "No rank is late: none takes a tenth longer than the others.",
  };
}

// ---- Metrics ----

const trainMetrics = ["total.loss", "total.loss_classes", "total.loss_masks", "total.loss_pseudo", "total.loss_consistency", "unlabelled/gate.share", "unlabelled/gate.share_NORMAL", "unlabelled/gate.share_PNEUMONIA", "unlabelled/gate.pseudo_accuracy", "unlabelled/gate.confidence", "step.gradient_norm", "step.lr", "masked/loss.<b>odd</b>"];
const judged = ["classes.auc", "classes.accuracy", "classes.balanced_accuracy", "lungs.dice", "lungs.jaccard", "lungs.hd95"];

function valueOf(run, metric, step, steps) {
  const t = step / steps, noise = chance(run.row, metric, step) - 0.5;
  if (metric.includes("<b>")) return step % 700 < 350 ? NaN : 0.5 + noise / 5;
  if (metric.endsWith("lr")) return step < 200 ? step * 1e-5 : 1e-3 * (1 + Math.cos(Math.PI * t));
  if (metric.includes("gradient")) return 10 * Math.exp(-2 * t) * (1 + 1.6 * noise) + (step % 613 === 0 ? 20 : 0);
  if (metric.includes("share") || metric.includes("accuracy") || metric.includes("confidence")) return Math.min(1, Math.max(0, 1 - 0.9 * Math.exp(-9 * t) + noise * 0.16 - (metric.includes("PNEU") ? 0.03 : 0)));
  return (1.4 - 0.1 * run.row * chance(metric)) * Math.exp(-4 * t) * (1 + 0.8 * noise) + 0.02 + 0.1 * chance(metric);
}

/** As the server thins: every point stands for as many steps. */
export function curveOf(run, phase, metric, points) {
  const own = run.phases.find((one) => one.name === phase);
  const out = { phase, metric, step: [], time: [], mean: [], low: [], high: [], undefined: [] };
  if (!own) return out;
  if (own.kind !== "train") {
    for (let step = 500; step <= run.phases[0].at; step += 500) {
      const value = metric.endsWith("hd95") ? 12 * Math.exp(-step / 1500) + 4 : 1 - 0.3 * Math.exp(-step / 900) - 0.04 * chance(run.row, metric, step);
      for (const [name, one] of Object.entries({ step, time: step / 5.5, mean: value, low: value, high: value, undefined: 0 })) out[name].push(one);
    }
    return out;
  }
  const each = Math.max(1, Math.ceil(own.at / points));
  for (let begin = 0; begin < own.at; begin += each) {
    let sum = 0, count = 0, low = Infinity, high = -Infinity, odd = 0;
    for (let step = begin; step < Math.min(own.at, begin + Math.min(each, 50)); ++step) {
      const value = valueOf(run, metric, step, own.steps);
      if (!Number.isFinite(value)) { ++odd; continue; }
      sum += value; ++count; low = Math.min(low, value); high = Math.max(high, value);
    }
    const last = Math.min(own.at, begin + each);
    out.step.push(last); out.time.push(last / 5.5); out.undefined.push(odd);
    out.mean.push(count ? sum / count : null); out.low.push(count ? low : null); out.high.push(count ? high : null);
  }
  return out;
}

const metricsOf = (run) => ({
  phases: run.phases.map((phase) => ({ name: phase.name, kind: phase.kind, metrics: phase.kind === "train" ? [...trainMetrics, ...(run.extra ?? [])] : judged, points: phase.kind === "train" ? phase.at : Math.floor(run.phases[0].at / 500) })),
  kept: run.row === 4 ? null : { step: Math.min(3500, run.phases[0].at), phase: "validate" },
});

// ---- Runs ----

const verdict = { phase: "train", sentence: "The device waits 41 % of its time for `unlabelled/strong`, which takes 55 % of both workers.", details: ["A third worker would bring the wait to about 11 %, a `unlabelled/strong` of half the cost to 18 %. Of the 182 ms of a step the device computes 108."], nodes: ["unlabelled/strong"] };
const phasesOf = (at, steps = 5000, lines = multimix) => [
  { name: "train", kind: "train", lines, at, steps, times: 1 },
  { name: "validate", kind: "validate", lines: [...judge("chex", "classification"), ...judge("jsrt", "segmentation")], at: 12, steps: 12, times: 7 },
];

function makeRuns() {
  const runs = [
    { folder: "runs/multimix", status: "running", phases: phasesOf(3692), verdict },
    { folder: "runs/stalled", status: "running", phases: phasesOf(3662), verdict, stalled: "No step has ended for 14 s. `unlabelled/images` has held both workers for 14 s: slots 26 and 25 of step 3,663.", calls: [["unlabelled/images", 3663, 26, 14.2], ["unlabelled/images", 3663, 25, 14.1]] },
    { folder: "runs/failed", status: "failed", phases: phasesOf(3684), why: "graph.yaml:9:7: error: `unlabelled/picture/decoded` (image.decode) failed at step 3685 of `train`, slot 4: cannot read `chex/train/PNEUMONIA/person63_bacteria_306.jpeg`: not a JPEG file, it starts with 1f 8b, as gzip files do", failed: { phase: "train", node: "unlabelled/picture/decoded", where: "step 3685 of `train`, slot 4" } },
    { folder: "runs/supervised", status: "finished", phases: phasesOf(5000), params: { unlabelled_batch: "0", size: "64" }, verdict: { ...verdict, others: 0.02 } },
    { folder: "runs/wide", status: "running", phases: phasesOf(100, 1000, wideGraph) },
    { folder: "runs/<script>alert(1)</script>", status: "unfinished", phases: phasesOf(7, 10, oddGraph) },
    { folder: "runs/no_log", status: "finished", phases: phasesOf(1_000_000, 1_000_000), hasNoLog: true },
    { folder: "runs/multimix_done", status: "finished", phases: phasesOf(5000), params: { size: "128" }, verdict: { ...verdict, sentence: "The run is well balanced: the device computes 94 % of its time." , details: [], nodes: [], others: 0.43 }, isRead: "slowly" },
    { folder: "runs/stopped", status: "stopped", phases: phasesOf(1234) },
  ];
  return runs.map((run, row) => ({ stalled: "", why: "", error: "", calls: [], verdict: null, failed: null, params: {}, seconds: run.phases[0].at / 5.5, title: `MultiMix: ${100 + row} class labels`, ...run, row }));
}

const runRow = (run) => ({
  row: run.row, folder: run.folder, title: run.title, status: run.status === "running" && run.isPaused ? "paused" : run.status, error: run.why, seed: run.row === 2 ? "12345678901234567890" : String(run.row % 3), device: "cpu", steps: run.phases[0].at, seconds: run.seconds, graph_hash: "67e593c597c7c026",
  params: { size: "64", unlabelled_batch: "30", class_labels: "100", ...run.params },
  metrics: run.status === "finished" ? Object.fromEntries([["train.total.loss", 0.05 + run.row / 100], ...["test", "test_cross"].flatMap((phase) => judged.map((metric) => [`${phase}.${metric}`, metric === "lungs.hd95" && run.row === 3 ? null : 0.7 + 0.28 * chance(run.row, phase, metric)]))]) : {},
});
/** A run that is not finished has its newest metrics, and those of a validation are older. */
const soFar = (run, row) => (run.status !== "running" ? row : { ...row, metrics: { "train.total.loss": 0.25, "validate.classes.auc": 0.875 }, at: { train: run.phases[0].at, validate: 3500 } });
// The order is another than that of the names.
const withOrder = (row) => ({ ...row, order: Object.keys(row.metrics).sort((a, b) => Number(b.endsWith("dice")) - Number(a.endsWith("dice"))).map((name) => ({ name, is_headline: name.endsWith("dice"), is_mean: row.status === "finished" && name.startsWith("train.") })) });
/** The list in parts, as the server sends it. */
function listOf(rows) {
  const parts = new Map();
  for (const row of rows) parts.set(`runs.${Math.floor(row.row / 50)}`, [...(parts.get(`runs.${Math.floor(row.row / 50)}`) ?? []), row]);
  return [...parts, ["runs", { parts: [...parts.keys()], error: "" }]];
}
const runNow = (run, tick) => ({
  row: run.row, folder: run.folder, status: run.status, why: run.why, failed: run.failed, stalled: run.stalled, is_paused: run.isPaused ?? false, checkpoint: run.status === "running" || run.status === "unfinished" ? null : 3000, read: Date.now() / 1000, newest: Date.now() / 1000,
  phase: run.phaseNow ?? 0, phases: run.phases.map((phase, k) => ({ step: phase.at + (k === 0 && run.status === "running" && !run.stalled ? Math.floor(tick * 5.5) : 0), steps: phase.steps, occurrences: phase.times })), seconds: run.seconds + (run.status === "running" ? tick : 0),
});

function timelineOf(run, seconds, tick) {
  const to = run.seconds + tick, from = to - seconds, spans = [];
  const names = nodesOf(run.phases[0].lines), cpu = names.flatMap((node, k) => (node.lane === "cpu" ? [k] : [])), device = names.flatMap((node, k) => (node.lane === "device" ? [k] : []));
  for (const thread of [0, 1]) {
    let at = Math.floor(from * 100) / 100, count = 0;
    while (at < to) {
      const node = cpu[Math.floor(chance(thread, count, "n") * cpu.length)], length = names[node].name.endsWith("strong") ? 0.009 : 0.001 + 0.003 * chance(at, thread);
      if (at > from) spans.push([thread, 0, node, Math.floor(at * 5.5), count % 30, at, length]);
      at += length + 0.0003;
      ++count;
    }
  }
  for (let step = Math.floor(from * 5.5); step < to * 5.5; ++step) {
    let at = step / 5.5 + 0.06;
    for (const node of device) {
      const length = names[node].type === "train.step" ? 0.04 : 0.0015;
      if (at > from && at + length < to) spans.push([2, 0, node, step - 1, -1, at, length]);
      at += length;
    }
  }
  if (run.row === 4) for (let thread = 3; thread < 64; ++thread) for (let at = from + chance(thread) / 20; at < to; at += 0.05) spans.push([thread, 0, thread, Math.floor(at * 5.5), thread, at, 0.03]);
  return { from, to, threads: ["worker 1", "worker 2", "device lane", ...(run.row === 4 ? Array.from({ length: 61 }, (_, k) => `worker ${k + 3}`) : [])], spans, left_out: run.row === 4 ? 12 : 0 };
}

/** A run whose curves are read slowly has none at first, and says so. */
const looks = new Map();
function curvesOf(run, body) {
  const isBehind = run.isRead === "slowly" && (looks.set(run.row, (looks.get(run.row) ?? 0) + 1).get(run.row) < 4);
  const names = metricsOf(run).phases;
  const curves = isBehind ? [] : body.curves.filter((one) => names.some((phase) => phase.name === one.phase && phase.metrics.includes(one.metric))).map((one) => curveOf(run, one.phase, one.metric, body.points));
  return { curves, is_behind: isBehind, phases: names };
}

function packed(response, head, bytes) {
  const text = Buffer.from(JSON.stringify(head)), length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  response.writeHead(200, { "Content-Type": "application/octet-stream" });
  response.end(Buffer.concat([length, text, bytes]));
}

const structures = ["lungs", "heart"], classes = ["gesund (normal)", "virale < 5 ans", "other"];

/** Values of the page's preview: gray pictures of 64 pixels; of a mask two structures; of a classifier numbers for the whole step. */
function preview(response, asked, step, idOf) {
  const slots = Math.min(asked.slots, 8), side = 64, parts = [];
  let at = 0;
  const put = (bytes) => (parts.push(bytes), (at += bytes.length) - bytes.length);
  const outputs = asked.outputs.map((one, o) => {
    const isMask = one.port === "mask" || one.node === "masked/masks", isLogits = one.node.endsWith("/classes");
    const values = isLogits
      ? [{ type: "tensor", text: "", slot: -1, hash: "", numbers: { dims: [slots, 3], dtype: "f32", at: put(Buffer.from(Float32Array.from({ length: slots * 3 }, (_, k) => k).buffer)), bytes: slots * 12 } }]
      : Array.from({ length: slots }, (_, slot) => {
          const depth = isMask ? 2 : 1, bytes = Buffer.alloc(side * side * depth);
          for (let p = 0; p < side * side * depth; ++p) {
            const pixel = Math.floor(p / depth);
            bytes[p] = 127 + 90 * Math.sin((pixel % side) / (5 + slot) + step + (p % depth)) * Math.cos(Math.floor(pixel / side) / (7 + o));
          }
          return { type: "image", text: "", slot, hash: "", numbers: { dims: isMask ? [side, side, 2] : [side, side], dtype: "u8", at: put(bytes), bytes: bytes.length } };
        });
    return {
      node: one.node, port: one.port, contract: "H x W, 8 bit", range: null, names: { dims: isLogits ? [null, classes] : [], entries: isMask ? structures : null },
      samples: Array.from({ length: slots }, (_, k) => ({ id: idOf(k), group: "" })), weights: [], values,
    };
  });
  packed(response, { outputs, step, has_step: true, trained: [], stateful: [], weights: null, warnings: [], seconds: 0.02 }, Buffer.concat(parts));
}

/** The list of a server with `hasList: false` comes when it is asked for with `sendList`. */
export async function serve(page, { opened = "runs", only = null, hasControl = false, isLive = true, every = 1000, many = 0, hasList = true, ranks = 0, hasLate = true } = {}) {
  const made = makeRuns();
  const runs = [...made, ...Array.from({ length: many }, (_, k) => ({ ...made[3], row: 100 + k, folder: `runs/sweep/${k}`, params: { size: String(32 + k) } }))].filter((run) => only === null || only.includes(run.row));
  const streams = new Set(), asked = [], sent = new Map();
  let ticks = 0;
  /** `idOf`: the sample in a slot, of values of the run itself (`live`) or computed anew (`preview`). */
  const state = { isAnswering: true, every, idOf: (_what, slot) => `image ${slot}` };
  const events = (run, tick) => [
    ...(tick === 0 ? [["graph", { version: 1, file: "graph.yaml", graph: graphOf(run) }], ["metrics", metricsOf(run)]] : []),
    ...(run.hasNoLog ? [] : tick === 0 ? [["log", logOf(run)]] : []),
    ["verdict", run.verdict],
    ["ranks", ranks > 0 ? ranksOf(run, ranks, hasLate, tick) : null],
    ["run", runNow(run, tick)],
    ...(run.hasNoLog ? [] : run.phases.map((_, k) => [`activity.${k}`, activityOf(run, k, tick)])),
    ["calls", run.calls.map(([node, step, slot, seconds]) => ({ phase: "train", node, step, slot, seconds: seconds + tick, is_on_device: false }))],
    ["messages", [{ time: 12, text: "checkpoint of step 100 is on disk", is_warning: false }, { time: 300, text: "warning: 2 samples were dropped by `masked/moved`", is_warning: true }]],
  ].filter(([topic, data]) => data !== null && !(topic === "verdict" && run.hasNoLog));
  const send = (stream, list) => list.forEach(([topic, data]) => stream.response.write(`event: ${topic}\ndata: ${JSON.stringify(data)}\n\n`));
  const list = () => listOf(runs.map((run) => withOrder(soFar(run, runRow(run)))));
  const step = () => {
    ++ticks;
    for (const run of runs) sent.set(`${run.row} ${runNow(run, ticks / (1000 / state.every)).phases[0].step}`, Date.now());
    for (const stream of streams) stream.run && stream.run.status === "running" ? send(stream, events(stream.run, ticks / (1000 / state.every))) : stream.response.write(": alive\n\n");
    timer = setTimeout(step, state.every);
  };
  let timer = setTimeout(step, every);
  /** Differences of the tests' metrics, with intervals of 0.02. */
  const comparedOf = (rows) => {
    const [first, second] = rows.map((row) => runRow(runs.find((one) => one.row === row)).metrics);
    const names = Object.keys(first).filter((name) => name.startsWith("test.") && typeof first[name] === "number" && typeof second[name] === "number");
    const metrics = names.map((name) => {
      const difference = second[name] - first[name];
      return { phase: "test", name: name.slice(5), words: name, ours: second[name], theirs: first[name], interval: [difference, difference - 0.01, difference + 0.01], p: 0.5, is_by_seed: false };
    });
    return { metrics, notes: ["The two runs have the seeds 1 and 0, so a difference can come from the seed alone."], method: "95 % intervals and p are over patients (2,000 draws).", problem: "" };
  };
  const server = createServer(async (request, response) => {
    const path = request.url.slice(1) || "index.html";
    response.setHeader("Content-Security-Policy", csp);
    if (!path.startsWith("api/")) {
      const types = { html: "text/html", js: "text/javascript", css: "text/css" };
      try {
        response.setHeader("Content-Type", types[path.split(".").pop()] ?? "text/plain");
        return response.end(readFileSync(join(page, "built", path)));
      } catch {
        return response.writeHead(404).end();
      }
    }
    if (request.headers.authorization !== `Bearer ${token}`) return response.writeHead(401).end(JSON.stringify({ error: "no token" }));
    if (!state.isAnswering) return response.destroy();
    const [, row, what] = /^api\/runs\/(\d+)\/(\w+)$/.exec(path) ?? [];
    const run = runs.find((one) => one.row === Number(row));
    if (path === "api/events" || what === "events") {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      const stream = { response, run };
      streams.add(stream);
      response.on("close", () => streams.delete(stream));
      if (run) send(stream, events(run, 0));
      else send(stream, [["page", { opened, has_control: hasControl, is_live: isLive }], ...(hasList ? list() : [])]);
      return undefined;
    }
    let text = "";
    for await (const part of request) text += part;
    const body = JSON.parse(text);
    asked.push([path, body]);
    if (what === "live" && run.isPaused) return response.writeHead(503).end(JSON.stringify({ error: "no step of `train` was done within 10 s" }));
    if (what === "preview" || what === "live") return preview(response, body, what === "live" ? 3692 + ticks : body.step, (slot) => state.idOf(what, slot));
    const answer = what === "curves" ? curvesOf(run, body) : what === "timeline" ? timelineOf(run, body.seconds, run.status === "running" ? ticks / (1000 / state.every) : 0) : path === "api/control" ? {} : path === "api/compare" ? comparedOf(body.runs) : null;
    response.setHeader("Content-Type", "application/json");
    return answer ? response.end(JSON.stringify(answer)) : response.writeHead(404).end(JSON.stringify({ error: "not here" }));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    address: `http://127.0.0.1:${server.address().port}/#token=${token}`, runs, asked, sent, state,
    cut() {
      state.isAnswering = false;
      for (const stream of streams) stream.response.destroy();
    },
    mend: () => (state.isAnswering = true),
    sendList: () => streams.forEach((stream) => stream.run || send(stream, list())),
    /** Tells what a test has changed in a run. */
    tell: () => streams.forEach((stream) => stream.run && send(stream, events(stream.run, ticks / (1000 / state.every)))),
    close() {
      clearTimeout(timer);
      server.closeAllConnections();
      server.close();
    },
  };
}

if (process.argv[1] === import.meta.filename || process.argv[1]?.endsWith("/mock_runs.mjs")) console.log((await serve(resolve(process.argv[2]))).address);
