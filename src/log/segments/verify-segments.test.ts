import assert from "node:assert/strict";
import { test } from "node:test";
import { epoch, logIndex } from "../../base/ids.ts";
import { SeededRandom } from "../../ports/seeded-random.ts";
import { SimulatedClock } from "../../ports/simulated-clock.ts";
import { SimulatedDisk } from "../../ports/simulated-disk.ts";
import { openSegmentLog } from "./segment-log.ts";
import { verifySegments } from "./verify-segments.ts";
import type { SegmentReport } from "./verify-segments.ts";

const directory = "/log";
const recordCount = 40;

async function makeLog(isClosed = true): Promise<SimulatedDisk> {
  const random = new SeededRandom(3);
  const disk = new SimulatedDisk(random);
  const components = { disk, clock: new SimulatedClock(), random };
  const log = await openSegmentLog(directory, components, { segmentBytes: 4096 });
  for (let index = 1; index <= recordCount; index++) {
    const chunks = [Buffer.from(random.bytes(200))];
    await log.append({ index: logIndex(index), time: index, epoch: epoch(1), chunks });
  }
  if (isClosed) await log.close();
  return disk.kill();
}

async function verify(disk: SimulatedDisk): Promise<SegmentReport[]> {
  const reports: SegmentReport[] = [];
  for await (const report of verifySegments(disk, directory)) reports.push(report);
  return reports;
}

function problemsOf(reports: readonly SegmentReport[]): string[] {
  return reports.flatMap(({ file, problems }) =>
    problems.map(({ offset, problem }) => `${file} ${offset} ${problem}`),
  );
}

test("verifySegments() counts what a sound log holds", async () => {
  const disk = await makeLog();
  const seen: number[] = [];
  const reports: SegmentReport[] = [];
  const options = { onRecord: (_file: string, { index }: { index: number }) => seen.push(index) };
  for await (const report of verifySegments(disk, directory, options)) reports.push(report);
  assert.deepEqual(problemsOf(reports), []);
  assert.ok(reports.length >= 3);
  assert.deepEqual(seen, Array.from({ length: recordCount }, (_, at) => at + 1));
  assert.equal(reports.at(-1)?.lastIndex, recordCount);
  assert.ok(reports.every(({ recordCount: count, firstIndex, lastIndex, tornTailBytes }) => {
    return count === lastIndex - firstIndex + 1 && tornTailBytes === 0;
  }));
});

test("verifySegments() reports each flipped bit once, and goes on behind it", async () => {
  const disk = await makeLog();
  const [first, second] = (await disk.list(directory)).map((name) => `${directory}/${name}`);
  assert.ok(first !== undefined && second !== undefined);
  disk.flipBit(first, 500, 3);
  disk.flipBit(first, 1500, 3);
  disk.flipBit(second, 20, 0);
  const reports = await verify(disk);
  const problems = problemsOf(reports);
  assert.equal(problems.length, 3, problems.join("\n"));
  assert.match(problems[0] ?? "", new RegExp(`^${first} 360 checksum is `));
  assert.match(problems[1] ?? "", new RegExp(`^${first} 1416 checksum is `));
  assert.equal(problems[2], `${second} 0 the checksum of the header is wrong`);
  assert.equal(reports[0]?.recordCount, (reports[0]?.lastIndex ?? 0) - 2);
});

test("verifySegments() reports zeros and a missing segment", async () => {
  const disk = await makeLog();
  const paths = (await disk.list(directory)).map((name) => `${directory}/${name}`);
  const [first, second] = paths;
  assert.ok(first !== undefined && second !== undefined);
  const file = await disk.open(first, { mode: "write" });
  await file.write([Buffer.alloc(1024)], 1024);
  await disk.remove(second);
  const problems = problemsOf(await verify(disk));
  assert.equal(problems.length, 2, problems.join("\n"));
  assert.match(problems[0] ?? "", new RegExp(`^${first} (8|9|10)\\d\\d `));
  assert.match(problems[1] ?? "", /log 0 the segment before ends with record \d+$/);
});

test("verifySegments() tells a torn tail from a problem, and changes nothing", async () => {
  const disk = await makeLog(false);
  const last = `${directory}/${(await disk.list(directory)).at(-1)}`;
  const [tail] = (await verify(disk)).slice(-1);
  assert.ok(tail !== undefined);
  const file = await disk.open(last, { mode: "write" });
  // The second sector of a write arrived, the first did not.
  await file.write([Buffer.from("rest of a write")], 512 * Math.ceil(tail.bytesWritten / 512));
  const [torn] = (await verify(disk)).slice(-1);
  assert.deepEqual(torn?.problems, []);
  assert.ok((torn?.tornTailBytes ?? 0) > 0);
  assert.deepEqual((await verify(disk)).at(-1), torn);
});
