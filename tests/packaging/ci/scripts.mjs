// SPDX-License-Identifier: Apache-2.0
// Writes every script within action.yml and the GitLab component to a file of its own, for shellcheck, and the workflow
// that README.md shows; refuses a script with an expression in it. scripts.mjs SOURCE OUTPUT-DIRECTORY
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";

const [source, out] = process.argv.slice(2);
const read = (path) => readFileSync(join(source, path), "utf8");
mkdirSync(out, { recursive: true });
let number = 0;
function script(where, text) {
  if (/\$\{\{|\$\[\[/.test(text)) throw new Error(`${where}: an expression within a script`);
  number += 1;
  writeFileSync(join(out, `${number}.sh`), text);
}

for (const step of parse(read("action.yml")).runs.steps)
  if (step.run !== undefined) script("action.yml", step.run);
  else if (!/^[\w./-]+@[0-9a-f]{40}$/.test(step.uses)) throw new Error(`action.yml: ${step.uses} is not pinned`);
const [spec, jobs] = parseAllDocuments(read("templates/egresslint.yml")).map((document) => document.toJS());
if (spec.spec === undefined) throw new Error("no component");
for (const job of Object.values(jobs))
  for (const key of ["before_script", "script", "after_script"]) if (job[key]) script("templates/egresslint.yml", job[key].join("\n"));
if (number < 5) throw new Error(`only ${number} scripts were found`);

// README.md shows how both are used; every input that it names must be one.
const blocks = [...read("README.md").matchAll(/^```yaml\n(.*?)^```$/gms)].map((match) => match[1]);
const workflow = blocks.find((text) => /^jobs:/m.test(text));
const include = blocks.find((text) => /^include:/m.test(text));
if (workflow === undefined || include === undefined) throw new Error("README.md does not show how the templates are used");
writeFileSync(join(out, "workflow.yml"), workflow);
const inputs = parse(read("action.yml")).inputs;
for (const job of Object.values(parse(workflow).jobs))
  for (const step of job.steps)
    if (/egresslint/.test(step.uses ?? ""))
      for (const name of Object.keys(step.with ?? {})) if (!(name in inputs)) throw new Error(`README.md: no input ${name}`);
for (const one of parse(include).include)
  for (const name of Object.keys(one.inputs ?? {})) if (!(name in spec.spec.inputs)) throw new Error(`README.md: no input ${name}`);
