/**
 * One conversation with the database, whatever the protocol: what it sees, where its writes go, and
 * what its answers must wait for.
 *
 * A session reads
 *   inside a transaction        the transaction: a snapshot plus its own writes
 *   with own writes in flight   the tip, which shows them; the answers then wait for the tip
 *   otherwise                   the durable state, which may be shown at once
 *
 * Invariant: whatever a session saw or wrote is durable once the promise of settled(), asked for
 * after it in the same turn, resolves. One promise serves any number of operations.
 */
import { CronosError } from "../base/errors.ts";
import type { WallTimeMs } from "../base/ids.ts";
import type { Key } from "../base/key.ts";
import { keyAfterPrefix } from "../base/key.ts";
import { findHeader } from "../models/keys/keys.ts";
import { ZSpace } from "../models/zmap/rows.ts";
import type { Clock } from "../ports/clock.ts";
import type { Pending } from "../shard/batch.ts";
import type { InteractiveTransaction } from "../shard/interactive.ts";
import type { Shard } from "../shard/shard.ts";
import type { Transaction } from "../shard/transaction.ts";
import type { ReadView } from "../store/base-tree.ts";
import type { KeysService } from "./keys-service.ts";
import type { NamespacesService } from "./namespaces-service.ts";
import { SessionKeys } from "./session-keys.ts";
import { globalNamespace } from "./session-namespace.ts";
import type { SessionNamespace } from "./session-namespace.ts";
import type { ZMapWatch, ZMapWatches } from "./zmap-watches.ts";

/** Most calls of WATCH before an EXEC, DISCARD or UNWATCH. */
const WATCHES_MAX = 128;
/** How long WATCH holds without an EXEC. After that EXEC does nothing. */
const WATCH_IDLE_MS = 3_600_000;

/** What a session needs of the engine. */
export interface SessionHost {
  readonly shard: Shard;
  readonly clock: Clock;
  readonly keys: KeysService;
  readonly namespaces: NamespacesService;
  readonly zmapWatches: ZMapWatches;
}

export class Session {
  readonly #shard: Shard;
  readonly #clock: Clock;
  readonly #keys: SessionKeys;
  /** What changes the tree of namespaces; to be called in writeApart(). */
  readonly namespaces: NamespacesService;
  readonly #zmapWatches: ZMapWatches;
  #namespace: SessionNamespace = globalNamespace;
  /** What was known about namespaces, and the transaction, when it was last looked up. */
  #namespaceVersion = 0;
  #namespaceCheckedIn: InteractiveTransaction | undefined;
  #zmap = new ZSpace(globalNamespace.id);
  /** While it is set, reads and writes go there. Whoever sets it ends and removes it. */
  transaction: InteractiveTransaction | undefined;
  /** What WATCH looks at: one for each call, since each watches from its own moment on. */
  #watches: InteractiveTransaction[] = [];
  #inside: Transaction | undefined;
  #waiting: Pending | undefined;
  /** settled() has handed out the promise of `#waiting`: a loss is somebody's already. */
  #told = false;

  constructor({ shard, clock, keys, namespaces, zmapWatches }: SessionHost) {
    this.#zmapWatches = zmapWatches;
    this.#shard = shard;
    this.#clock = clock;
    this.namespaces = namespaces;
    this.#keys = new SessionKeys(keys, this.#namespace);
  }

