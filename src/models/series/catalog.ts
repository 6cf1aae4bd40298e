/**
 * The databases of time series, their retention policies, measurements and fields: rows
 * (catalog-rows.ts), and all of it in memory as the tip has it. Names given to methods are looked
 * up exactly; errors have the words of 1.x.
 *
 * Removing a measurement or a database removes catalog rows only. The caller, in the same
 * operation, removes the rows of the index (SeriesIndex.removeMeasurement) and of storage.
 */
import type { Transaction } from "../../shard/transaction.ts";
import type { DerivedState } from "../../shard/shard.ts";
import type { ReadView } from "../../store/base-tree.ts";
import { readKeyU16, readKeyU32 } from "../../base/key.ts";
import type { Counters, DatabaseRow, FieldRow, MeasurementRow } from "./catalog-rows.ts";
import { countersKey, databaseKey, databasePrefix, fieldKey, fieldPrefix } from "./catalog-rows.ts";
import { fieldsOf, jsonBytes, measurementKey, measurementPrefix } from "./catalog-rows.ts";
import { prefixEnd, readJson } from "./catalog-rows.ts";
import type { FieldType } from "./field-type.ts";
import type { Description, Field } from "./measurement.ts";
import { Measurement } from "./measurement.ts";
import type { PolicySpec, RetentionPolicy } from "./retention-policy.ts";
import { alteredPolicy, checkNameLength, matchesPolicy } from "./retention-policy.ts";
import { newPolicy, policyOfRow, rowOfPolicy } from "./retention-policy.ts";
import { databaseNotFound, policyNotFound, seriesError } from "./series-error.ts";

/** Named maxima of what is held in memory. */
export const DATABASES_MAX = 10_000;
export const MEASUREMENTS_MAX = 1_000_000;
export const FIELDS_MAX = 65_535;

/** A database as it is now; a change makes a new object. */
export interface SeriesDatabase {
  readonly id: number;
  readonly name: string;
  /** Name of the default policy; "" when it was dropped. */
  readonly defaultPolicy: string;
  /** In the order in which they were made. */
  readonly policies: readonly RetentionPolicy[];
}

export class Catalog implements DerivedState {
  readonly #databases = new Map<string, SeriesDatabase>();
  /** Of each database, by name. */
  readonly #measurements = new Map<number, Map<string, Measurement>>();
  readonly #measurementsById = new Map<number, Measurement>();
  #generation = 0;

  /** Reads everything; attach it to the shard, so that it follows when the tip rolls back. */
  constructor(view: ReadView) {
    this.rebuild(view);
  }

  /** Changes whenever something was removed, renamed or taken back: caches of ids are void then. */
  get generation(): number {
    return this.#generation;
  }

