/**
 * The events model of one shard: joins topics, publishing, firing, groups and deliveries, and keeps
 * what they derive from rows in step with the shard.
 *
 *   publish ─▶ blocks + due index ─(time comes)─▶ fired log ─▶ groups ─▶ deliveries ─▶ settled
 *
 * Parts with a file of their own: publish.ts, firing.ts, dispatcher.ts, settler.ts, groups.ts,
 * schedule-runner.ts.
 */
import { assert } from "../../base/assert.ts";
import { CronosError } from "../../base/errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Random } from "../../ports/random.ts";
import type { DerivedState, Shard } from "../../shard/shard.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { ReadView } from "../../store/base-tree.ts";
import { Alarm, elapsedTime } from "./alarm.ts";
import { Catalog } from "./catalog.ts";
import { DedupKeeper } from "./dedup-keeper.ts";
import type { DispatchListener } from "./dispatcher.ts";
import { Dispatcher } from "./dispatcher.ts";
import { EventList } from "./event-list.ts";
import type { FiredRun } from "./run.ts";
import { Firing } from "./firing.ts";
import type { GroupPartition } from "./group-partition.ts";
import type { Group, Subscriber } from "./group.ts";
import { Member } from "./group.ts";
import type { SeekTarget } from "./groups.ts";
import { Groups } from "./groups.ts";
import { LongReads } from "./long-reads.ts";
import type { EventsListener } from "./listener.ts";
import type { PublishOutcome } from "./publish.ts";
import { Publisher } from "./publish.ts";
import type { RunEvent } from "./schedule.ts";
import { ScheduleRunner } from "./schedule-runner.ts";
import { RetentionRunner } from "./retention-runner.ts";
import type { Outcome } from "./settler.ts";
import { Settler } from "./settler.ts";
import type { Partition } from "./partition.ts";
import { PendingEvents } from "./pending-events.ts";
import { loadPartition } from "./partition-checkpoint.ts";
import type { TopicRef } from "./topic-ref.ts";
import type { Topic, TopicSettings } from "./topic.ts";

export interface EventsModelOptions {
  readonly shard: Shard;
  readonly clock: Clock;
  readonly random: Random;
  readonly listener: EventsListener;
  /** What a topic gets that is created by its first event. */
  readonly topicDefaults: TopicSettings;
  readonly tickMs: number;
  readonly wheelSize: number;
  /** Most credits of a subscription. */
  readonly creditsMax: number;
}

/** A subscription to open; see engine/events-api.ts. */
export interface SubscribeRequest {
  readonly topic: TopicRef;
  /** Undefined: an ephemeral group of its own. */
  readonly group: string | undefined;
  /** Undefined: all. */
  readonly partition: number | undefined;
  readonly from: SeekTarget;
  readonly replay: boolean;
  readonly credits: number;
  readonly subscriptionId: string | undefined;
  readonly batchSize: number;
}

export class EventsModel implements DerivedState {
  readonly catalog: Catalog;
  readonly groups: Groups;
  readonly dispatcher: Dispatcher;
  readonly dedup: DedupKeeper;
  readonly pending: PendingEvents;
  readonly reads: LongReads;
  readonly schedules: ScheduleRunner;
  readonly retention: RetentionRunner;
  readonly list = new EventList();
  readonly #shard: Shard;
  readonly #clock: Clock;
  readonly #alarm: Alarm;
  readonly #publisher: Publisher;
  readonly #firing: Firing;
  readonly #settler: Settler;
  readonly #creditsMax: number;
  readonly #nonce: string;
  #nextSubscription = 1;
  /** Ephemeral groups whose subscription ended, and that are to be removed. */
  readonly #left = new Set<Group>();

