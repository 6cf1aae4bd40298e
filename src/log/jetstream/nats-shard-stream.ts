/**
 * A shard's stream on a real JetStream cluster: requests, answers, and what each answer means.
 *
 * Here is decided what is known after a publish. Only three answers say something for certain: the
 * acknowledgement with the sequence that was asked for, "wrong last sequence", and a refusal for
 * lack of room. Everything else (a time-out, no responders while a leader is elected, an error that
 * we do not know) leaves it open, and the caller looks at the stream.
 */
import {
  JetStreamApiCodes,
  JetStreamApiError,
  jetstream,
  jetstreamManager,
} from "@nats-io/jetstream";
import type { JetStreamClient, JetStreamManager, StoredMsg } from "@nats-io/jetstream";
import { InvalidArgumentError, PermissionViolationError, headers } from "@nats-io/transport-node";
import type { NatsConnection } from "@nats-io/transport-node";
import { CronosError } from "../../base/errors.ts";
import type { PublishOutcome, ShardStream, StreamMessage, StreamState } from "./shard-stream.ts";
import { ensureStream, streamNameOf, subjectOf } from "./stream-config.ts";
import type { ShardStreamSettings } from "./stream-config.ts";

const fenceHeader = "Cronosdb-Fence";
/** Room for NATS' own headers and ours in a message. */
const headerBytesMax = 256;

/**
 * How long an answer is waited for. A busy cluster answers within this; a failover takes longer.
 */
const requestMsMax = 3_000;
/** Making a stream waits for its leader to be elected. */
const createMsMax = 15_000;

/** Refusals that say that there is no room; JetStream's numbers. */
const noRoomCodes: ReadonlySet<number> = new Set([
  10002, // account resources exceeded
  10023, // insufficient resources
  10047, // insufficient storage
  10077, // the stream could not store it, as with a limit of bytes reached
  10028, // memory resources exceeded
]);
const tooLargeCode = 10054;

export class NatsShardStream implements ShardStream {
  readonly name: string;
  readonly dataBytesMax: number;
  readonly #subject: string;
  readonly #connection: NatsConnection;
  readonly #publisher: JetStreamClient;
  readonly #manager: JetStreamManager;

  private constructor(
    connection: NatsConnection,
    manager: JetStreamManager,
    place: { readonly shard: string; readonly dataBytesMax: number },
  ) {
    this.name = streamNameOf(place.shard);
    this.dataBytesMax = place.dataBytesMax;
    this.#subject = subjectOf(place.shard);
    this.#connection = connection;
    this.#publisher = jetstream(connection, { timeout: requestMsMax });
    this.#manager = manager;
  }

  /** Makes the stream unless it is there; throws INVALID_ARGUMENT when it is, but does not fit. */
  static async open(
    connection: NatsConnection,
    settings: ShardStreamSettings,
  ): Promise<NatsShardStream> {
    const payloadBytesMax = connection.info?.max_payload;
    if (payloadBytesMax === undefined) {
      throw new CronosError("UNAVAILABLE", "Cannot open a stream: NATS is not connected");
    }
    const creator = await jetstreamManager(connection, { timeout: createMsMax, checkAPI: false });
    await ensureStream(creator, settings);
    const manager = await jetstreamManager(connection, { timeout: requestMsMax, checkAPI: false });
    const dataBytesMax = payloadBytesMax - headerBytesMax;
    return new NatsShardStream(connection, manager, { shard: settings.shard, dataBytesMax });
  }

  isClosed(): boolean {
    return this.#connection.isClosed();
  }

  async publish(sequence: number, fence: number, data: Uint8Array): Promise<PublishOutcome> {
    const ours = headers();
    if (fence > 0) ours.set(fenceHeader, String(fence));
    try {
      const expect = { lastSequence: sequence - 1 };
      const options = { headers: ours, expect, timeout: requestMsMax };
      const ack = await this.#publisher.publish(this.#subject, data, options);
      if (ack.seq === sequence && ack.stream === this.name) return { kind: "stored" };
      const problem = `acknowledged as sequence ${ack.seq} of stream ${ack.stream}`;
      return { kind: "unknown", cause: new Error(`Message for ${sequence} was ${problem}`) };
    } catch (error) {
      return this.#outcomeOf(error);
    }
  }

  async get(sequence: number): Promise<StreamMessage | null> {
    return this.#ask(`read sequence ${sequence}`, async () => {
      const query = { seq: sequence };
      const message =
        (await this.#manager.direct.getMessage(this.name, query)) ??
        // A replica that is behind may have answered; the leader is not.
        (await this.#manager.streams.getMessage(this.name, query));
      return message === null ? null : streamMessage(message);
    });
  }

  async state(): Promise<StreamState> {
    return this.#ask("read its state", async () => {
      const { state } = await this.#manager.streams.info(this.name);
      return {
        firstSequence: state.messages === 0 ? state.last_seq + 1 : state.first_seq,
        lastSequence: state.last_seq,
        bytes: state.bytes,
      };
    });
  }

  async purgeBefore(sequence: number): Promise<void> {
    await this.#ask(`purge before ${sequence}`, () =>
      this.#manager.streams.purge(this.name, { seq: sequence }),
    );
  }

  #outcomeOf(error: unknown): PublishOutcome {
    if (error instanceof JetStreamApiError) return this.#outcomeOfRefusal(error);
    const cause = error instanceof Error ? error.cause : undefined;
    if (error instanceof InvalidArgumentError || cause instanceof InvalidArgumentError) {
      return { kind: "refused", error: this.#error("TOO_LARGE", error) };
    }
    if (error instanceof PermissionViolationError || cause instanceof PermissionViolationError) {
      return { kind: "refused", error: this.#error("UNAUTHENTICATED", error) };
    }
    return { kind: "unknown", cause: error };
  }

  #outcomeOfRefusal(error: JetStreamApiError): PublishOutcome {
    const { code } = error;
    const isOutOfTurn =
      code === JetStreamApiCodes.StreamWrongLastSequence ||
      code === JetStreamApiCodes.StreamWrongLastSequenceUnknown;
    if (isOutOfTurn) return { kind: "out of turn" };
    if (noRoomCodes.has(code)) return { kind: "refused", error: this.#error("DISK_FULL", error) };
    if (code === tooLargeCode) return { kind: "refused", error: this.#error("TOO_LARGE", error) };
    return { kind: "unknown", cause: error };
  }

  #error(code: "TOO_LARGE" | "UNAUTHENTICATED" | "DISK_FULL", cause: unknown): CronosError {
    const text = cause instanceof Error ? cause.message : String(cause);
    return new CronosError(code, `Cannot append to stream ${this.name}: ${text}`, {
      cause,
      details: { stream: this.name },
    });
  }

  async #ask<T>(what: string, request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      throw new CronosError("UNAVAILABLE", `Stream ${this.name}: cannot ${what}: ${text}`, {
        cause: error,
        details: { stream: this.name },
      });
    }
  }
}

function streamMessage({ seq, header, data }: StoredMsg): StreamMessage {
  return {
    sequence: seq,
    fence: Number(header.get(fenceHeader)) || 0,
    data: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  };
}
