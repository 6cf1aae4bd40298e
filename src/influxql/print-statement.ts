/**
 * Statements as canonical text: what SHOW QUERIES, SHOW CONTINUOUS QUERIES and messages show.
 * Reading it again makes the same tree, but passwords: they are never written.
 */
import { unreachable } from "../base/assert.ts";
import type {
  AlterStatement,
  CreateContinuousQuery,
  CreateStatement,
  DropStatement,
  MeasurementChange,
  PolicyParts,
  ShowParts,
  ShowStatement,
  Statement,
  TagKeyFilter,
} from "./ast.ts";
import { formatDuration } from "./duration.ts";
import { printExpression } from "./print-expression.ts";
import {
  printCondition,
  printCount,
  printDimensions,
  printMeasurement,
  printOrderBy,
  printSelect,
  printSources,
  printTarget,
} from "./print-select.ts";
import { quoteName, quoteString } from "./quote.ts";

const hidden = "[REDACTED]";

export function printStatement(statement: Statement): string {
  const { kind } = statement;
  switch (kind) {
    case "select":
      return printSelect(statement);
    case "delete":
      return `DELETE${printSelection(statement)}`;
    case "explain": {
      const analyze = statement.isAnalyze ? "ANALYZE " : "";
      return `EXPLAIN ${analyze}${printSelect(statement.select)}`;
    }
    case "grant": {
      const { privilege, database, user } = statement;
      return `GRANT ${privilege} ON ${quoteName(database)} TO ${quoteName(user)}`;
    }
    case "grant admin":
      return `GRANT ALL PRIVILEGES TO ${quoteName(statement.user)}`;
    case "revoke": {
      const { privilege, database, user } = statement;
      return `REVOKE ${privilege} ON ${quoteName(database)} FROM ${quoteName(user)}`;
    }
    case "revoke admin":
      return `REVOKE ALL PRIVILEGES FROM ${quoteName(statement.user)}`;
    case "set password":
      return `SET PASSWORD FOR ${quoteName(statement.user)} = ${hidden}`;
    case "kill query":
      return `KILL QUERY ${statement.id}${printOn(statement.host)}`;
    case "run continuous query": {
      const { name, database, condition } = statement;
      return `RUN CONTINUOUS QUERY ${printOwned(name, database)}${printCondition(condition)}`;
    }
    default:
      if (isShow(statement)) return printShow(statement);
      if (isCreate(statement)) return printCreate(statement);
      return isDrop(statement) ? printDrop(statement) : printAlter(statement);
  }
}

function isShow(statement: Statement): statement is ShowStatement {
  return statement.kind.startsWith("show ");
}

function isCreate(statement: Statement): statement is CreateStatement {
  return statement.kind.startsWith("create ");
}

function isDrop(statement: Statement): statement is DropStatement {
  return statement.kind.startsWith("drop ");
}

function printOn(database: string): string {
  return database === "" ? "" : ` ON ${quoteName(database)}`;
}

function printOwned(name: string, database: string): string {
  return `${quoteName(name)} ON ${quoteName(database)}`;
}

function printSelection(
  statement: Extract<Statement, { kind: "delete" | "drop series" }>,
): string {
  return printFrom(statement.sources) + printCondition(statement.condition);
}

function printFrom(sources: ShowParts["sources"]): string {
  return sources.length === 0 ? "" : ` FROM ${printSources(sources)}`;
}

