import assert from "node:assert/strict";
import { test } from "node:test";
import { executeSelect } from "./execute-select.ts";
import { parseQuery } from "./parse.ts";
import type { SelectContext } from "./result.ts";
import { MemoryData } from "./select/memory-data.ts";
import { selectCases } from "./select/select-cases.ts";
import { contextOf, runQuery, testLimits } from "./select/select-testing.ts";

const data = new MemoryData();
data.addPolicy("db", "autogen");
data.write("db", "autogen", testLines().join("\n"));

/** Three hosts over ten minutes with gaps, and small measurements for the odd cases. */
function testLines(): string[] {
  const lines: string[] = [];
  for (let i = 0; i < 40; i++) {
    const time = 1_600_000_020 + i * 15;
    for (const [h, host] of ["a", "b", "c"].entries()) {
      if (host === "c" && i % 3 !== 0) continue;
      const fields = [`u=${(((i * 37 + h * 53 + i * i * 7) % 1000) + 1) / 10}`];
      if (i % 2 === 0) fields.push(`n=${((i * 5 + h * 3) % 15) - 5}i`);
      if (i % 4 === 0) fields.push(`s="${["ok", "warn", "bad"][(i / 4 + h) % 3] ?? ""}"`);
      if (i % 5 === 0) fields.push(`up=${(i + h) % 2 === 0}`);
      const region = host === "a" ? "eu" : "us";
      lines.push(`cpu,host=${host},region=${region} ${fields.join(",")} ${time}000000000`);
    }
    if (i % 4 === 1) lines.push(`mem,host=a free=${(i * 13) % 99}i,u=${i} ${time + 5}000000000`);
    if (i % 6 === 1) lines.push(`mem,host=d free=${(i * 17) % 99}i ${time + 7}000000000`);
  }
  lines.push(
    "disk used=1 1600000000000000000",
    "disk,host=a used=2 1600000000000000000",
    "disk,path=x used=3 1600000001000000000",
    'dup,host=a host="f",v=1 1600000000000000000',
    "old v=1i -5000000000",
    "old v=2i 5000000000",
    "big v=9223372036854775807i 1000",
    "big v=5i 2000",
    "big v=-9223372036854775807i 3000",
  );
  return lines;
}

/** The result of a query over the data above. */
function run(text: string, changes: Partial<SelectContext> = {}): Promise<string[]> {
  return runQuery(text, { ...contextOf(data), ...changes });
}

for (const [query = "", ...lines] of selectCases) {
  test(`executeSelect answers ${query}`, async () => {
    assert.deepEqual(await run(query), lines);
  });
}

test("executeSelect refuses too many windows before it reads", async () => {
  const refused = /^error: max-select-buckets limit exceeded: \(\d+\/100000\)$/;
  const [bounded] = await run("select mean(u) from cpu where time >= 0 group by time(1ns)");
  assert.match(bounded ?? "", refused);
  const [unbounded] = await run("select mean(u) from cpu group by time(1ns)");
  assert.match(unbounded ?? "", refused);
  const few = await run("select mean(u) from cpu where host = 'c' group by time(1s) fill(none)");
  assert.equal(few.length, 15);
});

test("executeSelect keeps to the limits of series and points", async () => {
  assert.deepEqual(await run("select u from cpu", { limits: { ...testLimits, seriesMax: 2 } }), [
    "error: max-select-series limit exceeded: (3/2)",
  ]);
  const tight = { limits: { ...testLimits, pointsMax: 20 } };
  const [error] = await run("select mean(u) from cpu", tight);
  assert.match(error ?? "", /^error: max-select-point limit exceeed: \(\d+\/20\)$/);
});

test("executeSelect cuts long series into chunks", async () => {
  const [statement] = parseQuery("select u from cpu where host = 'a'");
  assert.ok(statement?.kind === "select");
  const sizes: number[] = [];
  const small = { ...contextOf(data), limits: { ...testLimits, chunkRows: 15 } };
  for await (const { rows, isPartial } of executeSelect(statement, small)) {
    sizes.push(rows.length);
    assert.equal(isPartial, sizes.length < 3);
  }
  assert.deepEqual(sizes, [15, 15, 10]);
});

