/**
 * The base tree in run files: immutable sorted files, a few for each partition of the keys. What is
 * deleted gives its disk space back: a partition that is deleted as a whole by the removal of its
 * files, anything else by the next merge.
 *
 * write() makes one run for each partition that it touches, syncs them and replaces the manifest.
 * That is the commit: a crash leaves the state before or after it. Files that no manifest names are
 * removed when the tree is opened.
 *
 *   new file ── manifest names it ──> in the tree ── a later one does not ──> retired
 *      └── crash: removed at open                       └── nobody reads it ──> removed
 *
 * Changes come one after another (#exclusive). A failed commit leaves open which of the two
 * manifests a crash would find, so the files of both stay until a later commit is durable.
 */
import { assert } from "../../base/assert.ts";
import { CronosError } from "../../base/errors.ts";
import { logIndex } from "../../base/ids.ts";
import type { LogIndex } from "../../base/ids.ts";
import { keyBytesMax } from "../base-tree.ts";
import type {
  BaseTree,
  BaseTreeStats,
  Mutation,
  RangeOptions,
  Row,
  Snapshot,
} from "../base-tree.ts";
import type { Key } from "../../base/key.ts";
import type { Disk } from "../../ports/disk.ts";
import { ChainedRows } from "../chained-rows.ts";
import type { RowsPart } from "../chained-rows.ts";
import type { Span } from "../range-tombstones.ts";
import { isManifestName, loadManifest, manifestPath, saveManifest } from "./manifest.ts";
import type { Manifest } from "./manifest.ts";
import { partitionGet, partitionOf, partitionRows, Partitions } from "./partitions.ts";
import type { PartitionRule } from "./partitions.ts";
import { RunBatch } from "./run-batch.ts";
import type { TreeChange } from "./run-batch.ts";
import { RunFiles } from "./run.ts";
import { RunMerger } from "./run-merger.ts";
import { Versions } from "./versions.ts";
import type { Version } from "./versions.ts";

/** With more runs in a partition, write() waits for merges: they are to keep up. */
const runsMax = 40;

export interface RunTreeOptions {
  /** Which keys there may be, and how they are divided. */
  readonly rules: readonly PartitionRule[];
  /** Memory for pages. */
  readonly cacheBytes?: number;
  /** Told why a merge failed. It is tried again; nothing is lost but space. */
  readonly onMergeError?: (error: unknown) => void;
}

/** Opens the tree in `directory`, which is made if need be and must be locked by the caller. */
export async function openRunTree(
  disk: Disk,
  directory: string,
  options: RunTreeOptions,
): Promise<RunTree> {
  await disk.makeDirectory(directory);
  const files = new RunFiles(disk, directory, options.cacheBytes);
  // A process killed in a commit may have left a manifest whose name is not durable yet: what is
  // read now must be what a power loss leaves, before files of the one before are removed.
  await disk.syncDirectory(directory);
  const names = await disk.list(directory);
  let manifest = await loadManifest(files);
  if (manifest === undefined) {
    if (names.some((name) => name.endsWith(".run"))) {
      throw new CronosError(
        "CORRUPTION",
        `Cannot open ${directory}: it holds runs, but not the manifest that says which count`,
        { details: { file: `${directory}/manifest` } },
      );
    }
    manifest = { appliedIndex: logIndex(0), nextId: 1, partitions: new Partitions([]) };
    await saveManifest(files, manifest, 0);
  }
  await removeOrphans(files, names, manifest);
  return new RunTree(files, manifest, options);
}

export class RunTree implements BaseTree {
  readonly #files: RunFiles;
  readonly #rules: readonly PartitionRule[];
  readonly #versions: Versions;
  #appliedIndex: LogIndex;
  #nextId: number;
  readonly #merger: RunMerger;
  /** Files of commits that failed, removed behind the next one that does not. */
  #leftFiles: string[] = [];
  #changing: Promise<void> = Promise.resolve();
  #isWriting = false;
  #isClosed = false;