  constructor(options: EventsModelOptions) {
    const { shard, clock, listener } = options;
    this.#shard = shard;
    this.#clock = clock;
    this.#creditsMax = options.creditsMax;
    this.#nonce = Buffer.from(options.random.bytes(6)).toString("base64url");
    const wheel = { tickMs: options.tickMs, slots: options.wheelSize };
    this.#alarm = new Alarm(clock, wheel);
    this.catalog = new Catalog(options.topicDefaults, {
      onCreated: (topic) => this.#adopt(topic),
      onRemoved: (topic) => this.#topicRemoved(topic),
    });
    this.groups = new Groups(this.catalog, (group) => this.dispatcher.requestPump(group));
    this.dedup = new DedupKeeper(shard, clock, this.catalog);
    this.#publisher = new Publisher(this.catalog, this.dedup.index, {
      wallNow: () => clock.now(),
      onPublished: (partition, bytes) => this.dedup.published(partition, bytes),
      onScheduled: (partition, due) => this.#firing.expect(partition, due),
      onFired: (partition, runs) => this.#becameFired(partition, runs),
    });
    this.#firing = new Firing({
      shard,
      clock,
      alarm: this.#alarm,
      onFired: (partition, runs) => this.#becameFired(partition, runs),
    });
    this.reads = new LongReads(shard, clock);
    this.pending = new PendingEvents({
      shard,
      reads: this.reads,
      wallNow: () => clock.now(),
      catalog: this.catalog,
      dedup: this.dedup.index,
      onScheduled: (partition, due) => this.#firing.expect(partition, due),
      onFired: (partition, runs) => this.#becameFired(partition, runs),
    });
    this.dispatcher = new Dispatcher({
      shard,
      clock,
      alarm: this.#alarm,
      timeouts: new Alarm(elapsedTime(clock), wheel),
      idPrefix: `${this.#nonce}-`,
      listener: this.#dispatchListener(listener),
    });
    const { dispatcher } = this;
    const onSettled = (): void => this.retention.touch();
    const parts = { shard, clock, dispatcher, alarm: this.#alarm };
    this.#settler = new Settler({ ...parts, listener, onSettled });
    this.retention = new RetentionRunner({
      shard,
      clock,
      alarm: this.#alarm,
      catalog: this.catalog,
      dedup: this.dedup,
      onRemoved: (events) => listener.removed(events),
    });
    this.schedules = new ScheduleRunner({
      alarm: this.#alarm,
      wallNow: () => clock.now(),
      execute: (operation) => shard.execute(operation),
      publish: (tx, events, topicId) => this.#publishRuns(tx, events, topicId),
      onRuns: (runs) => listener.scheduleRuns(runs),
      onError: (error) => listener.scheduleFailed(error),
    });
    shard.attach(this);
  }

  #dispatchListener(listener: EventsListener): DispatchListener {
    return {
      delivered: (events) => listener.delivered(events),
      fired: (due, count) => listener.fireLag(Math.max(0, this.#clock.now() - due), count),
      timedOut: (delivery) => {
        listener.timedOut(delivery.events.length);
        this.#settleQuietly(delivery.deliveryId, {
          ok: false,
          error: `Not acknowledged within ${delivery.ackTimeoutMs} ms`,
        });
      },
      empty: (delivery) => this.#settleQuietly(delivery.deliveryId, { ok: true }),
    };
  }

  /** Reads everything derived from the rows and starts firing. */
  start(): void {
    this.#load(this.#shard.tip);
    this.#shard.run((tx) => this.#removeLeftGroups(tx));
    this.dedup.start(this.#shard.tip);
    this.retention.start();
  }

  /** The tip rolled back: nothing derived from it may stay. */
  rebuild(view: ReadView): void {
    this.dispatcher.forgetAll();
    this.#load(view);
    this.dedup.rolledBack(view);
    for (const topic of this.catalog.topics()) {
      for (const group of this.groups.of(topic).values()) this.dispatcher.requestPump(group);
    }
  }

  close(): void {
    this.#settler.flush();
    for (const topic of this.catalog.topics()) {
      const groups = this.groups.of(topic).values();
      for (const group of groups) this.#endMembers(group, "Database is closing");
    }
    this.schedules.close();
    this.#alarm.close();
    this.dispatcher.close();
    this.retention.close();
    this.dedup.close();
  }

  /** Stores the events of `list` (see EventList); the outcome is valid until the next publish. */
  publish(tx: Transaction, list: EventList, allowDuplicate: boolean): PublishOutcome {
    return this.#publisher.publish(tx, list, allowDuplicate);
  }

  /** Tells that events were put into the partition's due index (again), the earliest at `due`. */
  expect(partition: Partition, due: number): void {
    this.#firing.expect(partition, due);
  }

  /** Wakes `sleeper` at a wall-clock time; one alarm per sleeper. */
  get alarm(): Alarm {
    return this.#alarm;
  }

  /** Opens a subscription; resolves when its group and positions are durable. */
  async subscribe(request: SubscribeRequest, subscriber: Subscriber): Promise<Member> {
    const number = this.#nextSubscription++;
    const id = request.subscriptionId ?? `subscription-${this.#nonce}-${number}`;
    const name = request.group ?? `ephemeral-${this.#nonce}-${number}`;
    const joined = await this.#shard.execute((tx) => {
      const topic = this.catalog.ensure(tx, request.topic);
      const group = this.groups.ensure(tx, topic, {
        name,
        ephemeral: request.group === undefined,
      });
      const partitions =
        request.partition === undefined ? topic.partitions : [topic.partition(request.partition)];
      for (const partition of partitions) {
        const known = group.partitions.get(partition.number);
        const place = { partition, target: request.from };
        if (known === undefined) this.groups.ensurePosition(tx, group, place);
        else if (request.replay) this.#seek(tx, { group, at: known, target: request.from });
      }
      return group;
    });
    return this.#join(joined, { ...request, id }, subscriber);
  }

  /** Ends a subscription: what it was handed goes to others. */
  async leave(member: Member): Promise<void> {
    const { group } = member;
    if (group.members.get(member.id) !== member) return;
    this.#settler.flush();
    this.#remove(member);
    if (!group.ephemeral) return;
    this.#left.add(group);
    // A shard that takes no writes now is asked again when the next one leaves.
    await this.#shard.execute((tx) => this.#removeLeftGroups(tx)).catch(() => undefined);
  }

  /** See Settler.settle. */
  settle(deliveryId: string, outcome: Outcome): Promise<number> {
    return this.#settler.settle(deliveryId, outcome);
  }

  /** The subscriber's socket has room again. */
  resume(member: Member): void {
    member.blocked = false;
    this.dispatcher.requestPump(member.group);
  }

  /** Moves a group, in one partition or all. */
  async seek(group: Group, partition: number | undefined, target: SeekTarget): Promise<void> {
    this.#settler.flush();
    await this.#shard.execute((tx) => {
      this.#checkThere(group);
      const { topic } = group;
      const partitions = partition === undefined ? topic.partitions : [topic.partition(partition)];
      for (const each of partitions) {
        const known = group.partitions.get(each.number);
        if (known === undefined) {
          this.groups.ensurePosition(tx, group, { partition: each, target });
        } else this.#seek(tx, { group, at: known, target });
      }
    });
    this.dispatcher.requestPump(group);
  }

  /** Ends the group's subscriptions and removes it. */
  async removeGroup(group: Group): Promise<void> {
    await this.#shard.execute((tx) => {
      this.#checkThere(group);
      this.groups.remove(tx, group);
      tx.onApplied(() => {
        this.retention.touch();
        this.#endMembers(group, `Group ${group.name} was deleted`);
      });
    });
  }

  /** All groups of all topics. */
  *allGroups(): Iterable<Group> {
    for (const topic of this.catalog.topics()) yield* this.groups.of(topic).values();
  }

  #load(view: ReadView): void {
    const before = new Set(this.catalog.topics());
    this.catalog.load(view);
    for (const topic of this.catalog.topics()) {
      before.delete(topic);
      this.#adopt(topic);
      for (const partition of topic.partitions) {
        loadPartition(view, partition);
        this.#firing.arm(partition);
      }
      for (const gone of this.groups.load(view, topic)) {
        this.#endMembers(gone, `Group ${gone.name} could not be stored`);
      }
    }
    for (const topic of before) this.#topicRemoved(topic);
    this.#left.clear();
    for (const group of this.allGroups()) {
      if (group.ephemeral && group.members.size === 0) this.#left.add(group);
    }
    this.schedules.load(view);
  }

  #adopt(topic: Topic): void {
    for (const partition of topic.partitions) {
      partition.onWake = () => this.#firing.fire(partition);
    }
  }

  #topicRemoved(topic: Topic): void {
    this.schedules.forgetTopic(topic.id);
    for (const partition of topic.partitions) this.#alarm.cancel(partition);
    for (const group of this.groups.of(topic).values()) {
      for (const at of group.partitions.values()) this.#alarm.cancel(at);
      this.#endMembers(group, `Topic ${topic.name} was deleted`);
    }
  }

  #publishRuns(tx: Transaction, events: readonly RunEvent[], topicId: number): void {
    this.list.encodeAll(events);
    this.list.namespaceId = this.catalog.namespaceOf(topicId);
    const { errors } = this.#publisher.publish(tx, this.list, false);
    assert(errors === 0, "The runs of a schedule must be events that can be published");
  }

  #becameFired(partition: Partition, runs: readonly FiredRun[]): void {
    const last = runs.at(-1);
    if (last === undefined) return;
    this.retention.touch();
    partition.durableSequence = last.sequence + last.count;
    for (const at of partition.positions) at.offer(runs);
  }

  #seek(
    tx: Transaction,
    move: { readonly group: Group; readonly at: GroupPartition; readonly target: SeekTarget },
  ): void {
    this.groups.seek(tx, move.at, move.target);
    this.dispatcher.voidPartition(move.group, move.at);
  }

  #join(
    group: Group,
    request: SubscribeRequest & { readonly id: string },
    subscriber: Subscriber,
  ): Member {
    this.#checkThere(group);
    const namesake = group.members.get(request.id);
    if (namesake !== undefined) {
      this.#remove(namesake);
      namesake.subscriber.ended(`Subscription ${request.id} was opened again`);
    }
    const all = [...group.partitions.values()];
    const { partition } = request;
    const member = new Member({
      id: request.id,
      group,
      partitions: all.filter((at) => partition === undefined || at.partition.number === partition),
      subscriber,
      batchSize: request.batchSize,
      credits: Math.min(request.credits, this.#creditsMax),
    });
    member.join();
    group.lastRebalanceAt = this.#clock.now();
    this.dispatcher.requestPump(group);
    return member;
  }

  /** Whether neither the group nor its topic was deleted. */
  #isThere(group: Group): boolean {
    const { topic, name } = group;
    return this.catalog.find(topic.ref) === topic && this.groups.of(topic).get(name) === group;
  }

  #checkThere(group: Group): void {
    if (this.#isThere(group)) return;
    throw new CronosError("NOT_FOUND", `Group ${group.name} was deleted`);
  }

  #remove(member: Member): void {
    const { group } = member;
    member.leave();
    group.lastRebalanceAt = this.#clock.now();
    for (const delivery of member.deliveries) {
      if (!delivery.settling) this.dispatcher.giveBack(delivery);
    }
  }

  #endMembers(group: Group, reason: string): void {
    for (const member of Array.from(group.members.values())) {
      member.leave();
      for (const delivery of Array.from(member.deliveries)) this.dispatcher.drop(delivery);
      member.subscriber.ended(reason);
    }
  }

  #removeLeftGroups(tx: Transaction): void {
    const left = [...this.#left];
    for (const group of left) if (this.#isThere(group)) this.groups.remove(tx, group);
    tx.onApplied(() => {
      for (const group of left) this.#left.delete(group);
    });
  }

  /** Settles for the system's own reasons; when that fails, the delivery times out once more. */
  #settleQuietly(deliveryId: string, outcome: Outcome): void {
    this.#settler.settle(deliveryId, outcome).catch(() => undefined);
  }
}
