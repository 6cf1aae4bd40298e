/**
 * What the log needs of a JetStream stream, and nothing more. Two implementers:
 * nats-shard-stream.ts (a real one) and test/support/simulated-stream.ts (in memory; loses, delays
 * and reorders what is sent, on command of a seed), so that the protocol on top can be tested
 * against a hostile network.
 *
 * A stream is a row of messages with the sequences 1, 2, 3, ... A message is never changed and
 * never loses its place; only a prefix can be purged. So what a read has shown once is a fact. That
 * a read shows nothing is no fact: a server that is behind may have answered.
 */
import type { CronosError } from "../../base/errors.ts";

/** A message as it is stored; what it means is in message.ts. */
export interface StreamMessage {
  readonly sequence: number;
  /** Sequence of the fence that the writer of a record held; 0 in fences and fillers. */
  readonly fence: number;
  readonly data: Buffer;
}

/** What became of a message that was sent. */
export type PublishOutcome =
  /** It is in the stream, on a majority of the servers, at the sequence it was sent for. */
  | { readonly kind: "stored" }
  /** Not stored: the last sequence of the stream was not the one before. */
  | { readonly kind: "out of turn" }
  /** Not stored: the servers refused it for another reason. */
  | { readonly kind: "refused"; readonly error: CronosError }
  /** No answer, or none that says enough: it may be stored, now or later. */
  | { readonly kind: "unknown"; readonly cause: unknown };

export interface StreamState {
  /** Oldest sequence that is still there; last + 1 when none is. */
  readonly firstSequence: number;
  /** Newest sequence ever given; 0 in a new stream. */
  readonly lastSequence: number;
  readonly bytes: number;
}

export interface ShardStream {
  readonly name: string;
  /** Largest `data` that the servers take, in bytes. */
  readonly dataBytesMax: number;
  /** The connection was given up for good; nothing will be answered any more. */
  isClosed(): boolean;
  /**
   * Stores `data` at exactly this sequence, or not at all: the servers check, when they apply it,
   * that `sequence - 1` is the newest. Never rejects. Messages are sent in the order of the calls.
   */
  publish(sequence: number, fence: number, data: Uint8Array): Promise<PublishOutcome>;
  /**
   * The message, or null when the server that answered does not have it. "any" server is faster and
   * there is one even while a leader is elected; the "leader" is less likely to be behind.
   * Throws UNAVAILABLE.
   */
  get(sequence: number, from: "any" | "leader"): Promise<StreamMessage | null>;
  /** As the leader of the stream sees it, which may be behind. Throws UNAVAILABLE. */
  state(): Promise<StreamState>;
  /** Removes every message before `sequence`. Throws UNAVAILABLE. */
  purgeBefore(sequence: number): Promise<void>;
}
