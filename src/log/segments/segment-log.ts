/**
 * The Log on files: segments of records in one directory, the last one being written.
 *
 *   0000000000000001.log   00000000000493e1.log   0000000000092711.log
 *   ├─ complete, durable ─┤├─ complete, durable ─┤├─ writes ─┤ zeros
 *                                                            └ the next write
 *
 * A segment is begun only when all before it is durable, so only the end of the last one can be
 * torn (segment-tail.ts). Opening reads that end and nothing else; reading verifies what it passes.
 * Here: the set of segments, reading and trimming. Writing is segment-appender.ts.
 */
import { CronosError, toCronosError } from "../../base/errors.ts";
import { logIndex } from "../../base/ids.ts";
import type { Epoch, LogIndex } from "../../base/ids.ts";
import type { Disk } from "../../ports/disk.ts";
import type { Log, LogAppend, LogRecord, LogStats } from "../log.ts";
import { openSegments } from "./open-segments.ts";
import type { OpenedSegments, TornTail } from "./open-segments.ts";
import { bodyBytesMax, inFlightMax, SegmentAppender } from "./segment-appender.ts";
import type { SegmentLogComponents, SegmentLogSettings } from "./segment-appender.ts";
import { segmentName } from "./segment-format.ts";
import { readSegment } from "./segment-reader.ts";
import type { SegmentFile } from "./segment-reader.ts";
import { corruption } from "./segment-tail.ts";
import { SparseIndex } from "./sparse-index.ts";

/** Above this many index entries those of the oldest segments are forgotten. */
const indexEntriesMax = 65_536;

const settingsDefault: SegmentLogSettings = {
  segmentBytes: 512 * 1024 * 1024,
  indexIntervalBytes: 1024 * 1024,
  fsyncMode: "batch",
  flushIntervalMs: 1000,
};

/** Opens the log in `directory`, which is made if need be. Throws CORRUPTION, or IO. */
export async function openSegmentLog(
  directory: string,
  components: SegmentLogComponents,
  settings: Partial<SegmentLogSettings> = {},
): Promise<SegmentLog> {
  const all = { ...settingsDefault, ...settings };
  const { disk, random } = components;
  const opened = await openSegments(disk, {
    directory,
    salt: () => Buffer.from(random.bytes(8)),
    bodyBytesMax,
    writer: {
      durableWrites: all.fsyncMode !== "periodic",
      segmentBytes: all.segmentBytes,
    },
  });
  return new SegmentLog(directory, { components, settings: all, opened });
}

export class SegmentLog implements Log {
  readonly bodyBytesMax = bodyBytesMax;
  readonly inFlightMax = inFlightMax;
  /** What was cut when the log was opened; undefined when it ended well. */
  readonly tornTail: TornTail | undefined;
  readonly #directory: string;
  readonly #disk: Disk;
  readonly #settings: SegmentLogSettings;
  /** Ascending; never empty; the last one is being written. */
  readonly #segments: SegmentFile[];
  readonly #appender: SegmentAppender;
  readonly #syncListeners: ((durationMs: number) => void)[] = [];
  /** Sizes of segments that are complete, as far as they were asked for. */
  readonly #completeBytes = new Map<number, number>();
  #trimming: Promise<void> = Promise.resolve();
  #syncCount = 0;
  #syncMsTotal = 0;