  /** In the order in which they were made. */
  get databases(): readonly SeriesDatabase[] {
    return [...this.#databases.values()].toSorted((a, b) => a.id - b.id);
  }

  database(name: string): SeriesDatabase | undefined {
    return this.#databases.get(name);
  }

  /** Throws "database not found: x". */
  needDatabase(name: string): SeriesDatabase {
    const found = this.#databases.get(name);
    if (found === undefined) throw databaseNotFound(name);
    return found;
  }

  /** The policy of this name, or the default one for no name or "". */
  policy(database: SeriesDatabase, name = ""): RetentionPolicy | undefined {
    const wanted = name === "" ? database.defaultPolicy : name;
    return database.policies.find((policy) => policy.name === wanted);
  }

  /** Throws "retention policy not found: x". */
  needPolicy(database: SeriesDatabase, name = ""): RetentionPolicy {
    const found = this.policy(database, name);
    if (found === undefined) throw policyNotFound(name === "" ? database.defaultPolicy : name);
    return found;
  }

  /** Of a database, in no order that matters. */
  measurements(database: SeriesDatabase): Iterable<Measurement> {
    return this.#measurements.get(database.id)?.values() ?? [];
  }

  measurement(database: SeriesDatabase, name: string): Measurement | undefined {
    return this.#measurements.get(database.id)?.get(name);
  }

  measurementById(id: number): Measurement | undefined {
    return this.#measurementsById.get(id);
  }

  /**
   * CREATE DATABASE. It may be there already; throws "retention policy conflicts with an existing
   * policy" if `spec` is given and asks for another policy than the database has.
   */
  createDatabase(tx: Transaction, name: string, spec?: PolicySpec): SeriesDatabase {
    checkName(name, "database name required");
    const found = this.#databases.get(name);
    if (found !== undefined) {
      if (spec !== undefined) this.#checkSamePolicy(found, spec);
      return found;
    }
    if (this.#databases.size >= DATABASES_MAX) {
      throw seriesError("TOO_LARGE", `databases must be at most ${DATABASES_MAX}`);
    }
    const policy = newPolicy(spec ?? {});
    const database = {
      id: takeId(tx, "database"),
      name,
      defaultPolicy: policy.name,
      policies: [{ ...policy, id: takeId(tx, "policy") }],
    };
    this.#putDatabase(tx, database);
    return database;
  }

  /** DROP DATABASE: tells what was dropped; undefined: it was not there. */
  dropDatabase(tx: Transaction, name: string): SeriesDatabase | undefined {
    const database = this.#databases.get(name);
    if (database === undefined) return undefined;
    for (const measurement of this.measurements(database)) this.removeMeasurement(tx, measurement);
    tx.delete(databaseKey(name));
    this.#databases.delete(name);
    tx.onUndone(() => this.#databases.set(name, database));
    this.#void(tx);
    return database;
  }

  /** Gives a database another name. Throws if another one has it. */
  renameDatabase(tx: Transaction, name: string, newName: string): void {
    const database = this.needDatabase(name);
    checkName(newName, "database name required");
    if (name === newName) return;
    if (this.#databases.has(newName)) {
      throw seriesError("ALREADY_EXISTS", `database already exists: ${newName}`);
    }
    tx.delete(databaseKey(name));
    this.#databases.delete(name);
    tx.onUndone(() => this.#databases.set(name, database));
    this.#putDatabase(tx, { ...database, name: newName });
    this.#void(tx);
  }

  /** CREATE RETENTION POLICY; the same one again changes nothing. */
  createPolicy(
    tx: Transaction,
    databaseName: string,
    { isDefault = false, ...spec }: PolicySpec & { readonly isDefault?: boolean },
  ): RetentionPolicy {
    const draft = newPolicy({ ...spec, name: spec.name ?? "" });
    checkName(draft.name, "invalid name");
    const database = this.needDatabase(databaseName);
    const found = database.policies.find(({ name }) => name === draft.name);
    if (found !== undefined) {
      const isSame =
        found.replication === draft.replication &&
        found.duration === draft.duration &&
        found.shardDuration === draft.shardDuration;
      if (!isSame) throw seriesError("ALREADY_EXISTS", "retention policy already exists");
      if (isDefault && database.defaultPolicy !== found.name) throw policyConflict();
      return found;
    }
    const policy = { ...draft, id: takeId(tx, "policy") };
    this.#putDatabase(tx, {
      ...database,
      defaultPolicy: isDefault ? policy.name : database.defaultPolicy,
      policies: [...database.policies, policy],
    });
    return policy;
  }

  /** ALTER RETENTION POLICY. */
  alterPolicy(
    tx: Transaction,
    place: { readonly database: string; readonly policy: string },
    { isDefault = false, ...spec }: Omit<PolicySpec, "name"> & { readonly isDefault?: boolean },
  ): void {
    const database = this.needDatabase(place.database);
    const policy = database.policies.find(({ name }) => name === place.policy);
    if (policy === undefined) throw policyNotFound(place.policy);
    const altered = alteredPolicy(policy, spec);
    this.#putDatabase(tx, {
      ...database,
      defaultPolicy: isDefault ? altered.name : database.defaultPolicy,
      policies: database.policies.map((each) => (each.id === policy.id ? altered : each)),
    });
  }

  /** DROP RETENTION POLICY: tells what was dropped; undefined: it was not there. */
  dropPolicy(tx: Transaction, databaseName: string, name: string): RetentionPolicy | undefined {
    const database = this.#databases.get(databaseName);
    const policy = database?.policies.find((each) => each.name === name);
    if (database === undefined || policy === undefined) return undefined;
    this.#putDatabase(tx, {
      ...database,
      defaultPolicy: database.defaultPolicy === name ? "" : database.defaultPolicy,
      policies: database.policies.filter(({ id }) => id !== policy.id),
    });
    this.#void(tx);
    return policy;
  }

  /** The measurement of this name, made if it is new. */
  ensureMeasurement(tx: Transaction, database: SeriesDatabase, name: string): Measurement {
    return this.measurement(database, name) ?? this.#createMeasurement(tx, database, name);
  }

  /** Removes a measurement and its fields. */
  removeMeasurement(tx: Transaction, measurement: Measurement): void {
    tx.delete(measurementKey(measurement.databaseId, measurement.name));
    const fields = fieldsOf(measurement.id);
    tx.deleteRange(fields, prefixEnd(fields));
    this.#forget(measurement);
    tx.onUndone(() => this.#remember(measurement));
    this.#void(tx);
  }

  /** A new field. Throws if there are too many; that it is new is the caller's to know. */
  createField(
    tx: Transaction,
    measurement: Measurement,
    { name, type }: { readonly name: string; readonly type: FieldType },
  ): Field {
    const id = measurement.fields.length;
    if (id >= FIELDS_MAX) {
      throw seriesError("TOO_LARGE", `fields of a measurement must be at most ${FIELDS_MAX}`);
    }
    const field: Field = { id, name, type };
    putField(tx, measurement, field);
    measurement.setField(field);
    tx.onUndone(() => {
      measurement.dropNewestField();
      this.#generation++;
    });
    return field;
  }

  /** Gives a measurement another name. Throws if another one has it. */
  renameMeasurement(tx: Transaction, measurement: Measurement, name: string): void {
    const { databaseId, name: before } = measurement;
    const named = this.#measurements.get(databaseId);
    if (name === before) return;
    if (named?.has(name) === true) {
      throw seriesError("ALREADY_EXISTS", `measurement already exists: ${name}`);
    }
    const rename = (to: string): void => {
      this.#forget(measurement);
      measurement.name = to;
      this.#remember(measurement);
    };
    rename(name);
    tx.onUndone(() => rename(before));
    tx.delete(measurementKey(databaseId, before));
    putMeasurement(tx, measurement);
    this.#void(tx);
  }

  /** Gives a field another name. Throws if another field of the measurement has it. */
  renameField(
    tx: Transaction,
    measurement: Measurement,
    { field, name }: { readonly field: Field; readonly name: string },
  ): void {
    if (name === field.name) return;
    if (measurement.field(name) !== undefined) {
      throw seriesError("ALREADY_EXISTS", `field already exists: ${name}`);
    }
    const renamed = measurement.renameField(field, name);
    tx.onUndone(() => measurement.renameField(renamed, field.name));
    putField(tx, measurement, renamed);
    this.#void(tx);
  }

  /** Describes a measurement. */
  describeMeasurement(tx: Transaction, measurement: Measurement, about: Description): void {
    const before = measurement.about;
    measurement.about = about;
    tx.onUndone(() => {
      measurement.about = before;
    });
    putMeasurement(tx, measurement);
  }

  /** Describes a field. */
  describeField(
    tx: Transaction,
    measurement: Measurement,
    { field, about }: { readonly field: Field; readonly about: Description },
  ): void {
    const described: Field = { id: field.id, name: field.name, type: field.type, ...about };
    measurement.setField(described);
    tx.onUndone(() => measurement.setField(field));
    putField(tx, measurement, described);
  }

  /** Brings everything to what the rows say. */
  rebuild(view: ReadView): void {
    this.#generation++;
    this.#databases.clear();
    this.#measurements.clear();
    this.#measurementsById.clear();
    const databases: SeriesDatabase[] = [];
    for (const [, value] of view.range(databasePrefix, prefixEnd(databasePrefix))) {
      const row = readJson<DatabaseRow>(value);
      databases.push({ ...row, policies: row.policies.map(policyOfRow) });
    }
    databases.sort((a, b) => a.id - b.id);
    for (const database of databases) this.#databases.set(database.name, database);
    for (const [key, value] of view.range(measurementPrefix, prefixEnd(measurementPrefix))) {
      const { id, name, ...about } = readJson<MeasurementRow>(value);
      const databaseId = readKeyU32(key, measurementPrefix.length);
      this.#remember(new Measurement({ id, databaseId, name }, about));
    }
    for (const [key, value] of view.range(fieldPrefix, prefixEnd(fieldPrefix))) {
      const row = readJson<FieldRow>(value);
      const measurement = this.#measurementsById.get(readKeyU32(key, fieldPrefix.length));
      const id = readKeyU16(key, fieldPrefix.length + 4);
      measurement?.setField({ ...row, id, type: row.type as FieldType });
    }
  }

  #checkSamePolicy(database: SeriesDatabase, spec: PolicySpec): void {
    const wanted = newPolicy(spec);
    const found = database.policies.find(({ name }) => name === wanted.name);
    if (found === undefined || !matchesPolicy(found, spec)) throw policyConflict();
    if (found.name !== database.defaultPolicy) throw policyConflict();
  }

  #putDatabase(tx: Transaction, database: SeriesDatabase): void {
    const before = this.#databases.get(database.name);
    this.#databases.set(database.name, database);
    tx.onUndone(() => {
      if (before === undefined) this.#databases.delete(database.name);
      else this.#databases.set(database.name, before);
    });
    const row: DatabaseRow = { ...database, policies: database.policies.map(rowOfPolicy) };
    tx.put(databaseKey(database.name), jsonBytes(row));
  }

  #createMeasurement(tx: Transaction, database: SeriesDatabase, name: string): Measurement {
    if (this.#measurementsById.size >= MEASUREMENTS_MAX) {
      throw seriesError("TOO_LARGE", `measurements must be at most ${MEASUREMENTS_MAX}`);
    }
    const place = { id: takeId(tx, "measurement"), databaseId: database.id, name };
    const measurement = new Measurement(place, {});
    this.#remember(measurement);
    tx.onUndone(() => {
      this.#forget(measurement);
      this.#generation++;
    });
    putMeasurement(tx, measurement);
    return measurement;
  }

  #remember(measurement: Measurement): void {
    const { databaseId } = measurement;
    let named = this.#measurements.get(databaseId);
    if (named === undefined) this.#measurements.set(databaseId, (named = new Map()));
    named.set(measurement.name, measurement);
    this.#measurementsById.set(measurement.id, measurement);
  }

  #forget(measurement: Measurement): void {
    this.#measurements.get(measurement.databaseId)?.delete(measurement.name);
    this.#measurementsById.delete(measurement.id);
  }

  /** Ids that others hold are void from now on, and again should the operation be undone. */
  #void(tx: Transaction): void {
    this.#generation++;
    tx.onUndone(() => this.#generation++);
  }
}

