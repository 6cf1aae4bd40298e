/** CREATE, ALTER and DROP of databases, policies, continuous queries, subscriptions, bindings. */
import type { SelectStatement, Source, Statement, StatementOf } from "../../influxql/ast.ts";
import { printExpression } from "../../influxql/print-expression.ts";
import { printStatement } from "../../influxql/print-statement.ts";
import type { SeriesDatabase } from "../../models/series/catalog.ts";
import type { Description, Field, Measurement } from "../../models/series/measurement.ts";
import type { PolicySpec } from "../../models/series/retention-policy.ts";
import { databaseNotFound, policyNotFound, seriesError } from "../../models/series/series-error.ts";
import type { Transaction } from "../../shard/transaction.ts";
import { intervalOf } from "./continuous-plan.ts";
import { renameDatabase } from "./rename-database.ts";
import type { SeriesModels } from "./series-models.ts";

/** Statements of this file. */
export type DefiningKind =
  | "create database"
  | "drop database"
  | "alter database"
  | "create retention policy"
  | "alter retention policy"
  | "drop retention policy"
  | "create continuous query"
  | "drop continuous query"
  | "create subscription"
  | "drop subscription"
  | "create binding"
  | "drop binding"
  | "alter measurement";

export type Defining = StatementOf<DefiningKind>;

const definingKinds: ReadonlySet<Statement["kind"]> = new Set<DefiningKind>([
  "create database",
  "drop database",
  "alter database",
  "create retention policy",
  "alter retention policy",
  "drop retention policy",
  "create continuous query",
  "drop continuous query",
  "create subscription",
  "drop subscription",
  "create binding",
  "drop binding",
  "alter measurement",
]);

export function isDefining(statement: Statement): statement is Defining {
  return definingKinds.has(statement.kind);
}

/** Runs a statement in an operation. `database`: of the request. */
export function define(
  tx: Transaction,
  statement: Defining,
  { models, database }: { readonly models: SeriesModels; readonly database: string },
): void {
  const { catalog } = models;
  switch (statement.kind) {
    case "create database":
      return createDatabase(tx, statement, models);
    case "drop database":
      return dropDatabase(tx, statement.name, models);
    case "alter database":
      return renameDatabase(tx, statement, models);
    case "create retention policy": {
      const { name, isDefault } = statement;
      catalog.createPolicy(tx, statement.database, { ...specOf(statement), name, isDefault });
      return;
    }
    case "alter retention policy": {
      const place = { database: statement.database, policy: statement.name };
      catalog.alterPolicy(tx, place, { ...specOf(statement), isDefault: statement.isDefault });
      return;
    }
    case "drop retention policy": {
      const dropped = catalog.dropPolicy(tx, statement.database, statement.name);
      if (dropped !== undefined) models.storage.dropPolicy(tx, dropped.id);
      return;
    }
    case "create continuous query":
      return createContinuousQuery(tx, statement, models);
    case "drop continuous query": {
      const id = catalog.database(statement.database)?.id;
      if (id !== undefined) models.continuousQueries.remove(tx, id, statement.name);
      return;
    }
    case "create subscription":
      return createSubscription(tx, statement, models);
    case "drop subscription":
      return dropSubscription(tx, statement, models);
    case "create binding":
      return createBinding(tx, statement, models);
    case "drop binding": {
      const { id } = catalog.needDatabase(statement.database);
      if (models.bindings.remove(tx, id, statement.name)) return;
      throw seriesError("NOT_FOUND", `binding not found: ${statement.name}`);
    }
    case "alter measurement":
      return alterMeasurement(tx, statement, { models, database });
  }
}

function specOf(parts: {
  readonly durationNs: bigint | undefined;
  readonly replication: number | undefined;
  readonly shardDurationNs: bigint | undefined;
}): Omit<PolicySpec, "name"> {
  const { durationNs, replication, shardDurationNs } = parts;
  return {
    ...(durationNs === undefined ? {} : { duration: durationNs }),
    ...(replication === undefined ? {} : { replication }),
    ...(shardDurationNs === undefined ? {} : { shardDuration: shardDurationNs }),
  };
}

function createDatabase(
  tx: Transaction,
  { name, policy }: StatementOf<"create database">,
  { catalog }: SeriesModels,
): void {
  // 1.x has the same words here for an empty name as for a bad one.
  if (name === "") throw seriesError("INVALID_ARGUMENT", "invalid name");
  if (policy === undefined) catalog.createDatabase(tx, name);
  else {
    const named = policy.name === "" ? {} : { name: policy.name };
    catalog.createDatabase(tx, name, { ...specOf(policy), ...named });
  }
}

function dropDatabase(tx: Transaction, name: string, models: SeriesModels): void {
  const database = models.catalog.database(name);
  if (database === undefined) return;
  for (const { id } of models.catalog.measurements(database)) {
    models.index.removeMeasurement(tx, id);
  }
  for (const { id } of database.policies) models.storage.dropPolicy(tx, id);
  models.continuousQueries.removeAll(tx, database.id);
  models.subscriptions.removeAll(tx, database.id);
  models.bindings.removeAll(tx, database.id);
  models.apiKeys.removeAll(tx, database.id);
  models.catalog.dropDatabase(tx, name);
}

function createContinuousQuery(
  tx: Transaction,
  statement: StatementOf<"create continuous query">,
  models: SeriesModels,
): void {
  const { name } = statement;
  const database = models.catalog.database(statement.database);
  if (database === undefined) throw databaseNotFound(statement.database);
  const select = qualifiedSelect(statement.select, database);
  intervalOf(select, 0n);
  checkTarget(select, models);
  const text = printStatement({ ...statement, select });
  const known = models.continuousQueries.get(database.id, name);
  if (known !== undefined) {
    if (known.text === text) return;
    throw seriesError("ALREADY_EXISTS", "continuous query already exists");
  }
  const content = { text, ran: "", done: "", seen: 0 };
  models.continuousQueries.put(tx, { databaseId: database.id, name, content });
}

