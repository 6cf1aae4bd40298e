/**
 * The feed of durable records: what change feeds, watches and followers read. A reader pulls from
 * the log at its own pace, so a slow one costs no memory; one that falls behind the log's trimmed
 * end gets OUT_OF_RANGE.
 *
 *   reading ── at the durable end ──> waiting ── wake() ──> reading
 *      └────────────┴── return(), or the feed is closed ──> ended
 */
import { logIndex } from "../base/ids.ts";
import type { LogIndex } from "../base/ids.ts";
import type { Log, LogRecord } from "../log/log.ts";

/** One reader's place to wait. */
interface Waiter {
  hasLeft: boolean;
  wake: (() => void) | undefined;
}

export class ObserverFeed {
  readonly #log: Log;
  readonly #durableIndex: () => LogIndex;
  readonly #waiting = new Set<Waiter>();
  #closed = false;

  constructor(log: Log, durableIndex: () => LogIndex) {
    this.#log = log;
    this.#durableIndex = durableIndex;
  }

  /** How many readers wait for a record. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** Durable records from `from` on; see Shard.observe. */
  observe(from: LogIndex): AsyncIterableIterator<LogRecord> {
    const waiter: Waiter = { hasLeft: false, wake: undefined };
    const records = this.#records(from, waiter);
    const iterator: AsyncIterableIterator<LogRecord> = {
      next: () => records.next(),
      return: () => {
        // A generator that waits would hear of return() only after the next record.
        waiter.hasLeft = true;
        waiter.wake?.();
        return records.return(undefined);
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  /** More records are durable. */
  wake(): void {
    for (const waiter of this.#waiting) waiter.wake?.();
  }

  /** Ends every reader. */
  close(): void {
    this.#closed = true;
    this.wake();
  }

  async *#records(from: LogIndex, waiter: Waiter): AsyncGenerator<LogRecord, undefined> {
    let next: number = from;
    while (!this.#closed && !waiter.hasLeft) {
      if (next > this.#durableIndex()) {
        await this.#wait(waiter);
        continue;
      }
      for await (const record of this.#log.read(logIndex(next))) {
        // The log may be ahead: what it resolved has not been told to anybody yet.
        if (record.index > this.#durableIndex() || this.#closed) break;
        yield record;
        next = record.index + 1;
      }
    }
    return undefined;
  }

  async #wait(waiter: Waiter): Promise<void> {
    await new Promise<void>((resolve) => {
      waiter.wake = resolve;
      this.#waiting.add(waiter);
    });
    waiter.wake = undefined;
    this.#waiting.delete(waiter);
  }
}
