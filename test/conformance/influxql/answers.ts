/** The answers that InfluxDB 1.6.7 gave to the questions, one JSON object a line. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Answer } from "./ask.ts";

/** Compiled, this file is dist/test/conformance/influxql/answers.js. */
export const answersFile = fileURLToPath(
  new URL("../../../../test/conformance/influxql/answers.jsonl", import.meta.url),
);

export function recordedAnswers(): Answer[] {
  const lines = readFileSync(answersFile, "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Answer);
}
