/**
 * Runs the compiled tests with Node's test runner: unit tests (beside their sources) first, then
 * what crosses layers, the tools and the small runs of the benchmarks.
 *
 *   run-tests [--unit | --torture] [filter ...] [--node-option ...]
 *
 * A filter is a part of a path: `npm test -- log events` runs the files whose path has "log" or
 * "events" in it. --torture runs the randomised tests at length (see test/support/torture.ts).
 * Options such as --test-name-pattern=... go to Node as they are.
 */
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { filesUnder, isProgram, projectRoot } from "./source-tree.ts";

/** A test file that takes longer hangs. Torture has no such limit: its length is what is wanted. */
const fileTimeoutMs = 300_000;

export type TestSet = "all" | "unit" | "torture";

/** Chooses and orders the files to run out of all compiled test files. */
export function selectTests(
  files: readonly string[],
  set: TestSet,
  filters: readonly string[],
): string[] {
  const folders = {
    all: ["dist/src/", "dist/test/", "dist/tools/", "dist/bench/"],
    unit: ["dist/src/"],
    torture: ["dist/test/crash/", "dist/test/simulation/", "dist/test/torture/"],
  }[set];
  return folders
    .flatMap((folder) => files.filter((file) => file.startsWith(folder)))
    .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)));
}

/** The arguments of `node` for a run. Only unit tests share the processors: others measure time. */
export function nodeArguments(set: TestSet): string[] {
  const concurrency = set === "unit" ? availableParallelism() : 1;
  const limits = set === "torture" ? [] : [`--test-timeout=${fileTimeoutMs}`];
  return [
    "--enable-source-maps",
    "--test",
    "--test-reporter=spec",
    `--test-concurrency=${concurrency}`,
    ...limits,
  ];
}

function main(args: readonly string[]): number {
  const set = args.includes("--unit") ? "unit" : args.includes("--torture") ? "torture" : "all";
  const filters = args.filter((argument) => !argument.startsWith("--"));
  const options = args.filter((argument) => /^--(?!unit$|torture$)/.test(argument));
  const files = selectTests(filesUnder("dist", ".test.js"), set, filters);
  if (files.length === 0) {
    process.stderr.write(`No test file matches ${JSON.stringify(filters)}\n`);
    return 1;
  }
  const env = { ...process.env, ...(set === "torture" ? { TORTURE: "1" } : {}) };
  const nodeArgs = [...nodeArguments(set), ...options, ...files];
  const run = spawnSync(process.execPath, nodeArgs, { cwd: projectRoot, stdio: "inherit", env });
  return run.status ?? 1;
}

if (isProgram(import.meta.filename)) process.exitCode = main(process.argv.slice(2));
