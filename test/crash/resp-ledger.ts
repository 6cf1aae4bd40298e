/**
 * What one connection wrote, and what a server that was killed may show of it.
 *
 * A writer has keys, hashes, ordered-map keys and events of its own, so what it asked for decides
 * what is there. It sends several requests before it waits, each an atom: one command, or several
 * in MULTI or BEGIN. `states` are what its things look like after none, one, two … of the atoms
 * that are not acknowledged; a restarted server must show exactly one of them.
 */
import assert from "node:assert/strict";

export type Op =
  | { readonly kind: "set"; readonly key: string; readonly value: string; readonly at: number }
  | { readonly kind: "incr" | "del" | "zdel"; readonly key: string }
  | { readonly kind: "hset" | "hdel"; readonly key: string; readonly fields: readonly string[] }
  | { readonly kind: "expire"; readonly key: string; readonly at: number }
  | { readonly kind: "zset"; readonly key: string; readonly value: string }
  | { readonly kind: "publish" | "cancel"; readonly id: string; readonly at: number };

/** Times are Unix ms; 0: it does not expire. */
export interface Holding {
  readonly strings: Map<string, { readonly value: string; readonly at: number }>;
  readonly hashes: Map<string, { readonly fields: Map<string, string>; readonly at: number }>;
  readonly zmap: Map<string, string>;
  /** When each event is due. */
  readonly events: Map<string, number>;
}

/** What a server showed, and between which times it was asked. */
export interface Observation {
  readonly holding: Holding;
  /** Stored events, due or not. */
  readonly stored: ReadonlySet<string>;
  /** Events that the server lists as pending. */
  readonly pending: ReadonlySet<string>;
  readonly from: number;
  readonly to: number;
}

export function emptyHolding(): Holding {
  return { strings: new Map(), hashes: new Map(), zmap: new Map(), events: new Map() };
}

/** How far the server's clock may be from ours. */
const CLOCK_MS = 20;

/** The request that does it. */
export function requestOf(op: Op, topic: string): readonly string[] {
  switch (op.kind) {
    case "set":
      return ["SET", op.key, op.value, ...(op.at === 0 ? [] : ["PXAT", String(op.at)])];
    case "incr":
    case "del":
    case "zdel":
      return [op.kind, op.key];
    case "hset":
    case "hdel":
      return [op.kind, op.key, ...op.fields];
    case "expire":
      return ["PEXPIREAT", op.key, String(op.at)];
    case "zset":
      return ["ZSET", op.key, op.value];
    case "publish":
      return ["EVENT.PUBLISH", topic, op.id, "AT", String(op.at), `payload of ${op.id}`];
    case "cancel":
      return ["EVENT.CANCEL", topic, op.id];
  }
}

/** What is there after the operations. */
export function after(before: Holding, ops: readonly Op[]): Holding {
  const next = structuredClone(before);
  for (const op of ops) apply(next, op);
  return next;
}

function apply(holding: Holding, op: Op): void {
  const { strings, hashes, zmap, events } = holding;
  switch (op.kind) {
    case "set":
      strings.set(op.key, { value: op.value, at: op.at });
      break;
    case "incr":
      strings.set(op.key, { value: String(Number(strings.get(op.key)?.value ?? 0) + 1), at: 0 });
      break;
    case "del":
      strings.delete(op.key);
      hashes.delete(op.key);
      break;
    case "hset":
    case "hdel":
      changeFields(holding, op);
      break;
    case "expire": {
      const hash = hashes.get(op.key);
      if (hash !== undefined) hashes.set(op.key, { ...hash, at: op.at });
      break;
    }
    case "zset":
      zmap.set(op.key, op.value);
      break;
    case "zdel":
      zmap.delete(op.key);
      break;
    case "publish":
      events.set(op.id, op.at);
      break;
    case "cancel":
      events.delete(op.id);
  }
}

function changeFields({ hashes }: Holding, op: Op & { readonly kind: "hset" | "hdel" }): void {
  const hash = hashes.get(op.key) ?? { fields: new Map<string, string>(), at: 0 };
  if (op.kind === "hdel") for (const field of op.fields) hash.fields.delete(field);
  else {
    for (let at = 0; at < op.fields.length; at += 2) {
      hash.fields.set(op.fields[at] ?? "", op.fields[at + 1] ?? "");
    }
  }
  if (hash.fields.size === 0) hashes.delete(op.key);
  else hashes.set(op.key, hash);
}

