/**
 * A batch: the operations that will become one record, from the first of them until the record is
 * durable or lost.
 *
 *   open ──seal──▶ sealed ──append resolves, after those before it──▶ durable
 *     └──────────────┴─────append rejects, of it or one before it───▶ lost
 */
import type { CronosError } from "../base/errors.ts";
import type { LogIndex } from "../base/ids.ts";
import type { MutationArena } from "../log/mutation-arena.ts";
import type { TipMark } from "../store/store.ts";

/** What a sealed batch gets. */
export interface Seal {
  readonly index: LogIndex;
  readonly time: number;
  /** The tip with this batch as its newest. */
  readonly mark: TipMark;
}

/** What somebody who saw or wrote something waits for. */
export interface Pending {
  readonly state: "pending" | "durable" | "lost";
  /** Settles when it is durable; rejects when it is lost. */
  readonly settled: Promise<void>;
}

export class Batch implements Pending {
  state: Pending["state"] = "pending";
  readonly arena: MutationArena;
  /** Settles when the batch is durable or lost. */
  readonly settled: Promise<void>;
  /** Operations that wrote. */
  operations = 0;
  seal: Seal | undefined;
  /** How its own append ended, before or after those of other batches. */
  appended: "durable" | CronosError | undefined;
  readonly #hooks: (() => void)[] = [];
  #resolve!: () => void;
  #reject!: (error: unknown) => void;

  constructor(arena: MutationArena) {
    this.arena = arena;
    this.settled = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever executed an operation awaits this; a batch nobody awaits must not end the process.
    this.settled.catch(() => {});
  }

  get empty(): boolean {
    return this.operations === 0;
  }

  addHooks(hooks: readonly (() => void)[]): void {
    for (const hook of hooks) this.#hooks.push(hook);
  }

  /** Runs the hooks in the order of their operations, then resolves `settled`. */
  becomeDurable(): void {
    this.state = "durable";
    this.#resolve();
    for (const hook of this.#hooks) hook();
  }

  becomeLost(error: CronosError): void {
    this.state = "lost";
    this.#reject(error);
  }
}
