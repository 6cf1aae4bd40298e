/**
 * Reads that go on over many turns of the event loop: each on a snapshot of its own, which pins
 * pages of the base tree, so none may outlive the database or go on for longer than a computation.
 */
import { CronosError } from "../../base/errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Shard } from "../../shard/shard.ts";
import type { Snapshot } from "../../store/base-tree.ts";

/** Gives the event loop a turn. Rejects with CLOSED when the database is closing. */
export type Pause = () => Promise<void>;

export class LongReads {
  readonly #shard: Shard;
  readonly #clock: Clock;
  #running = 0;
  #isClosed = false;
  #onIdle: (() => void) | undefined;

  constructor(shard: Shard, clock: Clock) {
    this.#shard = shard;
    this.#clock = clock;
  }

  /** Runs `read` on a snapshot of the durable state; it should pause every few ms. */
  async run<T>(read: (view: Snapshot, pause: Pause) => Promise<T>): Promise<T> {
    this.checkOpen();
    const view = this.#shard.snapshot();
    this.#running++;
    try {
      return await read(view, () => this.#pause());
    } finally {
      view.release();
      if (--this.#running === 0) this.#onIdle?.();
    }
  }

  /** Lets every read fail at its next pause; resolves when all snapshots are released. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
  }

  async #pause(): Promise<void> {
    await new Promise<void>((resolve) => this.#clock.soon(resolve));
    this.checkOpen();
  }

  /** Throws CLOSED when the database is closing: nothing may be read any more. */
  checkOpen(): void {
    if (this.#isClosed) throw new CronosError("CLOSED", "Database is closed");
  }
}
