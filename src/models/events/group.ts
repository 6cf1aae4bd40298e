/**
 * A consumer group of a topic, its members, and what they were handed.
 *
 * The group's row (JSON) is { id, createdAt, ephemeral }. An ephemeral group belongs to one
 * subscription and ends with it; its rows are removed when a database is opened.
 *
 * A delivery is handed out in one piece and settled in one piece:
 *
 *   out ──ack──▶ settled
 *    ├──nack or time-out──▶ retry rows or dead letters
 *    └──member gone──▶ queued again for the others
 */
import type { Sleeper } from "./alarm.ts";
import type { GroupPartition, Retry, Span } from "./group-partition.ts";
import type { EventSource } from "./stored-event.ts";
import type { Topic } from "./topic.ts";

/** The value of a group's row. */
export interface GroupRow {
  readonly id: number;
  readonly createdAt: number;
  readonly ephemeral: boolean;
}

/** Takes deliveries; see engine/encoded-events.ts EncodedSubscriber. */
export interface Subscriber {
  deliver(delivery: Delivery): boolean;
  ended(reason: string): void;
}

/** Events handed to one member together, all on the same attempt. */
export interface Delivery extends Sleeper {
  readonly deliveryId: string;
  readonly member: Member;
  readonly attempt: number;
  readonly ackTimeoutMs: number;
  /** What of a partition is void is taken out of these three when the group is moved there. */
  events: readonly EventSource[];
  spans: { readonly at: GroupPartition; readonly span: Span }[];
  retries: { readonly at: GroupPartition; readonly retry: Retry }[];
  /** Its outcome is being stored. */
  settling: boolean;
}

export class Member {
  readonly id: string;
  readonly group: Group;
  readonly partitions: readonly GroupPartition[];
  readonly subscriber: Subscriber;
  readonly batchSize: number;
  readonly deliveries = new Set<Delivery>();
  #credits: number;
  #blocked = false;
  /** Partition to look at first next time. */
  rotation = 0;
  /** One past the highest offset it was handed. */
  offset = 0;

  constructor(options: {
    readonly id: string;
    readonly group: Group;
    readonly partitions: readonly GroupPartition[];
    readonly subscriber: Subscriber;
    readonly batchSize: number;
    readonly credits: number;
  }) {
    this.id = options.id;
    this.group = options.group;
    this.partitions = options.partitions;
    this.subscriber = options.subscriber;
    this.batchSize = options.batchSize;
    this.#credits = options.credits;
  }

  /** Events it may still be handed. */
  get credits(): number {
    return this.#credits;
  }

  addCredits(count: number): void {
    this.#credits += count;
    this.#queueUp();
  }

  /** Its socket is full, or has room again. */
  set blocked(blocked: boolean) {
    this.#blocked = blocked;
    this.#queueUp();
  }

  /** Goes to the end of the line of members that can be handed something, or leaves it. */
  #queueUp(): void {
    const { available } = this.group;
    available.delete(this);
    // One that left still gets its credits back.
    if (this.group.members.get(this.id) !== this) return;
    if (this.#credits > 0 && !this.#blocked) available.add(this);
  }

  join(): void {
    this.group.members.set(this.id, this);
    this.#queueUp();
  }

  leave(): void {
    this.group.members.delete(this.id);
    this.group.available.delete(this);
  }
}

export class Group {
  readonly name: string;
  readonly topic: Topic;
  readonly id: number;
  readonly createdAt: number;
  readonly ephemeral: boolean;
  /** By partition number; a partition nobody subscribed to is not there. */
  readonly partitions = new Map<number, GroupPartition>();
  readonly members = new Map<string, Member>();
  /** Members that can be handed something; who was handed something goes to the end. */
  readonly available = new Set<Member>();
  lastRebalanceAt: number;
  /** Events that were given up and are kept as rows. */
  deadLetters = 0;
  /** A pump of this group is scheduled. */
  pumpScheduled = false;

  constructor(name: string, topic: Topic, row: GroupRow) {
    this.name = name;
    this.topic = topic;
    this.id = row.id;
    this.createdAt = row.createdAt;
    this.ephemeral = row.ephemeral;
    this.lastRebalanceAt = row.createdAt;
  }
}
