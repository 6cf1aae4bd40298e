/**
 * A node under a random program: its process that starts and ends, its time, and what was asked of
 * it. Answers of a process that ended do not count; what nobody answered is looked up after the
 * next start.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { isCronosError } from "../../src/base/errors.ts";
import type { ErrorCode } from "../../src/base/errors.ts";
import type { Engine } from "../../src/engine/engine.ts";
import type { EngineSettings } from "../../src/engine/settings.ts";
import { SeededRandom } from "../../src/ports/seeded-random.ts";
import type { Death } from "../support/simulated-node.ts";
import { SimulatedNode } from "../support/simulated-node.ts";
import type { EventState } from "./node-model.ts";
import { NodeModel } from "./node-model.ts";

export const topics = ["alpha", "beta"];
export const groups = ["g1", "g2"];
export const maxAttempts = 3;
export const partitionCount = 3;
export const hourMs = 3_600_000;
/** Time moves in steps of this, as long as the database can write. */
const advanceMsMax = 60_000;
const openAttemptsMax = 20;

const settings: Partial<EngineSettings> = {
  partitionCount,
  maxRetries: maxAttempts - 1,
  ackTimeoutMs: 2000,
  retryBackoffMs: 100,
  segmentBytes: 16 * 1024,
  indexIntervalBytes: 1024,
};

/** What may fail while the disk is full, failing or gone. */
const faultCodes: readonly ErrorCode[] = ["DISK_FULL", "READ_ONLY", "IO", "OVERLOADED", "CLOSED"];

export class NodeWorld {
  readonly node: SimulatedNode;
  readonly random: SeededRandom;
  readonly model = new NodeModel({ maxAttempts });
  /** Simulated time at which the run began, Unix ms. */
  readonly start: number;
  /** Something was done to the disk that operations of this process may fail of. */
  isFaulty = false;
  #isFull = false;
  /** Called when the process ends: what its callers hold is void. */
  onDeath: () => void = () => {};
  readonly #trace = createHash("sha256");
  #db: Engine | undefined;
  #process = 0;
  #failure: unknown;

  constructor(seed: number, fsyncMode: EngineSettings["fsyncMode"]) {
    this.random = new SeededRandom(seed ^ 0x5eed);
    this.node = new SimulatedNode(seed, { ...settings, fsyncMode });
    this.start = this.node.clock.now();
  }

  get db(): Engine {
    assert.ok(this.#db !== undefined, "the database is open");
    return this.#db;
  }

  get now(): number {
    return this.node.clock.now();
  }

  /** Changes when the process ends. */
  get process(): number {
    return this.#process;
  }

  /** A hash of everything that happened. */
  get fingerprint(): string {
    return this.#trace.copy().digest("hex").slice(0, 16);
  }

  note(text: string): void {
    this.#trace.update(`${text}\n`);
  }

  /** The disk has room for so many bytes more; undefined: for any number. */
  setRoom(bytes: number | undefined): void {
    const { disk } = this.node;
    this.#isFull = bytes !== undefined;
    this.isFaulty ||= this.#isFull;
    disk.setCapacity(bytes === undefined ? Number.MAX_SAFE_INTEGER : disk.usedBytes + bytes);
  }

  // --- Asking ----------------------------------------------------------------------------------

  /** Follows an operation: its answer, or an error that the faults explain. */
  ask<T>(
    answer: Promise<T>,
    onAnswer: (result: T) => void,
    on: { error?: (code: ErrorCode) => void; allowed?: readonly ErrorCode[] } = {},
  ): void {
    const process = this.#process;
    answer.then(
      (result) => {
        if (process === this.#process) this.guard(() => onAnswer(result));
      },
      (error: unknown) => {
        if (process !== this.#process) return;
        this.guard(() => {
          const code = this.checkFault(error, on.allowed);
          on.error?.(code);
        });
      },
    );
  }

  /** The code of an error that may happen now; throws what may not. */
  checkFault(error: unknown, allowed: readonly ErrorCode[] = []): ErrorCode {
    if (!isCronosError(error)) throw error;
    if (allowed.includes(error.code)) return error.code;
    const mayFail = this.isFaulty || this.node.isPoweredOff;
    if (!mayFail || !faultCodes.includes(error.code)) throw error;
    return error.code;
  }

  /** Runs what may find a fault inside of a callback of the database. */
  guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#failure ??= error;
    }
  }

  /** Throws the first fault that was found. */
  rethrow(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  // --- Time ------------------------------------------------------------------------------------

  async advance(ms: number): Promise<void> {
    for (let left = ms; ; ) {
      const step = Math.min(left, advanceMsMax);
      await this.node.clock.advance(step);
      this.model.sawWall(this.now);
      left -= step;
      if (left === 0 || this.isStuck) break;
    }
    this.note(String(this.now));
  }

  /** The database tries again and again to write: hours of that only take time. */
  get isStuck(): boolean {
    return this.node.isPoweredOff || this.#db?.notWritable() !== undefined;
  }

  // --- The process -----------------------------------------------------------------------------

  async open(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        this.#db = await this.node.open();
        break;
      } catch (error) {
        this.checkFault(error);
        assert.ok(attempt < openAttemptsMax, "the database does not open any more");
        this.setRoom(undefined);
        this.node.die("kill");
      }
    }
    await this.#probe();
  }

  async restart(death: Death): Promise<void> {
    this.#leave();
    this.node.die(death, this.random.below(2) === 0 ? 0 : this.random.below(5000));
    this.isFaulty = this.#isFull;
    await this.open();
  }

  /** Ends the process well, as far as its disk lets it. */
  async close(): Promise<void> {
    const { db } = this;
    this.#leave();
    await db.close().catch((error: unknown) => this.checkFault(error));
    this.node.die("kill");
    this.isFaulty = this.#isFull;
  }

  /** Nothing that the running process still says counts any more. */
  #leave(): void {
    this.#process++;
    this.#db = undefined;
    this.onDeath();
    this.model.sawWall(this.now);
    this.model.processDied();
  }

  /** Finds out what nobody knew about. */
  async #probe(): Promise<void> {
    for (const event of this.model.events()) if (event.stored !== "unknown") event.busy = false;
    for (const event of this.model.unknown()) {
      this.model.probed(event, await this.db.events.get(event.topic, event.id));
    }
    for (const { payload, stored } of this.model.events()) this.note(`${payload} ${stored}`);
  }

  // --- Choosing --------------------------------------------------------------------------------

  /** Stored events that no operation is about, in random order. */
  known(topic: string): EventState[] {
    const known = [...this.model.events()].filter((event) => {
      return event.topic === topic && event.stored === true && !event.busy;
    });
    for (let left = known.length; left > 1; left--) {
      const other = this.random.below(left);
      const last = known[left - 1] as EventState;
      known[left - 1] = known[other] as EventState;
      known[other] = last;
    }
    return known;
  }

  pick<T>(choices: readonly T[]): T {
    assert.ok(choices.length > 0, "there is something to choose from");
    return choices[this.random.below(choices.length)] as T;
  }

  pickMaybe<T>(choices: readonly T[]): T | undefined {
    return choices.length === 0 ? undefined : this.pick(choices);
  }
}
