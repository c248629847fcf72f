// SPDX-License-Identifier: Apache-2.0
// Validates the reports of run.sh: JSON formats by their schemas, SARIF by Microsoft's multitool with the rules of GitHub's
// code scanning, and what neither looks at by hand. Prints every fault; status 1 if there is one.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [source, inputs, reports] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const modules = join(process.argv[1], "..", "node_modules");
const Ajv = require("ajv").default;
const Ajv2020 = require("ajv/dist/2020").default;
const Ajv4 = require("ajv-draft-04").default;
const formats = require("ajv-formats").default;

let faults = 0;
let checked = 0;
function fault(where, what) {
  faults += 1;
  console.log(`${where}: ${what}`);
}
const read = (path) => JSON.parse(readFileSync(path, "utf8"));

function validator(Kind, path, part) {
  // One pattern of the SARIF schema is no regular expression by the rules of Unicode mode.
  const ajv = formats(new Kind({ allErrors: true, strict: false, unicodeRegExp: false }));
  const schema = read(path);
  if (part === undefined) return ajv.compile(schema);
  ajv.addSchema(schema, "whole");
  return ajv.compile({ $ref: `whole#/${part}` });
}

const own = join(source, "schemas", "report-1.schema.json");
const validators = {
  json: [validator(Ajv, own)],
  jsonl: [validator(Ajv, own, "definitions/finding")],
  gitlab: [validator(Ajv, join(source, "tests/formats/gitlab.schema.json"))],
  // The schema as OASIS published it first, and its later form, both from Microsoft's packages.
  sarif: [
    validator(Ajv4, join(modules, "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json")),
    validator(Ajv2020, join(modules, "@microsoft/sarif-multitool-linux/sarif-2.1.0.json")),
  ],
};

function check(where, value, kind) {
  for (const valid of validators[kind]) {
    checked += 1;
    if (!valid(value))
      for (const error of valid.errors.slice(0, 5)) fault(where, `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`);
  }
}

// What code scanning needs and no validator asks for.
function checkSarif(where, log) {
  const run = log.runs[0];
  const rules = run.tool.driver.rules;
  for (const result of run.results) {
    const at = `${where}: ${result.ruleId}`;
    for (const key of ["primaryLocationLineHash", "egresslint/v1"])
      if (!/^[0-9a-f]+(:[0-9]+)?$/.test(result.partialFingerprints?.[key] ?? "")) fault(at, `no fingerprint ${key}`);
    if (rules[result.ruleIndex]?.id !== result.ruleId) fault(at, "ruleIndex names another rule");
    const places = [...result.locations, ...(result.relatedLocations ?? [])];
    for (const flow of result.codeFlows ?? [])
      for (const thread of flow.threadFlows) for (const step of thread.locations) places.push(step.location);
    for (const place of places) {
      const physical = place.physicalLocation;
      if (!physical?.region?.startLine || !physical.region.endColumn) fault(at, "a location without a region");
      const uri = physical.artifactLocation.uri;
      if (uri.startsWith("./") || uri.includes("\\") || /[^A-Za-z0-9\-._~\/%]/.test(uri)) fault(at, `uri ${uri}`);
      // Names that are no UTF-8 cannot be decoded to text.
      let path;
      try {
        path = decodeURIComponent(uri);
      } catch {
        continue;
      }
      if (!existsSync(join(inputs, path))) fault(at, `there is no file ${path}`);
    }
    const ids = new Set((result.relatedLocations ?? []).map((place) => place.id));
    const text = result.message.text;
    const linked = [...text.matchAll(/\]\(([^)]*)\)/g)].map((match) => match[1]);
    for (const link of linked) if (!ids.has(Number(link))) fault(at, `a link to ${link}`);
    if (linked.length !== ids.size && text.length < 7900) fault(at, `${ids.size} related places, ${linked.length} links`);
    if (/[\u0000-\u001f\u202a-\u202e\u2066-\u2069]/.test(text)) fault(at, "a control character in the message");
  }
}

// What the multitool has against a log: "error SARIF1007: …". It exits 0 whatever it finds, and it passes over files of
// another name than *.sarif in silence, so its own report is read and a log that is known to be wrong is shown to it first.
function multitool(log) {
  const path = join(reports, "log.sarif");
  const out = join(reports, "multitool.sarif");
  rmSync(out, { force: true });
  writeFileSync(path, JSON.stringify(log));
  const tool = join(modules, "@microsoft/sarif-multitool-linux/Sarif.Multitool");
  const ran = spawnSync(tool, ["validate", path, "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning;Note", "-o", out, "--log", "ForceOverwrite"], {
    encoding: "utf8",
    env: { ...process.env, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: "1" },
  });
  if (!existsSync(out)) return [`the multitool did not run: ${ran.stdout}${ran.stderr}${ran.error ?? ""}`];
  const run = read(out).runs[0];
  const rules = run.tool.driver.rules ?? [];
  const found = [];
  for (const result of run.results ?? []) {
    const id = result.ruleId ?? rules[result.ruleIndex]?.id ?? "";
    const text = result.message.text ?? `${result.message.id} ${JSON.stringify(result.message.arguments)}`;
    // The project has no address on the web that could be named.
    if (result.message.id === "Warning_ProvideToolnformationUri") continue;
    if (result.level !== "note" || /^(ERR|WRN)/.test(id)) found.push(`${result.level ?? "warning"} ${id}: ${text}`);
  }
  for (const note of run.invocations?.[0]?.toolExecutionNotifications ?? [])
    if (note.level === "error") found.push(note.message.text);
  return found;
}