  constructor(
    directory: string,
    parts: {
      readonly components: SegmentLogComponents;
      readonly settings: SegmentLogSettings;
      readonly opened: OpenedSegments;
    },
  ) {
    const { components, settings, opened } = parts;
    this.#directory = directory;
    this.#disk = components.disk;
    this.#settings = settings;
    this.tornTail = opened.tornTail;
    this.#segments = opened.firstIndexes.map((firstIndex) => this.#segmentFile(firstIndex));
    this.#appender = new SegmentAppender(components, {
      directory,
      settings,
      writer: opened.writer,
      position: opened.position,
      events: {
        segmentBegun: (firstIndex) => this.#addSegment(firstIndex),
        written: (start) => this.#segments.at(-1)?.sparseIndex.note(start),
        synced: (durationMs) => this.#noteSync(durationMs),
      },
    });
  }

  get first(): LogIndex {
    return logIndex(this.#segments[0]?.firstIndex ?? this.head + 1);
  }

  get head(): LogIndex {
    return logIndex(this.#appender.head.index);
  }

  get headTime(): number {
    return this.#appender.head.time;
  }

  get headEpoch(): Epoch {
    return this.#appender.head.epoch;
  }

  append(record: LogAppend): Promise<void> {
    return this.#appender.append(record);
  }

  sync(): Promise<void> {
    return this.#appender.sync();
  }

  recover(): Promise<void> {
    return this.#appender.recover();
  }

  read(from: LogIndex): AsyncIterable<LogRecord> {
    return this.#read(from, this.head);
  }

  trim(before: LogIndex): Promise<void> {
    const run = this.#trimming.then(() => this.#trim(before));
    this.#trimming = run.catch(() => undefined);
    return run;
  }

  onSync(listener: (durationMs: number) => void): void {
    this.#syncListeners.push(listener);
  }

  async stats(): Promise<LogStats> {
    let bytes = this.#appender.segmentBytes;
    for (const segment of this.#segments.slice(0, -1)) bytes += await this.#bytesOf(segment);
    let indexEntries = 0;
    for (const { sparseIndex } of this.#segments) indexEntries += sparseIndex.size;
    return {
      firstIndex: this.first,
      headIndex: this.head,
      bytes,
      segments: this.#segments.map(({ path }) => path),
      indexEntries,
      syncCount: this.#syncCount,
      syncMsTotal: this.#syncMsTotal,
    };
  }

  async close(): Promise<void> {
    await this.#trimming;
    await this.#appender.close();
  }

  async *#read(from: number, until: number): AsyncGenerator<LogRecord, void> {
    let index = from;
    let chainBefore: number | undefined;
    while (index <= until) {
      const at = this.#segments.findLastIndex(({ firstIndex }) => firstIndex <= index);
      const segment = this.#segments[at];
      if (segment === undefined) {
        const state = `the log begins with record ${this.first}`;
        throw new CronosError("OUT_OF_RANGE", `Record ${index} cannot be read: ${state}`);
      }
      const next = this.#segments[at + 1];
      const writes = readSegment(this.#disk, segment, {
        from: index,
        until: Math.min(until, (next?.firstIndex ?? Number.POSITIVE_INFINITY) - 1),
        bodyBytesMax,
        indexIntervalBytes: this.#settings.indexIntervalBytes,
        chainBefore,
      });
      for await (const { records, offset } of writes) {
        for (const { record, crc } of records) {
          if (record.index < index) continue;
          if (record.index > until) return;
          if (record.index === next?.firstIndex) {
            throw corruption(segment.path, offset, `record ${record.index} is in two segments`);
          }
          yield record;
          index = record.index + 1;
          chainBefore = crc;
        }
      }
    }
  }

  async #trim(before: number): Promise<void> {
    for (;;) {
      const [oldest, next] = this.#segments;
      if (oldest === undefined || next === undefined || next.firstIndex > before) return;
      // It is gone already when the sync of its removal failed.
      if (await this.#disk.exists(oldest.path)) await this.#disk.remove(oldest.path);
      // One at a time: if a crash undid the removal of an older one only, there would be a gap.
      await this.#disk.syncDirectory(this.#directory);
      this.#segments.shift();
      this.#completeBytes.delete(oldest.firstIndex);
    }
  }

  #addSegment(firstIndex: number): void {
    this.#segments.push(this.#segmentFile(firstIndex));
    let entries = 0;
    for (const { sparseIndex } of this.#segments.toReversed()) {
      entries += sparseIndex.size;
      if (entries > indexEntriesMax) sparseIndex.clear();
    }
  }

  #segmentFile(firstIndex: number): SegmentFile {
    return {
      firstIndex,
      path: `${this.#directory}/${segmentName(firstIndex)}`,
      sparseIndex: new SparseIndex(this.#settings.indexIntervalBytes),
    };
  }

  #noteSync(durationMs: number): void {
    this.#syncCount++;
    this.#syncMsTotal += durationMs;
    for (const listener of this.#syncListeners) listener(durationMs);
  }

  async #bytesOf(segment: SegmentFile): Promise<number> {
    const known = this.#completeBytes.get(segment.firstIndex);
    if (known !== undefined) return known;
    const bytes = await fileBytes(this.#disk, segment.path).catch((error: unknown) => {
      throw toCronosError(error);
    });
    this.#completeBytes.set(segment.firstIndex, bytes);
    return bytes;
  }
}

async function fileBytes(disk: Disk, path: string): Promise<number> {
  const file = await disk.open(path, { mode: "read" });
  try {
    return await file.size();
  } finally {
    await file.close();
  }
}
