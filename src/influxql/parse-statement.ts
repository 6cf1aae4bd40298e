/** Statements by their first words, and those that have no file of their own. */
import type {
  AlterStatement,
  DropStatement,
  Measurement,
  MeasurementChange,
  Privilege,
  Statement,
} from "./ast.ts";
import {
  parseCondition,
  parseId,
  parseReplication,
  parseSpan,
  parseText,
} from "./parse-clauses.ts";
import { parseCreate, parsePolicyPath, parseShardSpan } from "./parse-create.ts";
import { ParseError } from "./parse-error.ts";
import { parseName } from "./parse-expression.ts";
import { parseSelect } from "./parse-select.ts";
import { parseShow } from "./parse-show.ts";
import { parseMeasurements } from "./parse-source.ts";
import { isWord } from "./token.ts";
import type { Token } from "./token.ts";
import type { TokenCursor } from "./token-cursor.ts";

const firstWords = "SELECT DELETE SHOW CREATE DROP EXPLAIN GRANT REVOKE ALTER SET KILL".split(" ");
const dropWords =
  "CONTINUOUS DATABASE MEASUREMENT RETENTION SERIES SHARD SUBSCRIPTION USER".split(" ");

export function parseStatement(cursor: TokenCursor): Statement {
  const token = cursor.next();
  switch (token.kind) {
    case "SELECT":
      return parseSelect(cursor);
    case "DELETE":
      return { kind: "delete", ...parseSelection(cursor) };
    case "SHOW":
      return parseShow(cursor);
    case "CREATE":
      return parseCreate(cursor);
    case "DROP":
      return parseDrop(cursor);
    case "EXPLAIN":
      return parseExplain(cursor);
    case "GRANT":
      return parseGrant(cursor);
    case "REVOKE":
      return parseRevoke(cursor);
    case "ALTER":
      return parseAlter(cursor);
    case "SET":
      return parseSetPassword(cursor);
    case "KILL":
      return parseKill(cursor);
    default:
      if (isWord(token, "run")) return parseRun(cursor);
      throw cursor.unexpected(token, ...firstWords);
  }
}

/** FROM and WHERE of DELETE and DROP SERIES; one of them must be there. */
function parseSelection(
  cursor: TokenCursor,
): Pick<Extract<Statement, { kind: "delete" }>, "sources" | "condition"> {
  const first = cursor.next();
  let sources: Measurement[] = [];
  if (first.kind === "FROM") {
    sources = parseMeasurements(cursor);
    checkBare(sources);
  } else cursor.back();
  const condition = parseCondition(cursor);
  if (sources.length === 0 && condition === undefined) {
    throw cursor.unexpected(first, "FROM", "WHERE");
  }
  return { sources, condition };
}

/** Deletes work on the selected database, in all of its policies. */
function checkBare(sources: readonly Measurement[]): void {
  // 1.x tells no place here, which comes out as the first; of several faults it tells the last.
  for (const { database, policy } of sources.toReversed()) {
    if (policy !== "") throw new ParseError("retention policy not supported at line 1, char 1");
    if (database !== "") throw new ParseError("database not supported at line 1, char 1");
  }
}

function parseExplain(cursor: TokenCursor): Statement {
  const isAnalyze = cursor.accept("ANALYZE");
  cursor.expect("SELECT");
  return { kind: "explain", isAnalyze, select: parseSelect(cursor) };
}

function parsePrivilege(cursor: TokenCursor): Privilege {
  const token = cursor.next();
  switch (token.kind) {
    case "READ":
    case "WRITE":
      return token.kind;
    case "ALL":
      cursor.accept("PRIVILEGES");
      return "ALL PRIVILEGES";
    default:
      throw cursor.unexpected(token, "READ", "WRITE", "ALL [PRIVILEGES]");
  }
}

function parseGrant(cursor: TokenCursor): Statement {
  const privilege = parsePrivilege(cursor);
  if (isAboutDatabase(cursor, privilege, "TO")) {
    const database = parseName(cursor);
    cursor.expect("TO");
    return { kind: "grant", privilege, database, user: parseName(cursor) };
  }
  return { kind: "grant admin", user: parseName(cursor) };
}