function rdformat(where, path) {
  const tool = join(modules, "@umbrelladocs/rdformat-validator/bin/rdformat-validator.js");
  const ran = spawnSync(process.execPath, [tool, "--strict", "--no-extra-fields", path], { encoding: "utf8" });
  checked += 1;
  if (ran.status !== 0) fault(where, `rdformat-validator: ${ran.stdout}${ran.stderr}`);
}

// What people's browsers make of Markdown: by CommonMark's own program, nothing of it is markup or a link that a name brought.
function checkMarkdown(where, path) {
  const ran = spawnSync("cmark", ["--unsafe", "-t", "xml", path], { encoding: "utf8", maxBuffer: 1 << 28 });
  checked += 1;
  if (ran.status !== 0) return fault(where, `cmark: ${ran.stderr}${ran.error ?? ""}`);
  const unescaped = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
  for (const [, html] of ran.stdout.matchAll(/<html_(?:inline|block)[^>]*>([^<]*)</g))
    if (/<(?!\/?(?:details|summary|code|br|b)\b[^>]*>|!-- [a-z:]*-->|!-- ?-->)/.test(unescaped(html))) fault(where, `markup: ${unescaped(html).slice(0, 80)}`);
  for (const [, to] of ran.stdout.matchAll(/<(?:link|image) destination="([^"]*)"/g)) fault(where, `a link to ${to}`);
}

// A validator that passes everything proves nothing: each is shown a report that somebody spoilt first.
function spoilt(kind, report, how) {
  how(report);
  if (validators[kind].some((valid) => valid(report))) fault(kind, `its schema takes ${how}`);
}
const story = (format) => read(join(reports, "story", format));
spoilt("json", story("json"), (report) => (report.findings[0].certainty = "sure"));
spoilt("json", story("json"), (report) => delete report.findings[0].fingerprint);
spoilt("json", story("json"), (report) => (report.findings[0].extra = 1));
spoilt("jsonl", story("json").findings[0], (finding) => delete finding.message);
spoilt("gitlab", story("gitlab"), (report) => (report[0].severity = "error"));
spoilt("gitlab", story("gitlab"), (report) => delete report[0].fingerprint);
spoilt("sarif", story("sarif"), (report) => (report.runs[0].results[0].level = "fatal"));
{
  const path = join(reports, "spoilt");
  const before = faults;
  const report = story("rdjson");
  delete report.diagnostics[0].location.path;
  writeFileSync(path, JSON.stringify(report));
  const said = console.log;
  console.log = () => {};
  rdformat("rdjson", path);
  writeFileSync(path, "a <script>alert(1)</script> and [z](http://example.org)\n");
  checkMarkdown("markdown", path);
  console.log = said;
  const caught = faults - before;
  faults = before;
  if (caught !== 4) fault("validators", `${caught} of four faults in rdjson and Markdown (two tags, a link) were found`);
}

const wrong = read(join(reports, "story", "sarif"));
wrong.runs[0].results[0].ruleId = "EL000";
wrong.runs[0].results[0].locations[0].physicalLocation.region.endLine = 1;
delete wrong.runs[0].results[1].locations;
const caught = multitool(wrong);
if (caught.length < 3) fault("multitool", `only ${caught.length} of three planted faults found: ${caught.join("; ")}`);
for (const name of readdirSync(reports, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort()) {
  const at = (format) => join(reports, name, format);
  for (const kind of ["json", "gitlab", "sarif"]) check(`${name}/${kind}`, read(at(kind)), kind);
  for (const line of readFileSync(at("jsonl"), "utf8").split("\n").filter(Boolean)) check(`${name}/jsonl`, JSON.parse(line), "jsonl");
  const fingerprints = read(at("gitlab")).map((one) => one.fingerprint);
  if (new Set(fingerprints).size !== fingerprints.length) fault(`${name}/gitlab`, "two findings of one fingerprint");
  checkSarif(`${name}/sarif`, read(at("sarif")));
  checked += 1;
  for (const what of multitool(read(at("sarif")))) fault(`${name}/sarif`, `multitool ${what}`);
  rdformat(`${name}/rdjson`, at("rdjson"));
  checkMarkdown(`${name}/markdown`, at("markdown"));
  for (const line of readFileSync(at("github"), "utf8").split("\n").filter(Boolean)) {
    if (line.includes("##[") || line.includes("\r")) fault(`${name}/github`, `a line holds a command: ${line.slice(0, 80)}`);
    if (/^\s*::/.test(line) && !/^::(error|warning|notice) [^:]*::/.test(line)) fault(`${name}/github`, `no annotation: ${line.slice(0, 80)}`);
  }
}
console.log(`${checked} validations, ${faults} faults`);
process.exit(faults === 0 ? 0 : 1);
