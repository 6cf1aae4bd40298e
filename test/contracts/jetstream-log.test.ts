/**
 * The JetStream log: the contract of every log, on a simulated stream and on a real cluster of
 * three nats-server processes; and on these, what happens when servers are killed under load, when
 * a stream is full, and when two writers meet.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { must } from "../../src/base/assert.ts";
import { isCronosError } from "../../src/base/errors.ts";
import { epoch, logIndex } from "../../src/base/ids.ts";
import { connectNats } from "../../src/log/jetstream/connect-nats.ts";
import { openJetstreamLog, openStreamLog } from "../../src/log/jetstream/jetstream-log.ts";
import { streamNameOf } from "../../src/log/jetstream/stream-config.ts";
import type { Log } from "../../src/log/log.ts";
import { RealClock } from "../../src/ports/real-clock.ts";
import { RealRandom } from "../../src/ports/real-random.ts";
import { SeededRandom } from "../../src/ports/seeded-random.ts";
import { SimulatedClock } from "../../src/ports/simulated-clock.ts";
import { NatsCluster } from "../support/nats-cluster.ts";
import { findServer } from "../support/real-server.ts";
import { SimulatedStream, noFaults } from "../support/simulated-stream.ts";
import { logContract } from "./log-contract.ts";

const program = findServer("nats-server");
const isCi = process.env["CI"] === "true";
const skip = program === undefined && !isCi ? "nats-server is not installed" : false;

/** Each of 16 writers rests between its appends, or there would be tens of thousands to verify. */
const pauseMs = 20;

const clock = new RealClock();
const random = new RealRandom();

logContract("JetstreamLog on SimulatedStream", async () => {
  // Time stands still: nothing here waits for it.
  const parts = { clock: new SimulatedClock(), random: new SeededRandom(1), epoch: epoch(9) };
  const stream = new SimulatedStream();
  let connection = stream.connect({ ...parts, faults: noFaults });
  const open = () => openStreamLog({ ...parts, stream: connection });
  let log = await open();
  return {
    log: () => log,
    reopen: async () => {
      await log.close();
      log = await open();
    },
    kill: async () => {
      connection = stream.connect({ ...parts, faults: noFaults });
      log = await open();
    },
    breakAppends: () => {
      connection.faults = { ...noFaults, noRoom: 1 };
    },
    heal: () => {
      connection.faults = noFaults;
    },
  };
});

