import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CronosError } from "../../src/base/errors.ts";
import { MemoryLog } from "../../src/log/memory/memory-log.ts";
import type { FsyncMode } from "../../src/log/segments/segment-appender.ts";
import { openSegmentLog } from "../../src/log/segments/segment-log.ts";
import { RealClock } from "../../src/ports/real-clock.ts";
import { RealDisk } from "../../src/ports/real-disk.ts";
import { RealRandom } from "../../src/ports/real-random.ts";
import { SeededRandom } from "../../src/ports/seeded-random.ts";
import { SimulatedClock } from "../../src/ports/simulated-clock.ts";
import { SimulatedDisk } from "../../src/ports/simulated-disk.ts";
import { logContract } from "./log-contract.ts";

const fsyncModes: readonly FsyncMode[] = ["every_event", "batch", "periodic"];
/** Small, so that a few dozen records span several segments. */
const segmentBytes = 4096;

logContract("MemoryLog", async () => {
  const log = new MemoryLog();
  const full = new CronosError("DISK_FULL", "Disk is full: simulated");
  return {
    log: () => log,
    breakAppends: () => {
      log.failNext(full);
      log.failRecover(full);
    },
    heal: () => log.failRecover(undefined),
  };
});

for (const fsyncMode of fsyncModes) {
  logContract(`SegmentLog ${fsyncMode} on SimulatedDisk`, async () => {
    const random = new SeededRandom(1);
    let disk = new SimulatedDisk(random);
    const open = () =>
      openSegmentLog(
        "/data/log",
        { disk, clock: new SimulatedClock(), random },
        { segmentBytes, indexIntervalBytes: 512, fsyncMode },
      );
    let log = await open();
    return {
      log: () => log,
      reopen: async () => {
        await log.close();
        log = await open();
      },
      kill: async () => {
        disk = disk.kill();
        log = await open();
      },
      breakAppends: () => disk.setCapacity(0),
      heal: () => disk.setCapacity(Number.MAX_SAFE_INTEGER),
    };
  });

  logContract(`SegmentLog ${fsyncMode} on RealDisk`, async (context) => {
    const directory = await mkdtemp(join(tmpdir(), "cronosdb-log-"));
    context.after(() => rm(directory, { recursive: true }));
    const components = { disk: new RealDisk(), clock: new RealClock(), random: new RealRandom() };
    const open = () => openSegmentLog(directory, components, { segmentBytes, fsyncMode });
    let log = await open();
    return {
      log: () => log,
      reopen: async () => {
        await log.close();
        log = await open();
      },
    };
  });
}
