/**
 * A whole database in memory for tests of the events promises: simulated time, a log and a base
 * tree that survive a kill, a log that can be held back and made to fail, and subscribers that keep
 * what they were handed.
 */
import type { TestContext } from "node:test";
import { CronosError } from "../../src/base/errors.ts";
import type { Epoch, LogIndex } from "../../src/base/ids.ts";
import type {
  EncodedDelivery,
  EncodedSubscribeOptions,
  EncodedSubscriber,
  EncodedSubscription,
} from "../../src/engine/encoded-events.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { EventInput, StoredEvent, TopicSettings } from "../../src/engine/events-api.ts";
import type { EventsService } from "../../src/engine/events-service.ts";
import { noMetrics } from "../../src/engine/metrics.ts";
import type { EngineSettings } from "../../src/engine/settings.ts";
import { engineSettings } from "../../src/engine/settings.ts";
import type { Log, LogAppend, LogRecord, LogStats } from "../../src/log/log.ts";
import { MemoryLog } from "../../src/log/memory/memory-log.ts";
import { decodeEvent } from "../../src/models/events/stored-event.ts";
import { SeededRandom } from "../../src/ports/seeded-random.ts";
import { SimulatedClock } from "../../src/ports/simulated-clock.ts";
import { MemoryTreeStorage, openMemoryTree } from "../../src/store/memory/memory-tree.ts";

/** Start of every fixture's clock. */
export const T0 = Date.UTC(2030, 0, 1);

/** Turns of the event loop in which what was asked for has happened. */
const turnsUntilQuiet = 12;

export interface FixtureOptions {
  readonly settings?: Partial<EngineSettings>;
  /** Settings of topic "t", which is made with one partition unless this says otherwise. */
  readonly topic?: Partial<TopicSettings>;
}

/** Gives the event loop turns until nothing is left to do at this instant. */
export async function quiet(turns = turnsUntilQuiet): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export class EngineFixture {
  readonly log = new MemoryLog();
  clock = new SimulatedClock(T0);
  readonly #settings: EngineSettings;
  readonly #storage = new MemoryTreeStorage();
  #engine: Engine | undefined;
  #process: ProcessLog | undefined;
  #starts = 0;

  private constructor(settings: Partial<EngineSettings>) {
    this.#settings = engineSettings({ retryBackoffMs: 1000, ...settings });
  }

  /** A started database with a topic "t" of one partition. Closed when the test ends. */
  static async start(t: TestContext, options: FixtureOptions = {}): Promise<EngineFixture> {
    const fixture = new EngineFixture(options.settings ?? {});
    await fixture.#start();
    await fixture.events.configureTopic("t", { partitions: 1, ...options.topic });
    t.after(() => fixture.stop());
    return fixture;
  }

  get engine(): Engine {
    if (this.#engine === undefined) throw new Error("The database is not running");
    return this.#engine;
  }

  get events(): EventsService {
    return this.engine.events;
  }

  /** Wall clock, Unix ms. */
  get now(): number {
    return this.clock.now();
  }

  /** Event input with what a test does not care about filled in. */
  event(id: string, at: number = this.now, more: Partial<EventInput> = {}): EventInput {
    return { topic: "t", id, at, payload: `payload of ${id}`, ...more };
  }

  publish(
    id: string,
    at?: number,
    more?: Partial<EventInput>,
  ): ReturnType<EventsService["publish"]> {
    return this.events.publish(this.event(id, at, more));
  }

  /** Publishes ids `from` to `to` (exclusive), due at `at`, as one batch. */
  publishRange(from: number, to: number, at: number = this.now): Promise<unknown> {
    const events = Array.from({ length: to - from }, (_, k) => this.event(`e${from + k}`, at));
    return this.events.publishBatch(events);
  }

  /** Lets time pass, and what it wakes be done. */
  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await quiet();
  }

  /**
   * Opens a subscription on topic "t" in group "g", and waits until it was handed what is there.
   * 
   */
  async subscribe(options: Partial<EncodedSubscribeOptions> = {}): Promise<Inbox> {
    const inbox = new Inbox();
    const request = { topic: "t", group: "g", batchSize: 1, ...options };
    inbox.subscription = await this.events.subscribeEncoded(request, inbox);
    await quiet();
    return inbox;
  }

  /** Waits until what is due and what was asked for has happened. */
  quiet(): Promise<void> {
    return quiet();
  }

  /** The next append fails with `error`; the log can be used again 250 ms later. */
  failAppend(error = new CronosError("IO", "Disk is gone")): void {
    this.log.failNext(error);
  }

  /** Ends the process without warning, `downMs` later another one opens what it left. */
  async kill(downMs = 0): Promise<void> {
    const isWriting = (this.#process?.inFlight ?? 0) > 0;
    this.#process?.cut();
    if (isWriting) {
      // What is not written yet never will be.
      this.log.failNext(new CronosError("IO", "Killed"));
      this.log.release();
      await quiet();
      await this.log.recover();
    } else this.log.release();
    this.#engine = undefined;
    // The process is gone with its timers: the next one has a clock of its own.
    this.clock = new SimulatedClock(this.now + downMs);
    await this.#start();
  }

  /** Closes the database and opens it again. */
  async restart(downMs = 0): Promise<void> {
    await this.engine.close();
    this.clock = new SimulatedClock(this.now + downMs);
    await this.#start();
  }

  async stop(): Promise<void> {
    this.log.release();
    await this.#engine?.close();
    this.#engine = undefined;
  }

  async #start(): Promise<void> {
    this.#process = new ProcessLog(this.log);
    this.#engine = await Engine.start({
      log: this.#process,
      base: openMemoryTree(this.#storage),
      clock: this.clock,
      random: new SeededRandom(++this.#starts),
      settings: this.#settings,
      metrics: noMetrics,
      warn: () => {},
      release: async () => {},
      freeBytes: async () => 0,
    });
    await quiet();
  }
}

