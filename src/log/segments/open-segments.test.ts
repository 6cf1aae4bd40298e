import assert from "node:assert/strict";
import { test } from "node:test";
import { isCronosError } from "../../base/errors.ts";
import { epoch, logIndex } from "../../base/ids.ts";
import { SeededRandom } from "../../ports/seeded-random.ts";
import { SimulatedClock } from "../../ports/simulated-clock.ts";
import { SimulatedDisk } from "../../ports/simulated-disk.ts";
import { segmentHeaderBytes, segmentName } from "./segment-format.ts";
import { openSegmentLog } from "./segment-log.ts";

async function openOn(disk: SimulatedDisk) {
  return openSegmentLog("/log", { disk, clock: new SimulatedClock(), random: new SeededRandom(1) });
}

/** Makes segment `firstIndex` of the first `length` bytes of the header of segment 1. */
async function leavePartOfHeader(disk: SimulatedDisk, firstIndex: number, length: number) {
  const first = await disk.open(`/log/${segmentName(1)}`, { mode: "read" });
  const header = Buffer.alloc(segmentHeaderBytes);
  await first.read(header, 0);
  const file = await disk.open(`/log/${segmentName(firstIndex)}`, { mode: "write" });
  await file.truncate(0);
  await file.write([header.subarray(0, length)], 0);
}

test("openSegments() forgets a last segment whose header is not complete", async () => {
  for (const length of [0, 1, 63]) {
    const disk = new SimulatedDisk(new SeededRandom(1));
    const log = await openOn(disk);
    await log.append({ index: logIndex(1), time: 5, epoch: epoch(1), chunks: [Buffer.of(1)] });
    await log.close();
    await leavePartOfHeader(disk, 2, length);
    const again = await openOn(disk);
    assert.equal(again.head, 1);
    assert.equal(again.headTime, 5);
    await again.append({ index: logIndex(2), time: 6, epoch: epoch(1), chunks: [] });
    await again.close();
    assert.equal((await openOn(disk)).head, 2);
  }
});

test("openSegments() begins a new log if the first header is not complete", async () => {
  const disk = new SimulatedDisk(new SeededRandom(1));
  await (await openOn(disk)).close();
  await leavePartOfHeader(disk, 1, 20);
  assert.equal((await openOn(disk)).head, 0);
});

test("openSegments() refuses a log whose only segment, not the first, has no header", async () => {
  const disk = new SimulatedDisk(new SeededRandom(1));
  await (await openOn(disk)).close();
  await leavePartOfHeader(disk, 7, 20);
  await disk.remove(`/log/${segmentName(1)}`);
  await assert.rejects(openOn(disk), (error) => isCronosError(error, "CORRUPTION"));
});
