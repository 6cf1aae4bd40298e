/**
 * The operator's questions, answered by the log, the shard and the disk of an open database.
 */
import type { Log } from "../log/log.ts";
import type { AdminApi, CompactResult, LogStatus } from "./admin-api.ts";
import type { EngineSettings } from "./settings.ts";

export interface AdminParts {
  readonly log: Log;
  readonly settings: Pick<EngineSettings, "nodeId" | "tickMs" | "wheelSize">;
  /** Writes everything to the base tree and trims the log behind it. */
  flush(): Promise<void>;
  /** Free bytes where the database is. */
  freeBytes(): Promise<number>;
}

export class AdminService implements AdminApi {
  readonly #parts: AdminParts;

  constructor(parts: AdminParts) {
    this.#parts = parts;
  }

  get nodeId(): string {
    return this.#parts.settings.nodeId;
  }

  get wheel(): AdminApi["wheel"] {
    const { tickMs, wheelSize } = this.#parts.settings;
    return { tickMs, slots: wheelSize };
  }

  async logStatus(): Promise<LogStatus> {
    const { log, freeBytes } = this.#parts;
    const stats = await log.stats();
    const isEmpty = log.first > log.head;
    return {
      segmentFiles: stats.segments,
      firstIndex: isEmpty ? 0 : stats.firstIndex,
      lastIndex: stats.headIndex,
      indexEntries: stats.indexEntries,
      oldestAt: isEmpty ? 0 : await this.#oldestAt(),
      newestAt: log.headTime,
      bytes: stats.bytes,
      freeBytes: await freeBytes(),
    };
  }

  async compact(): Promise<CompactResult> {
    const before = await this.#parts.log.stats();
    await this.#parts.flush();
    const after = await this.#parts.log.stats();
    const gone = before.segments.filter((segment) => !after.segments.includes(segment));
    return {
      segmentsRemoved: gone.length,
      bytesFreed: Math.max(0, before.bytes - after.bytes),
    };
  }

  async #oldestAt(): Promise<number> {
    const { log } = this.#parts;
    for await (const record of log.read(log.first)) return record.time;
    return 0;
  }
}
