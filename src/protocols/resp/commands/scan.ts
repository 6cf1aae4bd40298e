/**
 * Listings: SCAN, HSCAN, KEYS, RANDOMKEY. Keys are in the order of their bytes, so that a pattern
 * that starts with plain characters looks at the keys that do and no others.
 */
import { globMatches, globPrefix } from "../../../base/glob.ts";
import type { Key } from "../../../base/key.ts";
import type { KeyPage } from "../../../models/keys/generic.ts";
import { listKeys, randomKey, typeOfKey } from "../../../models/keys/generic.ts";
import { countFields, listFields } from "../../../models/keys/hashes.ts";
import type { Field } from "../../../models/keys/hashes.ts";
import { keyTypes } from "../../../models/keys/header.ts";
import { shortened } from "../../../models/keys/rows.ts";
import type { RespClient } from "../command.ts";
import { ReplyError, syntaxError } from "../reply-error.ts";
import type { ReplyWriter } from "../reply-writer.ts";
import { argumentAt, family, integerAt, keyAt, readSlow, wordAt } from "./arguments.ts";

export const scanCommands = family("generic", {
  keys: {
    arity: 2,
    flags: readSlow,
    since: "1.0.0",
    summary: "Returns all keys that match a pattern",
    keys: "none",
    run: keys,
  },
  scan: {
    arity: -2,
    flags: readSlow,
    since: "2.8.0",
    summary: "Returns some of the keys, and where to go on",
    keys: "none",
    run: scan,
  },
  randomkey: {
    arity: 1,
    flags: readSlow,
    since: "1.0.0",
    summary: "Returns a key by chance",
    keys: "none",
    run: randomkey,
  },
});

/** Elements that a step of a listing looks at unless COUNT says otherwise, and at most. */
const COUNT_DEFAULT = 10;
const COUNT_MAX = 10_000;
/** Keys looked at in one go by KEYS. */
const PAGE_KEYS = 1000;
/** Fields up to which HSCAN returns a hash whole, as Redis does. */
const WHOLE_HASH_FIELDS_MAX = 128;

interface ScanOptions {
  match: string | undefined;
  count: number;
  type: string | undefined;
}

const typeNames: ReadonlyMap<string, number> = new Map(Object.entries(keyTypes));

function keys({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const pattern = keyAt(args, 0);
  const prefix = globPrefix(pattern);
  const found: Key[] = [];
  let from: Key | undefined = shortenedPrefix(prefix);
  while (from !== undefined) {
    const page: KeyPage = listKeys(session.view, session.keys, { from, limit: PAGE_KEYS });
    for (const { key } of page.keys) if (globMatches(pattern, key)) found.push(key);
    from = page.next !== undefined && isBehind(page.next, prefix) ? undefined : page.next;
  }
  reply.array(found.length);
  for (const key of found) reply.binary(key);
}

function scan({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const cursor = cursorOf(argumentAt(args, 0));
  const options = scanOptions(args, { from: 1, withType: true });
  const { cursors } = session.keys.watcher;
  const of = session.keys.space.headers;
  const prefix = options.match === undefined ? "" : globPrefix(options.match);
  const from = cursors.find(cursor, of) || shortenedPrefix(prefix);
  const page = listKeys(session.view, session.keys, { from, limit: options.count });
  const found = page.keys.filter(({ key, type }) => isWanted(options, key, type));
  const isEnd = page.next === undefined || isBehind(page.next, prefix);
  reply.array(2);
  reply.text(isEnd ? "0" : String(cursors.add(of, page.next as Key)));
  reply.array(found.length);
  for (const { key } of found) reply.binary(key);
}

function isWanted({ match, type: name }: ScanOptions, key: Key, type: number): boolean {
  if (name !== undefined && typeNames.get(name) !== type) return false;
  return match === undefined || globMatches(match, key);
}

/** Where rows of keys with this beginning start. */
function shortenedPrefix(prefix: Key): Key {
  return shortened(prefix).slice(0, SAME_BYTES_MAX);
}

/** Bytes of a key that stand in its row as they are, however long it is. */
const SAME_BYTES_MAX = 800;

/** Whether all that follows is behind the keys with this beginning. */
function isBehind(next: Key, prefix: Key): boolean {
  const start = prefix.slice(0, SAME_BYTES_MAX);
  return next.slice(0, start.length) > start;
}

export function hscan({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const cursor = cursorOf(argumentAt(args, 1));
  const key = keyAt(args, 0);
  const at = session.keys;
  const { cursors } = at.watcher;
  const of = at.space.hashFields(key);
  const length = countFields(session.view, at, key);
  if (length === 0) {
    reply.array(2);
    reply.text("0");
    reply.array(0);
    return;
  }
  const options = scanOptions(args, { from: 2, withType: false });
  const isWhole = length <= WHOLE_HASH_FIELDS_MAX;
  const limit = isWhole ? WHOLE_HASH_FIELDS_MAX : options.count;
  const after = isWhole ? "" : cursors.find(cursor, of);
  const page = listFields(session.view, at, {
    key,
    limit: limit + 1,
    ...(after === "" ? {} : { after: after.slice(1) }),
  });
  const isEnd = page.length <= limit;
  const fields = page.slice(0, limit);
  const { match } = options;
  const found = fields.filter(([name]) => match === undefined || globMatches(match, name));
  reply.array(2);
  // One character before the name: a name may be empty, and "" is the start.
  reply.text(isEnd ? "0" : String(cursors.add(of, `=${(fields.at(-1) as Field)[0]}`)));
  reply.array(2 * found.length);
  for (const [name, value] of found) {
    reply.binary(name);
    reply.bulk(value);
  }
}

/** The options from `from` on. */
function scanOptions(
  args: readonly Buffer[],
  { from, withType }: { readonly from: number; readonly withType: boolean },
): ScanOptions {
  const options: ScanOptions = {
    match: undefined,
    count: COUNT_DEFAULT,
    type: undefined,
  };
  for (let at = from; at < args.length; at += 2) {
    if (at + 1 >= args.length) throw syntaxError();
    const word = wordAt(args, at);
    if (word === "MATCH") options.match = keyAt(args, at + 1);
    else if (word === "TYPE" && withType) options.type = keyAt(args, at + 1).toLowerCase();
    else if (word === "COUNT") {
      const count = integerAt(args, at + 1);
      if (count < 1) throw syntaxError();
      options.count = Math.min(count, COUNT_MAX);
    } else throw syntaxError();
  }
  return options;
}

/** A cursor as strtoul reads it; -1 stands for those that nobody was given. */
function cursorOf(text: Buffer): number {
  const word = text.toString("latin1");
  if (word === "") return 0;
  const [, sign, digits = ""] = /^([+-]?)(\d{1,40})$/.exec(word) ?? [];
  if (digits === "" || BigInt(digits) >= 2n ** 64n) throw new ReplyError("ERR invalid cursor");
  return sign === "-" ? -1 : Number(digits);
}

function randomkey({ session }: RespClient, _args: readonly Buffer[], reply: ReplyWriter): void {
  const { view, keys: at } = session;
  const key = randomKey(view, at, at.watcher.random);
  if (key === undefined || typeOfKey(view, at, key) === undefined) reply.null();
  else reply.binary(key);
}
