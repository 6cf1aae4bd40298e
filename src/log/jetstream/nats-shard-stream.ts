/**
 * A shard's stream on a real JetStream cluster: requests and answers.
 *
 * Writes go to the leader of the stream. Reads are answered by any of its servers, as bytes; asking
 * the leader is slower (JSON), and waits in vain while there is none.
 */
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { JetStreamClient, JetStreamManager, StoredMsg } from "@nats-io/jetstream";
import { headers } from "@nats-io/transport-node";
import type { NatsConnection } from "@nats-io/transport-node";
import { CronosError } from "../../base/errors.ts";
import { outcomeOfError } from "./publish-outcome.ts";
import type { PublishOutcome, ShardStream, StreamMessage, StreamState } from "./shard-stream.ts";
import { ensureStream, streamNameOf, subjectOf } from "./stream-config.ts";
import type { ShardStreamSettings } from "./stream-config.ts";

const fenceHeader = "Cronosdb-Fence";
/** Room for NATS' own headers and ours in a message. */
const headerBytesMax = 256;

/**
 * How long answers are waited for. A busy cluster answers within this. What a leader that died has
 * not answered is given up after it, and a new leader takes longer.
 */
const publishMsMax = 2_000;
const requestMsMax = 1_000;
/** Making a stream waits for its leader to be elected. */
const createMsMax = 15_000;

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
    this.#publisher = jetstream(connection);
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
      const options = { headers: ours, expect, timeout: publishMsMax };
      const ack = await this.#publisher.publish(this.#subject, data, options);
      if (ack.seq === sequence && ack.stream === this.name) return { kind: "stored" };
      const problem = `acknowledged as sequence ${ack.seq} of stream ${ack.stream}`;
      return { kind: "unknown", cause: new Error(`Message for ${sequence} was ${problem}`) };
    } catch (error) {
      return outcomeOfError(this.name, error);
    }
  }

  async get(sequence: number, from: "any" | "leader"): Promise<StreamMessage | null> {
    return this.#ask(`read sequence ${sequence}`, async () => {
      const source = from === "any" ? this.#manager.direct : this.#manager.streams;
      const message = await source.getMessage(this.name, { seq: sequence });
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
