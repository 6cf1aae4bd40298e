/**
 * The feed of durable records: what change feeds, watches and followers read. A reader pulls from
 * the log at its own pace, so a slow one costs no memory; one that falls behind the log's trimmed
 * end gets OUT_OF_RANGE.
 */
import { logIndex } from "../base/ids.ts";
import type { LogIndex } from "../base/ids.ts";
import type { Log, LogRecord } from "../log/log.ts";

export class ObserverFeed {
  readonly #log: Log;
  readonly #durableIndex: () => LogIndex;
  #waiting: (() => void)[] = [];
  #closed = false;

  constructor(log: Log, durableIndex: () => LogIndex) {
    this.#log = log;
    this.#durableIndex = durableIndex;
  }

  /** Durable records from `from` on; see Shard.observe. */
  async *observe(from: LogIndex): AsyncIterable<LogRecord> {
    let next: number = from;
    for (;;) {
      while (next <= this.#durableIndex()) {
        for await (const record of this.#log.read(logIndex(next))) {
          if (record.index > this.#durableIndex()) break;
          yield record;
          next = record.index + 1;
        }
      }
      if (this.#closed) return;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** More records are durable. */
  wake(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  close(): void {
    this.#closed = true;
    this.wake();
  }
}
