/**
 * Child of segment-log-kill.test.ts: appends to a log, several records at once, until it is killed.
 * The body of a record repeats its index; a line is printed for each record that is acknowledged.
 */
import { epoch, logIndex } from "../../src/base/ids.ts";
import type { LogAppend } from "../../src/log/log.ts";
import type { FsyncMode } from "../../src/log/segments/segment-appender.ts";
import { openSegmentLog } from "../../src/log/segments/segment-log.ts";
import { RealClock } from "../../src/ports/real-clock.ts";
import { RealDisk } from "../../src/ports/real-disk.ts";
import { RealRandom } from "../../src/ports/real-random.ts";

const components = { disk: new RealDisk(), clock: new RealClock(), random: new RealRandom() };

/** Opens the log that is written and killed: small segments, so that kills fall between them. */
export function openWrittenLog(directory: string, fsyncMode: FsyncMode) {
  return openSegmentLog(directory, components, { fsyncMode, segmentBytes: 1024 * 1024 });
}

/** The body of record `index`: up to 40 KB. */
export function bodyOf(index: number): Buffer {
  return Buffer.alloc(1 + ((index * 7919) % 40_000), `${index};`);
}

const [program, directory, fsyncMode] = process.argv.slice(1);
if (program === import.meta.filename && directory !== undefined && fsyncMode !== undefined) {
  const log = await openWrittenLog(directory, fsyncMode as FsyncMode);
  let next = log.head + 1;
  const keepWriting = async () => {
    for (;;) {
      const index = next++;
      const record: LogAppend = {
        index: logIndex(index),
        time: index,
        epoch: epoch(1),
        chunks: [bodyOf(index)],
      };
      await log.append(record);
      process.stdout.write(`${index}\n`);
    }
  };
  await Promise.all(Array.from({ length: log.inFlightMax }, keepWriting));
}
