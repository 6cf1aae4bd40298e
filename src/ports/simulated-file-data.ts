/**
 * The bytes of one simulated file: what is seen, what is durable, and the changes between the two.
 * Part of simulated-disk.ts, which says what happens when.
 */
import { assert } from "../base/assert.ts";
import type { Random } from "./random.ts";

/** The unit in which a disk writes atomically. */
const sectorBytes = 512;

/** A change that is seen; durable once it and all before it are `settled`. */
export interface FileChange {
  readonly kind: "write" | "truncate";
  /** Position of a write, new size of a truncate. */
  readonly position: number;
  readonly bytes: Buffer;
  settled: boolean;
}

/** A byte array that grows. */
class Image {
  bytes = Buffer.alloc(0);
  size = 0;

  write(bytes: Uint8Array, position: number): void {
    this.#resize(Math.max(this.size, position + bytes.length));
    this.bytes.set(bytes, position);
  }

  truncate(size: number): void {
    if (size < this.size) this.bytes.fill(0, size, this.size);
    this.#resize(size);
  }

  #resize(size: number): void {
    if (size > this.bytes.length) {
      const grown = Buffer.alloc(Math.max(size, 2 * this.bytes.length, 4096));
      grown.set(this.bytes.subarray(0, this.size));
      this.bytes = grown;
    }
    this.size = size;
  }
}

export class SimulatedFileData {
  readonly #seen = new Image();
  #durable = new Image();
  /** In the order they were made. Starts with an unsettled one: settled ones move to #durable. */
  #changes: FileChange[] = [];

  get size(): number {
    return this.#seen.size;
  }

  read(into: Uint8Array, position: number): number {
    const end = Math.min(this.#seen.size, position + into.length);
    if (end <= position) return 0;
    into.set(this.#seen.bytes.subarray(position, end));
    return end - position;
  }

  /** The bytes become the file's: the caller must not change them any more. */
  write(bytes: Buffer, position: number): FileChange {
    return this.#change({ kind: "write", position, bytes, settled: false });
  }

  truncate(size: number): FileChange {
    return this.#change({ kind: "truncate", position: size, bytes: noBytes, settled: false });
  }

  /** The changes that a sync which starts now covers. */
  unsynced(): readonly FileChange[] {
    return this.#changes.filter((change) => !change.settled);
  }

  /** The change survives power loss from now on. */
  settle(change: FileChange): void {
    change.settled = true;
    let count = 0;
    for (const earliest of this.#changes) {
      if (!earliest.settled) break;
      apply(this.#durable, earliest);
      count++;
    }
    if (count > 0) this.#changes = this.#changes.slice(count);
  }

  /** The changes are seen as before, but nothing makes them durable any more. */
  forget(changes: readonly FileChange[]): void {
    const forgotten = new Set(changes);
    const left = this.#changes.filter((change) => !forgotten.has(change) || change.settled);
    this.#changes = [];
    for (const change of left) {
      this.#changes.push(change);
      if (change.settled) this.settle(change);
    }
  }

  flipBit(offset: number, bit: number): void {
    assert(offset < this.#seen.size, "Bit to flip must be inside the file");
    flip(this.#seen.bytes, offset, bit);
    if (offset < this.#durable.size) flip(this.#durable.bytes, offset, bit);
    for (const { position, bytes } of this.#changes) {
      const at = offset - position;
      if (at >= 0 && at < bytes.length) flip(bytes, at, bit);
    }
  }

  /** What is seen becomes what a power loss leaves: `random` decides on every unsettled change. */
  losePower(random: Random): void {
    for (const change of this.#changes) {
      if (change.settled) apply(this.#durable, change);
      else applyMaybe(this.#durable, change, random);
    }
    this.#changes = [];
    this.#seen.truncate(0);
    this.#seen.write(this.#durable.bytes.subarray(0, this.#durable.size), 0);
  }

  #change(change: FileChange): FileChange {
    apply(this.#seen, change);
    this.#changes.push(change);
    return change;
  }
}

const noBytes = Buffer.alloc(0);

function apply(image: Image, change: FileChange): void {
  if (change.kind === "truncate") image.truncate(change.position);
  else if (change.bytes.length > 0) image.write(change.bytes, change.position);
}

function applyMaybe(image: Image, change: FileChange, random: Random): void {
  const fate = random.below(3);
  if (fate === 0) return;
  if (fate === 1 || change.kind === "truncate") {
    apply(image, change);
    return;
  }
  const end = change.position + change.bytes.length;
  for (let at = change.position; at < end; ) {
    const sectorEnd = Math.min(end, (Math.floor(at / sectorBytes) + 1) * sectorBytes);
    if (random.below(2) === 0) {
      image.write(change.bytes.subarray(at - change.position, sectorEnd - change.position), at);
    }
    at = sectorEnd;
  }
  // The size may have become durable without the bytes: they are zeros then.
  if (random.below(2) === 0 && end > image.size) image.write(noBytes, end);
}

function flip(bytes: Buffer, offset: number, bit: number): void {
  bytes.writeUInt8(bytes.readUInt8(offset) ^ (1 << bit), offset);
}
