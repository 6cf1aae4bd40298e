/**
 * The recorded answers to InfluxQL are those of the real InfluxDB 1.x, where it is installed.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { withEngine } from "../../../bench/support/metrics-engines.ts";
import { requireServer } from "../../support/real-server.ts";
import { recordedAnswers } from "./answers.ts";
import { ask, difference, writeDataset } from "./ask.ts";
import { datasets } from "./datasets.ts";
import type { DatasetName } from "./datasets.ts";
import { questionsAbout } from "./questions.ts";

const answers = recordedAnswers();

test("every question has a recorded answer", () => {
  const asked = Object.keys(datasets).flatMap((name) => {
    return questionsAbout(name as DatasetName).map((question) => `${name}: ${question}`);
  });
  const answered = answers.map(({ dataset, question }) => `${dataset}: ${question}`);
  assert.deepEqual(answered, asked);
});

test("the recorded answers are those of InfluxDB", async (t) => {
  if (requireServer(t, "influxd") === undefined) return;
  assert.deepEqual(await withEngine("influxdb", ({ url }) => differences(url)), []);
});

async function differences(url: string): Promise<string[]> {
  const found: string[] = [];
  let written: DatasetName | undefined;
  for (const expected of answers) {
    const { dataset, question } = expected;
    if (dataset !== written) await writeDataset(url, dataset);
    written = dataset;
    const why = difference(expected, await ask(url, dataset, question));
    if (why !== undefined) found.push(`${dataset}: ${question}\n  ${expected.body}\n  ${why}`);
  }
  return found;
}
