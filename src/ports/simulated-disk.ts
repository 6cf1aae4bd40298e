/**
 * A disk in memory that does to its users what disks do, as a seed commands.
 *
 * Each file is two images, what programs see and what a power loss leaves, and the list of changes
 * between them; each directory entry likewise:
 *
 *   write() ──> seen image
 *          └──> unsynced changes ── sync(), or write() with durableWrites ──> durable image
 *
 * crash() is a power loss: of every unsynced change the seed decides whether it is lost, kept or
 * (a write) torn at sectors of 512 bytes; a write in flight is an unsynced one. Names created,
 * renamed or removed since syncDirectory() are kept or lost one by one. kill() is the death of the
 * process: what was written stays. Both return the disk as the next process finds it, and end this
 * one: code of the dead process that still runs (its timers, its promises) gets errors and can do
 * no harm to its successor's files.
 *
 * A sync that fails loses the unsynced changes for good (they are seen until the crash, but no
 * later sync makes them durable), as Linux does. A write into a full disk writes what fits, then
 * fails. Operations take effect in the order they are called and settle after a few turns of the
 * promise queue. Directories themselves are durable at once.
 */
import { assert } from "../base/assert.ts";
import { CronosError } from "../base/errors.ts";
import type { Disk, DiskFile, FileReader, OpenOptions } from "./disk.ts";
import type { Random } from "./random.ts";
import { SimulatedFileData } from "./simulated-file-data.ts";

/** Operations that failNext() knows. */
export type DiskOperation =
  | "open"
  | "read"
  | "write"
  | "sync"
  | "truncate"
  | "list"
  | "remove"
  | "rename"
  | "syncDirectory";

/** A change of directory entries that syncDirectory() has not made durable yet. */
interface NameChange {
  /** The entry that appears (undefined: none, a removal). */
  readonly added: { readonly path: string; readonly data: SimulatedFileData } | undefined;
  /** The entry that goes away. */
  readonly removed: string | undefined;
}

/** What a disk holds; handed on from a crashed disk to its successor. */
interface Contents {
  readonly directories: Set<string>;
  readonly names: Map<string, SimulatedFileData>;
}

/** Promise turns that an operation takes at most, so that crashes fall between its call and end. */
const operationTurnsMax = 3;

export class SimulatedDisk implements Disk {
  readonly #random: Random;
  readonly #directories: Set<string>;
  readonly #names: Map<string, SimulatedFileData>;
  readonly #durableNames: Map<string, SimulatedFileData>;
  #nameChanges: NameChange[] = [];
  readonly #locks = new Set<string>();
  readonly #failures = new Map<DiskOperation, string[]>();
  #capacity = Number.MAX_SAFE_INTEGER;
  #changesUntilPowerOff = Number.POSITIVE_INFINITY;
  #state: "running" | "stopped" = "running";

  constructor(random: Random, contents?: Contents) {
    this.#random = random;
    this.#directories = contents?.directories ?? new Set(["", ".", "/"]);
    this.#names = contents?.names ?? new Map();
    this.#durableNames = new Map(this.#names);
  }

  // --- What happens to disks -----------------------------------------------------------------