  /**
   * Where the session works now. Throws NOT_FOUND when the namespace was moved or removed
   * meanwhile.
   */
  get namespace(): SessionNamespace {
    if (this.#namespace !== globalNamespace) this.#checkNamespace();
    return this.#namespace;
  }

  /** The name of the namespace that is used, even if it is not there any more. */
  get namespaceName(): string {
    return this.#namespace.name;
  }

  /** Works in this namespace from now on. Throws NOT_FOUND and INVALID_ARGUMENT. */
  useNamespace(name: string): void {
    this.#namespace = this.namespaces.find(this.#newestView, name);
    this.#namespaceVersion = this.#knownVersion;
    this.#namespaceCheckedIn = undefined;
  }

  /** Rows of the ordered map of the namespace. */
  get zmap(): ZSpace {
    const { id } = this.namespace;
    if (this.#zmap.namespaceId !== id) this.#zmap = new ZSpace(id);
    return this.#zmap;
  }

  /** Where operations on keys work: in the session's namespace, now. Good until the next call. */
  get keys(): SessionKeys {
    this.#keys.move(this.namespace, this.#clock.now());
    return this.#keys;
  }

  /** Wall-clock Unix ms: what expiry is compared with. */
  get now(): WallTimeMs {
    return this.#clock.now();
  }

  /** What the session sees now. Read it within this turn of the event loop. */
  get view(): ReadView {
    return this.#inside ?? this.transaction ?? this.#apart;
  }

  get #apart(): ReadView {
    if (this.#waiting?.state !== "pending") return this.#shard.durable;
    this.#waitForTip();
    return this.#shard.tip;
  }

  /** What was written last by anybody: what follows from it waits until it is durable. */
  get #newestView(): ReadView {
    if (this.#inside !== undefined) return this.#inside;
    this.#waitForTip();
    return this.#shard.tip;
  }

  /** Something the session saw or wrote is not durable yet, or was lost and nobody was told. */
  get pending(): boolean {
    const waiting = this.#waiting;
    if (waiting === undefined) return false;
    return waiting.state === "pending" || (waiting.state === "lost" && !this.#told);
  }

  /** Runs an operation that only reads. */
  read<T>(operation: (view: ReadView) => T): T {
    return operation(this.view);
  }

  /**
   * Runs an operation in the transaction, or at once as a transaction of its own. A throw undoes
   * it (inside a transaction: only what throws before its first write leaves no trace).
   * Throws READ_ONLY, DISK_FULL, OVERLOADED or TOO_LARGE as Shard.run() does.
   */
  write<T>(operation: (tx: Transaction) => T): T {
    const transaction = this.#inside ?? this.transaction;
    if (transaction !== undefined) return operation(transaction);
    const result = this.#shard.run(operation);
    this.#waitForTip();
    return result;
  }

  /** Reads what is not part of an open transaction, such as the tree of namespaces. */
  readApart<T>(operation: (view: ReadView) => T): T {
    return operation(this.#inside ?? this.#apart);
  }

  /** Writes it: at once, unless atomically() is running, whatever transaction is open. */
  writeApart<T>(operation: (tx: Transaction) => T): T {
    if (this.#inside !== undefined) return operation(this.#inside);
    const result = this.#shard.run(operation);
    this.#waitForTip();
    return result;
  }

  /** Whether atomically() is running. */
  get isAtomic(): boolean {
    return this.#inside !== undefined;
  }

  /** Everything that `run` reads and writes through this session is one operation. */
  atomically<T>(run: () => T): T {
    return this.write((tx) => {
      const outer = this.#inside;
      this.#inside = tx;
      try {
        return run();
      } finally {
        this.#inside = outer;
      }
    });
  }

  /**
   * Runs an operation that needs nothing of what it changes to be read in the transaction: at
   * commit, where it conflicts with nobody, and undefined is returned; without a transaction at
   * once.
   */
  blindly<T>(operation: (tx: Transaction) => T): T | undefined {
    const { transaction } = this;
    if (transaction === undefined) return this.write(operation);
    transaction.atCommit((tx) => void operation(tx));
    return undefined;
  }

  /**
   * Watches a key of the ordered map from now on. What the session was told must be durable: see
   * settled().
   */
  watchZMap(key: Key): ZMapWatch {
    return this.#zmapWatches.watch(this.zmap.row(key));
  }

  /** Starts a transaction. What the session was told must be durable: see settled(). */
  begin(): void {
    this.transaction = this.#shard.begin();
  }

  /** Index of the newest record that the transaction, or a read outside of one, sees. */
  get readVersion(): number {
    return this.transaction?.readVersion ?? this.#shard.durableIndex;
  }

  /** Whether reads of the transaction are left out of what commit() checks. */
  set snapshotReads(isOn: boolean) {
    if (this.transaction !== undefined) this.transaction.snapshotReads = isOn;
  }

  /** Watches keys from now on. What the session was told must be durable: see settled(). */
  watch(keys: readonly Key[]): void {
    if (this.#watches.length >= WATCHES_MAX) {
      throw new CronosError("TOO_LARGE", `WATCH must be called at most ${WATCHES_MAX} times`);
    }
    const watch = this.#shard.begin({ idleTimeoutMs: WATCH_IDLE_MS });
    const at = this.keys;
    for (const key of keys) {
      // Whatever is written to a key that is not there begins with its header.
      if (findHeader(watch, at, key) === undefined) continue;
      const fields = at.space.hashFields(key);
      watch.noteRead(fields, keyAfterPrefix(fields));
    }
    this.#watches.push(watch);
  }

  /** Something watched was written since, or it is not known any more whether it was. */
  watchedChanged(): boolean {
    return this.#watches.some((watch) => watch.hasConflict());
  }

  unwatch(): void {
    for (const watch of this.#watches) watch.rollback();
    this.#watches = [];
  }

  /** What to wait for before the next write() when the log or the tree cannot keep up. */
  room(): Promise<void> | undefined {
    return this.transaction === undefined ? this.#shard.room() : undefined;
  }

  /**
   * What answers given now must wait for: resolves when all that the session saw and wrote is
   * durable, rejects when some of it was lost. Undefined: nothing is in flight.
   */
  settled(): Promise<void> | undefined {
    const waiting = this.#waiting;
    if (waiting === undefined) return undefined;
    if (!this.pending) {
      this.#waiting = undefined;
      return undefined;
    }
    this.#told = true;
    return waiting.settled;
  }

  /** Rolls back what is open and forgets the namespace. The session can be used again. */
  reset(): void {
    this.transaction?.rollback();
    this.transaction = undefined;
    this.unwatch();
    this.#namespace = globalNamespace;
  }

  /** What is looked up in atomically() may be undone with it: it is looked up again later. */
  get #knownVersion(): number {
    return this.#inside === undefined ? this.namespaces.version : 0;
  }

  /** Looks it up again if namespaces have changed, and once for each transaction. */
  #checkNamespace(): void {
    const { version } = this.namespaces;
    if (version !== this.#namespaceVersion) {
      const found = this.namespaces.find(this.#newestView, this.#namespace.name);
      if (found.id !== this.#namespace.id) this.#namespace = found;
      this.#namespaceVersion = this.#knownVersion;
    }
    const { transaction } = this;
    if (transaction === undefined || transaction === this.#namespaceCheckedIn) return;
    const { id, name } = this.#namespace;
    // Otherwise what is written could come after a purge, where nobody would find it.
    transaction.checkAtCommit((view) => this.namespaces.check(view, { id, name }));
    this.#namespaceCheckedIn = transaction;
  }

  #waitForTip(): void {
    const newest = this.#shard.pending;
    // A loss that nobody was told stays: answers given after it depend on what is gone.
    if (newest === this.#waiting || this.#untoldLoss) return;
    this.#waiting = newest;
    this.#told = false;
  }

  get #untoldLoss(): boolean {
    return this.#waiting?.state === "lost" && !this.#told;
  }
}
