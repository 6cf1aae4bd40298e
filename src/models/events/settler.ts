/**
 * Stores the outcome of deliveries: acknowledged, failed (a retry row, or a dead letter when the
 * attempts are used up). Outcomes that arrive in one turn of the event loop are one operation, and
 * a group's position is written once for all of them.
 */
import { CronosError } from "../../base/errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Shard } from "../../shard/shard.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { Alarm } from "./alarm.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { GroupPartition, Retry, Span } from "./group-partition.ts";
import type { Delivery, Group } from "./group.ts";
import { encodePosition } from "./position.ts";
import { encodeFailed, retryDelayMs } from "./retry.ts";
import { deadLetterKey } from "./rows.ts";

/** An operation takes no further failed deliveries once they have this many bytes. */
const OPERATION_BYTES = 4 * 1024 * 1024;

/**
 * Acknowledged, or failed with the consumer's words. `also` is done by the same operation: it must
 * not throw, since other deliveries are settled by that operation, too.
 */
export type Outcome =
  | { readonly ok: true; readonly also?: (tx: Transaction) => void }
  | { readonly ok: false; readonly error: string };

interface Pending {
  readonly delivery: Delivery;
  readonly outcome: Outcome;
  readonly at: GroupPartition | undefined;
  readonly resolve: (committedOffset: number) => void;
  readonly reject: (error: unknown) => void;
}

/** What the settler tells. */
export interface SettleListener {
  acknowledged(events: number): void;
  failed(events: number): void;
  died(events: number): void;
}

/** One failed event, wherever it is. */
interface Failure {
  readonly offset: number;
  readonly due: number;
  readonly createdAt: number;
  readonly failures: number;
  readonly event: Uint8Array;
  readonly error: string;
}

export class Settler {
  readonly #shard: Shard;
  readonly #clock: Clock;
  readonly #dispatcher: Dispatcher;
  readonly #alarm: Alarm;
  readonly #listener: SettleListener;
  readonly #onSettled: () => void;
  #pending: Pending[] = [];
  #scheduled = false;

  constructor(options: {
    readonly shard: Shard;
    readonly clock: Clock;
    readonly dispatcher: Dispatcher;
    readonly alarm: Alarm;
    readonly listener: SettleListener;
    /** Positions of groups moved. */
    readonly onSettled: () => void;
  }) {
    this.#shard = options.shard;
    this.#clock = options.clock;
    this.#dispatcher = options.dispatcher;
    this.#alarm = options.alarm;
    this.#listener = options.listener;
    this.#onSettled = options.onSettled;
  }

