/**
 * A partition of a topic: the ordering unit of events, as the model keeps it in memory.
 */
import type { Key } from "../../base/key.ts";
import type { Sleeper } from "./alarm.ts";
import { blocksPrefix, duesPrefix, firedLogPrefix, prefixEnd } from "./rows.ts";
import type { FiredRun } from "./run.ts";
import type { TopicRef } from "./topic-ref.ts";

/** What a partition needs to know of its topic. */
export interface PartitionOwner {
  readonly id: number;
  readonly name: string;
  readonly ref: TopicRef;
  readonly settings: { readonly dedupTtlMs: number };
}

/** Wants to know what fires in a partition: the place of a consumer group in it. */
export interface FiredListener {
  /** The runs are durable; runs of one partition come in the order of their sequences. */
  offer(runs: readonly FiredRun[]): void;
  /** Sequence before which everything is settled. */
  readonly settledSequence: number;
  /** Events that fired and wait to be handed out (again). */
  readonly waiting: number;
  /** Its group ends with a subscription: retention does not wait for it. */
  readonly ephemeral: boolean;
}

export class Partition implements Sleeper {
  /** Called when `nextDue` has come. */
  onWake: (partition: Partition) => void = () => {};
  readonly topic: PartitionOwner;
  readonly number: number;
  readonly blocksPrefix: Key;
  readonly blocksEnd: Key;
  readonly duesPrefix: Key;
  readonly duesEnd: Key;
  readonly firedPrefix: Key;
  readonly firedEnd: Key;
  /** Offset the next event gets: how many were ever published. */
  nextOffset = 0;
  /** The same, without what the running operation published. */
  appliedOffset = 0;
  /** Sequence the next event that fires gets: how many ever fired. */
  nextSequence = 0;
  /** Of them, those whose firing is durable: what may be handed out. */
  durableSequence = 0;
  /** Events that were cancelled before they fired. */
  cancelled = 0;
  /** Bytes of the stored blocks. */
  bytes = 0;
  /** How often stored blocks were rewritten, durably: who keeps a block reads it again. */
  rewrites = 0;
  /** No run in the due index is due earlier; Infinity when it is empty. */
  nextDue = Number.POSITIVE_INFINITY;
  /** Positions of consumer groups in this partition. */
  readonly positions = new Set<FiredListener>();

  constructor(topic: PartitionOwner, number: number) {
    this.topic = topic;
    this.number = number;
    this.blocksPrefix = blocksPrefix(topic.id, number);
    this.blocksEnd = prefixEnd(this.blocksPrefix);
    this.duesPrefix = duesPrefix(topic.id, number);
    this.duesEnd = prefixEnd(this.duesPrefix);
    this.firedPrefix = firedLogPrefix(topic.id, number);
    this.firedEnd = prefixEnd(this.firedPrefix);
  }

  wake(): void {
    this.onWake(this);
  }

  /** Events not yet due. */
  get pending(): number {
    return this.nextOffset - this.nextSequence - this.cancelled;
  }
}
