/**
 * What was dropped while heads still had points of it: a policy, a window of one, or series. The
 * row stays until those heads are sealed, without these points, and the blocks of series are gone.
 *
 *   value   format u8 (1), head, policies, each policy, kind u8: 0 policies, 1 a window of the
 *           policy, start hour; 2 series, how many, each minus the one before
 *
 * It is about points in heads up to `head`: what is written later goes into the next one.
 */
import type { Transaction } from "../../shard/transaction.ts";
import type { ReadView } from "../../store/base-tree.ts";
import type { Head, HeadWindow } from "./head.ts";
import { dropKey, dropPrefix, rangeOf } from "./rows.ts";
import { readKeyU48 } from "../../base/key.ts";
import type { Dropped } from "./sealer.ts";
import { corruption, SeriesReader, SeriesWriter } from "./series-bytes.ts";

const FORMAT = 1;
const POLICIES = 0;
const WINDOW = 1;
const SERIES = 2;
const U32_MAX = 0xffffffff;
const HOUR_MAX = 2 ** 31;

export interface Drop {
  readonly number: number;
  /** Sequence of the last head it is about. */
  readonly head: number;
  readonly policyIds: readonly number[];
  readonly startHour: number | undefined;
  /** Ascending. */
  readonly seriesIds: Uint32Array | undefined;
}

interface KnownDrop extends Drop {
  isDurable: boolean;
  readonly seriesSet: ReadonlySet<number>;
}

/** The drops of which heads still have points. */
export class Drops implements Dropped {
  readonly #all = new Map<number, KnownDrop>();
  #next = 1;

  load(view: ReadView): void {
    this.#all.clear();
    this.#next = 1;
    const { start, end } = rangeOf(dropPrefix);
    for (const [key, bytes] of view.range(start, end)) {
      this.#add(decode(readKeyU48(key, 2), bytes)).isDurable = true;
    }
  }

  /** Drops what is in heads up to `head`. */
  put(tx: Transaction, what: Omit<Drop, "number">): void {
    const drop = { ...what, number: this.#next++ };
    tx.put(dropKey(drop.number), encode(drop));
    tx.onApplied(() => this.#add(drop));
    tx.onDurable(() => {
      const known = this.#all.get(drop.number);
      if (known !== undefined) known.isDurable = true;
    });
  }

  /** The last head that any of them is about; 0 if there is none. */
  get lastHead(): number {
    return Math.max(0, ...Array.from(this.#all.values(), ({ head }) => head));
  }

  /** Drops about heads up to this one only. */
  upTo(head: number): readonly Drop[] {
    return [...this.#all.values()].filter((drop) => drop.head <= head);
  }

  remove(tx: Transaction, drop: Drop): void {
    tx.delete(dropKey(drop.number));
    tx.onApplied(() => this.#all.delete(drop.number));
  }

  window(head: Head, window: HeadWindow): boolean {
    return this.#some(head, (drop) => isOfWindow(drop, window));
  }

  /** Like window(), of drops that are durable. */
  durableWindow(head: Head, window: HeadWindow): boolean {
    return this.#some(head, (drop) => drop.isDurable && isOfWindow(drop, window));
  }

  series(head: Head, seriesId: number): boolean {
    return this.#some(head, (drop) => drop.seriesSet.has(seriesId));
  }

  #some(head: Head, test: (drop: KnownDrop) => boolean): boolean {
    for (const drop of this.#all.values()) {
      if (drop.head >= head.sequence && test(drop)) return true;
    }
    return false;
  }

  #add(drop: Drop): KnownDrop {
    const known = { ...drop, isDurable: false, seriesSet: new Set(drop.seriesIds) };
    this.#all.set(drop.number, known);
    this.#next = Math.max(this.#next, drop.number + 1);
    return known;
  }
}

function isOfWindow(drop: Drop, window: HeadWindow): boolean {
  if (drop.seriesIds !== undefined || !drop.policyIds.includes(window.policyId)) return false;
  return drop.startHour === undefined || drop.startHour === window.startHour;
}

function encode(drop: Drop): Uint8Array {
  const writer = new SeriesWriter();
  writer.u8(FORMAT);
  writer.integer(drop.head);
  writer.integer(drop.policyIds.length);
  for (const policyId of drop.policyIds) writer.integer(policyId);
  if (drop.seriesIds !== undefined) {
    writer.u8(SERIES);
    writer.integer(drop.seriesIds.length);
    let before = 0;
    for (const id of drop.seriesIds) {
      writer.integer(id - before);
      before = id;
    }
  } else if (drop.startHour === undefined) writer.u8(POLICIES);
  else {
    writer.u8(WINDOW);
    writer.integer(drop.startHour);
  }
  return writer.written();
}

function decode(number: number, bytes: Uint8Array): Drop {
  const reader = new SeriesReader(bytes);
  if (reader.u8() !== FORMAT) throw corruption("the format of a drop is not 1");
  const head = reader.count(0, U32_MAX);
  const policies = reader.count(0, reader.left);
  const policyIds = Array.from({ length: policies }, () => reader.count(0, U32_MAX));
  const kind = reader.u8();
  const common = { number, head, policyIds, startHour: undefined, seriesIds: undefined };
  if (kind === POLICIES) return common;
  if (kind === WINDOW) return { ...common, startHour: reader.count(-HOUR_MAX, HOUR_MAX) };
  if (kind !== SERIES) throw corruption(`there is no kind ${kind} of drops`);
  const seriesIds = new Uint32Array(reader.count(0, reader.left));
  let before = 0;
  for (let i = 0; i < seriesIds.length; i++) {
    seriesIds[i] = before += reader.count(0, U32_MAX - before);
  }
  return { ...common, seriesIds };
}
