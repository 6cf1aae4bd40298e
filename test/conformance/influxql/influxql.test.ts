/**
 * What CronosDB answers to InfluxQL is what InfluxDB 1.x answers, as far as both mean the same. The
 * real InfluxDB, where it is installed, is asked too, so that the answers are known to be right.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { withEngine } from "../../../bench/support/metrics-engines.ts";
import { requireServer } from "../../support/real-server.ts";
import { recordedAnswers } from "./answers.ts";
import type { Answer } from "./ask.ts";
import { ask, difference, writeDataset } from "./ask.ts";
import { datasets } from "./datasets.ts";
import type { DatasetName } from "./datasets.ts";
import { whyDifferent } from "./deliberate.ts";
import { questionsAbout } from "./questions.ts";

const answers = recordedAnswers();

test("every question has a recorded answer", () => {
  const asked = Object.keys(datasets).flatMap((name) => {
    return questionsAbout(name as DatasetName).map((question) => `${name}: ${question}`);
  });
  const answered = answers.map(({ dataset, question }) => `${dataset}: ${question}`);
  assert.deepEqual(answered, asked);
});

test("CronosDB answers as recorded, but for what differs on purpose", async () => {
  const found = await withEngine("cronosdb", ({ url }) => differences(url, whyDifferent));
  assert.deepEqual(found, []);
});

test("the recorded answers are those of InfluxDB", async (t) => {
  if (requireServer(t, "influxd") === undefined) return;
  const found = await withEngine("influxdb", ({ url }) => differences(url, () => undefined));
  assert.deepEqual(found, []);
});

async function differences(
  url: string,
  mayDiffer: (answer: Answer) => string | undefined,
): Promise<string[]> {
  const found: string[] = [];
  let written: DatasetName | undefined;
  for (const expected of answers) {
    const { dataset, question } = expected;
    if (dataset !== written) await writeDataset(url, dataset);
    written = dataset;
    if (mayDiffer(expected) !== undefined) continue;
    const why = difference(expected, await ask(url, dataset, question));
    if (why !== undefined) found.push(`${dataset}: ${question}\n  ${expected.body}\n  ${why}`);
  }
  return found;
}
