import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { logIndex } from "../../src/base/ids.ts";
import type { FsyncMode } from "../../src/log/segments/segment-appender.ts";
import { rounds } from "../support/torture.ts";
import { bodyOf, openWrittenLog } from "./segment-log-writer.ts";

const fsyncModes: readonly FsyncMode[] = ["batch", "every_event", "periodic"];

/** Lets the writer run for about `ms` from its first line on, kills it; returns its last line. */
async function killWriter(args: readonly string[], ms: number): Promise<number> {
  const program = join(import.meta.dirname, "segment-log-writer.js");
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("latin1").on("data", (text: string) => {
    if (output === "") setTimeout(() => child.kill("SIGKILL"), ms);
    output += text;
  });
  await once(child, "close");
  // The kill may have cut the last line.
  const lines = output.slice(0, output.lastIndexOf("\n")).split("\n");
  return Number(lines.at(-1));
}

for (const fsyncMode of fsyncModes) {
  test(`SegmentLog ${fsyncMode}: killed while writing, it has what it acknowledged`, async () => {
    const directory = await mkdtemp(join(tmpdir(), "cronosdb-kill-"));
    for (let round = 0; round < rounds(3, 100); round++) {
      const acknowledged = await killWriter([directory, fsyncMode], (round * 37) % 150);
      const log = await openWrittenLog(directory, fsyncMode);
      assert.ok(log.head >= acknowledged, `${log.head} of ${acknowledged} are there`);
      assert.ok(log.head <= acknowledged + 64);
      let expected: number = log.first;
      for await (const { index, body } of log.read(log.first)) {
        assert.equal(index, expected++);
        assert.ok(bodyOf(index).equals(body), `body of record ${index}`);
      }
      assert.equal(expected, log.head + 1);
      await log.trim(logIndex(Math.max(1, log.head - 200)));
      await log.close();
    }
    await rm(directory, { recursive: true });
  });
}
