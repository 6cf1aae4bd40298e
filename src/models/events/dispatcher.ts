/**
 * Hands fired events to the members of groups, as far as their credits and sockets allow.
 *
 * pump(group) runs at most once per turn of the event loop and group, however many reasons there
 * are: something fired, a retry is due, credits came back, a socket drained, a member joined.
 */
import type { Clock } from "../../ports/clock.ts";
import type { Shard } from "../../shard/shard.ts";
import type { Alarm } from "./alarm.ts";
import { attemptOf } from "./group-partition.ts";
import type { GroupPartition, Span } from "./group-partition.ts";
import type { Delivery, Group, Member } from "./group.ts";
import type { EventSource } from "./stored-event.ts";

/** A delivery of several events has at most this many bytes. */
const DELIVERY_BYTES = 512 * 1024;
/** Deliveries of one pump before the event loop gets its turn. */
const DELIVERIES_PER_PUMP = 64;

/** What the dispatcher tells. */
export interface DispatchListener {
  delivered(events: number): void;
  /** `count` events due at `due` are handed out for the first time. */
  fired(due: number, count: number): void;
  timedOut(delivery: Delivery): void;
  /** Every event of the delivery is gone from the store: there is nothing to hand out. */
  empty(delivery: Delivery): void;
}

export class Dispatcher {
  readonly #shard: Shard;
  readonly #clock: Clock;
  /** For retries, which wait for a time of the wall clock. */
  readonly #alarm: Alarm;
  /** For deliveries: a clock step neither ends nor extends the time to acknowledge. */
  readonly #timeouts: Alarm;
  readonly #listener: DispatchListener;
  readonly #deliveries = new Map<string, Delivery>();
  /** Makes delivery ids of different runs of the process differ. */
  readonly #idPrefix: string;
  #nextId = 1;
  #inFlightEvents = 0;
  #closed = false;

  constructor(options: {
    readonly shard: Shard;
    readonly clock: Clock;
    readonly alarm: Alarm;
    readonly timeouts: Alarm;
    readonly listener: DispatchListener;
    readonly idPrefix: string;
  }) {
    this.#shard = options.shard;
    this.#clock = options.clock;
    this.#alarm = options.alarm;
    this.#timeouts = options.timeouts;
    this.#listener = options.listener;
    this.#idPrefix = options.idPrefix;
  }

  /** Events handed out and not settled. */
  get inFlightEvents(): number {
    return this.#inFlightEvents;
  }

  find(deliveryId: string): Delivery | undefined {
    return this.#deliveries.get(deliveryId);
  }

  /** Deliveries that are out, of all groups. */
  deliveries(): Iterable<Delivery> {
    return this.#deliveries.values();
  }

  /** Starts the time in which the delivery must be settled (again). */
  watch(delivery: Delivery): void {
    this.#timeouts.setAfter(delivery, delivery.ackTimeoutMs);
  }