/** What is wrong if the writer's things should look like `want`; undefined: nothing. */
export function mismatch(want: Holding, seen: Observation): string | undefined {
  const { holding } = seen;
  for (const [key, { value, at }] of want.strings) {
    const found = holding.strings.get(key);
    const text = `${key} is ${shown(found)} instead of ${shown({ value, at })}`;
    if (found === undefined ? mustBeThere(at, seen) : mustBeGone(at, seen)) return text;
    if (found !== undefined && (found.value !== value || found.at !== at)) return text;
  }
  for (const key of holding.strings.keys()) if (!want.strings.has(key)) return `${key} is there`;
  if (shown(holding.hashes) !== shown(want.hashes)) {
    return `hashes ${shown(holding.hashes)} instead of ${shown(want.hashes)}`;
  }
  if (shown(holding.zmap) !== shown(want.zmap)) {
    return `ordered map ${shown(holding.zmap)} instead of ${shown(want.zmap)}`;
  }
  return eventMismatch(want, seen);
}

function eventMismatch({ events }: Holding, seen: Observation): string | undefined {
  for (const [id, at] of events) {
    if (!seen.stored.has(id)) return `event ${id} is not stored`;
    if (!seen.pending.has(id) && mustBeThere(at, seen)) return `event ${id} is not pending`;
  }
  for (const id of [...seen.stored, ...seen.pending]) {
    if (!events.has(id)) return `event ${id} is stored`;
  }
  return undefined;
}

function mustBeThere(at: number, { to }: Observation): boolean {
  return at === 0 || at > to + CLOCK_MS;
}

function mustBeGone(at: number, { from }: Observation): boolean {
  return at !== 0 && at < from - CLOCK_MS;
}

/** The same text for the same contents, in whatever order they came. */
function shown(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    return part instanceof Map ? Object.fromEntries([...part].toSorted(byKey)) : part;
  });
}

function byKey([a]: readonly [unknown, unknown], [b]: readonly [unknown, unknown]): number {
  return String(a) < String(b) ? -1 : 1;
}

export class RespLedger {
  /** What may be there now: after 0, 1, 2 … atoms that nobody acknowledged. */
  #states: Holding[] = [emptyHolding()];

  #acknowledgedCount = 0;

  /** Atoms acknowledged in all. */
  get acknowledgedCount(): number {
    return this.#acknowledgedCount;
  }

  /** What is there when all that was sent has happened. */
  get newest(): Holding {
    return this.#states.at(-1) ?? emptyHolding();
  }

  /** Atoms that were sent and not acknowledged. */
  get unknown(): number {
    return this.#states.length - 1;
  }

  /** Every event that one of the states has. */
  get possibleEvents(): ReadonlySet<string> {
    return new Set(this.#states.flatMap(({ events }) => [...events.keys()]));
  }

  sent(ops: readonly Op[]): void {
    this.#states.push(after(this.newest, ops));
  }

  acknowledged(): void {
    this.#acknowledgedCount++;
    this.#states.shift();
    assert.ok(this.#states.length > 0, "more was acknowledged than sent");
  }

  /** A restarted server showed this: it must be one of the states. Returns how many atoms held. */
  settle(seen: Observation): number {
    const wrong = this.#states.map((state) => mismatch(state, seen));
    const held = wrong.indexOf(undefined);
    assert.ok(held >= 0, `nothing that was sent leads here:\n${wrong.join("\n")}`);
    this.#states = [this.#states[held] ?? emptyHolding()];
    this.#forgetThePast(seen);
    return held;
  }

  /** What expired or fell due before the observation is not looked at again. */
  #forgetThePast(seen: Observation): void {
    const { strings, events } = this.newest;
    for (const [key, { at }] of strings) {
      if (mustBeGone(at, seen) && !seen.holding.strings.has(key)) strings.delete(key);
    }
    for (const [id, at] of events) if (mustBeGone(at, seen)) events.delete(id);
  }
}
