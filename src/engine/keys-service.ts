/**
 * What all sessions share for keys: the keyspaces, cursors of listings, active expiry, and who is
 * told about changes.
 */
import type { Key } from "../base/key.ts";
import { ExpiryRunner } from "../models/keys/expiry-runner.ts";
import type { KeyContext, KeyWatcher } from "../models/keys/keys.ts";
import { Keyspace } from "../models/keys/rows.ts";
import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import type { Shard } from "../shard/shard.ts";
import type { KeyspaceEventClass, KeyspaceEvents } from "./keyspace-events.ts";
import { ScanCursors } from "./scan-cursors.ts";
import type { SessionNamespace } from "./session-namespace.ts";

/** Keyspaces kept ready. */
const SPACES_MAX = 10_000;

export interface KeysServiceOptions {
  readonly shard: Shard;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: KeyspaceEvents;
  readonly warn: (message: string) => void;
}

interface KnownSpace {
  readonly space: Keyspace;
  readonly namespace: SessionNamespace;
}

export class KeysService implements KeyWatcher {
  readonly random: Random;
  readonly cursors: ScanCursors;
  readonly #events: KeyspaceEvents;
  readonly #runner: ExpiryRunner;
  readonly #spaces = new Map<number, KnownSpace>();

  constructor({ shard, clock, random, events, warn }: KeysServiceOptions) {
    this.random = random;
    this.cursors = new ScanCursors(clock.now());
    this.#events = events;
    this.#runner = new ExpiryRunner({
      clock,
      execute: (operation) => shard.execute(operation),
      contextOf: (namespaceId, now) => this.#contextOf(namespaceId, now),
      onError: (error) => warn(`Expired keys could not be removed: ${String(error)}`),
    });
    this.#runner.load(shard.tip);
    shard.attach({ rebuild: (view) => this.#runner.load(view) });
  }

  get enabled(): boolean {
    return this.#events.enabled;
  }

  get nextExpiry(): number {
    return this.#runner.nextExpiry;
  }

  /** The keyspace of a namespace. */
  spaceOf(namespace: SessionNamespace): Keyspace {
    const known = this.#spaces.get(namespace.id);
    if (known?.namespace === namespace) return known.space;
    if (this.#spaces.size >= SPACES_MAX) this.#spaces.clear();
    const space = known?.space ?? new Keyspace(namespace.id);
    this.#spaces.set(namespace.id, { space, namespace });
    return space;
  }

  expiresAt(time: number): void {
    this.#runner.expiresAt(time);
  }

  changed(namespaceId: number, event: string, key: Key): void {
    const namespace = this.#spaces.get(namespaceId)?.namespace;
    if (namespace === undefined) return;
    this.#events.notify({ class: classOf(event), event, key, namespace });
  }

  close(): void {
    this.#runner.close();
  }

  #contextOf(namespaceId: number, now: number): KeyContext {
    const space = this.#spaces.get(namespaceId)?.space ?? new Keyspace(namespaceId);
    return { space, now, watcher: this };
  }
}

const stringEvents = new Set([
  "set",
  "setrange",
  "setbit",
  "append",
  "incrby",
  "incrbyfloat",
]);

function classOf(event: string): KeyspaceEventClass {
  if (event === "expired") return "expired";
  if (stringEvents.has(event)) return "string";
  return event.startsWith("h") ? "hash" : "generic";
}
