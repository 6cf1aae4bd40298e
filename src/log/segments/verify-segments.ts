/**
 * Verifies every checksum of a segment log, without changing anything: for `cronosdb inspect`, and
 * for backups. A log that is being written can be verified beside it; what is written meanwhile may
 * look like a torn tail.
 *
 * Behind a fault it goes on at the next mark, so one flipped bit is one problem and not the rest of
 * the file.
 */
import { isCronosError } from "../../base/errors.ts";
import type { Disk, DiskFile } from "../../ports/disk.ts";
import type { LogRecord } from "../log.ts";
import { listSegments, readSegmentHeader } from "./open-segments.ts";
import { bodyBytesMax } from "./segment-appender.ts";
import { segmentHeaderBytes, segmentName } from "./segment-format.ts";
import type { SegmentHeader } from "./segment-format.ts";
import { SegmentScanner } from "./segment-scanner.ts";
import type { ScanEnd, ScanFault, ScanStart } from "./segment-scanner.ts";
import { firstMarkFrom } from "./segment-search.ts";
import { readSegmentTail } from "./segment-tail.ts";

export interface LogProblem {
  readonly offset: number;
  readonly problem: string;
}

export interface SegmentReport {
  readonly file: string;
  readonly firstIndex: number;
  /** Newest record that could be read; firstIndex - 1 when there is none. */
  readonly lastIndex: number;
  readonly recordCount: number;
  /** Size of the file, and how much of it is written. */
  readonly bytes: number;
  readonly bytesWritten: number;
  /** Bytes that a crash left half written, which opening the log will cut; no problem. */
  readonly tornTailBytes: number;
  readonly problems: readonly LogProblem[];
}

export interface VerifyOptions {
  /** Called for every record that is read, in order. */
  readonly onRecord?: (file: string, record: LogRecord) => void;
}

/** Verifies the log in `directory`; yields a report for each segment, oldest first. */
export async function* verifySegments(
  disk: Disk,
  directory: string,
  options: VerifyOptions = {},
): AsyncGenerator<SegmentReport, void> {
  const firstIndexes = await listSegments(disk, directory);
  let before: Ending | undefined;
  for (const [at, firstIndex] of firstIndexes.entries()) {
    const path = `${directory}/${segmentName(firstIndex)}`;
    const file = await disk.open(path, { mode: "read" });
    try {
      const isLast = at === firstIndexes.length - 1;
      const run = new SegmentVerification(file, { firstIndex, isLast, before, options });
      yield await run.verify();
      before = run.ending;
    } finally {
      await file.close();
    }
  }
}

/** How a segment ended: what the next one must follow. */
interface Ending {
  readonly index: number;
  readonly chain: number;
}

class SegmentVerification {
  /** Undefined when the end could not be read. */
  ending: Ending | undefined;
  readonly #file: DiskFile;
  readonly #firstIndex: number;
  readonly #isLast: boolean;
  readonly #before: Ending | undefined;
  readonly #options: VerifyOptions;
  readonly #problems: LogProblem[] = [];
  #lastIndex: number;
  #recordCount = 0;
  #bytesWritten = 0;
  #tornTailBytes = 0;

  constructor(
    file: DiskFile,
    segment: {
      readonly firstIndex: number;
      readonly isLast: boolean;
      readonly before: Ending | undefined;
      readonly options: VerifyOptions;
    },
  ) {
    this.#file = file;
    this.#firstIndex = segment.firstIndex;
    this.#isLast = segment.isLast;
    this.#before = segment.before;
    this.#options = segment.options;
    this.#lastIndex = segment.firstIndex - 1;
  }

  async verify(): Promise<SegmentReport> {
    const bytes = await this.#file.size();
    const header = await this.#readHeader(bytes);
    if (header !== undefined) {
      this.#checkBefore(header);
      await this.#scan(header, bytes);
    }
    return {
      file: this.#file.path,
      firstIndex: this.#firstIndex,
      lastIndex: this.#lastIndex,
      recordCount: this.#recordCount,
      bytes,
      bytesWritten: this.#bytesWritten,
      tornTailBytes: this.#tornTailBytes,
      problems: this.#problems,
    };
  }

  async #readHeader(bytes: number): Promise<SegmentHeader | undefined> {
    try {
      const header = await readSegmentHeader(this.#file, this.#firstIndex);
      if (header !== undefined) return header;
    } catch (error) {
      if (!isCronosError(error, "CORRUPTION")) throw error;
      this.#problems.push({ offset: 0, problem: String(error.details["problem"]) });
      return undefined;
    }
    // The process died while it began this segment: opening the log removes it.
    if (this.#isLast && bytes <= segmentHeaderBytes) this.#tornTailBytes = bytes;
    else this.#problems.push({ offset: 0, problem: "there is no header" });
    return undefined;
  }

  #checkBefore({ before }: SegmentHeader): void {
    if (this.#before === undefined) return;
    if (this.#before.index !== before.index) {
      const problem = `the segment before ends with record ${this.#before.index}`;
      this.#problems.push({ offset: 0, problem });
    } else if (this.#before.chain !== before.chain) {
      this.#problems.push({ offset: 0, problem: "it does not follow the segment before" });
    }
  }

  async #scan(header: SegmentHeader, bytes: number): Promise<void> {
    const { salt, before } = header;
    let start: ScanStart = { ...before, offset: segmentHeaderBytes };
    for (;;) {
      const scanner = new SegmentScanner(this.#file, { salt, bodyBytesMax, start });
      const stop = await this.#scanWrites(scanner);
      const range = { start: stop.offset + 1, end: bytes, salt };
      const next = await firstMarkFrom(this.#file, range);
      const isEnd = this.#isLast
        ? await this.#isTail(header, stop)
        : stop.kind === "end" && next === undefined;
      if (isEnd) {
        this.ending = { index: scanner.index, chain: scanner.chain };
        return;
      }
      const problem = stop.kind === "fault" ? stop.problem : "zeros instead of a write";
      this.#problems.push({ offset: stop.offset, problem });
      if (next === undefined) return;
      const { firstIndex, chain } = next.mark;
      start = { offset: next.offset, index: firstIndex - 1, chain };
    }
  }

  /** Reads until the writes end or cannot be read. */
  async #scanWrites(scanner: SegmentScanner): Promise<ScanEnd | ScanFault> {
    for (;;) {
      const step = await scanner.next();
      if (step.kind !== "write") return step;
      this.#bytesWritten = step.end;
      for (const { record } of step.records) {
        this.#recordCount++;
        this.#lastIndex = record.index;
        this.#options.onRecord?.(this.#file.path, record);
      }
    }
  }

  /** Tells whether opening would take this for the end of the log, torn or not. */
  async #isTail(header: SegmentHeader, stop: ScanEnd | ScanFault): Promise<boolean> {
    try {
      const tail = await readSegmentTail(this.#file, header, bodyBytesMax);
      if (tail.offset !== (stop.kind === "end" ? stop.offset : stop.writeOffset)) return false;
      this.#tornTailBytes = tail.isTorn ? tail.size - tail.offset : 0;
      return true;
    } catch (error) {
      if (isCronosError(error, "CORRUPTION")) return false;
      throw error;
    }
  }
}
