/**
 * What one user may do: an immutable value made of rules in the syntax of Redis' ACL.
 *
 *   on off · nopass resetpass >password <password #sha256 !sha256
 *   +command -command +command|sub -command|sub +@category -@category
 *   allcommands (+@all) nocommands (-@all)
 *   ~pattern %R~pattern %W~pattern %RW~pattern allkeys resetkeys
 *   &pattern allchannels resetchannels
 *   ns:pattern allnamespaces resetnamespaces     our own: namespaces by their full name
 *   reset
 *
 * Of the command rules the last one that names a command decides. All text is binary (a character
 * is a byte). A new user is off and may do nothing, in the namespace "global" alone.
 */
import { globMatches } from "../../base/glob.ts";
import { globalNamespace } from "../session-namespace.ts";
import type { AccessRequest, Denial } from "./access-request.ts";

/** A pattern of keys, and what may be done with the keys that match. */
export interface KeyRule {
  readonly pattern: string;
  readonly read: boolean;
  readonly write: boolean;
}

/** What may be done with the series of a database. */
export type SeriesPrivilege = "READ" | "WRITE" | "ALL PRIVILEGES";

/** What somebody may do with time series: no rules of the ACL, but what GRANT gives. */
export interface SeriesRights {
  /** Everything, in all databases. */
  readonly isAdmin: boolean;
  /** By the id of the database, as decimal text; "NO PRIVILEGES" is what a REVOKE leaves. */
  readonly databases: Readonly<Record<string, SeriesPrivilege | "NO PRIVILEGES">>;
}

/** Everything that is stored of a user. */
export interface AccessState {
  readonly isOn: boolean;
  /** Any password will do. */
  readonly noPassword: boolean;
  /** SHA-256 of each password, in hexadecimal. */
  readonly passwords: readonly string[];
  /** "+get", "-@write", … */
  readonly commands: readonly string[];
  readonly keys: readonly KeyRule[];
  readonly channels: readonly string[];
  readonly namespaces: readonly string[];
  /** Absent: nobody who works with time series, unless everything is allowed. */
  readonly series?: SeriesRights;
}

export const newUser: AccessState = Object.freeze({
  isOn: false,
  noPassword: false,
  passwords: [],
  commands: ["-@all"],
  keys: [],
  channels: [],
  namespaces: [globalNamespace.name],
});

/** The default user before anybody changed it: everything, without a password. */
export const everything: AccessState = Object.freeze({
  isOn: true,
  noPassword: true,
  passwords: [],
  commands: ["+@all"],
  keys: [{ pattern: "*", read: true, write: true }],
  channels: ["*"],
  namespaces: ["*"],
});

export class Access {
  readonly state: AccessState;
  /** Nothing has to be checked. */
  readonly isUnrestricted: boolean;
  /** What the rules say about commands that were asked for; there are only so many commands. */
  readonly #allowed = new Map<string, boolean>();

  constructor(state: AccessState) {
    this.state = state;
    const { commands, keys, channels, namespaces } = state;
    this.isUnrestricted =
      commands.length === 1 &&
      commands[0] === "+@all" &&
      keys.some((rule) => rule.pattern === "*" && rule.read && rule.write) &&
      channels.includes("*") &&
      namespaces.includes("*");
  }

  /** What is in the way of the request; undefined: it may be done. */
  denial(request: AccessRequest): Denial | undefined {
    if (this.isUnrestricted) return undefined;
    if (!this.#mayRun(request)) return { reason: "command", object: request.command };
    for (const namespace of request.namespaces) {
      const isAllowed = matchesAny(this.state.namespaces, namespace);
      if (!isAllowed) return { reason: "namespace", object: namespace };
    }
    for (const key of request.keys) {
      if (!this.#mayUse(key, request)) return { reason: "key", object: key };
    }
    const { channels, arePatterns } = request;
    for (const channel of channels) {
      if (!this.mayHear(channel, arePatterns)) return { reason: "channel", object: channel };
    }
    return undefined;
  }

  /** Whether a channel may be used. A pattern must be one of the rules, or all must be allowed. */
  mayHear(channel: string, isPattern: boolean): boolean {
    const { channels } = this.state;
    if (!isPattern) return matchesAny(channels, channel);
    return channels.includes("*") || channels.includes(channel);
  }

  /** Whether this is one of the passwords, given its hash. */
  accepts(hash: string): boolean {
    return this.state.isOn && (this.state.noPassword || this.state.passwords.includes(hash));
  }

  #mayUse(key: string, { reads, writes }: AccessRequest): boolean {
    return this.state.keys.some((rule) => {
      return (rule.read || !reads) && (rule.write || !writes) && globMatches(rule.pattern, key);
    });
  }

  #mayRun(request: AccessRequest): boolean {
    const known = this.#allowed.get(request.command);
    if (known !== undefined) return known;
    const last = this.state.commands.findLast((rule) => concerns(rule.slice(1), request));
    const allowed = last?.startsWith("+") === true;
    this.#allowed.set(request.command, allowed);
    return allowed;
  }
}

function concerns(target: string, { command, categories }: AccessRequest): boolean {
  if (target === "@all" || target === command) return true;
  if (target.startsWith("@")) return categories.includes(target.slice(1));
  return command.startsWith(`${target}|`);
}

function matchesAny(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => globMatches(pattern, text));
}
