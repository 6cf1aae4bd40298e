/**
 * Rules in the syntax of Redis' ACL (see access.ts): applied to what a user may do, and written out
 * again so that applying them to a new user gives the same.
 */
import { CronosError } from "../../base/errors.ts";
import { sha256 } from "../../base/sha256.ts";
import type { AccessState, KeyRule } from "./access.ts";
import { everything, newUser } from "./access.ts";

/** Rules of one kind that a user may have. */
const RULES_MAX = 1000;

/** Tells which commands ("get", "config|get") and categories there are. */
export interface RuleNames {
  isCommand(name: string): boolean;
  isCategory(name: string): boolean;
}

/** What a user may do after one more rule. Throws INVALID_ARGUMENT as Redis words it. */
export function applyRule(state: AccessState, rule: string, names: RuleNames): AccessState {
  try {
    const next = wordRule(state, rule.toLowerCase()) ?? prefixRule(state, rule, names);
    for (const list of [next.passwords, next.commands, next.keys, next.channels, next.namespaces]) {
      if (list.length > RULES_MAX) throw new RuleFault(`At most ${RULES_MAX} rules of a kind`);
    }
    return next;
  } catch (error) {
    if (!(error instanceof RuleFault)) throw error;
    const shown = rule.startsWith(">") || rule.startsWith("<") ? `${rule[0]}...` : rule;
    throw new CronosError(
      "INVALID_ARGUMENT",
      `Error in ACL SETUSER modifier '${shown}': ${error.message}`,
    );
  }
}

class RuleFault extends Error {}

function wordRule(state: AccessState, word: string): AccessState | undefined {
  switch (word) {
    case "on":
    case "off":
      return { ...state, isOn: word === "on" };
    case "nopass":
      return { ...state, noPassword: true, passwords: [] };
    case "resetpass":
      return { ...state, noPassword: false, passwords: [] };
    case "allcommands":
      return { ...state, commands: everything.commands };
    case "nocommands":
      return { ...state, commands: newUser.commands };
    case "allkeys":
      return { ...state, keys: everything.keys };
    case "resetkeys":
      return { ...state, keys: [] };
    case "allchannels":
      return { ...state, channels: everything.channels };
    case "resetchannels":
      return { ...state, channels: [] };
    case "allnamespaces":
      return { ...state, namespaces: everything.namespaces };
    case "resetnamespaces":
      return { ...state, namespaces: [] };
    case "reset":
      return newUser;
    default:
      return undefined;
  }
}

function prefixRule(state: AccessState, rule: string, names: RuleNames): AccessState {
  const rest = rule.slice(1);
  if (rule.startsWith("ns:")) {
    return { ...state, namespaces: withPattern(state.namespaces, rule.slice(3)) };
  }
  switch (rule[0]) {
    case "+":
    case "-":
      return { ...state, commands: withCommand(state.commands, rule.toLowerCase(), names) };
    case "~":
      return { ...state, keys: withKeys(state.keys, { pattern: rest, read: true, write: true }) };
    case "%":
      return { ...state, keys: withKeys(state.keys, keyRule(rest)) };
    case "&":
      return { ...state, channels: withPattern(state.channels, rest) };
    case ">":
      return withPassword(state, passwordHash(rest));
    case "#":
      return withPassword(state, checkedHash(rest));
    case "<":
      return withoutPassword(state, passwordHash(rest));
    case "!":
      return withoutPassword(state, checkedHash(rest));
    case "(":
      throw new RuleFault("Selectors are not supported: make a user for each");
    default:
      throw new RuleFault("Syntax error");
  }
}

/** The hash a password is stored as: hexadecimal SHA-256. */
export function passwordHash(password: string): string {
  return Buffer.from(sha256(password), "latin1").toString("hex");
}

function checkedHash(hash: string): string {
  if (/^[0-9a-f]{64}$/.test(hash)) return hash;
  throw new RuleFault(
    "The password hash must be exactly 64 characters and contain only lowercase hexadecimal " +
      "characters",
  );
}

function withPassword(state: AccessState, hash: string): AccessState {
  const others = state.passwords.filter((each) => each !== hash);
  return { ...state, noPassword: false, passwords: [...others, hash] };
}

function withoutPassword(state: AccessState, hash: string): AccessState {
  if (!state.passwords.includes(hash)) {
    throw new RuleFault("The password you are trying to remove from the user does not exist");
  }
  return { ...state, passwords: state.passwords.filter((each) => each !== hash) };
}

/** Adds a rule behind the others; what it makes meaningless goes. */
function withCommand(rules: readonly string[], rule: string, names: RuleNames): readonly string[] {
  const target = rule.slice(1);
  if (target === "@all") return [rule];
  const isKnown = target.startsWith("@")
    ? names.isCategory(target.slice(1))
    : names.isCommand(target);
  if (!isKnown) throw new RuleFault("Unknown command or category name in ACL");
  const others = rules.filter((each) => {
    const other = each.slice(1);
    return other !== target && !other.startsWith(`${target}|`);
  });
  return [...others, rule];
}

/** The rule behind a %. */
function keyRule(text: string): KeyRule {
  const [, modes = "", pattern = ""] = /^([RW]{1,2})~([^]*)$/i.exec(text) ?? [];
  if (modes === "") throw new RuleFault("Syntax error");
  return { pattern, read: /r/i.test(modes), write: /w/i.test(modes) };
}

function withKeys(rules: readonly KeyRule[], rule: KeyRule): readonly KeyRule[] {
  if (rule.pattern === "*" && rule.read && rule.write) return everything.keys;
  if (rules === everything.keys) {
    throw new RuleFault(
      "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not " +
        "have any effect. Try 'resetkeys' to start with an empty list of patterns",
    );
  }
  const text = describeKeys(rule);
  return [...rules.filter((each) => describeKeys(each) !== text), rule];
}

function withPattern(patterns: readonly string[], pattern: string): readonly string[] {
  if (pattern === "*") return ["*"];
  if (patterns.includes("*")) {
    throw new RuleFault("Adding a pattern after the * pattern does not have any effect");
  }
  return [...patterns.filter((each) => each !== pattern), pattern];
}

/** A key rule as it is written. */
export function describeKeys({ pattern, read, write }: KeyRule): string {
  if (read && write) return `~${pattern}`;
  return `%${read ? "R" : "W"}~${pattern}`;
}

/** The rules that make this of a new user. */
export function describeAccess(state: AccessState): string {
  const { isOn, noPassword, passwords, commands, keys, channels, namespaces } = state;
  return [
    isOn ? "on" : "off",
    ...(noPassword ? ["nopass"] : []),
    ...passwords.map((hash) => `#${hash}`),
    ...keys.map(describeKeys),
    ...(channels.includes("*") ? [] : ["resetchannels"]),
    ...channels.map((pattern) => `&${pattern}`),
    "resetnamespaces",
    ...namespaces.map((pattern) => `ns:${pattern}`),
    ...commands,
  ].join(" ");
}
