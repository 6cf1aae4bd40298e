/**
 * Reads every byte of a segment log and checks it: marks, checksums, the chain from record to
 * record and from segment to segment, the encoding of mutations. Changes nothing.
 *
 * A fault does not end the report: reading goes on with the next segment. The torn end that a crash
 * leaves in the last segment is no fault; the next start cuts it.
 */
import { isCronosError, toCronosError } from "../../base/errors.ts";
import { decodeMutations } from "../../log/mutation-codec.ts";
import { listSegments, readSegmentHeader } from "../../log/segments/open-segments.ts";
import { bodyBytesMax } from "../../log/segments/segment-appender.ts";
import { segmentHeaderBytes, segmentName } from "../../log/segments/segment-format.ts";
import type { SegmentHeader } from "../../log/segments/segment-format.ts";
import { SegmentScanner } from "../../log/segments/segment-scanner.ts";
import type { ScannedWrite } from "../../log/segments/segment-scanner.ts";
import { corruption, readSegmentTail } from "../../log/segments/segment-tail.ts";
import type { Disk, DiskFile } from "../../ports/disk.ts";

export interface SegmentReport {
  readonly file: string;
  /** Size of the file, room allocated ahead included. */
  readonly bytes: number;
  readonly firstIndex: number;
  /** Newest record that could be read; firstIndex - 1 when there is none. */
  readonly lastIndex: number;
  readonly records: number;
  /** Header and bodies of the records. */
  readonly recordBytes: number;
  /** Shard times of the first and the last record, Unix ms; 0 without records. */
  readonly firstTime: number;
  readonly lastTime: number;
  readonly puts: number;
  readonly deletes: number;
  readonly rangeDeletes: number;
}

export interface LogReport {
  readonly directory: string;
  readonly segments: readonly SegmentReport[];
  /** What a crash left behind the last whole write; cut by the next start. */
  readonly tornTail?: { readonly file: string; readonly offset: number; readonly bytes: number };
  /** What is wrong, with file and offset. */
  readonly faults: readonly string[];
}

/** Where the log stood when a segment ended. */
interface Link {
  readonly index: number;
  readonly chain: number;
}

/** Checks the log in `directory`; one without segment files gives an empty report. */
export async function inspectLog(disk: Disk, directory: string): Promise<LogReport> {
  const report = new LogInspection(disk, directory);
  const isThere = await disk.exists(directory);
  const firstIndexes = isThere ? await listSegments(disk, directory) : [];
  let link: Link | undefined;
  for (const [at, firstIndex] of firstIndexes.entries()) {
    link = await report.readSegment(firstIndex, { link, isLast: at === firstIndexes.length - 1 });
  }
  return report.result();
}

class LogInspection {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #segments: SegmentReport[] = [];
  readonly #faults: string[] = [];
  #tornTail: LogReport["tornTail"];

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
  }

  result(): LogReport {
    return {
      directory: this.#directory,
      segments: this.#segments,
      faults: this.#faults,
      ...(this.#tornTail === undefined ? {} : { tornTail: this.#tornTail }),
    };
  }

  /** Reads a segment; returns where it ends, undefined when that is not known. */
  async readSegment(
    firstIndex: number,
    { link, isLast }: { readonly link: Link | undefined; readonly isLast: boolean },
  ): Promise<Link | undefined> {
    const path = `${this.#directory}/${segmentName(firstIndex)}`;
    const counts = new SegmentCounts(path, firstIndex);
    const file = await this.#disk.open(path, { mode: "read" });
    try {
      counts.bytes = await file.size();
      const header = await readSegmentHeader(file, firstIndex);
      // A process died while it began this segment: nothing was ever written to it.
      if (header === undefined && isLast && counts.bytes <= segmentHeaderBytes) return undefined;
      if (header === undefined) throw corruption(path, 0, "zeros instead of a header");
      if (link !== undefined && !follows(header, link)) {
        throw corruption(path, 0, `the segment before it ends with record ${link.index}`);
      }
      return await this.#scan(file, { header, counts, isLast });
    } catch (error) {
      this.#faults.push(toCronosError(error).message);
      return undefined;
    } finally {
      await file.close();
      this.#segments.push(counts.report());
    }
  }

  async #scan(
    file: DiskFile,
    at: {
      readonly header: SegmentHeader;
      readonly counts: SegmentCounts;
      readonly isLast: boolean;
    },
  ): Promise<Link> {
    const { salt, before } = at.header;
    const start = { offset: segmentHeaderBytes, index: before.index, chain: before.chain };
    const scanner = new SegmentScanner(file, { salt, bodyBytesMax, start });
    for (;;) {
      const step = await scanner.next();
      if (step.kind === "write") {
        at.counts.add(step);
        continue;
      }
      if (at.isLast) await this.#judgeTail(file, at.header);
      else if (step.kind === "fault") throw corruption(file.path, step.offset, step.problem);
      return { index: scanner.index, chain: scanner.chain };
    }
  }

  /** Throws for corruption in the last segment; keeps what a crash may leave as the torn tail. */
  async #judgeTail(file: DiskFile, header: SegmentHeader): Promise<void> {
    const { isTorn, offset, size } = await readSegmentTail(file, header, bodyBytesMax);
    if (isTorn) this.#tornTail = { file: file.path, offset, bytes: size - offset };
  }
}

function follows({ before }: SegmentHeader, link: Link): boolean {
  return before.index === link.index && before.chain === link.chain;
}

/** Adds up what is in a segment. */
class SegmentCounts {
  bytes = 0;
  readonly #file: string;
  readonly #firstIndex: number;
  #records = 0;
  #recordBytes = 0;
  #firstTime = 0;
  #lastTime = 0;
  #puts = 0;
  #deletes = 0;
  #rangeDeletes = 0;

  constructor(file: string, firstIndex: number) {
    this.#file = file;
    this.#firstIndex = firstIndex;
  }

  add(write: ScannedWrite): void {
    for (const { record, byteLength } of write.records) {
      if (this.#records++ === 0) this.#firstTime = record.time;
      this.#lastTime = record.time;
      this.#recordBytes += byteLength;
      this.#addMutations(record.body, write.offset);
    }
  }

  report(): SegmentReport {
    return {
      file: this.#file,
      bytes: this.bytes,
      firstIndex: this.#firstIndex,
      lastIndex: this.#firstIndex + this.#records - 1,
      records: this.#records,
      recordBytes: this.#recordBytes,
      firstTime: this.#firstTime,
      lastTime: this.#lastTime,
      puts: this.#puts,
      deletes: this.#deletes,
      rangeDeletes: this.#rangeDeletes,
    };
  }

  #addMutations(body: Uint8Array, offset: number): void {
    try {
      decodeMutations(body, {
        put: () => this.#puts++,
        delete: () => this.#deletes++,
        deleteRange: () => this.#rangeDeletes++,
      });
    } catch (error) {
      if (!isCronosError(error, "CORRUPTION")) throw error;
      throw corruption(this.#file, offset, error.message);
    }
  }
}
