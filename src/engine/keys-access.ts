/**
 * The keys of one namespace, for users of the library: every call is an operation of its own, which
 * finds the namespace by its name.
 */
import type { Key } from "../base/key.ts";
import type { KeyContext } from "../models/keys/keys.ts";
import type { Clock } from "../ports/clock.ts";
import type { Shard } from "../shard/shard.ts";
import type { Transaction } from "../shard/transaction.ts";
import type { KeyOperations, KeyScanOptions, KeysApi, KeysScope } from "./keys-api.ts";
import { keysScope, scanPage, scanStart } from "./keys-scope.ts";
import type { ScanPage } from "./keys-scope.ts";
import type { KeysService } from "./keys-service.ts";
import type { NamespacesService } from "./namespaces-service.ts";

export interface KeysAccessOptions {
  readonly shard: Shard;
  readonly clock: Clock;
  readonly keys: KeysService;
  readonly namespaces: NamespacesService;
}

export class KeysAccess implements KeysApi {
  readonly hash: KeysApi["hash"] = {
    get: (...args) => this.#run(({ hash }) => hash.get(...args)),
    set: (...args) => this.#run(({ hash }) => hash.set(...args)),
    delete: (...args) => this.#run(({ hash }) => hash.delete(...args)),
    getAll: (...args) => this.#run(({ hash }) => hash.getAll(...args)),
    increment: (...args) => this.#run(({ hash }) => hash.increment(...args)),
  };
  readonly #options: KeysAccessOptions;
  readonly #namespace: string;

  constructor(options: KeysAccessOptions, namespace: string) {
    this.#options = options;
    this.#namespace = namespace;
  }

  get(...args: Parameters<KeyOperations["get"]>): ReturnType<KeysApi["get"]> {
    return this.#run((keys) => keys.get(...args));
  }

  set(...args: Parameters<KeyOperations["set"]>): ReturnType<KeysApi["set"]> {
    return this.#run((keys) => keys.set(...args));
  }

  delete(...args: Parameters<KeyOperations["delete"]>): Promise<number> {
    return this.#run((keys) => keys.delete(...args));
  }

  exists(...args: Parameters<KeyOperations["exists"]>): Promise<number> {
    return this.#run((keys) => keys.exists(...args));
  }

  expire(...args: Parameters<KeyOperations["expire"]>): Promise<boolean> {
    return this.#run((keys) => keys.expire(...args));
  }

  ttl(...args: Parameters<KeyOperations["ttl"]>): ReturnType<KeysApi["ttl"]> {
    return this.#run((keys) => keys.ttl(...args));
  }

  persist(...args: Parameters<KeyOperations["persist"]>): Promise<boolean> {
    return this.#run((keys) => keys.persist(...args));
  }

  increment(...args: Parameters<KeyOperations["increment"]>): Promise<bigint> {
    return this.#run((keys) => keys.increment(...args));
  }

  type(...args: Parameters<KeyOperations["type"]>): ReturnType<KeysApi["type"]> {
    return this.#run((keys) => keys.type(...args));
  }

  async *scan(options: KeyScanOptions = {}): AsyncGenerator<Buffer> {
    let from: Key | undefined = scanStart(options);
    while (from !== undefined) {
      const start: Key = from;
      const page: ScanPage = await this.#execute((tx, at) => {
        return scanPage(tx, at, { from: start, options });
      });
      yield* page.keys;
      from = page.next;
    }
  }

  #run<T>(operation: (keys: KeysScope) => T): Promise<T> {
    return this.#execute((tx, at) => operation(keysScope(tx, at)));
  }

  #execute<T>(operation: (tx: Transaction, at: KeyContext) => T): Promise<T> {
    const { shard } = this.#options;
    return shard.execute((tx) => operation(tx, keyContext(tx, this.#options, this.#namespace)));
  }
}

/** Where operations on the keys of a namespace work. Throws NOT_FOUND. */
export function keyContext(
  tx: Transaction,
  { clock, keys, namespaces }: Omit<KeysAccessOptions, "shard">,
  namespace: string,
): KeyContext {
  const space = keys.spaceOf(namespaces.find(tx, namespace));
  return { space, now: clock.now(), watcher: keys };
}
