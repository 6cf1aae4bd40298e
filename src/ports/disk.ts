/**
 * The door to files. Two implementers: real-disk.ts (node:fs) and simulated-disk.ts (in memory;
 * tears writes, loses what was not synced, flips bits, fails, fills up, on command of a seed).
 *
 * Paths are absolute or relative to the process; "/" separates. System errors keep their `code`
 * (ENOSPC, ENOENT, EIO, ...).
 */

/** How a file is opened. */
export interface OpenOptions {
  /** "read": must exist. "write": read and write, created if missing. */
  readonly mode: "read" | "write";
  /** Each write is durable (data and size) when it resolves, as O_DSYNC. */
  readonly durableWrites?: boolean;
}

export interface DiskFile {
  readonly path: string;
  /** Writes all the chunks one after another at `position`; resolves when all are written. */
  write(chunks: readonly Uint8Array[], position: number): Promise<void>;
  /** Reads up to `into.length` bytes at `position`; returns how many, fewer only at the end. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Everything written so far survives power loss when this resolves (fdatasync). */
  sync(): Promise<void>;
  size(): Promise<number>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

/** A file that is read at once, on the event loop: for reads that cannot wait (base trees). */
export interface FileReader {
  /** Reads up to `into.length` bytes at `position`; returns how many, fewer only at the end. */
  read(into: Uint8Array, position: number): number;
  close(): void;
}

export interface Disk {
  /** Opens an existing file for reading on the event loop. */
  openReader(path: string): FileReader;
  open(path: string, options: OpenOptions): Promise<DiskFile>;
  /** Creates the directory and its parents; fine if it exists. */
  makeDirectory(path: string): Promise<void>;
  /** Names in the directory, sorted. */
  list(path: string): Promise<string[]>;
  exists(path: string): Promise<boolean>;
  remove(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Names created, renamed and removed in the directory survive power loss when this resolves. */
  syncDirectory(path: string): Promise<void>;
  /** Free bytes on the file system that holds `path`. */
  freeBytes(path: string): Promise<number>;
  /**
   * Takes the exclusive lock of the directory, or throws LOCKED naming who holds it. The lock of a
   * process that died does not count. The returned function gives it back.
   */
  lockDirectory(path: string): Promise<() => Promise<void>>;
}