function printShow(statement: ShowStatement): string {
  switch (statement.kind) {
    case "show databases":
    case "show continuous queries":
    case "show subscriptions":
    case "show users":
    case "show queries":
    case "show shards":
    case "show shard groups":
      return statement.kind.toUpperCase();
    case "show retention policies":
    case "show api keys":
    case "show bindings":
      return statement.kind.toUpperCase() + printOn(statement.database);
    case "show grants":
      return `SHOW GRANTS FOR ${quoteName(statement.user)}`;
    case "show stats":
    case "show diagnostics": {
      const { kind, module } = statement;
      return kind.toUpperCase() + (module === "" ? "" : ` FOR ${quoteString(module)}`);
    }
    case "show measurements": {
      const { filter } = statement;
      const operator = filter?.regex === undefined ? "=" : "=~";
      const text = filter === undefined ? "" : `${operator} ${printMeasurement(filter)}`;
      return printShowParts(statement, text === "" ? "" : ` WITH MEASUREMENT ${text}`);
    }
    case "show series":
    case "show field keys":
      return printShowParts(statement, "");
    case "show tag keys": {
      const { slimit, soffset } = statement;
      const counts = printCount("SLIMIT", slimit) + printCount("SOFFSET", soffset);
      return printShowParts(statement, printFilter(statement.filter)) + counts;
    }
    case "show tag values":
      return printShowParts(statement, printFilter(statement.filter));
    case "show cardinality":
      return printCardinality(statement);
    default:
      return unreachable(statement);
  }
}

function printShowParts(statement: ShowParts & { kind: string }, filter: string): string {
  const { kind, database, sources } = statement;
  const about = printOn(database) + printFrom(sources) + filter;
  return kind.toUpperCase() + about + printTail(statement);
}

function printTail(parts: ShowParts): string {
  const { condition, orderBy, limit, offset } = parts;
  const counts = printCount("LIMIT", limit) + printCount("OFFSET", offset);
  return printCondition(condition) + printOrderBy(orderBy) + counts;
}

function printFilter(filter: TagKeyFilter | undefined): string {
  if (filter === undefined) return "";
  const { operator, key } = filter;
  const text = key.kind === "string" ? quoteName(key.value) : printExpression(key);
  return ` WITH KEY ${operator} ${text}`;
}

function printCardinality(statement: Extract<ShowStatement, { kind: "show cardinality" }>): string {
  const { of, isExact, database, sources, filter, condition, dimensions } = statement;
  return [
    `SHOW ${of.toUpperCase()}${isExact ? " EXACT" : ""} CARDINALITY`,
    printOn(database),
    printFrom(sources),
    printFilter(filter),
    printCondition(condition),
    printDimensions(dimensions),
    printCount("LIMIT", statement.limit),
    printCount("OFFSET", statement.offset),
  ].join("");
}

function printCreate(statement: CreateStatement): string {
  const { kind, name } = statement;
  switch (kind) {
    case "create database": {
      const { policy } = statement;
      if (policy === undefined) return `CREATE DATABASE ${quoteName(name)}`;
      const policyName = policy.name === "" ? "" : ` NAME ${quoteName(policy.name)}`;
      return `CREATE DATABASE ${quoteName(name)} WITH${printPolicy(policy)}${policyName}`;
    }
    case "create retention policy": {
      const { database, shardDurationNs, isDefault } = statement;
      const shard = shardDurationNs === 0n ? undefined : shardDurationNs;
      const options = printPolicy({ ...statement, shardDurationNs: shard });
      const path = printOwned(name, database);
      return `CREATE RETENTION POLICY ${path}${options}${isDefault ? " DEFAULT" : ""}`;
    }
    case "create continuous query":
      return printContinuousQuery(statement);
    case "create subscription": {
      const { database, policy, mode, destinations, condition } = statement;
      const path = `${quoteName(name)} ON ${quoteName(database)}.${quoteName(policy)}`;
      const list = destinations.map(quoteString).join(", ");
      const where = printCondition(condition);
      return `CREATE SUBSCRIPTION ${path} DESTINATIONS ${mode} ${list}${where}`;
    }
    case "create user": {
      const admin = statement.isAdmin ? " WITH ALL PRIVILEGES" : "";
      return `CREATE USER ${quoteName(name)} WITH PASSWORD ${hidden}${admin}`;
    }
    case "create api key": {
      const { database, access, pattern } = statement;
      const series = pattern === undefined ? "" : ` SERIES ${printExpression(pattern)}`;
      return `CREATE API KEY ${printOwned(name, database)} FOR ${access}${series}`;
    }
    case "create binding": {
      const { database, topic, into, tags, fields } = statement;
      const path = `${printOwned(name, database)} FROM TOPIC ${quoteName(topic)}`;
      const members = printNames("TAGS", tags) + printNames("FIELDS", fields);
      return `CREATE BINDING ${path} INTO ${printTarget(into)}${members}`;
    }
    default:
      return unreachable(kind);
  }
}

