/**
 * What an operator may ask about the machine under the models: the log, the disk, the wheel.
 */

/** The log of the node and the disk it is on. */
export interface LogStatus {
  /** Names of the segment files, oldest first; of the stream, of a replicated log. */
  readonly segmentFiles: readonly string[];
  /** Index of the oldest and of the newest record; 0 when the log is empty. */
  readonly firstIndex: number;
  readonly lastIndex: number;
  /** Entries of the sparse indexes in memory. */
  readonly indexEntries: number;
  /** When the oldest and the newest record were written, Unix ms; 0 when the log is empty. */
  readonly oldestAt: number;
  readonly newestAt: number;
  readonly bytes: number;
  /** Free bytes of the file system; 0 when there is none. */
  readonly freeBytes: number;
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
  /**
   * Writes what is only in memory and log to the base tree, so that every log segment but the last
   * can go. It also happens by itself, when enough has come together.
   */
  compact(): Promise<CompactResult>;
}
