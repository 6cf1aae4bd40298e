/** Which statements of InfluxQL somebody may run: the rules and the words of InfluxDB 1.x. */
import type { SelectStatement, Source, Statement } from "../../influxql/ast.ts";
import { printStatement } from "../../influxql/print-statement.ts";
import { hasPrivilege, isSeriesAdmin, seriesPrivilege } from "./series-users.ts";
import type { Account } from "./users.ts";

/** What a statement needs: a privilege on a database, or to be an administrator. */
type Need = { readonly database: string; readonly privilege: "READ" | "WRITE" } | "admin";

/** Why the account may not run the statement; undefined: it may. `database`: of the request. */
export function statementDenial(
  account: Account,
  statement: Statement,
  database: string,
): string | undefined {
  if (isSeriesAdmin(account)) return undefined;
  for (const need of needsOf(statement, database)) {
    if (need !== "admin" && isGranted(account, need)) continue;
    const what =
      need === "admin" ? "admin privilege" : `${need.privilege} on ${need.database}`;
    const text = printStatement(statement);
    return `${nameOf(account)} not authorized to execute statement '${text}', requires ${what}`;
  }
  return undefined;
}

/** Whether SHOW DATABASES tells the account of a database. */
export function isVisibleDatabase(account: Account, database: string): boolean {
  return hasPrivilege(account, database, seriesPrivilege.all);
}

/** Why the account may not write points to a database; undefined: it may. */
export function writeDenial(account: Account, database: string): string | undefined {
  if (hasPrivilege(account, database, seriesPrivilege.write)) return undefined;
  return `"${nameOf(account)}" user is not authorized to write to database "${database}"`;
}

function isGranted(account: Account, need: Exclude<Need, "admin">): boolean {
  const bit = need.privilege === "READ" ? seriesPrivilege.read : seriesPrivilege.write;
  return hasPrivilege(account, need.database, bit);
}

function nameOf({ name }: Account): string {
  return Buffer.from(name, "latin1").toString("utf8");
}

function needsOf(statement: Statement, database: string): readonly Need[] {
  const on = (name: string): string => (name === "" ? database : name);
  switch (statement.kind) {
    case "show databases":
      return [];
    case "select":
      return needsOfSelect(statement, database);
    case "explain":
      return needsOfSelect(statement.select, database);
    case "show measurements":
    case "show series":
    case "show tag keys":
    case "show tag values":
    case "show field keys":
    case "show cardinality":
    case "show retention policies":
    case "show bindings":
      return [{ database: on(statement.database), privilege: "READ" }];
    case "show continuous queries":
    case "show queries":
      return [{ database, privilege: "READ" }];
    case "create continuous query":
      return [
        { database: statement.database, privilege: "WRITE" },
        ...needsOfSelect(statement.select, statement.database),
      ];
    case "drop continuous query":
    case "run continuous query":
    case "alter measurement":
      return [{ database: on(statement.database), privilege: "WRITE" }];
    case "delete":
    case "drop series":
      return [{ database, privilege: "WRITE" }];
    default:
      return ["admin"];
  }
}

function needsOfSelect({ sources, into }: SelectStatement, database: string): readonly Need[] {
  const reads = databasesOf(sources, database).map((name): Need => {
    return { database: name, privilege: "READ" };
  });
  if (into === undefined) return reads;
  const target = into.database === "" ? database : into.database;
  return [...reads, { database: target, privilege: "WRITE" }];
}

function databasesOf(sources: readonly Source[], database: string): readonly string[] {
  const names = sources.flatMap((source) => {
    if (source.kind === "measurement") return [source.database === "" ? database : source.database];
    if (source.kind === "subquery") return databasesOf(source.statement.sources, database);
    return databasesOf(source.sources, database);
  });
  return [...new Set(names)];
}