describe("JetstreamLog on three servers", { skip }, () => {
  let cluster: NatsCluster;
  let connection: NatsConnection;

  before(async () => {
    cluster = await NatsCluster.start(must(program, "nats-server is not installed"));
    connection = await connectNats(cluster.addresses);
  });
  after(async () => {
    await connection?.close();
    await cluster?.stop();
  });

  function open(shard: string, leadership = 1): Promise<Log> {
    const options = { connection, shard, replicas: 3, epoch: epoch(leadership), clock, random };
    return openJetstreamLog(options);
  }

  let shards = 0;
  logContract("JetstreamLog", async () => {
    const shard = `contract-${++shards}`;
    let log = await open(shard, 9);
    return {
      log: () => log,
      reopen: async () => {
        await log.close();
        log = await open(shard, 9);
      },
      // What a killed process leaves: a log that was not closed, with messages on their way.
      kill: async () => {
        log = await open(shard, 9);
      },
    };
  });

  test("append() and recover() of a deposed writer are FENCED", async () => {
    const old = await open("fenced", 1);
    await append(old, 1, "old 1");
    const newer = await open("fenced", 2);
    await append(newer, 2, "new 2");
    await assert.rejects(append(old, 2, "old 2"), isFenced);
    await assert.rejects(old.recover(), isFenced);
    await assert.rejects(open("fenced", 1), isFenced);
    assert.deepEqual(await texts(newer), ["old 1", "new 2"]);
  });

  test("append() takes a body of bodyBytesMax", async () => {
    const log = await open("large");
    assert.ok(log.bodyBytesMax > 8_000_000);
    const body = Buffer.alloc(log.bodyBytesMax, "x");
    const records = [1, 2, 3].map((index) => ({ ...recordOf(index, ""), chunks: [body] }));
    await Promise.all(records.map((record) => log.append(record)));
    for await (const record of (await open("large")).read(logIndex(1))) {
      assert.ok(body.equals(record.body));
    }
  });

  test("append() to a full stream is DISK_FULL until there is room and recover()", async () => {
    const manager = await jetstreamManager(connection);
    const log = await open("full");
    await append(log, 1, "one");
    await manager.streams.update(streamNameOf("full"), { max_bytes: 2_000 });
    const appends = [2, 3, 4].map((index) => append(log, index, "x".repeat(1_500)));
    for (const outcome of await Promise.allSettled(appends)) {
      assert.ok(outcome.status === "rejected" && isCronosError(outcome.reason, "DISK_FULL"));
    }
    await assert.rejects(log.recover(), (error) => isCronosError(error, "DISK_FULL"));
    await manager.streams.update(streamNameOf("full"), { max_bytes: -1 });
    await log.recover();
    await append(log, 2, "two");
    assert.deepEqual(await texts(await open("full")), ["one", "two"]);
  });

  test("openJetstreamLog() refuses a stream with other settings, naming them", async () => {
    const manager = await jetstreamManager(connection);
    await manager.streams.add({
      name: streamNameOf("foreign"),
      subjects: ["foreign"],
      num_replicas: 1,
    });
    await assert.rejects(open("foreign"), (error: unknown) => {
      assert.ok(isCronosError(error, "INVALID_ARGUMENT"));
      assert.match(error.message, /num_replicas is 1, not 3/);
      assert.match(error.message, /subjects is \["foreign"\]/);
      return true;
    });
  });

  test("JetstreamLog keeps what it acknowledged once, in order, while servers die", async () => {
    const log = await open("killed");
    const load = new Load(log);
    const manager = await jetstreamManager(connection);
    await load.more(200);

    const streamLeader = async (): Promise<string> =>
      must((await manager.streams.info(streamNameOf("killed"))).cluster?.leader);
    const leader = await streamLeader();
    await cluster.kill(leader);
    await load.more(200);
    await cluster.restart(leader);

    const newLeader = await streamLeader();
    const follower = must(cluster.serverNames.find((name) => name !== newLeader));
    await cluster.kill(follower);
    await load.more(200);
    await cluster.restart(follower);
    await load.stop();

    assert.deepEqual(await texts(await open("killed", 2)), load.acknowledged);
  });
});

function recordOf(index: number, text: string) {
  const chunks = [Buffer.from(text)];
  return { index: logIndex(index), time: index, epoch: epoch(1), chunks };
}

function append(log: Log, index: number, text: string): Promise<void> {
  return log.append(recordOf(index, text));
}

async function texts(log: Log): Promise<string[]> {
  const found: string[] = [];
  for await (const { index, body } of log.read(log.first)) {
    assert.equal(index, log.first + found.length);
    found.push(Buffer.from(body).toString());
  }
  return found;
}

function isFenced(error: unknown): boolean {
  return isCronosError(error, "FENCED");
}

/** Appends with as many in flight as may be, until it is stopped. */
class Load {
  readonly acknowledged: string[] = [];
  readonly #log: Log;
  readonly #workers: Promise<void[]>;
  #next: number;
  #isStopped = false;
  #onAcknowledged: () => void = () => undefined;

  constructor(log: Log) {
    this.#log = log;
    this.#next = log.head + 1;
    this.#workers = Promise.all(Array.from({ length: log.inFlightMax }, () => this.#work()));
  }

  /** Resolves when `count` more records were acknowledged; rejects when an append failed. */
  async more(count: number): Promise<void> {
    const wanted = this.acknowledged.length + count;
    const reached = new Promise<void>((resolve) => {
      this.#onAcknowledged = () => {
        if (this.acknowledged.length >= wanted) resolve();
      };
    });
    await Promise.race([reached, this.#workers]);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#workers;
  }

  async #work(): Promise<void> {
    while (!this.#isStopped) {
      const index = this.#next++;
      const text = `record ${index} ${"x".repeat(index % 2_000)}`;
      await append(this.#log, index, text);
      this.acknowledged.push(text);
      this.#onAcknowledged();
      await pause(pauseMs);
    }
  }
}
