/**
 * Walks the fields of a protobuf message without building anything. Wire format:
 * https://protobuf.dev/programming-guides/encoding/
 *
 *   tag = field << 3 | wire type
 *   wire types: 0 varint, 1 eight bytes, 2 length + bytes, 5 four bytes
 */
import { CronosError } from "../../base/errors.ts";

export class FieldReader {
  /** Of the field that next() found. */
  field = 0;
  wireType = 0;
  /** Wire type 0: the value as a signed 64-bit integer; beyond 2^53 the nearest double. */
  varint = 0;
  /** Wire types 1, 2, 5: where the value's bytes are. */
  start = 0;
  end = 0;

  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #limit = 0;

  /** Starts over with the message in bytes[start … end). */
  over(bytes: Uint8Array, start: number, end: number): this {
    this.#bytes = bytes;
    this.#at = start;
    this.#limit = end;
    return this;
  }

  /** Position behind the field that next() found. */
  get at(): number {
    return this.#at;
  }

  /** Goes to the next field; false at the end. INVALID_ARGUMENT when the bytes are no message. */
  next(): boolean {
    if (this.#at >= this.#limit) return false;
    // Tags of fields 1 to 15 are one byte, and so are most lengths.
    let tag = this.#bytes[this.#at] as number;
    if (tag < 0x80) this.#at++;
    else tag = this.#readVarint();
    this.wireType = tag & 7;
    this.field = Math.floor(tag / 8);
    switch (this.wireType) {
      case 0:
        this.varint = this.#readVarint();
        break;
      case 1:
        this.#value(8);
        break;
      case 2: {
        const length = this.#bytes[this.#at] as number;
        if (length < 0x80 && this.#at < this.#limit) {
          this.#at++;
          this.#value(length);
        } else this.#value(this.#readVarint());
        break;
      }
      case 5:
        this.#value(4);
        break;
      default:
        this.#malformed(`wire type ${this.wireType}`);
    }
    if (this.field === 0) this.#malformed("field number 0");
    return true;
  }

  #value(length: number): void {
    const end = this.#at + length;
    if (length < 0 || end > this.#limit) this.#malformed(`a value of ${length} bytes`);
    this.start = this.#at;
    this.end = end;
    this.#at = end;
  }

  #readVarint(): number {
    let low = 0;
    let at = this.#at;
    // 28 bits fit in a small integer; the rest goes on in doubles.
    for (let shift = 0; shift < 28; shift += 7) {
      if (at >= this.#limit) this.#malformed("an unfinished varint");
      const byte = this.#bytes[at++] as number;
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.#at = at;
        return low;
      }
    }
    let middle = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      if (at >= this.#limit) this.#malformed("an unfinished varint");
      const byte = this.#bytes[at++] as number;
      middle |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.#at = at;
        return low + middle * 2 ** 28;
      }
    }
    if (at + 1 > this.#limit) this.#malformed("an unfinished varint");
    let high = (this.#bytes[at++] as number) & 0xff;
    if (high >= 0x80) {
      const last = at < this.#limit ? (this.#bytes[at] as number) : 2;
      if (last > 1) this.#malformed("a varint over 64 bits");
      high = (high & 0x7f) | ((this.#bytes[at++] as number) << 7);
    }
    this.#at = at;
    // Bits 56 to 63; bit 63 is the sign.
    const signed = high >= 0x80 ? high - 0x100 : high;
    return (middle + signed * 2 ** 28) * 2 ** 28 + low;
  }

  #malformed(what: string): never {
    throw new CronosError(
      "INVALID_ARGUMENT",
      `Message must be valid protobuf: it has ${what} at byte ${this.#at}`,
    );
  }
}
