/**
 * The keys that a session works on, as the keys model wants it: one object for every operation of
 * the session in turn.
 */
import type { KeyContext } from "../models/keys/keys.ts";
import type { Keyspace } from "../models/keys/rows.ts";
import type { KeysService } from "./keys-service.ts";
import type { SessionNamespace } from "./session-namespace.ts";

export class SessionKeys implements KeyContext {
  /** What is shared with other sessions; it watches what happens. */
  readonly watcher: KeysService;
  #namespace: SessionNamespace;
  #space: Keyspace;
  #now = 0;

  constructor(watcher: KeysService, namespace: SessionNamespace) {
    this.watcher = watcher;
    this.#namespace = namespace;
    this.#space = watcher.spaceOf(namespace);
  }

  get space(): Keyspace {
    return this.#space;
  }

  /** Wall clock, Unix ms. */
  get now(): number {
    return this.#now;
  }

  /** Works in that namespace from now on. */
  move(namespace: SessionNamespace, now: number): void {
    this.#now = now;
    if (namespace === this.#namespace) return;
    this.#namespace = namespace;
    this.#space = this.watcher.spaceOf(namespace);
  }
}