function printNames(word: string, names: readonly string[]): string {
  return names.length === 0 ? "" : ` ${word} ${names.map((name) => quoteName(name)).join(", ")}`;
}

function printPolicy({ durationNs, replication, shardDurationNs }: PolicyParts): string {
  const duration = durationNs === undefined ? "" : ` DURATION ${formatDuration(durationNs)}`;
  const copies = replication === undefined ? "" : ` REPLICATION ${replication}`;
  const shard =
    shardDurationNs === undefined ? "" : ` SHARD DURATION ${formatDuration(shardDurationNs)}`;
  return duration + copies + shard;
}

function printContinuousQuery(statement: CreateContinuousQuery): string {
  const { name, database, resampleEveryNs, resampleForNs, backfill, select } = statement;
  const every = resampleEveryNs === 0n ? "" : ` EVERY ${formatDuration(resampleEveryNs)}`;
  const span = resampleForNs === 0n ? "" : ` FOR ${formatDuration(resampleForNs)}`;
  const resample = every + span === "" ? "" : ` RESAMPLE${every}${span}`;
  const past = typeof backfill === "bigint" ? ` ${formatDuration(backfill)}` : "";
  const fill = backfill === undefined ? "" : ` BACKFILL${past}`;
  const path = printOwned(name, database);
  return `CREATE CONTINUOUS QUERY ${path}${resample}${fill} BEGIN ${printSelect(select)} END`;
}

function printDrop(statement: DropStatement): string {
  const { kind } = statement;
  switch (kind) {
    case "drop database":
    case "drop user":
    case "drop measurement":
      return `${kind.toUpperCase()} ${quoteName(statement.name)}`;
    case "drop retention policy":
    case "drop continuous query":
    case "drop api key":
    case "drop binding":
      return `${kind.toUpperCase()} ${printOwned(statement.name, statement.database)}`;
    case "drop subscription": {
      const { name, database, policy } = statement;
      return `DROP SUBSCRIPTION ${printOwned(name, database)}.${quoteName(policy)}`;
    }
    case "drop shard":
      return `DROP SHARD ${statement.id}`;
    case "drop series":
      return `DROP SERIES${printSelection(statement)}`;
    default:
      return unreachable(kind);
  }
}

function printAlter(statement: AlterStatement): string {
  switch (statement.kind) {
    case "alter retention policy": {
      const { name, database, isDefault } = statement;
      const options = printPolicy(statement) + (isDefault ? " DEFAULT" : "");
      return `ALTER RETENTION POLICY ${printOwned(name, database)}${options}`;
    }
    case "alter database": {
      const { name, newName } = statement;
      return `ALTER DATABASE ${quoteName(name)} RENAME TO ${quoteName(newName)}`;
    }
    case "alter measurement": {
      const { name, database, change } = statement;
      return `ALTER MEASUREMENT ${quoteName(name)}${printOn(database)} ${printChange(change)}`;
    }
    default:
      return unreachable(statement);
  }
}

function printChange(change: MeasurementChange): string {
  switch (change.kind) {
    case "rename":
      return `RENAME TO ${quoteName(change.to)}`;
    case "rename tag":
    case "rename field":
      return `${change.kind.toUpperCase()} ${quoteName(change.from)} TO ${quoteName(change.to)}`;
    case "describe": {
      const { field, unit, description } = change;
      const where = field === "" ? "" : `FIELD ${quoteName(field)} `;
      const first = unit === undefined ? "" : ` UNIT ${quoteString(unit)}`;
      const second = description === undefined ? "" : ` DESCRIPTION ${quoteString(description)}`;
      return `${where}SET${first}${second}`;
    }
    default:
      return unreachable(change);
  }
}