function checkTarget({ into }: SelectStatement, { catalog }: SeriesModels): void {
  if (into === undefined) return;
  const target = catalog.database(into.database);
  if (target === undefined) throw databaseNotFound(into.database);
  if (catalog.policy(target, into.policy) === undefined) {
    throw policyNotFound(`${into.database}.${into.policy}`);
  }
}

/** The statement with database and policy at every source and target that leaves them out. */
function qualifiedSelect(select: SelectStatement, database: SeriesDatabase): SelectStatement {
  const full = <T extends { readonly database: string; readonly policy: string }>(path: T): T => ({
    ...path,
    database: path.database === "" ? database.name : path.database,
    policy:
      path.policy === "" && (path.database === "" || path.database === database.name)
        ? database.defaultPolicy
        : path.policy,
  });
  const source = (each: Source): Source => {
    switch (each.kind) {
      case "measurement":
        return full(each);
      case "subquery":
        return { ...each, statement: qualifiedSelect(each.statement, database) };
      default:
        return { ...each, sources: each.sources.map(source) };
    }
  };
  const { into } = select;
  const sources = select.sources.map(source);
  return { ...select, sources, into: into === undefined ? undefined : full(into) };
}

function createSubscription(
  tx: Transaction,
  statement: StatementOf<"create subscription">,
  { catalog, subscriptions }: SeriesModels,
): void {
  const { name, policy, mode, destinations, condition } = statement;
  for (const destination of destinations) checkDestination(destination);
  const database = catalog.needDatabase(statement.database);
  catalog.needPolicy(database, policy);
  if (subscriptions.get(database.id, name) !== undefined) {
    throw seriesError("ALREADY_EXISTS", "subscription already exists");
  }
  const filter = condition === undefined ? {} : { condition: printExpression(condition) };
  const content = { policy, mode, destinations, ...filter };
  subscriptions.put(tx, { databaseId: database.id, name, content });
}

function checkDestination(text: string): void {
  const [, port] = /^(?:udp|https?):\/\/[^/?#\s]*:(\d{1,5})(?:[/?#]\S*)?$/.exec(text) ?? [];
  if (port !== undefined && Number(port) <= 65_535) return;
  throw seriesError("INVALID_ARGUMENT", `invalid subscription URL: ${text}`);
}

function dropSubscription(
  tx: Transaction,
  { name, database: databaseName, policy }: StatementOf<"drop subscription">,
  { catalog, subscriptions }: SeriesModels,
): void {
  const database = catalog.needDatabase(databaseName);
  catalog.needPolicy(database, policy);
  if (subscriptions.get(database.id, name)?.policy === policy) {
    subscriptions.remove(tx, database.id, name);
    return;
  }
  throw seriesError("NOT_FOUND", "subscription not found");
}

function createBinding(
  tx: Transaction,
  statement: StatementOf<"create binding">,
  { catalog, bindings }: SeriesModels,
): void {
  const database = catalog.needDatabase(statement.database);
  catalog.needPolicy(database, statement.into.policy);
  if (bindings.get(database.id, statement.name) !== undefined) {
    throw seriesError("ALREADY_EXISTS", "binding already exists");
  }
  const content = { text: printStatement(statement) };
  bindings.put(tx, { databaseId: database.id, name: statement.name, content });
}

function alterMeasurement(
  tx: Transaction,
  statement: StatementOf<"alter measurement">,
  { models, database: requested }: { readonly models: SeriesModels; readonly database: string },
): void {
  const { catalog } = models;
  const { name, change } = statement;
  const databaseName = statement.database === "" ? requested : statement.database;
  if (databaseName === "") throw seriesError("INVALID_ARGUMENT", "database name required");
  const measurement = catalog.measurement(catalog.needDatabase(databaseName), name);
  if (measurement === undefined) throw seriesError("NOT_FOUND", `measurement not found: ${name}`);
  switch (change.kind) {
    case "rename":
      return catalog.renameMeasurement(tx, measurement, change.to);
    case "rename field": {
      const field = needField(measurement, change.from);
      return catalog.renameField(tx, measurement, { field, name: change.to });
    }
    case "rename tag":
      return models.index.renameTag(tx, measurement.id, change);
    case "describe":
      return describe(tx, { measurement, change, models });
  }
}

function needField(measurement: Measurement, name: string): Field {
  const field = measurement.field(name);
  if (field === undefined) throw seriesError("NOT_FOUND", `field not found: ${name}`);
  return field;
}

function describe(
  tx: Transaction,
  what: {
    readonly measurement: Measurement;
    readonly change: Change & { readonly field: string };
    readonly models: SeriesModels;
  },
): void {
  const { measurement, change, models } = what;
  if (change.field === "") {
    const about = describedAs(measurement.about, change);
    return models.catalog.describeMeasurement(tx, measurement, about);
  }
  const field = needField(measurement, change.field);
  models.catalog.describeField(tx, measurement, { field, about: describedAs(field, change) });
}

interface Change {
  readonly unit: string | undefined;
  readonly description: string | undefined;
}

/** What is not said stays, "" takes away. */
function describedAs(before: Description, change: Change): Description {
  const unit = change.unit ?? before.unit ?? "";
  const description = change.description ?? before.description ?? "";
  return {
    ...(unit === "" ? {} : { unit }),
    ...(description === "" ? {} : { description }),
  };
}
