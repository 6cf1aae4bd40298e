/**
 * A connection that writes at random until the server is gone, and afterwards looks at what is
 * left. What it writes is its own: names start with the writer's name.
 */
import assert from "node:assert/strict";
import { Redis } from "ioredis";
import type { SeededRandom } from "../../src/ports/seeded-random.ts";
import { RespLedger, emptyHolding, requestOf } from "./resp-ledger.ts";
import type { Observation, Op } from "./resp-ledger.ts";

const stringKeys = 12;
const soonKeys = 6;
const hashKeys = 4;
const zmapKeys = 8;
const eventsMax = 40;
/** Atoms that are sent before the answers are waited for. */
const atomsInFlightMax = 4;
const opsOfAtomMax = 5;
/** What expires or is due soon does so within this time. */
const soonMs = 1500;
const farMs = 3_600_000;

/** The counter that all writers count up, outside of what they check exactly. */
export const sharedCounter = "shared:counter";

export class RespWriter {
  readonly ledger = new RespLedger();
  readonly #name: string;
  readonly #random: SeededRandom;
  #next = 0;
  /** Answers of the shared counter, and how often it was asked. */
  readonly counted: number[] = [];
  countsSent = 0;

  constructor(name: string, random: SeededRandom) {
    this.#name = name;
    this.#random = random;
  }

  /** Writes until the connection ends; rejects when the server refuses something. */
  async write(port: number): Promise<void> {
    const redis = connect(port);
    try {
      for (;;) {
        const atoms = 1 + this.#random.below(atomsInFlightMax);
        const sent = Array.from({ length: atoms }, () => this.#send(redis));
        await Promise.all(sent);
      }
    } catch (error) {
      if (error instanceof Error && error.name === "ReplyError") throw error;
      if (error instanceof assert.AssertionError) throw error;
    } finally {
      redis.disconnect();
    }
  }

  async #send(redis: Redis): Promise<void> {
    const form = this.#random.below(10);
    if (form === 0) return this.#count(redis);
    const count = form < 6 ? 1 : 1 + this.#random.below(opsOfAtomMax);
    const [begin, end] = form < 6 ? [] : form < 8 ? ["MULTI", "EXEC"] : ["BEGIN", "COMMIT"];
    const ops: Op[] = [];
    for (let n = 0; n < count; n++) ops.push(this.#op(begin === "BEGIN"));
    this.ledger.sent(ops);
    const requests = ops.map((op) => requestOf(op, this.#name));
    if (begin !== undefined) requests.unshift([begin]);
    if (end !== undefined) requests.push([end]);
    const replies = await Promise.all(requests.map(([name = "", ...rest]) => {
      return redis.call(name, rest);
    }));
    if (end === "COMMIT") assert.equal(replies.at(-1), "OK");
    if (end === "EXEC") assert.equal((replies.at(-1) as unknown[]).length, ops.length);
    this.ledger.acknowledged();
  }

  async #count(redis: Redis): Promise<void> {
    this.countsSent++;
    this.counted.push(await redis.incr(sharedCounter));
  }

  /** Removing what has expired is a write, with which a transaction could conflict. */
  #op(nothingExpires: boolean): Op {
    const random = this.#random;
    const now = Date.now();
    const string = `${this.#name}:s${random.below(stringKeys)}`;
    const soon = `${this.#name}:e${random.below(soonKeys)}`;
    const hash = `${this.#name}:h${random.below(hashKeys)}`;
    const zmap = `${this.#name}:z${random.below(zmapKeys)}`;
    const value = `${this.#next++}:${"x".repeat(random.below(200))}`;
    switch (random.below(10)) {
      case 0:
        return { kind: "set", key: string, value, at: 0 };
      case 1:
        if (nothingExpires) return { kind: "set", key: string, value, at: 0 };
        return { kind: "set", key: soon, value, at: now + 1 + random.below(soonMs) };
      case 2:
        return { kind: "set", key: string, value, at: now + farMs };
      case 3:
        return { kind: "incr", key: `${this.#name}:n` };
      case 4:
        return this.#delete(nothingExpires ? [string, hash] : [string, hash, soon]);
      case 5:
      case 6:
        return this.#hashOp(hash, value);
      case 7:
        return { kind: "zset", key: zmap, value };
      case 8:
        return random.below(3) > 0 ? this.#eventOp(now) : { kind: "zdel", key: zmap };
      default:
        return this.#eventOp(now);
    }
  }

  #delete(keys: readonly string[]): Op {
    return { kind: "del", key: keys[this.#random.below(keys.length)] ?? "" };
  }

  #hashOp(key: string, value: string): Op {
    const random = this.#random;
    const field = (): string => `f${random.below(10)}`;
    const form = random.below(4);
    if (form === 0) return { kind: "hdel", key, fields: [field(), field()] };
    if (form === 1) return { kind: "expire", key, at: Date.now() + farMs };
    return { kind: "hset", key, fields: [field(), value, field(), `${value}+`] };
  }

  #eventOp(now: number): Op {
    const random = this.#random;
    const id = `${this.#name}-${this.#next++}`;
    const far = [...this.ledger.newest.events].filter(([, at]) => at > now + farMs / 2);
    const oldest = far[0];
    if (oldest !== undefined && (far.length > eventsMax || random.below(4) === 0)) {
      return { kind: "cancel", id: oldest[0], at: oldest[1] };
    }
    const at = now + (random.below(3) === 0 ? 1 + random.below(soonMs) : farMs);
    return { kind: "publish", id, at };
  }