function parseRevoke(cursor: TokenCursor): Statement {
  const privilege = parsePrivilege(cursor);
  if (isAboutDatabase(cursor, privilege, "FROM")) {
    const database = parseName(cursor);
    cursor.expect("FROM");
    return { kind: "revoke", privilege, database, user: parseName(cursor) };
  }
  return { kind: "revoke admin", user: parseName(cursor) };
}

/** Reads ON (true), or TO or FROM, which only ALL PRIVILEGES may be followed by. */
function isAboutDatabase(cursor: TokenCursor, privilege: Privilege, userWord: string): boolean {
  const token = cursor.next();
  if (token.kind === "ON") return true;
  const isAll = privilege === "ALL PRIVILEGES";
  if (isAll && token.kind === userWord) return false;
  throw cursor.unexpected(token, "ON", ...(isAll ? [userWord] : []));
}

function parseSetPassword(cursor: TokenCursor): Statement {
  cursor.expect("PASSWORD", "FOR");
  const user = parseName(cursor);
  cursor.expect("=");
  return { kind: "set password", user, password: parseText(cursor) };
}

function parseKill(cursor: TokenCursor): Statement {
  cursor.expect("QUERY");
  const id = parseId(cursor);
  return { kind: "kill query", id, host: cursor.accept("ON") ? parseName(cursor) : "" };
}

/** RUN CONTINUOUS QUERY name ON db [WHERE time …]. */
function parseRun(cursor: TokenCursor): Statement {
  cursor.expect("CONTINUOUS", "QUERY");
  const name = parseName(cursor);
  cursor.expect("ON");
  const database = parseName(cursor);
  return { kind: "run continuous query", name, database, condition: parseCondition(cursor) };
}

function parseDrop(cursor: TokenCursor): DropStatement {
  const token = cursor.next();
  switch (token.kind) {
    case "CONTINUOUS":
      cursor.expect("QUERY");
      return { kind: "drop continuous query", ...parseOwned(cursor) };
    case "DATABASE":
      return { kind: "drop database", name: parseName(cursor) };
    case "MEASUREMENT":
      return { kind: "drop measurement", name: parseName(cursor) };
    case "RETENTION":
      cursor.expect("POLICY");
      return { kind: "drop retention policy", ...parseOwned(cursor) };
    case "SERIES":
      return { kind: "drop series", ...parseSelection(cursor) };
    case "SHARD":
      return { kind: "drop shard", id: parseId(cursor) };
    case "SUBSCRIPTION": {
      const name = parseName(cursor);
      cursor.expect("ON");
      return { kind: "drop subscription", name, ...parsePolicyPath(cursor) };
    }
    case "USER":
      return { kind: "drop user", name: parseName(cursor) };
    default:
      return parseDropOurs(cursor, token);
  }
}

function parseDropOurs(cursor: TokenCursor, token: Token): DropStatement {
  if (isWord(token, "binding")) return { kind: "drop binding", ...parseOwned(cursor) };
  if (!isWord(token, "api")) throw cursor.unexpected(token, ...dropWords);
  cursor.expect("KEY");
  return { kind: "drop api key", ...parseOwned(cursor) };
}

/** name ON db. */
function parseOwned(cursor: TokenCursor): { name: string; database: string } {
  const name = parseName(cursor);
  cursor.expect("ON");
  return { name, database: parseName(cursor) };
}

function parseAlter(cursor: TokenCursor): AlterStatement {
  const token = cursor.next();
  switch (token.kind) {
    case "RETENTION":
      cursor.expect("POLICY");
      return parseAlterPolicy(cursor);
    case "DATABASE": {
      const name = parseName(cursor);
      expectWord(cursor, "rename");
      cursor.expect("TO");
      return { kind: "alter database", name, newName: parseName(cursor) };
    }
    case "MEASUREMENT":
      return parseAlterMeasurement(cursor);
    default:
      throw cursor.unexpected(token, "RETENTION");
  }
}

