/** Statements about users, grants and API keys. */
import type { Statement, StatementOf } from "../../influxql/ast.ts";
import { seriesError } from "../../models/series/series-error.ts";
import type { SeriesKeys } from "../auth/series-keys.ts";
import type { SeriesUsers } from "../auth/series-users.ts";
import type { ResultSeries } from "./query-result.ts";
import { table } from "./query-result.ts";

const kinds = [
  "create user",
  "drop user",
  "set password",
  "grant",
  "grant admin",
  "revoke",
  "revoke admin",
  "show users",
  "show grants",
  "create api key",
  "drop api key",
  "show api keys",
] as const satisfies readonly Statement["kind"][];

/** Statements of this file. */
export type Managing = StatementOf<(typeof kinds)[number]>;

const managingKinds: ReadonlySet<Statement["kind"]> = new Set(kinds);

export function isManaging(statement: Statement): statement is Managing {
  return managingKinds.has(statement.kind);
}

export interface ManagedAccess {
  readonly users: SeriesUsers;
  readonly keys: SeriesKeys;
}

/**
 * Runs a statement; resolves with what it tells once it is durable. `database`: of the request, for
 * SHOW API KEYS that names none.
 */
export async function manageAccess(
  statement: Managing,
  { users, keys, database }: ManagedAccess & { readonly database: string },
): Promise<ResultSeries | undefined> {
  switch (statement.kind) {
    case "create user":
      await users.create(statement);
      return undefined;
    case "drop user":
      await users.drop(statement.name);
      return undefined;
    case "set password":
      await users.setPassword(statement.user, statement.password);
      return undefined;
    case "grant":
      await users.grant(statement);
      return undefined;
    case "revoke":
      await users.revoke(statement);
      return undefined;
    case "grant admin":
    case "revoke admin":
      await users.setAdmin(statement.user, statement.kind === "grant admin");
      return undefined;
    case "create api key":
      return createKey(statement, keys);
    case "drop api key":
      await keys.drop(statement.database, statement.name);
      return undefined;
    default:
      return shown(statement, { users, keys, database });
  }
}

async function createKey(
  { name, database, access, pattern }: StatementOf<"create api key">,
  keys: SeriesKeys,
): Promise<ResultSeries> {
  const limit = pattern === undefined ? {} : { pattern: pattern.source };
  const key = await keys.create({ name, database, access, ...limit });
  return table(["name", "key"], [[name, key]]);
}

function shown(
  statement: StatementOf<"show users" | "show grants" | "show api keys">,
  { users, keys, database }: ManagedAccess & { readonly database: string },
): ResultSeries {
  switch (statement.kind) {
    case "show users":
      return table(["user", "admin"], users.list().map(({ name, isAdmin }) => [name, isAdmin]));
    case "show grants":
      return table(["database", "privilege"], users.grants(statement.user));
    case "show api keys": {
      const name = statement.database === "" ? database : statement.database;
      if (name === "") throw seriesError("INVALID_ARGUMENT", "database name required");
      const rows = keys.list(name).map(({ name: key, access, pattern, created }) => {
        return [key, access, pattern ?? null, new Date(created).toISOString()];
      });
      return table(["name", "privilege", "pattern", "created"], rows);
    }
  }
}