  /**
   * Looks at everything that is the writer's, and holds it against what it sent. Returns how many
   * atoms happened without an acknowledgement.
   */
  async verify(port: number): Promise<number> {
    const redis = connect(port);
    try {
      return this.ledger.settle(await this.#observe(redis));
    } finally {
      redis.disconnect();
    }
  }

  async #observe(redis: Redis): Promise<Observation> {
    const from = Date.now();
    const holding = emptyHolding();
    const names = Array.from({ length: stringKeys }, (_, n) => `${this.#name}:s${n}`);
    const soon = Array.from({ length: soonKeys }, (_, n) => `${this.#name}:e${n}`);
    for (const key of [...names, ...soon, `${this.#name}:n`]) {
      const [value, at] = await Promise.all([redis.get(key), redis.call("PEXPIRETIME", key)]);
      if (value !== null) holding.strings.set(key, { value, at: Math.max(0, Number(at)) });
    }
    for (let n = 0; n < hashKeys; n++) {
      const key = `${this.#name}:h${n}`;
      const hash = await observeHash(redis, key);
      if (hash !== undefined) holding.hashes.set(key, hash);
    }
    const range = [`${this.#name}:`, `${this.#name};`];
    const rows = (await redis.call("ZGETRANGE", ...range)) as [string, string][];
    for (const [key, value] of rows) holding.zmap.set(key, value);
    const { stored, pending } = await this.#observeEvents(redis);
    return { holding, stored, pending, from, to: Date.now() };
  }

  async #observeEvents(redis: Redis): Promise<Pick<Observation, "stored" | "pending">> {
    const topic = this.#name;
    const noTopic = (): unknown => [null, []];
    const page = await redis.call("EVENT.PENDING", topic, "LIMIT", "1000").catch(noTopic);
    const [, events] = page as [unknown, readonly (readonly string[])[]];
    const pending = new Set(events.map((event) => event[event.indexOf("id") + 1] ?? ""));
    const stored = new Set(pending);
    const look = [...this.ledger.possibleEvents].map(async (id) => {
      const found = await redis.call("EVENT.GET", topic, id).catch(() => null);
      if (found !== null) stored.add(id);
    });
    await Promise.all(look);
    return { stored, pending };
  }
}

async function observeHash(
  redis: Redis,
  key: string,
): Promise<{ fields: Map<string, string>; at: number } | undefined> {
  const [all, length, at] = await Promise.all([
    redis.hgetall(key),
    redis.hlen(key),
    redis.call("PEXPIRETIME", key),
  ]);
  const fields = new Map(Object.entries(all));
  assert.equal(length, fields.size, `HLEN of ${key}`);
  return length === 0 ? undefined : { fields, at: Math.max(0, Number(at)) };
}

/** A connection that ends when the server does. */
export function connect(port: number): Redis {
  const redis = new Redis(port, "127.0.0.1", { retryStrategy: () => null });
  redis.on("error", () => {});
  return redis;
}
