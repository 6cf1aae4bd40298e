/**
 * Several leaders, one after another and at the same time, on one stream and a hostile network.
 * Whatever the seed: what was acknowledged is in the log exactly once, what failed is not, and the
 * log is one unbroken chain.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SimulatedStream, noFaults } from "../../../test/support/simulated-stream.ts";
import type {
  SimulatedStreamConnection,
  StreamFaults,
} from "../../../test/support/simulated-stream.ts";
import { isCronosError } from "../../base/errors.ts";
import { epoch, logIndex } from "../../base/ids.ts";
import type { Random } from "../../ports/random.ts";
import { SeededRandom } from "../../ports/seeded-random.ts";
import { SimulatedClock } from "../../ports/simulated-clock.ts";
import type { Log } from "../log.ts";
import { openStreamLog } from "./jetstream-log.ts";
import { sleep } from "./sleep.ts";

/** "failed": recovered since, or fenced. "unknown": everything else that was not acknowledged. */
interface Fate {
  readonly index: number;
  outcome: "durable" | "failed" | "unknown";
}

/** What became of each record, by its text. */
type Fates = Map<string, Fate>;

interface World {
  readonly clock: SimulatedClock;
  readonly random: Random;
  readonly stream: SimulatedStream;
  readonly fates: Fates;
  readonly faults: StreamFaults;
  readonly connections: SimulatedStreamConnection[];
}

/** What opening on a hostile network may fail with, beside other leaders; never CORRUPTION. */
const isExcusable: ReadonlySet<string> = new Set(["FENCED", "UNAVAILABLE", "DISK_FULL"]);

const stepMs = 100;
const healAfterSteps = 600;
const stepsMax = 5_000;

const chance = (max: number) => fc.double({ min: 0, max, noNaN: true });

const scenarios = fc.record({
  seed: fc.integer(),
  leaders: fc.integer({ min: 1, max: 4 }),
  appendsEach: fc.integer({ min: 0, max: 60 }),
  faults: fc.record({
    lostMessage: chance(0.2),
    lostAnswer: chance(0.2),
    noRoom: chance(0.03),
    noAnswerToRead: chance(0.2),
    staleRead: chance(0.5),
    delayMsMax: fc.constantFrom(0, 20, 400, 2_000),
  }),
});

test("JetstreamLog keeps what it acknowledged and nothing that failed", async () => {
  await fc.assert(
    fc.asyncProperty(scenarios, async (scenario) => {
      const clock = new SimulatedClock();
      const random = new SeededRandom(scenario.seed);
      const world: World = {
        clock,
        random,
        stream: new SimulatedStream(),
        fates: new Map(),
        faults: scenario.faults,
        connections: [],
      };
      const leaders = Array.from({ length: scenario.leaders }, (_, at) =>
        lead(world, { number: at + 1, appends: scenario.appendsEach }),
      );
      await untilSettled(world, Promise.all(leaders));
      await untilSettled(world, verify(world));
    }),
    { numRuns: 50 },
  );
});

/** The network heals at some time, so that every scenario comes to an end. */
async function untilSettled(world: World, work: Promise<unknown>): Promise<void> {
  const state = { isSettled: false };
  const settled = work.finally(() => {
    state.isSettled = true;
  });
  settled.catch(() => undefined);
  for (let steps = 0; !state.isSettled; steps++) {
    assert.ok(steps < stepsMax, "The scenario does not come to an end");
    if (steps === healAfterSteps) {
      for (const connection of world.connections) connection.faults = noFaults;
    }
    await world.clock.advance(stepMs);
  }
  await settled;
}

