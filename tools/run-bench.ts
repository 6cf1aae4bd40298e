/**
 * Runs a benchmark by its name: `npm run bench -- load --seconds 30` runs dist/bench/load.js with
 * the arguments behind the name. Without a name it lists what there is, one line each, taken from
 * the first comment line of the benchmark's source.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { filesUnder, isProgram, projectRoot } from "./source-tree.ts";

/** Names of the benchmarks among bench/'s files: not tests, not parts (`_x.ts`, bench/support/). */
export function benchNames(files: readonly string[]): string[] {
  return files
    .filter((file) => !file.endsWith(".test.ts") && !/\/_|\/support\//.test(file))
    .map((file) => file.slice("bench/".length, -".ts".length));
}

/** The first line of text in the comment that opens `source`. */
export function firstCommentLine(source: string): string {
  const opening = /^\/\*\*?[^]*?\*\/|^(?:\/\/.*\n?)+/.exec(source)?.[0] ?? "";
  const lines = opening.split("\n").map((line) => line.replace(/^\s*[/*]*|\s*\*\/$/g, "").trim());
  return lines.find((line) => line !== "") ?? "";
}

function listBenchmarks(): void {
  process.stdout.write("npm run bench -- <name> [arguments]\n\n");
  for (const name of benchNames(filesUnder("bench", ".ts"))) {
    const source = readFileSync(join(projectRoot, "bench", `${name}.ts`), "utf8");
    process.stdout.write(`  ${name.padEnd(24)} ${firstCommentLine(source)}\n`);
  }
}

async function main(name: string | undefined): Promise<void> {
  if (name === undefined) return listBenchmarks();
  const program = join(projectRoot, "dist/bench", `${name}.js`);
  if (!existsSync(program)) {
    process.stderr.write(`No benchmark is named ${JSON.stringify(name)}\n\n`);
    listBenchmarks();
    process.exitCode = 1;
    return;
  }
  process.argv.splice(1, 2, program);
  await import(pathToFileURL(program).href);
}

if (isProgram(import.meta.filename)) await main(process.argv[2]);
