/** npm influx, unchanged: everything that its users do with a database. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { escape, FieldType, InfluxDB } from "influx";
import { influxServer } from "../support/influx-server.ts";

const schema = [
  {
    measurement: "requests",
    tags: ["host", "route"],
    fields: { ms: FieldType.FLOAT, bytes: FieldType.INTEGER, ok: FieldType.BOOLEAN },
  },
  { measurement: "notes", tags: ["host"], fields: { text: FieldType.STRING } },
];

async function withClient(run: (client: InfluxDB) => Promise<void>): Promise<void> {
  const { server } = await influxServer();
  const { hostname: host, port } = new URL(await server.listen({ host: "127.0.0.1", port: 0 }));
  const client = new InfluxDB({ host, port: Number(port), database: "shop", schema });
  try {
    await client.createDatabase("shop");
    await run(client);
  } finally {
    await server.close();
  }
}

/** Three requests of two hosts, and a note. */
async function writeSome(client: InfluxDB): Promise<void> {
  const at = (ms: number): Date => new Date(1_700_000_000_000 + ms);
  const fields = { ms: 1.5, bytes: 10, ok: true };
  await client.writePoints([
    { measurement: "requests", tags: { host: "a", route: "/" }, fields, timestamp: at(0) },
    {
      measurement: "requests",
      tags: { host: "b", route: "/buy now" },
      fields: { ...fields, ms: 3 },
      timestamp: at(1000),
    },
    {
      measurement: "requests",
      tags: { host: "a", route: "/" },
      fields: { ms: 2.5, bytes: 30, ok: false },
      timestamp: at(2000),
    },
    {
      measurement: "notes",
      tags: { host: "a" },
      fields: { text: 'said "yes", left\\' },
      timestamp: at(5),
    },
  ]);
}

test("npm influx makes, lists and drops databases", async () => {
  await withClient(async (client) => {
    await client.createDatabase("odd name");
    const names = await client.getDatabaseNames();
    assert.ok(names.includes("shop") && names.includes("odd name"));
    await client.dropDatabase("odd name");
    assert.ok(!(await client.getDatabaseNames()).includes("odd name"));
  });
});

test("npm influx reads groups, times and placeholders", async () => {
  await withClient(async (client) => {
    await writeSome(client);
    const found = await client.query<{ host: string; mean: number }>(
      "SELECT mean(ms) FROM requests GROUP BY host",
    );
    const groups = found.groups().map(({ tags, rows }) => [tags, rows.map(({ mean }) => mean)]);
    assert.deepEqual(groups, [[{ host: "a" }, [2]], [{ host: "b" }, [3]]]);
    const placeholders = { host: "a", least: 2 };
    const [slow, ...others] = await client.query<{ ms: number; time: { getNanoTime(): string } }>(
      "SELECT ms FROM requests WHERE host = $host AND ms >= $least",
      { placeholders },
    );
    assert.deepEqual([slow?.ms, others.length], [2.5, 0]);
    assert.equal(slow?.time.getNanoTime(), "1700000002000000000");
    const route = escape.stringLit("/buy now");
    const rows = await client.query<{ bytes: number }>(
      [`SELECT bytes FROM requests WHERE route = ${route}`, "SELECT count(ok) FROM requests"],
    );
    assert.deepEqual(rows.map((each) => each.length), [1, 1]);
    const [note] = await client.query<{ text: string }>("SELECT text FROM notes");
    assert.equal(note?.text, 'said "yes", left\\');
    const raw: unknown = await client.queryRaw("SELECT ok FROM requests LIMIT 1", {
      precision: "s",
    });
    const series = [{ name: "requests", columns: ["time", "ok"], values: [[1_700_000_000, true]] }];
    assert.deepEqual(raw, { results: [{ statement_id: 0, series }] });
  });
});

test("npm influx lists and drops measurements and series", async () => {
  await withClient(async (client) => {
    await writeSome(client);
    assert.deepEqual(await client.getMeasurements(), ["notes", "requests"]);
    assert.deepEqual(await client.getSeries({ measurement: "requests" }), [
      "requests,host=a,route=/",
      "requests,host=b,route=/buy\\ now",
    ]);
    await client.dropSeries({
      measurement: "requests",
      where: (e) => e.tag("host").equals.value("a"),
    });
    assert.deepEqual(await client.getSeries(), [
      "notes,host=a",
      "requests,host=b,route=/buy\\ now",
    ]);
    await client.dropMeasurement("notes");
    assert.deepEqual(await client.getMeasurements(), ["requests"]);
  });
});

test("npm influx keeps retention policies, and writes to and reads from them", async () => {
  await withClient(async (client) => {
    await client.createRetentionPolicy("week", { duration: "7d", replication: 1 });
    await client.alterRetentionPolicy("week", { duration: "14d", replication: 1, isDefault: true });
    const week = (await client.showRetentionPolicies()).find(({ name }) => name === "week");
    assert.deepEqual([week?.duration, week?.default, week?.replicaN], ["336h0m0s", true, 1]);
    await client.writeMeasurement("notes", [{ fields: { text: "now" } }], {
      retentionPolicy: "week",
    });
    const rows = await client.query("SELECT text FROM notes", { retentionPolicy: "week" });
    assert.equal(rows.length, 1);
    await client.dropRetentionPolicy("week");
    const names = (await client.showRetentionPolicies()).map(({ name }) => name);
    assert.deepEqual(names, ["autogen"]);
  });
});

test("npm influx keeps continuous queries and users", async () => {
  await withClient(async (client) => {
    const each = "SELECT mean(ms) INTO slow FROM requests GROUP BY time(1m)";
    await client.createContinuousQuery("per_minute", each);
    const queries = await client.showContinousQueries();
    assert.deepEqual(queries.map(({ name }) => name), ["per_minute"]);
    await client.dropContinuousQuery("per_minute");
    assert.equal((await client.showContinousQueries()).length, 0);
    await client.createUser("ann", "it's", true);
    await client.createUser("bob", "b");
    await client.grantPrivilege("bob", "READ", "shop");
    await client.setPassword("bob", "c");
    const users = await client.getUsers();
    const told = users.map(({ user, admin }) => [user, admin]);
    assert.deepEqual(told, [["ann", true], ["bob", false]]);
    await client.revokePrivilege("bob", "READ", "shop");
    await client.revokeAdminPrivilege("ann");
    await client.dropUser("bob");
    assert.deepEqual((await client.getUsers()).map(({ user }) => user), ["ann"]);
  });
});

test("npm influx tells errors of the server, and that it is there", async () => {
  await withClient(async (client) => {
    await assert.rejects(client.query("SELEC 1"), /error parsing query: found SELEC/);
    await assert.rejects(client.query("SELECT mean(ms, 2) FROM requests"), /invalid number of arg/);
    const altered = client.alterRetentionPolicy("none", { duration: "1d", replication: 1 });
    await assert.rejects(altered, /retention policy not found: none/);
    const [ping] = await client.ping(5000);
    assert.deepEqual([ping?.online, ping?.version], [true, "1.8.10"]);
  });
});
