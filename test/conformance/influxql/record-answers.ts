/**
 * Writes answers.jsonl anew: what a real InfluxDB 1.x (Debian: influxdb) answers to every question.
 * Run it after changing the questions:
 *
 *   npm run build && node dist/test/conformance/influxql/record-answers.js
 */
import { writeFileSync } from "node:fs";
import { withEngine } from "../../../bench/support/metrics-engines.ts";
import { answersFile } from "./answers.ts";
import type { Answer } from "./ask.ts";
import { ask, writeDataset } from "./ask.ts";
import type { DatasetName } from "./datasets.ts";
import { datasets } from "./datasets.ts";
import { questionsAbout } from "./questions.ts";

/** Every answer of a server. */
export async function answersOf(url: string): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const dataset of Object.keys(datasets) as DatasetName[]) {
    await writeDataset(url, dataset);
    for (const question of questionsAbout(dataset)) answers.push(await ask(url, dataset, question));
  }
  return answers;
}

if (process.argv[1] === import.meta.filename) {
  const answers = await withEngine("influxdb", ({ url }) => answersOf(url));
  writeFileSync(answersFile, answers.map((answer) => `${JSON.stringify(answer)}\n`).join(""));
  console.log(`${answers.length} answers`);
}
