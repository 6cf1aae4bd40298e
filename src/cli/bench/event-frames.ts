/**
 * Requests that are encoded once and patched in place for each call: only the ids and the due time
 * change, and both have a fixed length.
 *
 * The id of an event is "<run>-<ten digits>"; the digits are its number in the run.
 */
import { bytesField, varintField, varintSize, writeVarint } from "../../base/protobuf.ts";
import { frameHeaderBytes, framed } from "./grpc-connection.ts";

const numberDigits = 10;
/** Any due time of this age: five to six bytes of seven bits hold 2005 to 2109. */
const dueBytes = 6;
const dueTemplate = 2 ** 41;

export interface EventFramesOptions {
  readonly run: string;
  readonly topic: string;
  readonly payloadBytes: number;
  /** Events of one request. */
  readonly count: number;
}

/** A framed PublishRequest (count 1), PublishBatchRequest or PublishStreamRequest. */
export class EventFrames {
  /** The request; fill() changes it. */
  readonly bytes: Buffer;
  readonly #stride: number;
  readonly #firstDigit: number;
  readonly #firstDue: number;
  readonly #count: number;

  constructor(options: EventFramesOptions) {
    const event = encodeEvent(options);
    // Of every message the events are field 1.
    const field = bytesField(1, event);
    this.bytes = framed(Buffer.concat(new Array<Buffer>(options.count).fill(field)));
    this.#count = options.count;
    this.#stride = field.length;
    const eventStart = frameHeaderBytes + field.length - event.length;
    this.#firstDigit = eventStart + 2 + options.run.length + 1;
    this.#firstDue = this.#firstDigit + numberDigits + 1;
  }

  /** Numbers the events from `first` on and makes them due at `dueAt`, Unix ms. */
  fill(first: number, dueAt: number): void {
    const { bytes } = this;
    const dueStart = this.#firstDue;
    writeVarint(bytes, dueStart, dueAt);
    for (let i = 0; i < this.#count; i++) {
      const shift = i * this.#stride;
      writeDigits(bytes, this.#firstDigit + shift, first + i);
      if (i > 0) bytes.copyWithin(dueStart + shift, dueStart, dueStart + dueBytes);
    }
  }
}

/** The number in an id whose digits start at `at`; -1 if they are none. */
export function readDigits(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = at; i < at + numberDigits; i++) {
    const digit = (bytes[i] as number) - 48;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** How long an id of this run is. */
export function idBytes(run: string): number {
  return run.length + 1 + numberDigits;
}

function writeDigits(bytes: Buffer, at: number, value: number): void {
  let rest = value;
  for (let i = at + numberDigits - 1; i >= at; i--) {
    const next = Math.floor(rest / 10);
    bytes[i] = 48 + rest - next * 10;
    rest = next;
  }
}

function encodeEvent({ run, topic, payloadBytes }: EventFramesOptions): Buffer {
  const meta = { source: "bench", tenant: "tenant-07", trace: "0af7651916cd43dd8448eb211c80319c" };
  const entries = Object.entries(meta).map(([key, value]) =>
    bytesField(5, Buffer.concat([bytesField(1, key), bytesField(2, value)])),
  );
  return Buffer.concat([
    bytesField(1, `${run}-${"0".repeat(numberDigits)}`),
    varintField(2, dueTemplate),
    bytesField(3, Buffer.alloc(payloadBytes, "cronosdb")),
    bytesField(4, topic),
    ...entries,
  ]);
}

/** Tells whether a due time has the length that the templates leave room for. */
export function fitsTemplate(dueAt: number): boolean {
  return varintSize(dueAt) === dueBytes;
}
