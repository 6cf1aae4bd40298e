/**
 * The users of the whole database: rows, and all of them in memory.
 *
 *   row key                value
 *   "A" + name's bytes     JSON of AccessState (access.ts)
 *
 * "default" is who everybody is that has not named a user; until it is changed it has no row and
 * may do everything. A change is seen once it is durable, one change after another.
 */
import { CronosError } from "../../base/errors.ts";
import { wallTimeMs } from "../../base/ids.ts";
import type { Key } from "../../base/key.ts";
import { keyAfterPrefix } from "../../base/key.ts";
import type { Random } from "../../ports/random.ts";
import type { Shard } from "../../shard/shard.ts";
import { AccessLog } from "./access-log.ts";
import type { AccessLogEntry } from "./access-log.ts";
import type { Denial } from "./access-request.ts";
import type { AccessState } from "./access.ts";
import { Access, everything, newUser } from "./access.ts";
import type { RuleNames } from "./rules.ts";
import { applyRule, passwordHash } from "./rules.ts";

const prefix: Key = "A";
const USERS_MAX = 10_000;
const NAME_BYTES_MAX = 255;
const defaultUser = "default";

/** Somebody who may do something. The same object for as long as the user exists. */
export interface Account {
  readonly name: string;
  /** Replaced, never changed. */
  readonly access: Access;
  /** Notes that it was refused something, over a protocol whose requests have no connection. */
  refused(denial: Denial): void;
}

interface KnownAccount extends Account {
  access: Access;
}

export class Users {
  /** What was refused, whatever the protocol. */
  readonly denials = new AccessLog();
  readonly #shard: Shard;
  readonly #random: Random;
  readonly #accounts = new Map<string, KnownAccount>();
  readonly #listeners = new Set<(account: Account, isDeleted: boolean) => void>();
  #changing: Promise<unknown> = Promise.resolve();

  /** Reads all users. */
  constructor(shard: Shard, random: Random) {
    this.#shard = shard;
    this.#random = random;
    this.#set(defaultUser, everything);
    for (const [key, value] of shard.tip.range(prefix, keyAfterPrefix(prefix))) {
      const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("utf8");
      this.#set(key.slice(prefix.length), JSON.parse(text) as AccessState);
    }
  }

  /** Who everybody is at first. */
  get default(): Account {
    return this.#accounts.get(defaultUser) as Account;
  }

  /** Ordered by name. */
  get all(): readonly Account[] {
    return [...this.#accounts.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  some(test: (account: Account) => boolean): boolean {
    for (const account of this.#accounts.values()) if (test(account)) return true;
    return false;
  }

  find(name: string): Account | undefined {
    return this.#accounts.get(name);
  }

  /** A password of so many hexadecimal digits that nobody can guess. */
  makePassword(digits: number): string {
    const bytes = this.#random.bytes(Math.ceil(digits / 2));
    return Buffer.from(bytes).toString("hex").slice(0, digits);
  }

  /** The user with this name and password; undefined if there is none, or it is off. */
  authenticate(name: string, password: string): Account | undefined {
    // Hashes are compared, not passwords: the time it takes tells nothing about a password.
    const hash = passwordHash(password);
    const account = this.#accounts.get(name);
    return account?.access.accepts(hash) === true ? account : undefined;
  }

  /** Gives the default user this password and no other until the database is closed. */
  requirePassword(password: string): void {
    const { state } = this.default.access;
    this.#set(defaultUser, {
      ...state,
      noPassword: false,
      passwords: [passwordHash(password)],
    });
  }

  /**
   * Applies rules to a user, who is made if need be. All or nothing; resolves once it is durable.
   * Rejects with INVALID_ARGUMENT for a bad rule or name, with TOO_LARGE for too many users.
   */
  change(name: string, rules: readonly string[], names: RuleNames): Promise<void> {
    return this.update(name, (before) => {
      return rules.reduce((state, rule) => applyRule(state, rule, names), before ?? newUser);
    });
  }

  /**
   * Makes of a user what `change` says, which is given what is there (undefined: no such user).
   * Resolves once it is durable; rejects with what `change` throws, as change() otherwise.
   */
  update(
    name: string,
    change: (before: AccessState | undefined) => AccessState,
  ): Promise<void> {
    return this.#next(async () => {
      const before = this.#accounts.get(name)?.access.state;
      const state = change(before);
      if (state === before) return;
      checkName(name);
      if (before === undefined && this.#accounts.size >= USERS_MAX) {
        throw new CronosError("TOO_LARGE", `Users must be at most ${USERS_MAX}`);
      }
      const value = Buffer.from(JSON.stringify(state));
      await this.#shard.execute((tx) => tx.put(prefix + name, value));
      const account = this.#set(name, state);
      for (const listener of this.#listeners) listener(account, false);
    });
  }

  /** Deletes users; resolves with how many there were, once it is durable. */
  delete(names: readonly string[]): Promise<number> {
    return this.#next(async () => {
      if (names.includes(defaultUser)) {
        throw new CronosError("INVALID_ARGUMENT", "The 'default' user cannot be removed");
      }
      const found = [...new Set(names)].filter((name) => this.#accounts.has(name));
      if (found.length === 0) return 0;
      await this.#shard.execute((tx) => {
        for (const name of found) tx.delete(prefix + name);
      });
      for (const name of found) {
        // Who holds the account still may do nothing with it.
        const account = this.#set(name, newUser);
        this.#accounts.delete(name);
        for (const listener of this.#listeners) listener(account, true);
      }
      return found.length;
    });
  }

  /** Notes what was refused to whom by HTTP or gRPC; RESP notes the client's address too. */
  refused(user: string, { reason, object }: Pick<AccessLogEntry, "reason" | "object">): void {
    const at = wallTimeMs(this.#shard.now);
    this.denials.add({ reason, object, user, client: "HTTP or gRPC", context: "toplevel", at });
  }

  /** Tells about users that were changed or deleted; the function returned ends it. */
  onChange(listener: (account: Account, isDeleted: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #set(name: string, state: AccessState): Account {
    const access = new Access(state);
    const known = this.#accounts.get(name);
    if (known === undefined) {
      const account = { name, access, refused: (denial: Denial) => this.refused(name, denial) };
      this.#accounts.set(name, account);
      return account;
    }
    known.access = access;
    return known;
  }

  /** Runs a change after those before it, each of which sees the one before. */
  #next<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#changing.then(change);
    this.#changing = done.catch(() => {});
    return done;
  }
}

function checkName(name: string): void {
  if (name.length > 0 && name.length <= NAME_BYTES_MAX && !/[ \0\r\n]/.test(name)) return;
  throw new CronosError(
    "INVALID_ARGUMENT",
    name.length > NAME_BYTES_MAX
      ? `Usernames must have at most ${NAME_BYTES_MAX} bytes`
      : "Usernames can't contain spaces or null characters",
  );
}
