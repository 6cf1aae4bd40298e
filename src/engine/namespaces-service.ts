/**
 * Namespaces of an open database: looking them up, and what changes the tree of them.
 *
 * Who keeps the id of a namespace compares `version` before using it: it moves whenever a path can
 * have another meaning than before.
 */
import { Keyspace } from "../models/keys/rows.ts";
import { noSuchNamespace } from "../models/namespaces/namespace-error.ts";
import { createNamespace, findNamespace, listNamespaces } from "../models/namespaces/namespaces.ts";
import { moveNamespace, namespaceExistsIn } from "../models/namespaces/namespaces.ts";
import { purgeNamespace, removeNamespace } from "../models/namespaces/namespaces.ts";
import type { PurgeOptions, RangesOf } from "../models/namespaces/namespaces.ts";
import { ZSpace } from "../models/zmap/rows.ts";
import type { Shard } from "../shard/shard.ts";
import type { Transaction } from "../shard/transaction.ts";
import type { ReadView } from "../store/base-tree.ts";
import { globalNamespace } from "./session-namespace.ts";
import type { SessionNamespace } from "./session-namespace.ts";
import type { NamespacesApi } from "./namespaces-api.ts";

/** Namespaces that one step of a purge deletes: each costs a few mutations in the record. */
const PURGE_STEP = 1000;
/** Paths whose namespace is remembered. */
const KNOWN_MAX = 10_000;

const models: readonly RangesOf[] = [keyRanges, (namespaceId) => [new ZSpace(namespaceId)]];

export class NamespacesService {
  /** For users of the library: each call is an operation of its own. */
  readonly api: NamespacesApi = {
    create: (path) => this.#shard.execute((tx) => this.create(tx, path)),
    exists: (path) => this.#shard.execute((tx) => namespaceExistsIn(tx, path)),
    list: (path) => this.#shard.execute((tx) => listNamespaces(tx, path)),
    move: (from, to) => this.#shard.execute((tx) => this.move(tx, from, to)),
    remove: (path) => this.#shard.execute((tx) => this.remove(tx, path)),
    purge: (path) => this.purge(path),
  };
  readonly #shard: Shard;
  /** Namespaces of the tip, by path. */
  readonly #known = new Map<string, SessionNamespace>();
  /** Removes what is not ranges of rows alone. */
  readonly #onPurge: PurgeOptions["onPurge"];
  #version = 1;

  constructor(shard: Shard, onPurge: PurgeOptions["onPurge"] = () => {}) {
    this.#shard = shard;
    this.#onPurge = onPurge;
    shard.attach({ rebuild: () => this.#changed() });
  }

  /** Another number whenever a path can have lost its meaning. */
  get version(): number {
    return this.#version;
  }

  /** The namespace at a path. Throws NOT_FOUND and INVALID_ARGUMENT. */
  find(view: ReadView, path: string): SessionNamespace {
    if (path === globalNamespace.name) return globalNamespace;
    if (view !== this.#shard.tip) return { id: findNamespace(view, path), name: path };
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    const found = { id: findNamespace(view, path), name: path };
    this.#known.set(path, found);
    return found;
  }

  /** Throws NOT_FOUND if the namespace is not at its path any more. */
  check(view: ReadView, { id, name }: SessionNamespace): void {
    if (findNamespace(view, name) !== id) throw noSuchNamespace(name);
  }

  create(tx: Transaction, path: string): void {
    createNamespace(tx, path);
  }

  move(tx: Transaction, from: string, to: string): void {
    moveNamespace(tx, from, to);
    this.#changes(tx);
  }

  remove(tx: Transaction, path: string): void {
    removeNamespace(tx, path);
    this.#changes(tx);
  }

  /** Deletes a removed namespace with all in and below it. Resolves when that is durable. */
  async purge(path: string): Promise<void> {
    let isGone = false;
    while (!isGone) {
      isGone = await this.#shard.execute((tx) => {
        this.#changes(tx);
        return purgeNamespace(tx, path, { models, limit: PURGE_STEP, onPurge: this.#onPurge });
      });
    }
  }

  /** Now for the rest of the operation, and again when what it did is the tip. */
  #changes(tx: Transaction): void {
    this.#changed();
    tx.onApplied(() => this.#changed());
  }

  #changed(): void {
    this.#version++;
    this.#known.clear();
  }
}

/** Rows of expiry are left: they are removed when their time has come. */
function keyRanges(namespaceId: number): ReturnType<RangesOf> {
  const { headers, headersEnd, fields, fieldsEnd, countKey } = new Keyspace(namespaceId);
  return [
    { start: headers, end: headersEnd },
    { start: fields, end: fieldsEnd },
    { start: countKey, end: `${countKey}\0` },
  ];
}
