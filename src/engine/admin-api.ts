/**
 * What an operator may ask about the machine under the models: the log, the disk, the wheel.
 */

/** The log of the node and the disk it is on. */
export interface LogStatus {
  /** Paths of the segment files, oldest first. */
  readonly segmentFiles: readonly string[];
  /** Index of the oldest and of the newest record; 0 when the log is empty. */
  readonly firstIndex: number;
  readonly lastIndex: number;
  /** Entries of the sparse indexes in memory. */
  readonly indexEntries: number;
  /** Time of the first record of the oldest, and of the newest segment, Unix ms; 0 when unknown. */
  readonly oldestSegmentAt: number;
  readonly newestSegmentAt: number;
  readonly bytes: number;
  /** Free bytes of the file system. */
  readonly freeBytes: number;
}

export interface CompactOptions {
  /** Only segments whose newest record is older than this, Unix ms. */
  readonly before?: number;
  /** Flush the memtable to the base tree first, so that every segment but the last can go. */
  readonly flush?: boolean;
}

export interface CompactResult {
  readonly segmentsRemoved: number;
  readonly bytesFreed: number;
}

export interface AdminApi {
  readonly nodeId: string;
  /** The timing wheel: how often it turns and how many slots it has. */
  readonly wheel: { readonly tickMs: number; readonly slots: number };
  logStatus(): Promise<LogStatus>;
  /** Gives back log segments that the base tree covers. */
  compact(options: CompactOptions): Promise<CompactResult>;
}