function parseAlterPolicy(cursor: TokenCursor): AlterStatement {
  const first = cursor.next();
  if (first.kind !== "IDENT" && first.kind !== "DEFAULT") {
    throw cursor.unexpected(first, "identifier");
  }
  const name = first.kind === "DEFAULT" ? "default" : first.text;
  cursor.expect("ON");
  const database = parseName(cursor);
  const options = parsePolicyOptions(cursor);
  return { kind: "alter retention policy", name, database, ...options };
}

type PolicyOptions = Omit<
  Extract<AlterStatement, { kind: "alter retention policy" }>,
  "kind" | "name" | "database"
>;

/** DURATION, REPLICATION, SHARD DURATION and DEFAULT: each once, in any order, one at least. */
function parsePolicyOptions(cursor: TokenCursor): PolicyOptions {
  let options: PolicyOptions = {
    durationNs: undefined,
    replication: undefined,
    shardDurationNs: undefined,
    isDefault: false,
  };
  const found = new Set<string>();
  for (;;) {
    const token = cursor.next();
    if (found.has(token.kind)) throw cursor.error(`found duplicate ${token.kind} option`, token);
    if (token.kind === "DURATION") options = { ...options, durationNs: parseSpan(cursor) };
    else if (token.kind === "REPLICATION") {
      options = { ...options, replication: parseReplication(cursor) };
    } else if (token.kind === "SHARD") {
      options = { ...options, shardDurationNs: parseShardSpan(cursor) };
    } else if (token.kind === "DEFAULT") options = { ...options, isDefault: true };
    else {
      if (found.size === 0) {
        throw cursor.unexpected(token, "DURATION", "REPLICATION", "SHARD", "DEFAULT");
      }
      cursor.back();
      return options;
    }
    found.add(token.kind);
  }
}

function expectWord(cursor: TokenCursor, ...words: readonly string[]): string {
  const token = cursor.next();
  const word = words.find((candidate) => isWord(token, candidate));
  if (word !== undefined) return word;
  throw cursor.unexpected(token, ...words.map((text) => text.toUpperCase()));
}

/**
 * ALTER MEASUREMENT m [ON db] and then RENAME TO n, RENAME TAG|FIELD a TO b, or
 * [FIELD f] SET UNIT 'ms' DESCRIPTION 'text' (one of the two or both).
 */
function parseAlterMeasurement(cursor: TokenCursor): AlterStatement {
  const name = parseName(cursor);
  const database = cursor.accept("ON") ? parseName(cursor) : "";
  return { kind: "alter measurement", database, name, change: parseChange(cursor) };
}

function parseChange(cursor: TokenCursor): MeasurementChange {
  const token = cursor.next();
  if (isWord(token, "rename")) return parseRename(cursor);
  const isField = token.kind === "FIELD";
  const field = isField ? parseName(cursor) : "";
  if (isField) cursor.expect("SET");
  else if (token.kind !== "SET") throw cursor.unexpected(token, "RENAME", "FIELD", "SET");
  return { kind: "describe", field, ...parseDescription(cursor) };
}

function parseRename(cursor: TokenCursor): MeasurementChange {
  const token = cursor.next();
  if (token.kind === "TO") return { kind: "rename", to: parseName(cursor) };
  if (token.kind !== "TAG" && token.kind !== "FIELD") {
    throw cursor.unexpected(token, "TO", "TAG", "FIELD");
  }
  const from = parseName(cursor);
  cursor.expect("TO");
  const kind = token.kind === "TAG" ? "rename tag" : "rename field";
  return { kind, from, to: parseName(cursor) };
}

function parseDescription(cursor: TokenCursor): {
  unit: string | undefined;
  description: string | undefined;
} {
  const first = expectWord(cursor, "unit", "description");
  const text = parseText(cursor);
  const second = first === "unit" ? "description" : "unit";
  const hasBoth = isWord(cursor.peek(), second);
  if (hasBoth) cursor.next();
  const other = hasBoth ? parseText(cursor) : undefined;
  return first === "unit"
    ? { unit: text, description: other }
    : { unit: other, description: text };
}