  /** Power loss. Returns the disk as it is after the restart; this one is dead. */
  crash(): SimulatedDisk {
    this.#state = "stopped";
    const survivors = new Map(this.#durableNames);
    for (const change of this.#nameChanges) {
      if (this.#random.below(2) === 0) continue;
      if (change.removed !== undefined) survivors.delete(change.removed);
      if (change.added !== undefined) survivors.set(change.added.path, change.added.data);
    }
    for (const data of new Set(survivors.values())) data.losePower(this.#random);
    return this.#successor(survivors);
  }

  /** Death of the process (kill -9). Returns the disk that the next process finds. */
  kill(): SimulatedDisk {
    this.#state = "stopped";
    const next = this.#successor(this.#names);
    next.#durableNames.clear();
    for (const [path, data] of this.#durableNames) next.#durableNames.set(path, data);
    next.#nameChanges = this.#nameChanges;
    return next;
  }

  /**
   * The power goes after `changes` more writes, syncs, truncates or changes of names: the last of
   * them is still in flight then, and everything fails from there. crash() gives the next disk.
   */
  powerOffAfter(changes: number): void {
    this.#changesUntilPowerOff = changes;
  }

  /** The power went, or the process ended: nothing works any more. */
  get isStopped(): boolean {
    return this.#state === "stopped";
  }

  /** The next operation of this kind fails with the system error `code` ("EIO"). Calls add up. */
  failNext(operation: DiskOperation, code: string): void {
    const codes = this.#failures.get(operation) ?? [];
    codes.push(code);
    this.#failures.set(operation, codes);
  }

  /** Turns over one bit, silently, in what is seen and in what is durable. */
  flipBit(path: string, offset: number, bit: number): void {
    const data = this.#names.get(normal(path));
    assert(data !== undefined, `No file ${path} to flip a bit in`);
    data.flipBit(offset, bit);
  }

  /** From now on files may take up this many bytes together; more is ENOSPC. */
  setCapacity(bytes: number): void {
    this.#capacity = bytes;
  }

  /** Bytes that the files take up together. */
  get usedBytes(): number {
    let bytes = 0;
    for (const data of new Set(this.#names.values())) bytes += data.size;
    return bytes;
  }

  // --- Disk ----------------------------------------------------------------------------------

  openReader(path: string): FileReader {
    this.#enterReadNow("open", path);
    const data = this.#names.get(normal(path));
    if (data === undefined) throw systemError("ENOENT", "open", path);
    return {
      read: (into, position) => {
        this.#enterReadNow("read", path);
        return data.read(into, position);
      },
      close: () => {},
    };
  }

  async open(path: string, options: OpenOptions): Promise<DiskFile> {
    const name = normal(path);
    await this.enter("open", path);
    let data = this.#names.get(name);
    if (data === undefined) {
      if (options.mode === "read") throw systemError("ENOENT", "open", path);
      this.#requireDirectory(parentOf(name), "open", path);
      data = new SimulatedFileData();
      this.#names.set(name, data);
      this.#nameChanges.push({ added: { path: name, data }, removed: undefined });
    }
    return new SimulatedFile(this, path, { ...options, data });
  }

  async makeDirectory(path: string): Promise<void> {
    await this.enter(undefined, path);
    for (let name = normal(path); !this.#directories.has(name); name = parentOf(name)) {
      this.#directories.add(name);
    }
  }

  async list(path: string): Promise<string[]> {
    await this.enter("list", path);
    const directory = normal(path);
    this.#requireDirectory(directory, "list", path);
    const children = [...this.#names.keys(), ...this.#directories].filter(
      (name) => name !== directory && parentOf(name) === directory,
    );
    return children.map((name) => name.slice(name.lastIndexOf("/") + 1)).sort();
  }

  async exists(path: string): Promise<boolean> {
    await this.enter(undefined, path);
    return this.#names.has(normal(path)) || this.#directories.has(normal(path));
  }

  async remove(path: string): Promise<void> {
    const name = normal(path);
    await this.enter("remove", path);
    if (!this.#names.delete(name)) throw systemError("ENOENT", "remove", path);
    this.#nameChanges.push({ added: undefined, removed: name });
  }

  async rename(from: string, to: string): Promise<void> {
    const name = normal(from);
    const newName = normal(to);
    await this.enter("rename", from);
    const data = this.#names.get(name);
    if (data === undefined) throw systemError("ENOENT", "rename", from);
    this.#requireDirectory(parentOf(newName), "rename", to);
    if (name === newName) return;
    this.#names.delete(name);
    this.#names.set(newName, data);
    this.#nameChanges.push({ added: { path: newName, data }, removed: name });
  }

  async syncDirectory(path: string): Promise<void> {
    const directory = normal(path);
    await this.enter("syncDirectory", path);
    this.#requireDirectory(directory, "syncDirectory", path);
    const left: NameChange[] = [];
    for (const change of this.#nameChanges) {
      const { added, removed } = change;
      const isHere =
        (added !== undefined && parentOf(added.path) === directory) ||
        (removed !== undefined && parentOf(removed) === directory);
      if (!isHere) {
        left.push(change);
        continue;
      }
      if (removed !== undefined) this.#durableNames.delete(removed);
      if (added !== undefined) this.#durableNames.set(added.path, added.data);
    }
    this.#nameChanges = left;
  }

  async freeBytes(path: string): Promise<number> {
    await this.enter(undefined, path);
    return Math.max(0, this.#capacity - this.usedBytes);
  }

  async lockDirectory(path: string): Promise<() => Promise<void>> {
    const directory = normal(path);
    await this.enter(undefined, path);
    this.#requireDirectory(directory, "lockDirectory", path);
    if (this.#locks.has(directory)) {
      throw new CronosError("LOCKED", `Directory ${path} cannot be locked: held by this process`, {
        details: { directory: path },
      });
    }
    this.#locks.add(directory);
    return async () => {
      this.#locks.delete(directory);
    };
  }

  // --- For its files -------------------------------------------------------------------------

  /** The beginning of every operation: refuses on a dead disk, and when told to fail. */
  async enter(operation: DiskOperation | undefined, path: string): Promise<void> {
    this.refuseIfStopped(operation, path);
    const code = operation === undefined ? undefined : this.#failures.get(operation)?.shift();
    if (operation !== undefined && isChange(operation)) this.#countChange();
    await this.passTurns();
    if (code !== undefined) throw systemError(code, operation, path);
    this.refuseIfStopped(operation, path);
  }

  /** As enter(), for operations that take effect when called: throws instead of rejecting. */
  enterNow(operation: DiskOperation, path: string): string | undefined {
    this.refuseIfStopped(operation, path);
    this.#countChange();
    return this.#failures.get(operation)?.shift();
  }

  refuseIfStopped(operation: DiskOperation | undefined, path: string): void {
    if (this.#state === "running") return;
    throw systemError("EIO", `${operation ?? "access"} on a stopped machine`, path);
  }

  async passTurns(): Promise<void> {
    for (let turns = 1 + this.#random.below(operationTurnsMax); turns > 0; turns--) {
      await Promise.resolve();
    }
  }

  roomBytes(): number {
    return this.#capacity - this.usedBytes;
  }

  #enterReadNow(operation: "open" | "read", path: string): void {
    this.refuseIfStopped(operation, path);
    const code = this.#failures.get(operation)?.shift();
    if (code !== undefined) throw systemError(code, operation, path);
  }

  #countChange(): void {
    this.#changesUntilPowerOff--;
    if (this.#changesUntilPowerOff <= 0) this.#state = "stopped";
  }

  #successor(names: Map<string, SimulatedFileData>): SimulatedDisk {
    const next = new SimulatedDisk(this.#random, {
      directories: new Set(this.#directories),
      names: new Map(names),
    });
    next.#capacity = this.#capacity;
    return next;
  }

  #requireDirectory(directory: string, operation: string, path: string): void {
    if (!this.#directories.has(directory)) throw systemError("ENOENT", operation, path);
  }
}

class SimulatedFile implements DiskFile {
  readonly path: string;
  readonly #disk: SimulatedDisk;
  readonly #data: SimulatedFileData;
  readonly #isWritable: boolean;
  readonly #durableWrites: boolean;
  #isClosed = false;

  constructor(
    disk: SimulatedDisk,
    path: string,
    options: OpenOptions & { readonly data: SimulatedFileData },
  ) {
    this.#disk = disk;
    this.path = path;
    this.#data = options.data;
    this.#isWritable = options.mode === "write";
    this.#durableWrites = options.durableWrites ?? false;
  }

  async write(chunks: readonly Uint8Array[], position: number): Promise<void> {
    this.#requireWritable("write");
    const failure = this.#disk.enterNow("write", this.path);
    if (failure !== undefined) {
      await this.#disk.passTurns();
      throw systemError(failure, "write", this.path);
    }
    const bytes = Buffer.concat(chunks);
    const endMax = this.#data.size + Math.max(0, this.#disk.roomBytes());
    const fitting = bytes.subarray(0, Math.max(0, endMax - position));
    const change = this.#data.write(fitting, position);
    await this.#disk.passTurns();
    this.#disk.refuseIfStopped("write", this.path);
    if (this.#durableWrites) this.#data.settle(change);
    if (fitting.length < bytes.length) throw systemError("ENOSPC", "write", this.path);
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    this.#requireOpen("read");
    await this.#disk.enter("read", this.path);
    return this.#data.read(into, position);
  }

  async sync(): Promise<void> {
    this.#requireOpen("sync");
    const failure = this.#disk.enterNow("sync", this.path);
    const changes = this.#data.unsynced();
    await this.#disk.passTurns();
    this.#disk.refuseIfStopped("sync", this.path);
    if (failure === undefined) {
      for (const change of changes) this.#data.settle(change);
      return;
    }
    this.#data.forget(changes);
    throw systemError(failure, "sync", this.path);
  }

  async size(): Promise<number> {
    this.#requireOpen("size");
    await this.#disk.enter(undefined, this.path);
    return this.#data.size;
  }

  async truncate(size: number): Promise<void> {
    this.#requireWritable("truncate");
    const failure = this.#disk.enterNow("truncate", this.path);
    const isFull = size > this.#data.size + Math.max(0, this.#disk.roomBytes());
    if (failure === undefined && !isFull) this.#data.truncate(size);
    await this.#disk.passTurns();
    this.#disk.refuseIfStopped("truncate", this.path);
    if (failure !== undefined) throw systemError(failure, "truncate", this.path);
    if (isFull) throw systemError("ENOSPC", "truncate", this.path);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#disk.passTurns();
  }

  #requireOpen(operation: DiskOperation | "size"): void {
    if (!this.#isClosed) return;
    throw new CronosError("CLOSED", `File ${this.path} cannot ${operation}: it was closed`);
  }

  #requireWritable(operation: DiskOperation): void {
    this.#requireOpen(operation);
    if (!this.#isWritable) throw systemError("EBADF", operation, this.path);
  }
}

function isChange(operation: DiskOperation): boolean {
  return operation === "remove" || operation === "rename" || operation === "syncDirectory";
}

/** One spelling for each path: no doubled slashes, none at the end, no leading "./". */
function normal(path: string): string {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  return (path.startsWith("/") ? "/" : "") + parts.join("/");
}

function parentOf(name: string): string {
  const slash = name.lastIndexOf("/");
  return slash === 0 ? "/" : slash < 0 ? "" : name.slice(0, slash);
}

/** An error as node:fs throws it; `operation` says what was attempted. */
function systemError(
  code: string,
  operation: string | undefined,
  path: string,
): Error & { code: string } {
  const text = `${code}: simulated, ${operation ?? "access"} '${path}'`;
  return Object.assign(new Error(text), { code, path });
}