  /** Takes a delivery out of everything: its events are settled, or queued again by the caller. */
  drop(delivery: Delivery): void {
    if (!this.#deliveries.delete(delivery.deliveryId)) return;
    this.#timeouts.cancel(delivery);
    this.#inFlightEvents -= delivery.events.length;
    delivery.member.deliveries.delete(delivery);
    delivery.member.addCredits(delivery.events.length);
    this.requestPump(delivery.member.group);
  }

  /** Puts what was handed out back in the queue: its member is gone. */
  giveBack(delivery: Delivery): void {
    for (const { at, span } of delivery.spans) at.giveBack(span);
    for (const { at, retry } of delivery.retries.toReversed()) at.giveBackRetry(retry);
    this.drop(delivery);
  }

  /** Takes what was handed out of one partition out of the deliveries: the position was moved. */
  voidPartition(group: Group, at: GroupPartition): void {
    const { number } = at.partition;
    for (const member of group.members.values()) {
      for (const delivery of Array.from(member.deliveries)) {
        delivery.spans = delivery.spans.filter((part) => part.at !== at);
        delivery.retries = delivery.retries.filter((part) => part.at !== at);
        const kept = delivery.events.filter(({ partition }) => partition !== number);
        const voided = delivery.events.length - kept.length;
        delivery.events = kept;
        this.#inFlightEvents -= voided;
        member.addCredits(voided);
        if (delivery.spans.length + delivery.retries.length === 0) this.drop(delivery);
      }
    }
  }

  /** Forgets every delivery: the state behind them was rebuilt. */
  forgetAll(): void {
    for (const delivery of Array.from(this.#deliveries.values())) this.drop(delivery);
  }

  close(): void {
    this.#closed = true;
    this.#timeouts.close();
    this.#deliveries.clear();
  }

  requestPump(group: Group): void {
    if (group.pumpScheduled || group.available.size === 0 || this.#closed) return;
    group.pumpScheduled = true;
    this.#clock.soon(() => {
      group.pumpScheduled = false;
      if (!this.#closed) this.#pump(group);
    });
  }

  #pump(group: Group): void {
    const now = this.#clock.now();
    let made = 0;
    let isBehind = false;
    // Who is handed something goes to the end of the line, and so has another turn in this loop.
    for (const member of group.available) {
      const delivery = this.#compose(member, now);
      if (delivery !== undefined) {
        this.#handOut(delivery);
        if (++made >= DELIVERIES_PER_PUMP) return this.requestPump(group);
        continue;
      }
      isBehind ||= member.partitions.some((at) => at.isBehind);
      // Nobody else can find anything where one with all partitions found nothing.
      if (member.partitions.length === group.partitions.size) break;
    }
    if (isBehind) this.requestPump(group);
  }

  /** Takes what the member can be handed now; undefined when there is nothing. */
  #compose(member: Member, now: number): Delivery | undefined {
    const { partitions } = member;
    const draft = new Draft(this.#shard, Math.min(member.credits, member.batchSize));
    const start = member.rotation;
    for (let k = 0; k < partitions.length && draft.hasRoom; k++) {
      const at = partitions[(start + k) % partitions.length] as GroupPartition;
      member.rotation = (start + k + 1) % partitions.length;
      at.fillRetries(this.#shard.tip, now);
      if (at.nextRetryAt > now && at.nextRetryAt < Number.POSITIVE_INFINITY) {
        this.#alarm.set(at, at.nextRetryAt);
      }
      draft.addRetries(at);
      at.fill(this.#shard.durable);
      draft.addSpans(at);
    }
    return draft.empty ? undefined : this.#makeDelivery(member, draft);
  }

  #makeDelivery(member: Member, draft: Draft): Delivery {
    const { ackTimeoutMs } = member.group.topic.settings;
    const delivery: Delivery = {
      deliveryId: `${this.#idPrefix}${this.#nextId++}`,
      member,
      attempt: draft.attempt ?? 1,
      ackTimeoutMs,
      events: draft.events,
      spans: draft.spans,
      retries: draft.retries,
      settling: false,
      wake: () => this.#listener.timedOut(delivery),
    };
    return delivery;
  }

  #handOut(delivery: Delivery): void {
    const { member, events, attempt } = delivery;
    this.#deliveries.set(delivery.deliveryId, delivery);
    this.#inFlightEvents += events.length;
    member.deliveries.add(delivery);
    member.addCredits(-events.length);
    if (events.length === 0) {
      this.#listener.empty(delivery);
      return;
    }
    if (attempt === 1) {
      for (const { span } of delivery.spans) this.#listener.fired(span.due, span.count);
    }
    for (const { offset } of events) if (offset >= member.offset) member.offset = offset + 1;
    this.watch(delivery);
    this.#listener.delivered(events.length);
    if (!member.subscriber.deliver(delivery)) member.blocked = true;
  }
}

/** A delivery being put together: everything in it is on the same attempt. */
class Draft {
  readonly events: EventSource[] = [];
  readonly spans: Delivery["spans"] = [];
  readonly retries: Delivery["retries"] = [];
  attempt: number | undefined;
  readonly #shard: Shard;
  readonly #countMax: number;
  #count = 0;
  #bytes = 0;
  #isFull = false;

  constructor(shard: Shard, countMax: number) {
    this.#shard = shard;
    this.#countMax = countMax;
  }

  get hasRoom(): boolean {
    return this.#count < this.#countMax && !this.#isFull;
  }

  get empty(): boolean {
    return this.spans.length === 0 && this.retries.length === 0;
  }

  addRetries(at: GroupPartition): void {
    while (this.hasRoom) {
      const retry = at.takeRetry(this.attempt);
      if (retry === undefined) return;
      const { event, createdAt } = retry.failed;
      if (!this.#fits(event.length)) {
        retry.attempts--;
        at.giveBackRetry(retry);
        return;
      }
      this.attempt ??= attemptOf(retry) - 1;
      this.retries.push({ at, retry });
      const partition = at.partition.number;
      this.#add({ bytes: event, partition, offset: retry.offset, createdAt });
    }
  }

  addSpans(at: GroupPartition): void {
    while (this.hasRoom) {
      const span = at.take(this.#countMax - this.#count, this.attempt);
      if (span === undefined) return;
      this.attempt ??= span.attempts;
      if (this.#addEvents(at, span)) this.spans.push({ at, span });
    }
  }

  /** Adds the span's events; what does not fit goes back to the queue. False: nothing did. */
  #addEvents(at: GroupPartition, span: Span): boolean {
    const partition = at.partition.number;
    for (let k = 0; k < span.count; k++) {
      const offset = span.offset + k;
      const block = at.block(this.#shard.durable, offset);
      // What is not there any more counts as delivered: nobody could acknowledge it.
      if (block === undefined || block.isGone(offset - block.firstOffset)) continue;
      const bytes = block.event(offset - block.firstOffset);
      if (!this.#fits(bytes.length)) {
        at.shorten(span, k);
        return k > 0;
      }
      this.#add({ bytes, partition, offset, createdAt: block.createdAt });
    }
    return true;
  }

  /** Whether so many bytes more may be in the delivery; it takes nothing more if not. */
  #fits(bytes: number): boolean {
    this.#isFull = this.#count > 0 && this.#bytes + bytes > DELIVERY_BYTES;
    return !this.#isFull;
  }

  #add(event: EventSource): void {
    this.events.push(event);
    this.#count++;
    this.#bytes += event.bytes.length;
  }
}