  /**
   * Settles a delivery. Resolves when that is durable, with the committed offset of the partition
   * of its first event. NOT_FOUND when it is not out: unknown, settled, timed out, or given to
   * another.
   */
  settle(deliveryId: string, outcome: Outcome): Promise<number> {
    const delivery = this.#dispatcher.find(deliveryId);
    if (delivery === undefined || delivery.settling) {
      return Promise.reject(notOut(deliveryId));
    }
    delivery.settling = true;
    const at = delivery.spans[0]?.at ?? delivery.retries[0]?.at;
    return new Promise((resolve, reject) => {
      this.#pending.push({ delivery, outcome, at, resolve, reject });
      if (this.#scheduled) return;
      this.#scheduled = true;
      this.#clock.soon(() => this.flush());
    });
  }

  /** Stores what is pending now. */
  flush(): void {
    this.#scheduled = false;
    const pending = this.#pending;
    this.#pending = [];
    for (let from = 0; from < pending.length; ) {
      const to = batchEnd(pending, from);
      this.#storeBatch(pending.slice(from, to).filter((each) => this.#isOut(each)));
      from = to;
    }
  }

  /** Whether the delivery is still out; it was voided meanwhile if not, and settles nothing. */
  #isOut({ delivery, reject }: Pending): boolean {
    const { deliveryId } = delivery;
    if (this.#dispatcher.find(deliveryId) === delivery) return true;
    reject(notOut(deliveryId));
    return false;
  }

  #storeBatch(batch: readonly Pending[]): void {
    if (batch.length === 0) return;
    const touched = new Set<GroupPartition>();
    try {
      this.#shard.run((tx) => this.#store(tx, batch, touched));
    } catch (error) {
      for (const { delivery, reject } of batch) {
        delivery.settling = false;
        // Its time may have run out meanwhile, and nobody else would end it.
        this.#dispatcher.watch(delivery);
        reject(error);
      }
      return;
    }
    for (const at of touched) at.advance();
    for (const { delivery } of batch) this.#dispatcher.drop(delivery);
    this.#onSettled();
    this.#shard.tipDurable().then(
      () => {
        for (const { at, resolve } of batch) resolve(at?.committedOffset ?? 0);
      },
      (error: unknown) => {
        for (const { reject } of batch) reject(error);
      },
    );
  }

  #store(tx: Transaction, batch: readonly Pending[], touched: Set<GroupPartition>): void {
    for (const { delivery, outcome } of batch) {
      if (outcome.ok) outcome.also?.(tx);
      for (const { at, span } of delivery.spans) {
        if (!outcome.ok) this.#failSpan(tx, { at, span, delivery, error: outcome.error });
        at.markSettled(span);
        tx.onUndone(() => at.unmarkSettled(span));
        touched.add(at);
      }
      for (const { at, retry } of delivery.retries) {
        tx.delete(retry.key);
        tx.onApplied(() => at.settleRetry(retry));
        if (!outcome.ok) this.#failRetry(tx, { at, retry, delivery, error: outcome.error });
      }
      const count = delivery.events.length;
      tx.onApplied(() => {
        if (outcome.ok) this.#listener.acknowledged(count);
        else this.#listener.failed(count);
      });
    }
    for (const at of touched) {
      if (!at.ephemeral) tx.put(at.key, encodePosition(at.position()));
    }
  }

  #failSpan(
    tx: Transaction,
    failed: { at: GroupPartition; span: Span; delivery: Delivery; error: string },
  ): void {
    const { at, span, delivery, error } = failed;
    const { group } = delivery.member;
    for (let offset = span.offset; offset < span.offset + span.count; offset++) {
      const block = at.block(this.#shard.durable, offset);
      const position = offset - (block?.firstOffset ?? 0);
      if (block === undefined || block.isGone(position)) continue;
      const { createdAt } = block;
      const event = block.event(position);
      const failure = { offset, due: span.due, createdAt, failures: 1, event, error };
      this.#fail(tx, { at, group, failure });
    }
  }

  #failRetry(
    tx: Transaction,
    failed: { at: GroupPartition; retry: Retry; delivery: Delivery; error: string },
  ): void {
    const { at, retry, delivery, error } = failed;
    const { group } = delivery.member;
    const failures = retry.failed.failures + 1;
    const failure = { ...retry.failed, offset: retry.offset, failures, error };
    this.#fail(tx, { at, group, failure });
  }

  #fail(
    tx: Transaction,
    failed: { readonly at: GroupPartition; readonly group: Group; readonly failure: Failure },
  ): void {
    const { at, group, failure } = failed;
    const { partition } = at;
    const { maxAttempts, retryBackoffMs } = group.topic.settings;
    if (failure.failures >= maxAttempts) {
      const place = { partition: partition.number, offset: failure.offset };
      const row = encodeFailed({ ...failure, deadAt: tx.now });
      const key = deadLetterKey(at.topicId, at.groupId, place);
      // It may have died before: a group that is moved back is handed it once more.
      const added = tx.get(key) === undefined ? 1 : 0;
      tx.put(key, row);
      tx.onApplied(() => {
        group.deadLetters += added;
        this.#listener.died(1);
      });
      return;
    }
    // By the wall clock: shard time may be ahead of it after a clock step.
    const retryAt = this.#clock.now() + retryDelayMs(retryBackoffMs, failure.failures);
    const key = at.retryKeyAt(retryAt, failure.offset);
    tx.put(key, encodeFailed({ ...failure, deadAt: 0 }));
    tx.onApplied(() => {
      if (at.retryAdded(retryAt)) this.#alarm.set(at, retryAt);
    });
  }
}

/** End of the batch that starts at `from`: failed events are written again, which may be much. */
function batchEnd(pending: readonly Pending[], from: number): number {
  let bytes = 0;
  let end = from;
  while (end < pending.length && bytes < OPERATION_BYTES) {
    const { delivery, outcome } = pending[end++] as Pending;
    if (outcome.ok) continue;
    for (const event of delivery.events) bytes += event.bytes.length;
  }
  return end;
}

function notOut(deliveryId: string): CronosError {
  return new CronosError("NOT_FOUND", `Delivery ${deliveryId} is not out: settled or timed out`);
}
