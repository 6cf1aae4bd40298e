import assert from "node:assert/strict";
import { test } from "node:test";
import { openTestShard } from "../../../test/support/test-shard.ts";
import type { Transaction } from "../../shard/transaction.ts";
import { Catalog } from "./catalog.ts";
import { fieldType } from "./field-type.ts";
import type { Measurement } from "./measurement.ts";
import { HOUR_NS_BIG as hour } from "./series-time.ts";

async function openCatalog(): Promise<{
  readonly catalog: Catalog;
  readonly shard: Awaited<ReturnType<typeof openTestShard>>["shard"];
  run<T>(operation: (tx: Transaction) => T): T;
}> {
  const { shard } = await openTestShard();
  return { catalog: new Catalog(shard.tip), shard, run: (operation) => shard.run(operation) };
}

test("Catalog.createDatabase gives the default policy, and again what is there", async () => {
  const { catalog, run } = await openCatalog();
  const created = run((tx) => catalog.createDatabase(tx, "db"));
  assert.deepEqual(created.policies, [
    {
      id: 1,
      name: "autogen",
      duration: 0n,
      shardDuration: 168n * hour,
      replication: 1,
      windowHours: 168,
    },
  ]);
  assert.equal(run((tx) => catalog.createDatabase(tx, "db")), created);
  assert.equal(catalog.policy(created)?.name, "autogen");
  assert.throws(() => catalog.needDatabase("x"), /^CronosError: database not found: x$/);
  assert.throws(() => catalog.needPolicy(created, "x"), /retention policy not found: x/);
});

test("Catalog refuses names and policies in the words of 1.x", async () => {
  const { catalog, run } = await openCatalog();
  run((tx) => catalog.createDatabase(tx, "db"));
  const create = (spec: Parameters<Catalog["createPolicy"]>[2], name = "db") => () =>
    run((tx) => catalog.createPolicy(tx, name, spec));
  const database = (name: string, spec = {}) => () =>
    run((tx) => catalog.createDatabase(tx, name, spec));
  const conflict = "retention policy conflicts with an existing policy";
  const cases: readonly (readonly [() => unknown, string])[] = [
    [database(""), "database name required"],
    [database("a/b"), "invalid name"],
    [database(".."), "invalid name"],
    [database("x".repeat(256)), "name too long"],
    [database("db", { duration: 48n * hour }), conflict],
    [database("db", { name: "p" }), conflict],
    [create({ name: "p", duration: 60n }), "retention policy duration must be at least 1h0m0s"],
    [
      create({ name: "p", duration: 24n * hour, shardDuration: 48n * hour }),
      "retention policy duration must be greater than the shard duration",
    ],
    [create({ name: "p", replication: 0 }), "replication factor must be greater than 0"],
    [create({ name: "p" }, "nodb"), "database not found: nodb"],
    [create({ name: "autogen", duration: hour }), "retention policy already exists"],
  ];
  for (const [act, message] of cases) assert.throws(act, { message });
});

test("Catalog.createPolicy chooses the shard duration by the duration", async () => {
  const { catalog, run } = await openCatalog();
  run((tx) => catalog.createDatabase(tx, "db"));
  const cases = [
    [hour, undefined, hour],
    [48n * hour, undefined, 24n * hour],
    [180n * 24n * hour, undefined, 168n * hour],
    [0n, undefined, 168n * hour],
    [24n * hour, 60n, hour],
    [0n, 1000n * hour, 1000n * hour],
  ] as const;
  for (const [i, [duration, asked, expected]] of cases.entries()) {
    const shard = asked === undefined ? {} : { shardDuration: asked };
    const spec = { name: `p${i}`, duration, ...shard };
    const policy = run((tx) => catalog.createPolicy(tx, "db", spec));
    assert.equal(policy.shardDuration, expected);
    assert.equal(policy.windowHours, Math.min(168, Number(expected / hour)));
  }
});