  constructor(files: RunFiles, manifest: Manifest, options: RunTreeOptions) {
    this.#files = files;
    this.#rules = options.rules;
    this.#versions = new Versions(files, manifest.partitions);
    this.#appliedIndex = manifest.appliedIndex;
    this.#nextId = manifest.nextId;
    this.#merger = new RunMerger({
      files,
      versions: this.#versions,
      nextId: () => this.#nextId++,
      commit: (plan) => this.#commitMerge(plan),
      onError: options.onMergeError ?? (() => {}),
    });
    this.#merger.consider(manifest.partitions.all());
  }

  get appliedIndex(): LogIndex {
    return this.#appliedIndex;
  }

  get(key: Key): Uint8Array | undefined {
    return this.#get(this.#versions.newest, key);
  }

  range(start: Key, end: Key | undefined, options: RangeOptions = {}): Iterable<Row> {
    assert(!this.#isClosed, "Tree must not be read after close()");
    const span = { start, end };
    return new ChainedRows(this.#heldParts(span, options), options);
  }

  async write(mutations: Iterable<Mutation>, appliedIndex: LogIndex): Promise<void> {
    assert(!this.#isClosed, "Tree must not be written after close()");
    assert(!this.#isWriting, "Only one write may run at a time");
    this.#isWriting = true;
    try {
      const change = await this.#exclusive(() => this.#write(mutations, appliedIndex));
      this.#merger.consider(change.partitions);
      if (change.partitions.some(({ entries }) => entries.length > runsMax)) await this.idle();
    } finally {
      this.#isWriting = false;
    }
  }

  /** Resolves when nothing is being merged. */
  idle(): Promise<void> {
    return this.#merger.idle();
  }

  snapshot(): Snapshot {
    assert(!this.#isClosed, "Tree must not be read after close()");
    return new RunTreeSnapshot(this.#versions.hold(), {
      get: (version, key) => this.#get(version, key),
      range: (version, span, options) => {
        return new ChainedRows(partsOf(version, span, options), options);
      },
      release: (version) => this.#versions.release(version),
    });
  }

  /** Rows that were written over are counted more than once until they are merged. */
  stats(): BaseTreeStats {
    let bytesOnDisk = this.#versions.retiredBytes;
    let bytesUsed = 0;
    let rows = 0;
    for (const { entries } of this.#versions.newest.partitions.all()) {
      for (const { run, hiddenRows, hiddenBytes } of entries) {
        const { fileBytes, puts, tombstones } = run.info;
        bytesOnDisk += fileBytes;
        bytesUsed += fileBytes - hiddenBytes;
        rows += puts - tombstones - hiddenRows;
      }
    }
    return { bytesOnDisk, bytesUsed, rows: Math.max(0, rows) };
  }

  /** Snapshots that are still held must not be read any more. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#merger.close();
    await this.#changing;
    await this.#versions.settled();
    this.#files.readers.closeAll();
  }

  #get(version: Version, key: Key): Uint8Array | undefined {
    assert(!this.#isClosed, "Tree must not be read after close()");
    if (key.length === 0 || key.length > keyBytesMax) return undefined;
    const partition = version.partitions.get(partitionOf(this.#rules, key));
    return partition === undefined ? undefined : partitionGet(partition, key);
  }

  *#heldParts(span: Span, options: RangeOptions): IterableIterator<RowsPart> {
    const version = this.#versions.hold();
    try {
      yield* partsOf(version, span, options);
    } finally {
      this.#versions.release(version);
    }
  }

  async #write(mutations: Iterable<Mutation>, appliedIndex: LogIndex): Promise<TreeChange> {
    const batch = new RunBatch({
      files: this.#files,
      rules: this.#rules,
      partitions: this.#versions.newest.partitions,
      nextId: () => this.#nextId++,
    });
    await batch.write(mutations);
    const change = batch.change();
    await this.#commit(change, appliedIndex);
    return change;
  }

  /** Commits what the plan gives, if anything; tells whether it did. */
  async #commitMerge(plan: () => TreeChange | undefined): Promise<boolean> {
    const change = await this.#exclusive(async () => {
      const planned = plan();
      if (planned !== undefined) await this.#commit(planned, this.#appliedIndex);
      return planned;
    });
    this.#merger.consider(change?.partitions ?? []);
    return change !== undefined;
  }

  /** Makes the change durable and seen. To be called in #exclusive(). */
  async #commit(change: TreeChange, appliedIndex: LogIndex): Promise<void> {
    const { disk, directory } = this.#files;
    const partitions = this.#versions.newest.partitions.with(change.partitions);
    const attempt = this.#nextId++;
    const manifest = { appliedIndex, nextId: this.#nextId, partitions };
    try {
      if (change.added.length > 0) await disk.syncDirectory(directory);
      await saveManifest(this.#files, manifest, attempt);
    } catch (error) {
      this.#leftFiles.push(manifestPath(this.#files, attempt));
      for (const run of change.added) this.#leftFiles.push(run.path);
      throw error;
    }
    this.#appliedIndex = appliedIndex;
    this.#versions.install(partitions, change.added, change.removed);
    const left = this.#leftFiles;
    this.#leftFiles = [];
    for (const path of left) await disk.remove(path).catch(() => undefined);
  }

  /** Runs `change` when the changes before it are done. */
  #exclusive<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#changing.then(change);
    this.#changing = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }
}

interface SnapshotReader {
  get(version: Version, key: Key): Uint8Array | undefined;
  range(version: Version, span: Span, options: RangeOptions): Iterable<Row>;
  release(version: Version): void;
}

class RunTreeSnapshot implements Snapshot {
  #version: Version | undefined;
  readonly #reader: SnapshotReader;

  constructor(version: Version, reader: SnapshotReader) {
    this.#version = version;
    this.#reader = reader;
  }

  get(key: Key): Uint8Array | undefined {
    return this.#reader.get(this.#held(), key);
  }

  range(start: Key, end: Key | undefined, options: RangeOptions = {}): Iterable<Row> {
    return this.#reader.range(this.#held(), { start, end }, options);
  }

  release(): void {
    const version = this.#version;
    this.#version = undefined;
    if (version !== undefined) this.#reader.release(version);
  }

  #held(): Version {
    assert(this.#version !== undefined, "Snapshot must not be read after its release");
    return this.#version;
  }
}

function* partsOf(version: Version, span: Span, options: RangeOptions): IterableIterator<RowsPart> {
  const { reverse = false } = options;
  if (span.end !== undefined && span.end <= span.start) return;
  for (const partition of version.partitions.within(span, reverse)) {
    yield (limit) => partitionRows(partition, span, { reverse, limit });
  }
}

async function removeOrphans(
  { disk, directory }: RunFiles,
  names: readonly string[],
  { partitions }: Manifest,
): Promise<void> {
  const known = new Set<string>();
  for (const { entries } of partitions.all()) {
    for (const { run } of entries) known.add(`${run.id}.run`);
  }
  for (const name of names) {
    if (known.has(name) || isManifestName(name)) continue;
    await disk.remove(`${directory}/${name}`);
  }
}
