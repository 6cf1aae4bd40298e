/**
 * Removes from dist/ what no source stands behind any more, so that the tests of a deleted file do
 * not go on running. Part of `npm run build`; tsc itself never removes an output.
 */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { filesUnder, isProgram, projectRoot } from "./source-tree.ts";

const outputSuffixes = [".d.ts", ".js.map", ".js"] as const;

/** The source of a compiled file: dist/src/a.d.ts -> src/a.ts; undefined for any other file. */
export function sourceOf(output: string): string | undefined {
  const suffix = outputSuffixes.find((candidate) => output.endsWith(candidate));
  if (suffix === undefined || !output.startsWith("dist/")) return undefined;
  return `${output.slice("dist/".length, -suffix.length)}.ts`;
}

/** Removes the outputs below `root`/dist whose source is gone; returns their paths. */
export function removeStaleOutputs(root: string): string[] {
  const stale = filesUnder("dist", "", root).filter((output) => {
    const source = sourceOf(output);
    return source !== undefined && !existsSync(join(root, source));
  });
  for (const output of stale) rmSync(join(root, output));
  return stale;
}

if (isProgram(import.meta.filename)) {
  for (const output of removeStaleOutputs(projectRoot)) process.stdout.write(`removed ${output}\n`);
}
