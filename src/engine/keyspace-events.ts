/**
 * Keyspace notifications: what happened to keys, told over pub/sub if it is switched on.
 *
 *   __keyspace@<space>__:<key>    message: the event      with K
 *   __keyevent@<space>__:<event>  message: the key        with E
 *
 * <space> is 0 for the namespace "global", as clients of Redis expect it; otherwise the name.
 * Which events are told is a setting of one letter for each class; A stands for "g$lshzxetd".
 */
import { CronosError } from "../base/errors.ts";
import type { Key } from "../base/key.ts";
import type { PubSub } from "./pubsub.ts";
import type { SessionNamespace } from "./session-namespace.ts";

/** The letter of each class of events. */
export const keyspaceEventClasses = {
  generic: "g",
  string: "$",
  list: "l",
  set: "s",
  hash: "h",
  zset: "z",
  expired: "x",
  evicted: "e",
  stream: "t",
  module: "d",
  miss: "m",
  new: "n",
} as const;
export type KeyspaceEventClass = keyof typeof keyspaceEventClasses;

/** What A stands for: all classes but the last two. */
const allLetters = "g$lshzxetd";
const settingLetters = "Ag$lshzxetdmnKE";

export interface KeyspaceEvent {
  readonly class: KeyspaceEventClass;
  /** As Redis names it: "set", "del", "expire", … */
  readonly event: string;
  readonly key: Key;
  readonly namespace: SessionNamespace;
}

export class KeyspaceEvents {
  readonly #pubsub: PubSub;
  #setting = "";
  #letters = "";

  constructor(pubsub: PubSub) {
    this.#pubsub = pubsub;
  }

  /** Some events are told: ask before making one. */
  get enabled(): boolean {
    return this.#letters !== "";
  }

  /** The setting as CONFIG GET shows it. */
  get setting(): string {
    return this.#setting;
  }

  /** Chooses what is told. Throws INVALID_ARGUMENT for a letter that there is not. */
  set setting(text: string) {
    for (const letter of text) {
      if (settingLetters.includes(letter)) continue;
      throw new CronosError("INVALID_ARGUMENT", `Invalid event class character: ${letter}`, {
        details: { field: "notify-keyspace-events", value: text },
      });
    }
    const letters = new Set(text.replace("A", allLetters));
    const told = letters.has("K") || letters.has("E");
    this.#letters = told ? [...letters].join("") : "";
    this.#setting = shownSetting(letters);
  }

  /** Tells an event if its class is switched on. Call it when the change is durable. */
  notify({ class: eventClass, event, key, namespace }: KeyspaceEvent): void {
    const letters = this.#letters;
    if (letters === "" || !letters.includes(keyspaceEventClasses[eventClass])) return;
    const space = namespace.id === 0 ? "0" : Buffer.from(namespace.name).toString("latin1");
    if (letters.includes("K")) {
      this.#pubsub.publish(`__keyspace@${space}__:${key}`, Buffer.from(event));
    }
    if (letters.includes("E")) {
      this.#pubsub.publish(`__keyevent@${space}__:${event}`, Buffer.from(key, "latin1"));
    }
  }
}

/** In a fixed order, with A for the classes that it stands for. */
function shownSetting(letters: ReadonlySet<string>): string {
  const all = [...allLetters].every((letter) => letters.has(letter));
  const shown = all ? "A" : [...allLetters].filter((letter) => letters.has(letter)).join("");
  return shown + [..."KEmn"].filter((letter) => letters.has(letter)).join("");
}
