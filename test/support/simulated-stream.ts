/**
 * A JetStream stream in memory, on simulated time, behind a network that does its worst: messages
 * are lost, arrive long after their sender gave up on them and in another order than they were
 * sent; acknowledgements are lost; reads and states come from a server that is behind, or not at
 * all.
 *
 * What it never does is what JetStream never does: change a message, give a sequence twice, or
 * store a message whose condition does not hold at that moment.
 */
import { must } from "../../src/base/assert.ts";
import { CronosError } from "../../src/base/errors.ts";
import type {
  PublishOutcome,
  ShardStream,
  StreamMessage,
  StreamState,
} from "../../src/log/jetstream/shard-stream.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Random } from "../../src/ports/random.ts";
import type { SimulatedClock } from "../../src/ports/simulated-clock.ts";

export interface StreamFaults {
  /** Chances from 0 to 1. */
  readonly lostMessage: number;
  readonly lostAnswer: number;
  readonly noRoom: number;
  readonly noAnswerToRead: number;
  readonly staleRead: number;
  /** A message takes up to this long; requests are given up after `requestMs`. */
  readonly delayMsMax: number;
}

export const noFaults: StreamFaults = {
  lostMessage: 0,
  lostAnswer: 0,
  noRoom: 0,
  noAnswerToRead: 0,
  staleRead: 0,
  delayMsMax: 0,
};

const requestMs = 300;
/** How many changes a server may be behind. */
const behindMax = 40;

interface Bounds {
  readonly firstSequence: number;
  readonly lastSequence: number;
}

/** The servers: what is stored. */
export class SimulatedStream {
  readonly messages = new Map<number, StreamMessage>();
  /** How it was after each of the latest changes; a server that is behind shows one of them. */
  readonly #bounds: Bounds[] = [{ firstSequence: 1, lastSequence: 0 }];

  get firstSequence(): number {
    return this.boundsBehind(0).firstSequence;
  }

  get lastSequence(): number {
    return this.boundsBehind(0).lastSequence;
  }

  boundsBehind(changes: number): Bounds {
    return must(this.#bounds.at(-1 - changes) ?? this.#bounds[0]);
  }

  /** A connection of its own for each writer; its faults may be changed at any time. */
  connect(options: ConnectionOptions): SimulatedStreamConnection {
    return new SimulatedStreamConnection(this, options);
  }

  /** Stores the message if the sequence before it is the newest. */
  apply(sequence: number, fence: number, data: Uint8Array): PublishOutcome {
    if (sequence !== this.lastSequence + 1) return { kind: "out of turn" };
    this.messages.set(sequence, { sequence, fence, data: Buffer.from(data) });
    this.#change({ firstSequence: this.firstSequence, lastSequence: sequence });
    return { kind: "stored" };
  }

  purgeBefore(sequence: number): void {
    const { firstSequence, lastSequence } = this;
    for (let at = firstSequence; at < sequence; at++) this.messages.delete(at);
    this.#change({ firstSequence: Math.max(firstSequence, sequence), lastSequence });
  }

  #change(bounds: Bounds): void {
    this.#bounds.push(bounds);
    if (this.#bounds.length > behindMax) this.#bounds.shift();
  }
}

export interface ConnectionOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: StreamFaults;
}

/** The stream as one writer sees it. */
export class SimulatedStreamConnection implements ShardStream {
  readonly name = "simulated";
  readonly dataBytesMax = 2 * 1024 * 1024;
  faults: StreamFaults;
  isGone = false;
  /** The sequences that messages were sent for. */
  readonly sent: number[] = [];
  readonly #stream: SimulatedStream;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(stream: SimulatedStream, { clock, random, faults }: ConnectionOptions) {
    this.#stream = stream;
    this.#clock = clock;
    this.#random = random;
    this.faults = faults;
  }

  isClosed(): boolean {
    return this.isGone;
  }

  publish(sequence: number, fence: number, data: Uint8Array): Promise<PublishOutcome> {
    // A copy: what is on its way does not change any more.
    const sent = Buffer.from(data);
    this.sent.push(sequence);
    return new Promise((resolve) => {
      this.#clock.after(requestMs, () => resolve({ kind: "unknown", cause: "time-out" }));
      if (this.#happens(this.faults.noRoom)) {
        const error = new CronosError("DISK_FULL", "No room in the simulated stream");
        this.#later(() => resolve({ kind: "refused", error }));
        return;
      }
      if (this.#happens(this.faults.lostMessage)) return;
      this.#later(() => {
        const outcome = this.#stream.apply(sequence, fence, sent);
        if (!this.#happens(this.faults.lostAnswer)) this.#later(() => resolve(outcome));
      });
    });
  }

  async get(sequence: number, from: "any" | "leader"): Promise<StreamMessage | null> {
    await this.#answer();
    const { staleRead } = this.faults;
    const chance = from === "any" ? staleRead : staleRead / 4;
    if (sequence > this.#bounds(chance).lastSequence) return null;
    const message = this.#stream.messages.get(sequence);
    return message === undefined ? null : { ...message, data: Buffer.from(message.data) };
  }

  async state(): Promise<StreamState> {
    await this.#answer();
    return { ...this.#bounds(this.faults.staleRead), bytes: 0 };
  }

  async purgeBefore(sequence: number): Promise<void> {
    await this.#answer();
    this.#stream.purgeBefore(sequence);
  }

  #bounds(staleRead: number): Bounds {
    const changes = this.#happens(staleRead) ? this.#random.below(behindMax) : 0;
    return this.#stream.boundsBehind(changes);
  }

  async #answer(): Promise<void> {
    await new Promise<void>((resolve) => this.#later(resolve));
    if (this.isGone || this.#happens(this.faults.noAnswerToRead)) {
      throw new CronosError("UNAVAILABLE", "No answer from the simulated stream");
    }
  }

  #later(act: () => void): void {
    const delayMs = this.faults.delayMsMax === 0 ? 0 : this.#random.below(this.faults.delayMsMax);
    this.#clock.after(delayMs, act);
  }

  #happens(chance: number): boolean {
    return chance > 0 && this.#random.next() < chance;
  }
}

const stepMs = 20;
const stepsMax = 20_000;

/** Moves simulated time until `work` has settled; what it resolves to, or throws. */
export async function untilSettled<T>(clock: SimulatedClock, work: Promise<T>): Promise<T> {
  const state = { isSettled: false };
  const settle = (): void => {
    state.isSettled = true;
  };
  work.then(settle, settle);
  for (let steps = 0; !state.isSettled; steps++) {
    if (steps === stepsMax) throw new Error(`Not settled in ${stepMs * stepsMax} simulated ms`);
    await clock.advance(stepMs);
  }
  return work;
}
