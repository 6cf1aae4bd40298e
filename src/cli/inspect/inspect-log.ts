/**
 * The log of a stopped database: every checksum verified (log/segments/verify-segments.ts), and the
 * mutations in its records decoded and counted. Changes nothing.
 */
import { toCronosError } from "../../base/errors.ts";
import type { LogRecord } from "../../log/log.ts";
import { decodeMutations } from "../../log/mutation-codec.ts";
import { verifySegments } from "../../log/segments/verify-segments.ts";
import type { SegmentReport } from "../../log/segments/verify-segments.ts";
import type { Disk } from "../../ports/disk.ts";

export interface SegmentContents {
  puts: number;
  deletes: number;
  rangeDeletes: number;
  /** Shard times of the first and the last record, Unix ms; 0 without records. */
  firstTime: number;
  lastTime: number;
}

export type InspectedSegment = SegmentReport & Readonly<SegmentContents>;

export interface LogReport {
  readonly directory: string;
  readonly segments: readonly InspectedSegment[];
  /** What is wrong, with file and offset. */
  readonly faults: readonly string[];
}

/** Checks the log in `directory`; one without segment files gives an empty report. */
export async function inspectLog(disk: Disk, directory: string): Promise<LogReport> {
  const segments: InspectedSegment[] = [];
  const faults: string[] = [];
  if (!(await disk.exists(directory))) return { directory, segments, faults };
  let contents = emptyContents();
  const onRecord = (file: string, record: LogRecord): void => {
    const problem = addRecord(contents, record);
    if (problem !== undefined) faults.push(`Record ${record.index} of ${file}: ${problem}`);
  };
  for await (const report of verifySegments(disk, directory, { onRecord })) {
    for (const { offset, problem } of report.problems) {
      faults.push(`Log file ${report.file} is corrupt at offset ${offset}: ${problem}`);
    }
    segments.push({ ...report, ...contents });
    contents = emptyContents();
  }
  return { directory, segments, faults };
}

function emptyContents(): SegmentContents {
  return { puts: 0, deletes: 0, rangeDeletes: 0, firstTime: 0, lastTime: 0 };
}

/** Adds what is in the record; tells what is wrong with its body, if something is. */
function addRecord(contents: SegmentContents, { time, body }: LogRecord): string | undefined {
  if (contents.firstTime === 0) contents.firstTime = time;
  contents.lastTime = time;
  try {
    decodeMutations(body, {
      put: () => contents.puts++,
      delete: () => contents.deletes++,
      deleteRange: () => contents.rangeDeletes++,
    });
    return undefined;
  } catch (error) {
    return toCronosError(error).message;
  }
}