function checkName(name: string, ifEmpty: string): void {
  if (name === "") throw seriesError("INVALID_ARGUMENT", ifEmpty);
  checkNameLength(name);
  if (name === "." || name === ".." || !/^[^/\\\p{C}\p{Z}]*$/u.test(name.replaceAll(" ", ""))) {
    throw seriesError("INVALID_ARGUMENT", "invalid name");
  }
}

function policyConflict(): Error {
  return seriesError("ALREADY_EXISTS", "retention policy conflicts with an existing policy");
}

function takeId(tx: Transaction, what: keyof Counters): number {
  const bytes = tx.get(countersKey);
  const counters =
    bytes === undefined
      ? { database: 1, policy: 1, measurement: 1 }
      : readJson<Counters>(bytes);
  tx.put(countersKey, jsonBytes({ ...counters, [what]: counters[what] + 1 }));
  return counters[what];
}

function putMeasurement(tx: Transaction, { id, databaseId, name, about }: Measurement): void {
  const row: MeasurementRow = { id, name, ...about };
  tx.put(measurementKey(databaseId, name), jsonBytes(row));
}

function putField(tx: Transaction, measurement: Measurement, field: Field): void {
  const { id, ...row } = field;
  tx.put(fieldKey(measurement.id, id), jsonBytes(row));
}
