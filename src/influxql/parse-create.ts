/** The CREATE statements. */
import type {
  CreateContinuousQuery,
  CreateStatement,
  Expression,
  PolicyParts,
  SelectStatement,
} from "./ast.ts";
import { formatDuration } from "./duration.ts";
import {
  parseCondition,
  parseFiniteSpan,
  parseReplication,
  parseSpan,
  parseText,
  parseTexts,
} from "./parse-clauses.ts";
import { ParseError } from "./parse-error.ts";
import { parseName, parseNames, parseRegex, parseSegments } from "./parse-expression.ts";
import { parseSelect } from "./parse-select.ts";
import { isWord } from "./token.ts";
import type { TokenCursor } from "./token-cursor.ts";
import { anyExpression } from "./walk.ts";

/** Reads a CREATE statement behind its first word. */
export function parseCreate(cursor: TokenCursor): CreateStatement {
  const token = cursor.next();
  switch (token.kind) {
    case "CONTINUOUS":
      cursor.expect("QUERY");
      return parseCreateContinuousQuery(cursor);
    case "DATABASE":
      return parseCreateDatabase(cursor);
    case "USER":
      return parseCreateUser(cursor);
    case "RETENTION":
      cursor.expect("POLICY");
      return parseCreatePolicy(cursor);
    case "SUBSCRIPTION":
      return parseCreateSubscription(cursor);
    default:
      break;
  }
  if (isWord(token, "api")) return parseCreateApiKey(cursor);
  if (isWord(token, "binding")) return parseCreateBinding(cursor);
  throw cursor.unexpected(
    token,
    ..."CONTINUOUS DATABASE USER RETENTION SUBSCRIPTION".split(" "),
  );
}

function parseCreateDatabase(cursor: TokenCursor): CreateStatement {
  const name = parseName(cursor);
  if (!cursor.accept("WITH")) return { kind: "create database", name, policy: undefined };
  const first = cursor.next();
  if (!policyWords.has(first.kind)) throw cursor.unexpected(first, ...policyWords);
  cursor.back();
  const parts: PolicyParts = {
    durationNs: cursor.accept("DURATION") ? parseSpan(cursor) : undefined,
    replication: cursor.accept("REPLICATION") ? parseReplication(cursor) : undefined,
    shardDurationNs: parseShardDuration(cursor),
  };
  const policyName = cursor.accept("NAME") ? parseName(cursor) : "";
  return { kind: "create database", name, policy: { ...parts, name: policyName } };
}

const policyWords: ReadonlySet<string> = new Set(["DURATION", "NAME", "REPLICATION", "SHARD"]);

/** SHARD DURATION d, if it follows. */
function parseShardDuration(cursor: TokenCursor): bigint | undefined {
  if (!cursor.accept("SHARD")) return undefined;
  cursor.expect("DURATION");
  return parseSpan(cursor);
}

function parseCreatePolicy(cursor: TokenCursor): CreateStatement {
  const name = parseName(cursor);
  cursor.expect("ON");
  const database = parseName(cursor);
  cursor.expect("DURATION");
  const durationNs = parseSpan(cursor);
  cursor.expect("REPLICATION");
  const replication = parseReplication(cursor);
  const shardDurationNs = parseFiniteShardDuration(cursor) ?? 0n;
  const isDefault = cursor.accept("DEFAULT");
  return {
    kind: "create retention policy",
    name,
    database,
    durationNs,
    replication,
    shardDurationNs,
    isDefault,
  };
}

/** SHARD DURATION d, if it follows; INF is refused. */
function parseFiniteShardDuration(cursor: TokenCursor): bigint | undefined {
  if (!cursor.accept("SHARD")) return undefined;
  return parseShardSpan(cursor);
}

/** DURATION d behind SHARD. */
export function parseShardSpan(cursor: TokenCursor): bigint {
  cursor.expect("DURATION");
  const token = cursor.next();
  if (token.kind === "INF") throw cursor.error("invalid duration INF for shard duration", token);
  cursor.back();
  return parseSpan(cursor);
}

function parseCreateUser(cursor: TokenCursor): CreateStatement {
  const name = parseName(cursor);
  cursor.expect("WITH", "PASSWORD");
  const password = parseText(cursor);
  const isAdmin = cursor.accept("WITH");
  if (isAdmin) cursor.expect("ALL", "PRIVILEGES");
  return { kind: "create user", name, password, isAdmin };
}

/** A database and a policy, joined by a dot at once. */
export function parsePolicyPath(cursor: TokenCursor): { database: string; policy: string } {
  const database = parseName(cursor);
  const dot = cursor.scan();
  if (dot.kind !== ".") throw cursor.unexpected(dot, ".");
  return { database, policy: parseName(cursor) };
}

function parseCreateSubscription(cursor: TokenCursor): CreateStatement {
  const name = parseName(cursor);
  cursor.expect("ON");
  const path = parsePolicyPath(cursor);
  cursor.expect("DESTINATIONS");
  const mode = cursor.next();
  if (mode.kind !== "ALL" && mode.kind !== "ANY") throw cursor.unexpected(mode, "ALL", "ANY");
  const destinations = parseTexts(cursor);
  const condition: Expression | undefined = parseCondition(cursor);
  return { kind: "create subscription", name, ...path, mode: mode.kind, destinations, condition };
}

