/**
 * The machine's files. Callback fs instead of fs/promises: half the overhead per operation.
 *
 * A file keeps a count of what is in flight, and close() waits for it: otherwise a write that
 * starts late could land in another file that was given the same descriptor.
 */
import * as fs from "node:fs";
import { CronosError } from "../base/errors.ts";
import type { Disk, DiskFile, FileReader, OpenOptions } from "./disk.ts";
import { lockDirectory } from "./real-disk-lock.ts";

/** Undefined where the system has no such flag (Windows); writes are then followed by a sync. */
const durableFlag: number | undefined = fs.constants.O_DSYNC;
/** Buffers that one writev call takes (IOV_MAX on Linux and macOS). */
const chunksPerCallMax = 1024;

export class RealDisk implements Disk {
  openReader(path: string): FileReader {
    const descriptor = fs.openSync(path, "r");
    return {
      read: (into, position) => readAllNow(descriptor, into, position),
      close: () => fs.closeSync(descriptor),
    };
  }

  async open(path: string, options: OpenOptions): Promise<DiskFile> {
    let flags = fs.constants.O_RDONLY;
    const durableWrites = options.mode === "write" && options.durableWrites === true;
    if (options.mode === "write") flags = fs.constants.O_RDWR | fs.constants.O_CREAT;
    if (durableWrites) flags |= durableFlag ?? 0;
    const descriptor = await run<number>((done) => fs.open(path, flags, 0o644, done));
    return new RealFile(path, {
      descriptor,
      syncEachWrite: durableWrites && durableFlag === undefined,
    });
  }

  async makeDirectory(path: string): Promise<void> {
    await fs.promises.mkdir(path, { recursive: true });
  }

  async list(path: string): Promise<string[]> {
    return (await fs.promises.readdir(path)).sort();
  }

  async exists(path: string): Promise<boolean> {
    return fs.promises.access(path).then(
      () => true,
      () => false,
    );
  }

  async remove(path: string): Promise<void> {
    await fs.promises.unlink(path);
  }

  async rename(from: string, to: string): Promise<void> {
    await fs.promises.rename(from, to);
  }

  async syncDirectory(path: string): Promise<void> {
    // Windows cannot open a directory, and needs no such call.
    if (process.platform === "win32") return;
    const directory = await fs.promises.open(path, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  async freeBytes(path: string): Promise<number> {
    const { bavail, bsize } = await fs.promises.statfs(path);
    return bavail * bsize;
  }

  async lockDirectory(path: string): Promise<() => Promise<void>> {
    return lockDirectory(path);
  }
}

class RealFile implements DiskFile {
  readonly path: string;
  readonly #descriptor: number;
  readonly #syncEachWrite: boolean;
  #inFlight = 0;
  #closing: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;

  constructor(path: string, options: { descriptor: number; syncEachWrite: boolean }) {
    this.path = path;
    this.#descriptor = options.descriptor;
    this.#syncEachWrite = options.syncEachWrite;
  }

  async write(chunks: readonly Uint8Array[], position: number): Promise<void> {
    this.#enter();
    try {
      await writeAll(this.#descriptor, chunks, position);
      if (this.#syncEachWrite) {
        await run<void>((done) => fs.fdatasync(this.#descriptor, done));
      }
    } finally {
      this.#leave();
    }
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    this.#enter();
    try {
      let filled = 0;
      while (filled < into.length) {
        const at = filled;
        const count = await run<number>((done) =>
          fs.read(this.#descriptor, into, at, into.length - at, position + at, done),
        );
        if (count === 0) break;
        filled += count;
      }
      return filled;
    } finally {
      this.#leave();
    }
  }

  async sync(): Promise<void> {
    this.#enter();
    try {
      await run<void>((done) => fs.fdatasync(this.#descriptor, done));
    } finally {
      this.#leave();
    }
  }

  async size(): Promise<number> {
    this.#enter();
    try {
      return (await run<fs.Stats>((done) => fs.fstat(this.#descriptor, done))).size;
    } finally {
      this.#leave();
    }
  }

  async truncate(size: number): Promise<void> {
    this.#enter();
    try {
      await run<void>((done) => fs.ftruncate(this.#descriptor, size, done));
    } finally {
      this.#leave();
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    await run<void>((done) => fs.close(this.#descriptor, done));
  }

  #enter(): void {
    if (this.#closing !== undefined) {
      throw new CronosError("CLOSED", `File ${this.path} cannot be used: it was closed`);
    }
    this.#inFlight++;
  }

  #leave(): void {
    this.#inFlight--;
    if (this.#inFlight === 0) this.#onIdle?.();
  }
}

function readAllNow(descriptor: number, into: Uint8Array, position: number): number {
  let filled = 0;
  while (filled < into.length) {
    const left = into.length - filled;
    const count = fs.readSync(descriptor, into, filled, left, position + filled);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}

async function writeAll(
  descriptor: number,
  chunks: readonly Uint8Array[],
  position: number,
): Promise<void> {
  let left = chunks.filter((chunk) => chunk.length > 0);
  let at = position;
  while (left.length > 0) {
    const batch = left.length > chunksPerCallMax ? left.slice(0, chunksPerCallMax) : left;
    const start = at;
    const written = await run<number>((done) => {
      const only = batch[0];
      if (batch.length === 1 && only !== undefined) {
        fs.write(descriptor, only, 0, only.length, start, done);
      } else {
        fs.writev(descriptor, batch, start, done);
      }
    });
    at += written;
    left = withoutFirstBytes(left, written);
  }
}

/** The chunks that a write of `count` bytes leaves to be written (a call may write less). */
function withoutFirstBytes(chunks: Uint8Array[], count: number): Uint8Array[] {
  let skipped = 0;
  let bytes = count;
  for (const chunk of chunks) {
    if (chunk.length > bytes) break;
    bytes -= chunk.length;
    skipped++;
  }
  const left = chunks.slice(skipped);
  const first = left[0];
  if (bytes > 0 && first !== undefined) left[0] = first.subarray(bytes);
  return left;
}

type Done<T> = (error: NodeJS.ErrnoException | null, result: T) => void;

function run<T>(start: (done: Done<T>) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    start((error, result) => {
      if (error === null || error === undefined) resolve(result);
      else reject(error);
    });
  });
}