async function lead(
  world: World,
  { number, appends }: { number: number; appends: number },
): Promise<void> {
  const { clock, random, stream } = world;
  // Leaders overlap: one opens while the one before is in the middle of its appends.
  await sleep(clock, random.below(3_000) * (number - 1));
  const connection = stream.connect({ clock, random, faults: world.faults });
  world.connections.push(connection);
  try {
    const log = await openStreamLog({ stream: connection, clock, random, epoch: epoch(number) });
    await new Leader(world, log, number).run(appends);
    await log.close();
  } catch (error) {
    assert.ok(isCronosError(error) && isExcusable.has(error.code), String(error));
  }
}

/** Appends as fast as it may, and recovers, until it is done or fenced. */
class Leader {
  readonly #world: World;
  readonly #log: Log;
  readonly #number: number;
  readonly #inFlight = new Set<Promise<void>>();
  #failing: Fate[] = [];

  constructor(world: World, log: Log, number: number) {
    this.#world = world;
    this.#log = log;
    this.#number = number;
  }

  async run(appends: number): Promise<void> {
    const { clock, random } = this.#world;
    let next = this.#log.head + 1;
    for (let count = 0; count < appends; count++) {
      while (this.#inFlight.size >= this.#log.inFlightMax) await Promise.race(this.#inFlight);
      if (this.#failing.length > 0) {
        if (!(await this.#recover())) return;
        next = this.#log.head + 1;
      }
      this.#append(next++, `${this.#number}/${count}`);
      if (random.below(4) === 0) await sleep(clock, random.below(200));
      if (random.below(30) === 0) await this.#trim();
    }
    await Promise.all(this.#inFlight);
    if (this.#failing.length > 0) await this.#recover();
  }

  #append(index: number, text: string): void {
    const { fates } = this.#world;
    const record = {
      index: logIndex(index),
      time: index,
      epoch: epoch(this.#number),
      chunks: [Buffer.from(text)],
    };
    const fate: Fate = { index, outcome: "unknown" };
    fates.set(text, fate);
    const appending = this.#log
      .append(record)
      .then(
        () => {
          fate.outcome = "durable";
        },
        (error: unknown) => {
          assert.ok(isCronosError(error), String(error));
          this.#failing.push(fate);
          // Its place is known to be another writer's.
          if (error.code === "FENCED") fate.outcome = "failed";
        },
      )
      .finally(() => this.#inFlight.delete(appending));
    this.#inFlight.add(appending);
  }

  async #trim(): Promise<void> {
    const before = logIndex(Math.max(1, this.#log.head - this.#world.random.below(20)));
    await this.#log.trim(before).catch((error: unknown) => {
      assert.ok(isCronosError(error, "UNAVAILABLE"), String(error));
    });
  }

  /** Tells whether the log is writable again. */
  async #recover(): Promise<boolean> {
    await Promise.all(this.#inFlight);
    for (;;) {
      try {
        await this.#log.recover();
        break;
      } catch (error) {
        assert.ok(isCronosError(error), String(error));
        if (error.code === "FENCED") return false;
        await sleep(this.#world.clock, 500);
      }
    }
    for (const fate of this.#failing) fate.outcome = "failed";
    this.#failing = [];
    return true;
  }
}

async function verify(world: World): Promise<void> {
  const { clock, random, stream } = world;
  const connection = stream.connect({ clock, random, faults: noFaults });
  const log = await openStreamLog({ stream: connection, clock, random, epoch: epoch(99) });
  const texts: string[] = [];
  for await (const record of log.read(log.first)) {
    assert.equal(record.index, log.first + texts.length);
    texts.push(Buffer.from(record.body).toString());
  }
  assert.equal(log.head, log.first + texts.length - 1);
  assert.equal(new Set(texts).size, texts.length, "A record is there twice");
  for (const [text, { index, outcome }] of world.fates) {
    const isTrimmed = index < log.first;
    if (outcome === "durable" && !isTrimmed) {
      assert.equal(texts[index - log.first], text, `Acknowledged ${text} is lost`);
    }
    if (outcome === "failed") assert.ok(!texts.includes(text), `Failed ${text} came back`);
  }
}