test("executeSelect pauses and ends when it is cancelled", async () => {
  const controller = new AbortController();
  let now = 0;
  const changes = {
    signal: controller.signal,
    clock: () => (now += 10),
    pause: () => {
      controller.abort(new Error("query interrupted"));
      return Promise.resolve();
    },
  };
  const lines = await run("select mean(u) from cpu, mem group by *", changes);
  assert.equal(lines.at(-1), "error: query interrupted");
});

test("executeSelect orders points of equal time as InfluxDB does", async () => {
  const tied = new MemoryData();
  tied.addPolicy("db", "autogen");
  const line = (host: string, i: number): string => `m,h=${host} f=${i},s="${9 - i}" 1000000000`;
  tied.write("db", "autogen", ["a", "b", "c", "d", "e"].map(line).join("\n"));
  const order = async (text: string): Promise<string> => {
    const [, ...rows] = await runQuery(text, contextOf(tied));
    return rows.map((row) => row.split(" ")[1]).join(" ");
  };
  // By text that comes first by name; else as a heap of cursors has it.
  assert.equal(await order("select f from m"), "0 4 3 2 1");
  assert.equal(await order("select f from m order by time desc"), "4 0 1 2 3");
  assert.equal(await order("select s from m"), "5 6 7 8 9");
  assert.equal(await order("select h, s from m"), "a b c d e");
});

test("executeSelect says why there is nothing, and nothing where there is something", async () => {
  const told = async (text: string): Promise<string[]> => {
    const warnings: string[] = [];
    await run(text, { warn: (message) => void warnings.push(message) });
    return warnings;
  };
  assert.deepEqual(await told("select u from nosuch"), ["there is no measurement nosuch"]);
  assert.deepEqual(await told("select nosuch from cpu"), ["there is no field or tag nosuch"]);
  assert.deepEqual(await told('select u from cpu where host = "a"'), [
    "there is no field or tag a; text stands in single quotes: 'a'",
  ]);
  assert.deepEqual(await told("select u from cpu where time > 1700000001s"), [
    "the range of time lies in the future",
  ]);
  assert.deepEqual(await told("select mean(u), mean(nosuch) from cpu"), []);
});

test("executeSelect knows HAVING, ORDER BY a column, IN, BETWEEN and NOT", async () => {
  const having = "select mean(u) from cpu group by host having mean(u) > 49";
  assert.equal((await run(having)).filter((line) => line.startsWith("cpu")).length, 2);
  const sorted = await run("select u from cpu where host = 'a' order by u desc limit 2");
  const [first = 0, second = 0] = sorted.slice(1).map((line) => Number(line.split(" ")[1]));
  assert.ok(first > second && first > 95);
  const hosts = await run("select count(u) from cpu group by host order by host desc");
  assert.deepEqual(
    hosts.filter((text) => text.startsWith("cpu")).map((text) => text.slice(9, 10)),
    ["c", "b", "a"],
  );
  const condition = "host in ('a', 'c') and u between 0 and 50";
  const inside = await run(`select count(u) from cpu where ${condition}`);
  assert.equal(inside[1]?.split(" ").length, 2);
  assert.deepEqual(
    await run("select count(u) from cpu where not host = 'a'"),
    await run("select count(u) from cpu where host != 'a'"),
  );
});

test("executeSelect groups by months and by weeks that start on Monday", async () => {
  const months = "select count(v) from old where time >= '1969-11-01' and time < '1970-03-01'";
  assert.deepEqual(await run(`${months} group by time(1mo) fill(none)`), [
    "old: time, count",
    "-2678400 1",
    "0 1",
  ]);
  const weeks = "select count(u) from cpu where host = 'a' group by time(1w) fill(none)";
  assert.deepEqual(await run(`${weeks} tz('Europe/Paris')`), [
    "cpu: time, count",
    "1599429600 40",
  ]);
});
