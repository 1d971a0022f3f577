// What an editor with yaml-language-server makes of graphs: editor.mjs LEAT PLUGIN GRAPHS SCRATCH SERVER
// The server offers a plugin's parameters, marks a wrong value in a shipped graph, and finds nothing wrong in any of them as they are.
// Exits with 77 where the server is not installed.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [leat, plugin, graphs, scratch, server] = process.argv.slice(2);
if (!existsSync(server)) {
  console.log("skipped: there is no yaml-language-server; `./do test` installs it into .deps where there is npm");
  process.exit(77);
}
let failures = 0;

function check(name, holds, found) {
  console.log((holds ? "ok      " : "FAILED  ") + name);
  if (holds) return;
  failures += 1;
  console.log(found);
}

/** The server as a child, and its messages (Language Server Protocol). */
class Editor {
  constructor() {
    this.child = spawn(process.execPath, [server, "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
    this.buffer = Buffer.alloc(0);
    this.answers = new Map();
    this.diagnostics = new Map();
    this.id = 0;
    this.child.stdout.on("data", (data) => this.read(data));
  }

  read(data) {
    this.buffer = Buffer.concat([this.buffer, data]);
    for (;;) {
      const end = this.buffer.indexOf("\r\n\r\n");
      if (end < 0) return;
      const length = Number(/Content-Length: (\d+)/.exec(this.buffer.subarray(0, end).toString())[1]);
      if (this.buffer.length < end + 4 + length) return;
      const message = JSON.parse(this.buffer.subarray(end + 4, end + 4 + length).toString());
      this.buffer = this.buffer.subarray(end + 4 + length);
      this.take(message);
    }
  }

  take(message) {
    if (message.method === "textDocument/publishDiagnostics") this.diagnostics.get(message.params.uri)?.(message.params.diagnostics);
    else if (message.method === "workspace/configuration")
      this.send({ id: message.id, result: message.params.items.map((item) => (item.section === "yaml" ? { validate: true, completion: true, schemaStore: { enable: false } } : null)) });
    else if (message.method && message.id !== undefined) this.send({ id: message.id, result: null });
    else if (message.id !== undefined) this.answers.get(message.id)?.(message.result);
  }

  send(message) {
    const text = JSON.stringify({ jsonrpc: "2.0", ...message });
    this.child.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  ask(method, params) {
    const id = ++this.id;
    this.send({ id, method, params });
    return new Promise((answer) => this.answers.set(id, answer));
  }

  async begin() {
    await this.ask("initialize", { processId: process.pid, rootUri: null, capabilities: { textDocument: { completion: { completionItem: { snippetSupport: true } } }, workspace: { configuration: true } } });
    this.send({ method: "initialized", params: {} });
  }

  /** The diagnostics of a text that stands in a file. */
  open(file, text) {
    const uri = pathToFileURL(file).href;
    const found = new Promise((answer) => this.diagnostics.set(uri, answer));
    this.send({ method: "textDocument/didOpen", params: { textDocument: { uri, languageId: "yaml", version: 1, text } } });
    return found;
  }

  async offers(file, line, character) {
    const answer = await this.ask("textDocument/completion", { textDocument: { uri: pathToFileURL(file).href }, position: { line, character } });
    return answer.items ?? answer;
  }
}

rmSync(scratch, { recursive: true, force: true });
mkdirSync(scratch, { recursive: true });
const printed = spawnSync(leat, ["schema", "--plugin", plugin], { encoding: "utf8", maxBuffer: 1 << 28 });
writeFileSync(join(scratch, "leat.schema.json"), printed.stdout);
check("`leat schema` prints JSON", printed.status === 0 && JSON.parse(printed.stdout).definitions, printed.stderr);

const editor = new Editor();
await editor.begin();

const modeline = "# yaml-language-server: $schema=leat.schema.json\n";
const unfinished = modeline + `leat: 1
phases:
  predict:
    nodes:
      chests: {uses: io.chest, with: {hospital: [A], count: 8}}
      same:
        uses: fine.same
        in: chests.image
        with:
          
`;
const file = join(scratch, "unfinished.yaml");
await editor.open(file, unfinished);
const offered = await editor.offers(file, 10, 10);
const parameter = offered.find((item) => item.label === "unused");
check("it offers a plugin's parameter", parameter !== undefined, JSON.stringify(offered.map((item) => item.label)));
check("with its sentence", JSON.stringify(parameter?.documentation ?? "").includes("Nothing depends on it"), JSON.stringify(parameter));

const types = modeline + "leat: 1\nphases:\n  predict:\n    nodes:\n      same:\n        uses: \n";
const other = join(scratch, "types.yaml");
await editor.open(other, types);
const names = (await editor.offers(other, 6, 14)).map((item) => item.label);
check("it offers types, a plugin's among them", names.includes("fine.same") && names.includes("augment.strong"), JSON.stringify(names));

const shipped = readFileSync(join(graphs, "demo.yaml"), "utf8");
const wrong = [
  ["a value out of range", "threshold: 0.9", "threshold: 1.7"],
  ["a word that is no choice", "alignment: uniform", "alignment: uniformly"],
  ["a parameter that there is not", "balance: true", "balanced: true"],
  ["an input that there is not", "in: {logits: multimix_teacher", "in: {logit: multimix_teacher"],
  ["a type that there is not", "uses: gate.confidence", "uses: gate.confident"],
  ["a number in place of an amount", "memory: 1GB", "memory: 2"],
  ["a text in place of a number", "checkpoint_every: \"${checkpoint_every}\"", "checkpoint_every: often"],
];
for (const [name, right, mistaken] of wrong) {
  const text = shipped.replace(right, mistaken);
  const line = text.slice(0, text.indexOf(mistaken)).split("\n").length - 1;
  const found = await editor.open(join(scratch, `${name.replaceAll(" ", "_")}.yaml`), text);
  check(`it marks ${name}`, text !== shipped && found.some((one) => one.range.start.line === line), JSON.stringify(found));
}

for (const folder of [graphs, join(graphs, "ablations")])
  for (const name of readdirSync(folder).filter((one) => one.endsWith(".yaml"))) {
    const text = readFileSync(join(folder, name), "utf8");
    if (/^systems:/m.test(text)) continue; // a sweep
    check(`${name} has the line for editors`, text.includes(`$schema=${folder === graphs ? "" : "../"}leat.schema.json`), "");
    const found = await editor.open(join(folder, name), text);
    check(`nothing is marked in ${name}`, found.length === 0, JSON.stringify(found));
    // So that this says something, the same file with a mistake is marked.
    const mistaken = await editor.open(join(folder, "mistaken-" + name), text.replace(/^leat: 1$/m, "leat: 1\nphase: {}"));
    check(`a key that there is not is marked in ${name}`, mistaken.length > 0, "");
  }

editor.child.kill();
if (failures > 0) console.log(`${failures} failed`);
else rmSync(scratch, { recursive: true });
process.exit(failures > 0 ? 1 : 0);