/** CREATE API KEY name ON db FOR READ|WRITE [SERIES /regex/]. */
function parseCreateApiKey(cursor: TokenCursor): CreateStatement {
  cursor.expect("KEY");
  const name = parseName(cursor);
  cursor.expect("ON");
  const database = parseName(cursor);
  cursor.expect("FOR");
  const access = cursor.next();
  if (access.kind !== "READ" && access.kind !== "WRITE") {
    throw cursor.unexpected(access, "READ", "WRITE");
  }
  const hasPattern = cursor.accept("SERIES");
  const pattern = hasPattern ? parseRegex(cursor) : undefined;
  if (hasPattern && pattern === undefined) throw cursor.unexpected(cursor.next(), "regex");
  return { kind: "create api key", name, database, access: access.kind, pattern };
}

/** CREATE BINDING name ON db FROM TOPIC topic INTO [rp.]measurement [TAGS a, b] [FIELDS c, d]. */
function parseCreateBinding(cursor: TokenCursor): CreateStatement {
  const name = parseName(cursor);
  cursor.expect("ON");
  const database = parseName(cursor);
  cursor.expect("FROM");
  const word = cursor.next();
  if (!isWord(word, "topic")) throw cursor.unexpected(word, "TOPIC");
  const topic = parseName(cursor);
  cursor.expect("INTO");
  const [measurement = "", policy = ""] = parseSegments(cursor).toReversed();
  const into = { database: "", policy, name: measurement, isSameName: false };
  const tags = acceptWord(cursor, "tags") ? parseNames(cursor) : [];
  const fields = acceptWord(cursor, "fields") ? parseNames(cursor) : [];
  return { kind: "create binding", name, database, topic, into, tags, fields };
}

function acceptWord(cursor: TokenCursor, word: string): boolean {
  if (isWord(cursor.next(), word)) return true;
  cursor.back();
  return false;
}

function parseCreateContinuousQuery(cursor: TokenCursor): CreateContinuousQuery {
  const name = parseName(cursor);
  cursor.expect("ON");
  const database = parseName(cursor);
  const resample = parseResample(cursor);
  const backfill = parseBackfill(cursor);
  cursor.expect("BEGIN", "SELECT");
  const select = parseSelect(cursor, true);
  const intervalNs = groupInterval(select);
  if (isAggregating(select) && intervalNs === undefined) {
    // 1.x tells the token before the last: two steps back, one forward.
    cursor.back();
    cursor.back();
    throw cursor.unexpected(cursor.next(), "GROUP BY time(...)");
  }
  cursor.expect("END");
  checkResample(resample, intervalNs ?? 0n);
  return { kind: "create continuous query", name, database, ...resample, backfill, select };
}

interface Resample {
  readonly resampleEveryNs: bigint;
  readonly resampleForNs: bigint;
}

function parseResample(cursor: TokenCursor): Resample {
  if (!cursor.accept("RESAMPLE")) return { resampleEveryNs: 0n, resampleForNs: 0n };
  const resampleEveryNs = cursor.accept("EVERY") ? parseFiniteSpan(cursor) : 0n;
  const resampleForNs = cursor.accept("FOR") ? parseFiniteSpan(cursor) : 0n;
  if (resampleEveryNs === 0n && resampleForNs === 0n) {
    throw cursor.unexpected(cursor.next(), "EVERY", "FOR");
  }
  return { resampleEveryNs, resampleForNs };
}

/** BACKFILL [d]. */
function parseBackfill(cursor: TokenCursor): bigint | "all" | undefined {
  if (!acceptWord(cursor, "backfill")) return undefined;
  return cursor.peek().kind === "DURATIONVAL" ? parseFiniteSpan(cursor) : "all";
}

function isAggregating(select: SelectStatement): boolean {
  return select.fields.some(({ expression }) =>
    anyExpression(expression, (part) => part.kind === "call"),
  );
}

/** Length of the groups of GROUP BY time(…); months count as 28 days; undefined: there are none. */
function groupInterval(select: SelectStatement): bigint | undefined {
  for (const dimension of select.dimensions) {
    if (dimension.kind !== "call" || dimension.name !== "time") continue;
    const [length] = dimension.args;
    if (length?.kind !== "duration") continue;
    const ns = length.ns + BigInt(length.months) * shortestMonthNs;
    if (ns > 0n) return ns;
  }
  return undefined;
}

const shortestMonthNs = 28n * 86_400_000_000_000n;

function checkResample({ resampleEveryNs, resampleForNs }: Resample, intervalNs: bigint): void {
  const least = resampleEveryNs > intervalNs ? resampleEveryNs : intervalNs;
  if (resampleForNs === 0n || resampleForNs >= least) return;
  const minimum = `must be a minimum of ${formatDuration(least)}`;
  const got = formatDuration(resampleForNs);
  throw new ParseError(`FOR duration must be >= GROUP BY time duration: ${minimum}, got ${got}`);
}
