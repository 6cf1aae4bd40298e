/** A shard with the keys model and active expiry, in memory and simulated time. */
import { Keyspace } from "../../src/models/keys/rows.ts";
import { ExpiryRunner } from "../../src/models/keys/expiry-runner.ts";
import type { KeyContext, KeyWatcher } from "../../src/models/keys/keys.ts";
import type { Transaction } from "../../src/shard/transaction.ts";
import type { TestShard } from "./test-shard.ts";
import { openTestShard, turn } from "./test-shard.ts";

/** Turns of the event loop in which what was started is durable. */
const turnsUntilQuiet = 6;

export interface KeysFixture extends TestShard {
  /** What was told, as "event key". */
  readonly told: string[];
  readonly errors: unknown[];
  /** Where operations work, now. */
  context(namespaceId?: number): KeyContext;
  /** Runs one operation. */
  run<T>(operation: (tx: Transaction, at: KeyContext) => T): T;
  /** Lets time pass, and what it brings be done. */
  pass(ms: number): Promise<void>;
}

export async function keysFixture(): Promise<KeysFixture> {
  const parts = await openTestShard();
  const { shard, clock } = parts;
  const told: string[] = [];
  const errors: unknown[] = [];
  const spaces = new Map<number, Keyspace>();
  const runner = new ExpiryRunner({
    clock,
    execute: (operation) => shard.execute(operation),
    contextOf: (namespaceId) => context(namespaceId),
    onError: (error) => errors.push(error),
  });
  const watcher: KeyWatcher = {
    enabled: true,
    changed: (_namespaceId, event, key) => told.push(`${event} ${key}`),
    get nextExpiry() {
      return runner.nextExpiry;
    },
    expiresAt: (time) => runner.expiresAt(time),
  };
  return { ...parts, told, errors, context, run, pass };

  function context(namespaceId = 0): KeyContext {
    let space = spaces.get(namespaceId);
    if (space === undefined) spaces.set(namespaceId, (space = new Keyspace(namespaceId)));
    return { space, now: clock.now(), watcher };
  }

  function run<T>(operation: (tx: Transaction, at: KeyContext) => T): T {
    return shard.run((tx) => operation(tx, context()));
  }

  async function pass(ms: number): Promise<void> {
    await clock.advance(ms);
    for (let turns = 0; turns < turnsUntilQuiet; turns++) await turn();
  }
}