test("Catalog alters and drops policies; the window length stays", async () => {
  const { catalog, run } = await openCatalog();
  run((tx) => catalog.createDatabase(tx, "db"));
  const place = { database: "db", policy: "autogen" };
  run((tx) => {
    catalog.alterPolicy(tx, place, { duration: 24n * hour, shardDuration: hour });
  });
  const altered = catalog.needPolicy(catalog.needDatabase("db"));
  assert.deepEqual([altered.shardDuration, altered.windowHours], [hour, 168]);
  assert.throws(() => run((tx) => catalog.alterPolicy(tx, place, { shardDuration: 48n * hour })), {
    message: "retention policy duration must be greater than the shard duration",
  });
  run((tx) => catalog.createPolicy(tx, "db", { name: "p", isDefault: true }));
  assert.equal(catalog.needDatabase("db").defaultPolicy, "p");
  assert.equal(run((tx) => catalog.dropPolicy(tx, "db", "p"))?.name, "p");
  assert.equal(run((tx) => catalog.dropPolicy(tx, "db", "p")), undefined);
  assert.equal(catalog.policy(catalog.needDatabase("db")), undefined);
});

test("Catalog holds what its rows say, after undone operations too", async () => {
  const { catalog, shard, run } = await openCatalog();
  const fill = (tx: Transaction): void => {
    const database = catalog.createDatabase(tx, "db");
    const cpu = catalog.ensureMeasurement(tx, database, "cpu");
    catalog.createField(tx, cpu, { name: "a", type: fieldType.float });
    catalog.createField(tx, cpu, { name: "b", type: fieldType.string });
    catalog.describeField(tx, cpu, {
      field: cpu.field("b") ?? assert.fail(),
      about: { unit: "ms" },
    });
    catalog.describeMeasurement(tx, cpu, { description: "load" });
  };
  const undone = (operation: (tx: Transaction) => void): void => {
    const act = (): void => {
      run((tx) => {
        operation(tx);
        throw new Error("undone");
      });
    };
    assert.throws(act, /undone/);
  };
  const state = (of: Catalog): unknown => {
    return of.databases.map((database) => ({
      ...database,
      measurements: [...of.measurements(database)].toSorted((a, b) => a.id - b.id).map(contentOf),
    }));
  };
  undone(fill);
  assert.deepEqual(state(catalog), []);
  run(fill);
  run((tx) => catalog.ensureMeasurement(tx, catalog.needDatabase("db"), "x".repeat(3000)));
  assert.deepEqual(state(new Catalog(shard.tip)), state(catalog));
  const before = state(catalog);
  undone((tx) => catalog.dropDatabase(tx, "db"));
  assert.deepEqual(
    catalog.measurement(catalog.needDatabase("db"), "cpu")?.fields.map(({ name }) => name),
    ["a", "b"],
  );
  assert.deepEqual(state(catalog), before);
  run((tx) => catalog.dropDatabase(tx, "db"));
  assert.equal([...shard.tip.range("Sc\x01", "Sd")].length, 0);
  assert.deepEqual(state(catalog), []);
});

function contentOf({ id, name, about, fields }: Measurement): object {
  return { id, name, about, fields: [...fields] };
}

test("Catalog renames measurements and fields, and takes it back when it is undone", async () => {
  const { catalog, run, shard } = await openCatalog();
  const { database, m } = run((tx) => {
    const made = catalog.createDatabase(tx, "db");
    const measurement = catalog.ensureMeasurement(tx, made, "m");
    catalog.createField(tx, measurement, { name: "v", type: fieldType.float });
    catalog.ensureMeasurement(tx, made, "other");
    return { database: made, m: measurement };
  });
  const rename = (tx: Transaction): void => {
    catalog.renameMeasurement(tx, m, "n");
    const [field] = m.fields;
    assert.ok(field !== undefined);
    catalog.renameField(tx, m, { field, name: "w" });
  };
  const undone = (tx: Transaction): void => {
    rename(tx);
    throw new Error("undone");
  };
  assert.throws(() => run(undone), /undone/);
  assert.equal(catalog.measurement(database, "m")?.field("v")?.id, 0);
  assert.equal(catalog.measurement(database, "n"), undefined);
  run(rename);
  for (const each of [catalog, new Catalog(shard.tip)]) {
    assert.equal(each.measurement(database, "n")?.field("w")?.id, 0);
    assert.equal(each.measurement(database, "n")?.field("v"), undefined);
    assert.equal(each.measurement(database, "m"), undefined);
  }
  const taken = (tx: Transaction): void => catalog.renameMeasurement(tx, m, "other");
  assert.throws(() => run(taken), /measurement already exists: other/);
});
