/**
 * The manifest: which runs a tree is made of. The file "manifest" is replaced as a whole, by a new
 * one that was synced under another name, so it is the old or the new one after a crash.
 *
 *   0   8  magic "CRONMANI"
 *   8   4  format version, little-endian
 *   12  n  varints: applied index, next run's number, number of partitions; each partition: its
 *          prefix (length, bytes), number of runs, and each run, newest first: number, file bytes,
 *          rows with a value, tombstones, deleted ranges, hidden rows, hidden bytes, first and last
 *          key (length, bytes)
 *       4  crc32 of all before
 */
import { crc32 } from "node:zlib";
import { CronosError } from "../../base/errors.ts";
import { logIndex } from "../../base/ids.ts";
import type { LogIndex } from "../../base/ids.ts";
import type { Key } from "../../base/key.ts";
import { varintSize, writeVarint } from "../../base/protobuf.ts";
import type { Disk } from "../../ports/disk.ts";
import { Partitions } from "./partitions.ts";
import type { Partition, RunEntry } from "./partitions.ts";
import { Run } from "./run.ts";
import type { RunFiles } from "./run.ts";

const manifestName = "manifest";
const magic = Buffer.from("CRONMANI", "latin1");
const formatVersion = 1;
const headBytes = 12;
const checksumBytes = 4;

export interface Manifest {
  readonly appliedIndex: LogIndex;
  /** Numbers of runs from here on were never used. */
  readonly nextId: number;
  readonly partitions: Partitions;
}

/** Partitions do not change, most are in many manifests. */
const encodedPartitions = new WeakMap<Partition, Buffer>();

/** Where the manifest of an attempt is written before it replaces the one in force. */
export function manifestPath({ directory }: RunFiles, attempt: number): string {
  return `${directory}/${manifestName}.${attempt}`;
}

/** Replaces the manifest; durable when it resolves. `attempt` was used for no other. */
export async function saveManifest(
  files: RunFiles,
  manifest: Manifest,
  attempt: number,
): Promise<void> {
  const { disk, directory } = files;
  const path = manifestPath(files, attempt);
  const file = await disk.open(path, { mode: "write" });
  try {
    await file.write([encodeManifest(manifest)], 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(path, `${directory}/${manifestName}`);
  await disk.syncDirectory(directory);
}

/** Whether a name in the directory is the manifest's. */
export function isManifestName(name: string): boolean {
  return name === manifestName;
}

/** Reads the manifest; undefined if there is none. */
export async function loadManifest(files: RunFiles): Promise<Manifest | undefined> {
  const path = `${files.directory}/${manifestName}`;
  if (!(await files.disk.exists(path))) return undefined;
  const bytes = await readFile(files.disk, path);
  const end = bytes.length - checksumBytes;
  if (end < headBytes || !bytes.subarray(0, magic.length).equals(magic)) {
    throw corruption(path, "it is not a manifest");
  }
  if (crc32(bytes.subarray(0, end)) !== bytes.readUInt32LE(end)) {
    throw corruption(path, "its checksum does not match");
  }
  const version = bytes.readUInt32LE(magic.length);
  if (version !== formatVersion) {
    throw corruption(path, `it has format ${version}, not ${formatVersion}`);
  }
  return decodeManifest(files, new Reader(bytes));
}

function encodeManifest({ appliedIndex, nextId, partitions }: Manifest): Buffer {
  const head = Buffer.alloc(headBytes);
  head.set(magic, 0);
  head.writeUInt32LE(formatVersion, magic.length);
  const all = [...partitions.all()];
  const chunks = [head, ...[appliedIndex, nextId, all.length].map(varint)];
  for (const partition of all) chunks.push(encodePartition(partition));
  const bytes = Buffer.concat([...chunks, Buffer.alloc(checksumBytes)]);
  const end = bytes.length - checksumBytes;
  bytes.writeUInt32LE(crc32(bytes.subarray(0, end)), end);
  return bytes;
}

function encodePartition(partition: Partition): Buffer {
  let encoded = encodedPartitions.get(partition);
  if (encoded === undefined) {
    const { prefix, entries } = partition;
    encoded = Buffer.concat([
      ...text(prefix),
      varint(entries.length),
      ...entries.flatMap(({ run: { info }, hiddenRows, hiddenBytes }) => [
        ...[info.id, info.fileBytes, info.puts, info.tombstones, info.rangeCount].map(varint),
        ...[hiddenRows, hiddenBytes].map(varint),
        ...text(info.firstKey),
        ...text(info.lastKey),
      ]),
    ]);
    encodedPartitions.set(partition, encoded);
  }
  return encoded;
}

function decodeManifest(files: RunFiles, reader: Reader): Manifest {
  const appliedIndex = logIndex(reader.varint());
  const nextId = reader.varint();
  const partitions: Partition[] = [];
  for (let left = reader.varint(); left > 0; left--) {
    const prefix = reader.text();
    const entries: RunEntry[] = [];
    for (let runs = reader.varint(); runs > 0; runs--) entries.push(readEntry(files, reader));
    partitions.push({ prefix, entries });
  }
  return { appliedIndex, nextId, partitions: new Partitions(partitions) };
}

function readEntry(files: RunFiles, reader: Reader): RunEntry {
  const id = reader.varint();
  const fileBytes = reader.varint();
  const puts = reader.varint();
  const tombstones = reader.varint();
  const rangeCount = reader.varint();
  const hiddenRows = reader.varint();
  const hiddenBytes = reader.varint();
  const firstKey = reader.text();
  const lastKey = reader.text();
  const info = { id, fileBytes, puts, tombstones, rangeCount, firstKey, lastKey };
  return { run: new Run(files, info), hiddenRows, hiddenBytes };
}

function varint(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(varintSize(value));
  writeVarint(bytes, 0, value);
  return bytes;
}

function text(key: Key): Buffer[] {
  return [varint(key.length), Buffer.from(key, "latin1")];
}

class Reader {
  readonly #bytes: Buffer;
  #at = headBytes;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = this.#bytes.readUInt8(this.#at++);
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  text(): Key {
    const length = this.varint();
    this.#at += length;
    return this.#bytes.toString("latin1", this.#at - length, this.#at);
  }
}

async function readFile(disk: Disk, path: string): Promise<Buffer> {
  const file = await disk.open(path, { mode: "read" });
  try {
    const bytes = Buffer.alloc(await file.size());
    return bytes.subarray(0, await file.read(bytes, 0));
  } finally {
    await file.close();
  }
}

function corruption(file: string, what: string): CronosError {
  return new CronosError("CORRUPTION", `Cannot open ${file}: ${what}`, { details: { file } });
}
