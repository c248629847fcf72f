// SPDX-License-Identifier: Apache-2.0
// Runs a composite GitHub Action as a runner does, as far as ours needs it: its `run` steps for real, with the environment,
// files and expressions that the runner gives them; of its `uses` steps it says what they would be given.
//   composite.mjs ACTION-DIRECTORY EVENT.json [INPUT=VALUE…]
// Prints one JSON object: status, outputs, uses. Expressions are evaluated by GitHub's own library. What is not
// implemented (functions in `if`, other shells) is an error: nothing is passed over.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Evaluator, Lexer, Parser, data } from "@actions/expressions";
import { parse } from "yaml";

const [directory, eventPath, ...given] = process.argv.slice(2);
const action = parse(readFileSync(join(directory, "action.yml"), "utf8"));
if (action.runs.using !== "composite") throw new Error("no composite action");

const inputs = {};
for (const [name, input] of Object.entries(action.inputs ?? {})) inputs[name] = String(input.default ?? "");
for (const pair of given) {
  const name = pair.slice(0, pair.indexOf("="));
  if (!(name in inputs)) throw new Error(`the action has no input ${name}`);
  inputs[name] = pair.slice(name.length + 1);
}
const steps = {};
const github = {
  event: JSON.parse(readFileSync(eventPath, "utf8")),
  action_repository: "example/egresslint",
  workspace: process.env.GITHUB_WORKSPACE,
};

function value(of) {
  if (typeof of === "string") return new data.StringData(of);
  if (typeof of === "boolean") return new data.BooleanData(of);
  if (typeof of === "number") return new data.NumberData(of);
  if (of === null) return new data.Null();
  return new data.Dictionary(...Object.entries(of).map(([key, one]) => ({ key, value: value(one) })));
}
function evaluate(expression) {
  const { tokens } = new Lexer(expression).lex();
  const contexts = value({ inputs, steps, github });
  return new Evaluator(new Parser(tokens, ["inputs", "steps", "github"], []).parse(), contexts).evaluate();
}
const filled = (text) => String(text).replace(/\$\{\{(.*?)\}\}/gs, (_, expression) => evaluate(expression).coerceString());
function condition(text) {
  const whole = /^\s*\$\{\{(.*)\}\}\s*$/s.exec(text);
  const result = evaluate(whole ? whole[1] : text);
  if (!(result instanceof data.BooleanData)) throw new Error(`no truth value: ${text}`);
  return result.value;
}

// A step adds to these files; the runner reads them when it has ended.
const scratch = mkdtempSync(join(process.env.RUNNER_TEMP, "step-"));
function file(name) {
  const path = join(scratch, name);
  writeFileSync(path, "");
  return path;
}
function assignments(path) {
  const out = {};
  for (const line of readFileSync(path, "utf8").split("\n").filter(Boolean)) {
    const at = line.indexOf("=");
    if (at < 0 || line.slice(0, at).includes("<<")) throw new Error(`not understood in a file of the runner: ${line}`);
    out[line.slice(0, at)] = line.slice(at + 1);
  }
  return out;
}

const uses = [];
const environment = { ...process.env };
let status = 0;
for (const [number, step] of action.runs.steps.entries()) {
  if (status !== 0) break; // no step of ours asks for more
  if (step.if !== undefined && !condition(step.if)) continue;
  if (step.uses !== undefined) {
    const given = Object.entries(step.with ?? {}).map(([name, text]) => [name, filled(text)]);
    uses.push({ uses: step.uses, with: Object.fromEntries(given) });
    continue;
  }
  if (step.shell !== "bash") throw new Error(`step ${number}: shell ${step.shell}`);
  if (step.run.includes("${{")) throw new Error(`step ${number}: an expression within a script`);
  const script = join(scratch, `${number}.sh`);
  writeFileSync(script, step.run);
  const files = { GITHUB_OUTPUT: file(`output-${number}`), GITHUB_ENV: file(`env-${number}`), GITHUB_PATH: file(`path-${number}`) };
  const own = Object.fromEntries(Object.entries(step.env ?? {}).map(([name, text]) => [name, filled(text)]));
  const ran = spawnSync("bash", ["--noprofile", "--norc", "-e", "-o", "pipefail", script], {
    cwd: join(github.workspace, filled(step["working-directory"] ?? ".")),
    env: { ...environment, GITHUB_ACTION_PATH: directory, ...files, ...own },
    stdio: ["ignore", 2, 2], // the log of the job
  });
  if (ran.error) throw ran.error;
  status = ran.status;
  Object.assign(environment, assignments(files.GITHUB_ENV));
  for (const line of readFileSync(files.GITHUB_PATH, "utf8").split("\n").filter(Boolean)) environment.PATH = `${line}:${environment.PATH}`;
  if (step.id !== undefined) steps[step.id] = { outputs: assignments(files.GITHUB_OUTPUT) };
}
const outputs = Object.fromEntries(Object.entries(action.outputs ?? {}).map(([name, output]) => [name, filled(output.value)]));
console.log(JSON.stringify({ status, outputs, uses }));
