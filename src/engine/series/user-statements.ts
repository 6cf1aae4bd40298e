/** Statements about users and what is granted to them. */
import type { Privilege, Statement, StatementOf } from "../../influxql/ast.ts";
import { databaseNotFound } from "../../models/series/series-error.ts";
import { seriesPrivilege } from "../auth/series-users.ts";
import type { SeriesUsers } from "../auth/series-users.ts";
import type { ResultSeries } from "./query-result.ts";
import { table } from "./query-result.ts";
import type { SeriesModels } from "./series-models.ts";

type UserKind =
  | "create user"
  | "drop user"
  | "set password"
  | "grant"
  | "grant admin"
  | "revoke"
  | "revoke admin"
  | "show users"
  | "show grants";

export type UserStatement = StatementOf<UserKind>;

const userKinds: ReadonlySet<Statement["kind"]> = new Set<UserKind>([
  "create user",
  "drop user",
  "set password",
  "grant",
  "grant admin",
  "revoke",
  "revoke admin",
  "show users",
  "show grants",
]);

export function isAboutUsers(statement: Statement): statement is UserStatement {
  return userKinds.has(statement.kind);
}

const bits: Readonly<Record<Privilege, number>> = {
  READ: seriesPrivilege.read,
  WRITE: seriesPrivilege.write,
  "ALL PRIVILEGES": seriesPrivilege.all,
};
const privilegeNames = ["NO PRIVILEGES", "READ", "WRITE", "ALL PRIVILEGES"] as const;

/** Runs the statement; durable when it resolves. */
export async function runUserStatement(
  statement: UserStatement,
  users: SeriesUsers,
  models: SeriesModels,
): Promise<readonly ResultSeries[]> {
  switch (statement.kind) {
    case "show users":
      return [table(["user", "admin"], users.list().map(({ name, isAdmin }) => [name, isAdmin]))];
    case "show grants": {
      const rows = users.grantsOf(statement.user).map(({ database, privilege }) => {
        return [database, privilegeNames[privilege] ?? "NO PRIVILEGES"];
      });
      return [table(["database", "privilege"], rows)];
    }
    case "create user":
      await users.create(statement.name, statement.password, statement.isAdmin);
      return [];
    case "drop user":
      await users.drop(statement.name);
      return [];
    case "set password":
      await users.setPassword(statement.user, statement.password);
      return [];
    case "grant admin":
    case "revoke admin":
      await users.setAdmin(statement.user, statement.kind === "grant admin");
      return [];
    case "grant":
    case "revoke":
      await changePrivilege(statement, users, models);
      return [];
  }
}

async function changePrivilege(
  { kind, privilege, database, user }: StatementOf<"grant" | "revoke">,
  users: SeriesUsers,
  { catalog }: SeriesModels,
): Promise<void> {
  const before = users.privilegeOf(user, database);
  if (catalog.database(database) === undefined) throw databaseNotFound(database);
  const after = kind === "grant" ? bits[privilege] : before & ~bits[privilege];
  await users.setPrivilege(user, database, after);
}
