/** Randomness of the operating system, drawn in blocks because one draw costs a system call. */
import { randomFillSync } from "node:crypto";
import type { Random } from "./random.ts";

const blockBytes = 4096;

export class RealRandom implements Random {
  readonly #block = Buffer.alloc(blockBytes);
  #used = blockBytes;

  next(): number {
    if (this.#used + 8 > blockBytes) {
      randomFillSync(this.#block);
      this.#used = 0;
    }
    const high = this.#block.readUInt32LE(this.#used);
    const low = this.#block.readUInt32LE(this.#used + 4);
    this.#used += 8;
    // 53 bits: what a double can hold.
    return (high * 0x200000 + (low >>> 11)) / 2 ** 53;
  }

  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  bytes(count: number): Uint8Array {
    return randomFillSync(new Uint8Array(count));
  }
}
