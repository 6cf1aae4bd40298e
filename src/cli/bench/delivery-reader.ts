/**
 * Reads a Delivery without decoding it: of every event the number in its id and the due time, of
 * the whole the acknowledgement to send. The first two fields of an event are those of the request
 * that published it (event-frames.ts); what the server appended is passed over.
 */
import { ProtobufReader } from "../../base/protobuf.ts";
import { idBytes, readDigits } from "./event-frames.ts";
import { framed } from "./grpc-connection.ts";

const eventTag = (1 << 3) | 2;
const deliveryIdTag = (2 << 3) | 2;
const batchTag = (5 << 3) | 2;
const idTag = (1 << 3) | 2;
const dueTag = 2 << 3;
/** AckRequest.success = true. */
const successField = Buffer.from([3 << 3, 1]);

export class DeliveryReader {
  /** Events of the delivery read last. */
  count = 0;
  /** Their numbers, -1 for an event that this run did not publish, and their due times. */
  numbers = new Float64Array(1024);
  dues = new Float64Array(1024);
  readonly #run: Buffer;
  readonly #idBytes: number;

  constructor(run: string) {
    this.#run = Buffer.from(`${run}-`);
    this.#idBytes = idBytes(run);
  }

  /** Reads a delivery and returns the framed AckRequest for it. */
  read(message: Buffer): Buffer {
    const reader = new ProtobufReader(message);
    let deliveryId: Uint8Array = message.subarray(0, 0);
    this.count = 0;
    for (let start = 0, tag = reader.tag(); tag !== 0; start = reader.at, tag = reader.tag()) {
      reader.skip(tag);
      if (tag === eventTag || tag === batchTag) this.#readEvent(message, start + 1, reader.at);
      // The field has the same number and type in AckRequest, so it is taken as it is.
      else if (tag === deliveryIdTag) deliveryId = message.subarray(start, reader.at);
    }
    return framed(Buffer.concat([deliveryId, successField]));
  }

  #readEvent(message: Buffer, lengthAt: number, end: number): void {
    const reader = new ProtobufReader(message, lengthAt, end);
    reader.varint();
    let number = -1;
    let due = 0;
    if (reader.tag() === idTag && reader.varint() === this.#idBytes) {
      const idAt = reader.at;
      const isOwn = message.compare(this.#run, 0, this.#run.length, idAt, idAt + this.#run.length);
      if (isOwn === 0) number = readDigits(message, idAt + this.#run.length);
      reader.at = idAt + this.#idBytes;
      if (reader.tag() === dueTag) due = reader.varint();
    }
    this.#add(number, due);
  }

  #add(number: number, due: number): void {
    if (this.count === this.numbers.length) {
      this.numbers = doubled(this.numbers);
      this.dues = doubled(this.dues);
    }
    this.numbers[this.count] = number;
    this.dues[this.count] = due;
    this.count++;
  }
}

function doubled(array: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(array.length * 2);
  larger.set(array);
  return larger;
}
