/**
 * A consumer that acknowledges everything at once: one connection, a Subscribe stream and an Ack
 * stream. Acknowledgements of what one piece of data brought go out in one write.
 */
import type { ClientHttp2Stream } from "node:http2";
import type { CronosError } from "../../base/errors.ts";
import { ProtobufReader, bytesField, varintField } from "../../base/protobuf.ts";
import { DeliveryReader } from "./delivery-reader.ts";
import { GrpcConnection, framed } from "./grpc-connection.ts";
import type { Histogram } from "./histogram.ts";
import type { Tally } from "./tally.ts";

const successTag = 1 << 3;

export interface SubscriberOptions {
  readonly address: string;
  readonly topic: string;
  readonly run: string;
  readonly credits: number;
  readonly tally: Tally;
  /** From due to received, of every event. */
  readonly lag: Histogram;
  /** The stream broke while it was still needed. */
  failed(failure: CronosError): void;
}

export class Subscriber {
  /** Events whose acknowledgement the server answered as durable, and refused ones. */
  acknowledged = 0;
  refused = 0;
  /** Unix ms of the last answer to an acknowledgement. */
  lastAckAt = 0;
  readonly #options: SubscriberOptions;
  readonly #connection: GrpcConnection;
  readonly #reader: DeliveryReader;
  readonly #acks: ClientHttp2Stream;
  readonly #deliveries: ClientHttp2Stream;
  /** How many events each unanswered acknowledgement is for. */
  readonly #unanswered: number[] = [];
  #unansweredAt = 0;
  #outgoing: Buffer[] = [];
  #closed = false;

  private constructor(options: SubscriberOptions, connection: GrpcConnection) {
    this.#options = options;
    this.#connection = connection;
    this.#reader = new DeliveryReader(options.run);
    const ended = (failure: CronosError | undefined): void => {
      if (!this.#closed && failure !== undefined) options.failed(failure);
    };
    this.#acks = connection.stream("/cronos_db.EventService/Ack", {
      message: (answer) => this.#answered(answer),
      ended,
    });
    this.#deliveries = connection.stream("/cronos_db.EventService/Subscribe", {
      message: (delivery) => this.#received(delivery),
      flushed: () => this.#flush(),
      ended,
    });
  }

  static async open(options: SubscriberOptions): Promise<Subscriber> {
    const subscriber = new Subscriber(options, await GrpcConnection.open(options.address));
    const request = [
      bytesField(1, "bench"),
      bytesField(2, options.topic),
      varintField(3, -1),
      varintField(5, options.credits),
    ];
    subscriber.#deliveries.write(framed(Buffer.concat(request)));
    return subscriber;
  }

  close(): void {
    this.#closed = true;
    this.#connection.close();
  }

  #received(delivery: Buffer): void {
    const reader = this.#reader;
    const { tally, lag } = this.#options;
    this.#outgoing.push(reader.read(delivery));
    this.#unanswered.push(reader.count);
    const now = Date.now();
    for (let i = 0; i < reader.count; i++) {
      const late = now - (reader.dues[i] as number);
      tally.markReceived(reader.numbers[i] as number, late < 0);
      lag.record(late);
    }
  }

  #flush(): void {
    if (this.#outgoing.length === 0) return;
    this.#acks.write(Buffer.concat(this.#outgoing));
    this.#outgoing = [];
  }

  #answered(answer: Buffer): void {
    const events = this.#unanswered[this.#unansweredAt++] ?? 0;
    if (this.#unansweredAt > 4096) {
      this.#unanswered.splice(0, this.#unansweredAt);
      this.#unansweredAt = 0;
    }
    const reader = new ProtobufReader(answer);
    const taken = reader.tag() === successTag && reader.bool();
    if (taken) this.acknowledged += events;
    else this.refused += events;
    this.lastAckAt = Date.now();
  }
}
