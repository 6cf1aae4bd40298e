/**
 * The body of a log record: mutations one after another, to be applied in this order.
 *
 *   body      = mutation*
 *   mutation  = 01 key value        put
 *             | 02 key              delete
 *             | 03 key key          delete start <= key < end
 *             | 04 key              delete start <= key, to the last
 *   key       = varint length, bytes
 *   value     = varint length, bytes
 *   varint    = unsigned LEB128 of at most 32 bits: 7 bits a byte, low ones first, high bit: more
 *
 * Invariant: every varint is in its shortest form, so equal mutations are equal bytes.
 * Not here: encoding, which is done in place by mutation-arena.ts.
 */
import { CronosError } from "../base/errors.ts";
import type { Key } from "../base/key.ts";

/** The first byte of a mutation. New ones may be added; the old ones keep their meaning. */
export const mutationOps = {
  put: 1,
  delete: 2,
  deleteRange: 3,
  deleteToLast: 4,
} as const;

/** Receives the mutations of a body in order. */
export interface MutationVisitor {
  /** `value` is a view of the body. */
  put(key: Key, value: Buffer): void;
  delete(key: Key): void;
  /** start <= key < end (no end: to the last key). */
  deleteRange(start: Key, end: Key | undefined): void;
}

/** Calls `visitor` for each mutation of `body`; throws CORRUPTION at the first malformed one. */
export function decodeMutations(body: Uint8Array, visitor: MutationVisitor): void {
  const reader = new Reader(body);
  while (!reader.isAtEnd) {
    const op = reader.byte();
    switch (op) {
      case mutationOps.put:
        visitor.put(reader.key(), reader.bytes());
        break;
      case mutationOps.delete:
        visitor.delete(reader.key());
        break;
      case mutationOps.deleteRange:
        visitor.deleteRange(reader.key(), reader.key());
        break;
      case mutationOps.deleteToLast:
        visitor.deleteRange(reader.key(), undefined);
        break;
      default:
        throw reader.corruption(`unknown mutation ${op}`);
    }
  }
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(body: Uint8Array) {
    this.#bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw this.corruption("the body ends inside a mutation");
    this.#at++;
    return byte;
  }

  key(): Key {
    const start = this.#take();
    return this.#bytes.toString("latin1", start, this.#at);
  }

  bytes(): Buffer {
    const start = this.#take();
    return this.#bytes.subarray(start, this.#at);
  }

  corruption(problem: string): CronosError {
    return new CronosError(
      "CORRUPTION",
      `Record body cannot be read at byte ${this.#at} of ${this.#bytes.length}: ${problem}`,
      { details: { bodyOffset: this.#at } },
    );
  }

  /** Reads a length, moves behind the bytes it counts, returns where they start. */
  #take(): number {
    const length = this.#varint();
    const start = this.#at;
    if (length > this.#bytes.length - start) {
      throw this.corruption(`${length} bytes are announced, ${this.#bytes.length - start} left`);
    }
    this.#at = start + length;
    return start;
  }

  #varint(): number {
    let byte = this.byte();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let shift = 7; shift <= 28; shift += 7) {
      byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte >= 0x80) continue;
      if (byte === 0 || value > 0xffffffff) break;
      return value;
    }
    throw this.corruption("a length is malformed");
  }
}
