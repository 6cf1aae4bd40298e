/**
 * The raw side of the events engine, for protocols that already hold protobuf bytes: nothing is
 * decoded into objects on the way in, nothing is encoded twice on the way out.
 *
 * An event's bytes are a cronos_db.Event message. A delivered or replayed event is those bytes
 * followed by fields the server sets (protobuf: the last value of a scalar field wins).
 */
import type {
  BatchReceipt,
  PublishOptions,
  PublishReceipt,
  ReplayOptions,
  SubscribeOptions,
} from "./events-api.ts";

/** A stored event as bytes. `bytes` may be a view of a larger block; it never changes. */
export interface EncodedEvent {
  /** The Event message as it was published (rescheduled: with the new schedule_ts behind). */
  readonly bytes: Uint8Array;
  readonly partition: number;
  readonly offset: number;
  readonly createdAt: number;
}

/** Events handed out together: acknowledged by one delivery id, all of them or none. */
export interface EncodedDelivery {
  readonly deliveryId: string;
  /** The same for all events of the delivery. */
  readonly attempt: number;
  readonly ackTimeoutMs: number;
  readonly events: readonly EncodedEvent[];
}

export interface EncodedSubscriber {
  /**
   * Takes a delivery. Called from the scheduler's turn; must not throw. Returning false says that
   * the socket is full: nothing more is handed out until resume() of the subscription is called.
   */
  deliver(delivery: EncodedDelivery): boolean;
  /** The subscription ended without close(): replaced by its namesake, topic deleted, shutdown. */
  ended(reason: string): void;
}

export interface EncodedSubscription {
  readonly subscriptionId: string;
  /** Resolves when durable, with the group's committed offset in that delivery's partition. */
  ack(deliveryId: string): Promise<number>;
  nack(deliveryId: string, error: string): Promise<number>;
  /** The subscriber's socket has room again. */
  resume(): void;
  close(): Promise<void>;
}

/** What a raw subscription may ask beyond the typed one. */
export interface EncodedSubscribeOptions extends SubscribeOptions {
  /** Most events in one delivery, 1 to 1000. */
  readonly batchSize: number;
}

export interface EncodedEventsApi {
  /** `event` is one cronos_db.Event message. The bytes are copied before this returns. */
  publishEncoded(event: Uint8Array, options?: PublishOptions): Promise<PublishReceipt>;
  /** `batch` is a cronos_db.PublishBatchRequest message (1 events, 2 allow_duplicate). */
  publishBatchEncoded(batch: Uint8Array): Promise<BatchReceipt>;
  subscribeEncoded(
    options: EncodedSubscribeOptions,
    subscriber: EncodedSubscriber,
  ): Promise<EncodedSubscription>;
  /** EventsApi.replay() as bytes. */
  replayEncoded(options: ReplayOptions): AsyncIterable<EncodedEvent>;
  /**
   * Acknowledges by delivery id alone, from any connection (gRPC's Ack is a stream of its own).
   * NOT_FOUND when the id is unknown, was settled, or timed out.
   */
  settleEncoded(
    deliveryId: string,
    outcome: { ok: true } | { ok: false; error: string },
  ): Promise<number>;
}
