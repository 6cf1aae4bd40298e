/**
 * Where results go: tables in Markdown for the documents, one JSON line per run in bench/results/
 * for whoever wants to see how figures moved.
 */
import { appendFileSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Compiled, this file is dist/bench/support/results.js. */
const resultsFolder = fileURLToPath(new URL("../../../bench/results/", import.meta.url));

/** Appends one line to bench/results/<name>.jsonl. */
export function recordResult(name: string, result: object): void {
  mkdirSync(resultsFolder, { recursive: true });
  const line = JSON.stringify({ at: new Date().toISOString(), ...result });
  appendFileSync(`${resultsFolder}${name}.jsonl`, `${line}\n`);
}

/** A table; the first row is its head. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  return [head, head.map(() => "---"), ...body].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
