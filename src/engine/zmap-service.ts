/**
 * The ordered map of one namespace, for users of the library: every call is an operation of its
 * own, which finds the namespace by its name.
 */
import type { Shard } from "../shard/shard.ts";
import { ZSpace } from "../models/zmap/rows.ts";
import type { NamespacesService } from "./namespaces-service.ts";
import type { Bytes, ZMapApi, ZMapNumbers, ZMapScope } from "./zmap-api.ts";
import { keyOf, zmapScope } from "./zmap-scope.ts";
import type { ZMapWatches } from "./zmap-watches.ts";

export interface ZMapServiceOptions {
  readonly shard: Shard;
  readonly namespaces: NamespacesService;
  readonly watches: ZMapWatches;
}

export class ZMapService implements ZMapApi {
  readonly i64: ZMapApi["i64"] = this.#numbers(({ i64 }) => i64);
  readonly f64: ZMapApi["f64"] = this.#numbers(({ f64 }) => f64);
  readonly d128: ZMapApi["d128"] = this.#numbers(({ d128 }) => d128);
  readonly #options: ZMapServiceOptions;
  readonly #namespace: string;

  constructor(options: ZMapServiceOptions, namespace: string) {
    this.#options = options;
    this.#namespace = namespace;
  }

  get(...args: Parameters<ZMapScope["get"]>): ReturnType<ZMapApi["get"]> {
    return this.#run((map) => map.get(...args));
  }

  set(...args: Parameters<ZMapScope["set"]>): Promise<void> {
    return this.#run((map) => map.set(...args));
  }

  delete(...args: Parameters<ZMapScope["delete"]>): Promise<void> {
    return this.#run((map) => map.delete(...args));
  }

  deleteRange(...args: Parameters<ZMapScope["deleteRange"]>): Promise<void> {
    return this.#run((map) => map.deleteRange(...args));
  }

  range(...args: Parameters<ZMapScope["range"]>): ReturnType<ZMapApi["range"]> {
    return this.#run((map) => map.range(...args));
  }

  key(...args: Parameters<ZMapScope["key"]>): ReturnType<ZMapApi["key"]> {
    return this.#run((map) => map.key(...args));
  }

  mutate(...args: Parameters<ZMapScope["mutate"]>): Promise<void> {
    return this.#run((map) => map.mutate(...args));
  }

  async watch(key: Bytes, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { shard, namespaces, watches } = this.#options;
    signal?.throwIfAborted();
    // What was written before is then part of the durable value that the watch begins with.
    await shard.tipDurable();
    const { id } = namespaces.find(shard.tip, this.#namespace);
    const { changed, cancel } = watches.watch(new ZSpace(id).row(keyOf(key)));
    if (signal === undefined) return changed;
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => {
        cancel();
        reject(signal.reason);
      };
      signal.addEventListener("abort", abort, { once: true });
      changed.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
    });
  }

  #numbers<T>(numbersOf: (map: ZMapScope) => ZMapNumbers<T>): {
    get(key: Bytes): Promise<T | undefined>;
    set(key: Bytes, value: T): Promise<void>;
    increment(key: Bytes, delta: T): Promise<void>;
  } {
    return {
      get: (key) => this.#run((map) => numbersOf(map).get(key)),
      set: (key, value) => this.#run((map) => numbersOf(map).set(key, value)),
      increment: (key, delta) => this.#run((map) => numbersOf(map).increment(key, delta)),
    };
  }

  #run<T>(operation: (map: ZMapScope) => T): Promise<T> {
    const { shard, namespaces } = this.#options;
    return shard.execute((tx) => {
      return operation(zmapScope(tx, new ZSpace(namespaces.find(tx, this.#namespace).id)));
    });
  }
}
