/**
 * Which privileges a statement needs, as in 1.x, and where that leaves a hole more: the sources of
 * a continuous query must be readable and its target writable, and cardinalities ask for READ.
 */
import { unreachable } from "../../base/assert.ts";
import type { Measurement, SelectStatement, Source, Statement } from "../../influxql/ast.ts";

/** "admin", or a privilege on a database; "" is the database of the request. */
export type Requirement =
  | "admin"
  | { readonly privilege: "READ" | "WRITE"; readonly database: string };

/** In the order in which they are checked. */
export function requirementsOf(statement: Statement): readonly Requirement[] {
  switch (statement.kind) {
    case "select":
      return ofSelect(statement, "");
    case "explain":
      return ofSelect(statement.select, "");
    case "create continuous query": {
      const { database, select } = statement;
      return [read(database), ...ofSelect(select, database)];
    }
    case "delete":
    case "drop series":
      return [write(""), ...statement.sources.map(({ database }) => write(database))];
    case "drop continuous query":
    case "run continuous query":
    case "drop retention policy":
    case "alter measurement":
      return [write(statement.database)];
    case "show databases":
      return [];
    case "show queries":
    case "show continuous queries":
      return [read("")];
    case "show retention policies":
      return [read(statement.database)];
    case "show measurements":
    case "show series":
    case "show tag keys":
    case "show tag values":
    case "show field keys":
    case "show cardinality": {
      const { database, sources } = statement;
      const named = sources.filter((source) => source.database !== "");
      return [read(database), ...named.map((source) => read(source.database))];
    }
    default:
      return ofAdmins(statement.kind);
  }
}

/** Names every other statement, so that a new one is not open to all by oversight. */
function ofAdmins(kind: AdminKind): readonly Requirement[] {
  switch (kind) {
    case "alter database":
    case "alter retention policy":
    case "create api key":
    case "create binding":
    case "create database":
    case "create retention policy":
    case "create subscription":
    case "create user":
    case "drop api key":
    case "drop binding":
    case "drop database":
    case "drop measurement":
    case "drop shard":
    case "drop subscription":
    case "drop user":
    case "grant":
    case "grant admin":
    case "kill query":
    case "revoke":
    case "revoke admin":
    case "set password":
    case "show api keys":
    case "show bindings":
    case "show diagnostics":
    case "show grants":
    case "show shard groups":
    case "show shards":
    case "show stats":
    case "show subscriptions":
    case "show users":
      return ["admin"];
    default:
      return unreachable(kind);
  }
}

type AdminKind = Exclude<
  Statement["kind"],
  | "alter measurement"
  | "create continuous query"
  | "delete"
  | "drop continuous query"
  | "drop retention policy"
  | "drop series"
  | "explain"
  | "run continuous query"
  | "select"
  | "show cardinality"
  | "show continuous queries"
  | "show databases"
  | "show field keys"
  | "show measurements"
  | "show queries"
  | "show retention policies"
  | "show series"
  | "show tag keys"
  | "show tag values"
>;

/** The measurements that a statement reads; undefined: it does not say, or reads more. */
export function measurementsRead(statement: Statement): readonly Measurement[] | undefined {
  switch (statement.kind) {
    case "select":
      return statement.sources.flatMap(measurementsIn);
    case "explain":
      return statement.select.sources.flatMap(measurementsIn);
    case "show databases":
      return [];
    case "show measurements": {
      const { filter, sources } = statement;
      return filter === undefined ? undefined : [filter, ...sources];
    }
    case "show series":
    case "show tag keys":
    case "show tag values":
    case "show field keys":
      return statement.sources.length === 0 ? undefined : statement.sources;
    default:
      return undefined;
  }
}

function ofSelect({ sources, into }: SelectStatement, database: string): readonly Requirement[] {
  const or = (named: string): string => (named === "" ? database : named);
  const reads = sources.flatMap(measurementsIn).map((source) => read(or(source.database)));
  return into === undefined ? reads : [...reads, write(or(into.database))];
}

function measurementsIn(source: Source): readonly Measurement[] {
  switch (source.kind) {
    case "measurement":
      return [source];
    case "subquery":
      return source.statement.sources.flatMap(measurementsIn);
    case "join":
    case "merge":
      return source.sources.flatMap(measurementsIn);
    default:
      return unreachable(source);
  }
}

function read(database: string): Requirement {
  return { privilege: "READ", database };
}

function write(database: string): Requirement {
  return { privilege: "WRITE", database };
}
