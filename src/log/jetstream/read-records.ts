/** Reading records in order, each verified and fitting the one before it. */
import { CronosError } from "../../base/errors.ts";
import { logIndex } from "../../base/ids.ts";
import type { LogIndex } from "../../base/ids.ts";
import type { Clock } from "../../ports/clock.ts";
import type { LogRecord } from "../log.ts";
import { fetchMessages } from "./fetch-message.ts";
import type { FencedRuns } from "./fenced-runs.ts";
import { recordOf, streamCorruption, successionProblem } from "./message.ts";
import type { PlacedRecord } from "./message.ts";
import type { ShardStream } from "./shard-stream.ts";

/** Throws OUT_OF_RANGE when `from` was trimmed, CORRUPTION, UNAVAILABLE. */
export async function* readRecords(
  stream: ShardStream,
  clock: Clock,
  range: { readonly runs: FencedRuns; readonly from: LogIndex; readonly to: LogIndex },
): AsyncGenerator<LogRecord, void, undefined> {
  const { runs, from, to } = range;
  // One more in front, so that the first one is verified against its predecessor, too.
  let next = logIndex(from > runs.first ? from - 1 : from);
  let before: PlacedRecord | undefined;
  for (;;) {
    if (next < runs.first) throw trimmed(stream, next, runs.first);
    if (next > to) return;
    const run = runs.runOf(next);
    const last = logIndex(Math.min(to, runs.lastOf(run) ?? to));
    const sequences = { from: runs.sequenceOf(next), to: runs.sequenceOf(last) };
    for await (const message of fetchMessages(stream, clock, sequences)) {
      const record = recordOf(stream, message);
      const problem = placeProblem(record, { before, index: next, fence: run.sequence });
      if (problem !== undefined) throw streamCorruption(stream.name, message.sequence, problem);
      if (record.record.index >= from) yield record.record;
      before = record;
      next = logIndex(next + 1);
    }
  }
}

function placeProblem(
  record: PlacedRecord,
  place: {
    readonly before: PlacedRecord | undefined;
    readonly index: LogIndex;
    readonly fence: number;
  },
): string | undefined {
  if (record.fence !== place.fence) {
    return `record was written under the fence at ${record.fence}, not ${place.fence}`;
  }
  if (place.before !== undefined) return successionProblem(record, place.before);
  if (record.record.index === place.index) return undefined;
  return `index is ${record.record.index}, not ${place.index}`;
}

function trimmed(stream: ShardStream, from: LogIndex, first: LogIndex): CronosError {
  return new CronosError(
    "OUT_OF_RANGE",
    `Cannot read record ${from} of stream ${stream.name}: trimmed, the oldest is ${first}`,
    { details: { from, first } },
  );
}