/** One thing an inbox was handed. */
export interface Received extends StoredEvent {
  readonly deliveryId: string;
  readonly attempt: number;
  readonly ackTimeoutMs: number;
}

/** A subscriber that keeps what it was handed. */
export class Inbox implements EncodedSubscriber {
  readonly deliveries: EncodedDelivery[] = [];
  /** All events, in the order in which they came. */
  readonly received: Received[] = [];
  /** What deliver() answers: false says that the socket is full. */
  hasRoom = true;
  /** Acknowledges at once what it is handed. */
  isAcking = false;
  endReason: string | undefined;
  #subscription: EncodedSubscription | undefined;

  get subscription(): EncodedSubscription {
    if (this.#subscription === undefined) throw new Error("Not subscribed yet");
    return this.#subscription;
  }

  set subscription(subscription: EncodedSubscription) {
    this.#subscription = subscription;
  }

  get ids(): readonly string[] {
    return this.received.map(({ id }) => id);
  }

  get attempts(): readonly number[] {
    return this.received.map(({ attempt }) => attempt);
  }

  deliver(delivery: EncodedDelivery): boolean {
    this.deliveries.push(delivery);
    const { deliveryId, attempt, ackTimeoutMs } = delivery;
    for (const event of delivery.events) {
      this.received.push({ ...decodeEvent(event), deliveryId, attempt, ackTimeoutMs });
    }
    if (this.isAcking) this.subscription.ack(deliveryId).catch(() => undefined);
    return this.hasRoom;
  }

  ended(reason: string): void {
    this.endReason = reason;
  }

  /** Forgets what was handed out so far and returns it. */
  take(): readonly Received[] {
    this.deliveries.length = 0;
    return this.received.splice(0);
  }

  /** Acknowledges everything it was handed and has not taken; resolves when that is durable. */
  async ackAll(): Promise<void> {
    const ids = new Set(this.take().map(({ deliveryId }) => deliveryId));
    await Promise.all(Array.from(ids, (id) => this.subscription.ack(id)));
    await quiet();
  }

  async nackAll(error: string): Promise<void> {
    const ids = new Set(this.take().map(({ deliveryId }) => deliveryId));
    await Promise.all(Array.from(ids, (id) => this.subscription.nack(id, error)));
    await quiet();
  }

  async ack(received: Received | undefined): Promise<void> {
    if (received === undefined) throw new Error("Nothing was received");
    await this.subscription.ack(received.deliveryId);
    await quiet();
  }

  async nack(received: Received | undefined, error = ""): Promise<void> {
    if (received === undefined) throw new Error("Nothing was received");
    await this.subscription.nack(received.deliveryId, error);
    await quiet();
  }

  async close(): Promise<void> {
    await this.subscription.close();
    await quiet();
  }
}

/** The log as one process sees it: when the process is killed, nothing of it goes on. */
class ProcessLog implements Log {
  /** Appends that are not durable yet. */
  inFlight = 0;
  readonly #log: MemoryLog;
  #isCut = false;

  constructor(log: MemoryLog) {
    this.#log = log;
  }

  cut(): void {
    this.#isCut = true;
  }

  get bodyBytesMax(): number {
    return this.#log.bodyBytesMax;
  }

  get inFlightMax(): number {
    return this.#log.inFlightMax;
  }

  get first(): LogIndex {
    return this.#log.first;
  }

  get head(): LogIndex {
    return this.#log.head;
  }

  get headTime(): number {
    return this.#log.headTime;
  }

  get headEpoch(): Epoch {
    return this.#log.headEpoch;
  }

  async append(record: LogAppend): Promise<void> {
    if (this.#isCut) return new Promise(() => {});
    this.inFlight++;
    await this.#log.append(record).finally(() => this.inFlight--);
  }

  read(from: LogIndex): AsyncIterable<LogRecord> {
    return this.#log.read(from);
  }

  sync(): Promise<void> {
    return this.#log.sync();
  }

  async trim(before: LogIndex): Promise<void> {
    if (!this.#isCut) await this.#log.trim(before);
  }

  async recover(): Promise<void> {
    if (!this.#isCut) await this.#log.recover();
  }

  onSync(): void {}

  stats(): Promise<LogStats> {
    return this.#log.stats();
  }

  /** The log outlives the process. */
  async close(): Promise<void> {}
}
