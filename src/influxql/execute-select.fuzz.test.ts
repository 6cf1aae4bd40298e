import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MemoryData } from "./select/memory-data.ts";
import { contextOf, runQuery } from "./select/select-testing.ts";

/**
 * Random points and random queries: what the executor answers from columns and windows must equal
 * what a few lines over plain rows answer.
 */
interface Point {
  readonly host: string;
  readonly time: number;
  readonly u: number | undefined;
  readonly n: number | undefined;
}

const points = fc.uniqueArray(
  fc.record({
    host: fc.constantFrom("a", "b", "c"),
    time: fc.integer({ min: -50, max: 1_300_000 }),
    u: fc.option(fc.integer({ min: -8, max: 8 }).map((value) => value / 2), { nil: undefined }),
    n: fc.option(fc.integer({ min: -3, max: 3 }), { nil: undefined }),
  }),
  { selector: ({ host, time }) => `${host} ${time}`, maxLength: 60 },
);

const functions = ["count", "sum", "min", "max", "first", "last", "mean", "spread"] as const;

const queries = fc.record({
  name: fc.constantFrom(...functions),
  field: fc.constantFrom("u", "n"),
  condition: fc.constantFrom("", "host != 'b'", "n > 0", "host = 'a' or u <= 1", "u > 0 and n < 2"),
  from: fc.integer({ min: -100, max: 700_000 }),
  length: fc.integer({ min: 1, max: 900_000 }),
  /** Seconds; 0: no windows. */
  window: fc.constantFrom(0, 50_000, 300_000, 86_400),
  byHost: fc.boolean(),
  isAscending: fc.boolean(),
});

type Query = typeof queries extends fc.Arbitrary<infer Q> ? Q : never;

function fits(condition: string, { host, u, n }: Point): boolean {
  switch (condition) {
    case "host != 'b'":
      return host !== "b";
    case "n > 0":
      return n !== undefined && n > 0;
    case "host = 'a' or u <= 1":
      return host === "a" || (u !== undefined && u <= 1);
    case "u > 0 and n < 2":
      return u !== undefined && u > 0 && n !== undefined && n < 2;
    default:
      return true;
  }
}

/** The value of a function over rows in the order of time; of equal times the greater is later. */
function compute(name: Query["name"], rows: readonly { time: number; value: number }[]): number {
  const values = rows.map(({ value }) => value);
  const sum = values.reduce((total, value) => total + value, 0);
  const extreme = (time: number | undefined): number =>
    Math.max(...rows.filter((row) => row.time === time).map(({ value }) => value));
  switch (name) {
    case "count":
      return values.length;
    case "sum":
      return sum;
    case "mean":
      return sum / values.length;
    case "min":
      return Math.min(...values);
    case "max":
      return Math.max(...values);
    case "spread":
      return Math.max(...values) - Math.min(...values);
    case "first":
      return extreme(rows[0]?.time);
    case "last":
      return extreme(rows.at(-1)?.time);
  }
}

function expected(all: readonly Point[], query: Query): string[] {
  const { name, field, condition, from, length, window, byHost, isAscending } = query;
  const rows = all
    .filter((point) => point.time >= from && point.time < from + length && fits(condition, point))
    .flatMap(({ host, time, [field]: value }) =>
      value === undefined ? [] : [{ host, time, value }],
    )
    .toSorted((a, b) => a.time - b.time);
  const hosts = byHost ? [...new Set(rows.map(({ host }) => host))].toSorted() : [""];
  const lines: string[] = [];
  for (const host of isAscending ? hosts : hosts.toReversed()) {
    const own = rows.filter((row) => !byHost || row.host === host);
    if (own.length === 0) continue;
    lines.push(`m${byHost ? `{host=${host}}` : ""}: time, ${name}`);
    const starts = own.map(({ time }) =>
      window === 0 ? from : Math.floor(time / window) * window,
    );
    const distinct = [...new Set(starts)].toSorted((a, b) => (a - b) * (isAscending ? 1 : -1));
    for (const start of distinct) {
      const inside = own.filter((_row, place) => starts[place] === start);
      const isOwnTime = window === 0 && ["min", "max", "first", "last"].includes(name);
      const value = compute(name, inside);
      const isBest = (row: { readonly value: number }): boolean => row.value === value;
      const best = name === "last" ? inside.findLast(isBest) : inside.find(isBest);
      const text = String(Number(value.toPrecision(9)));
      lines.push(`${isOwnTime ? (best?.time ?? 0) : start} ${text === "-0" ? "0" : text}`);
    }
  }
  return lines;
}

function textOf(query: Query): string {
  const { name, field, condition, from, length, window, byHost, isAscending } = query;
  const where = `time >= ${from}s and time < ${from + length}s`;
  const groups = [...(window === 0 ? [] : [`time(${window}s)`]), ...(byHost ? ["host"] : [])];
  return [
    `select ${name}(${field}) from m where ${where}`,
    condition === "" ? "" : ` and (${condition})`,
    groups.length === 0 ? "" : ` group by ${groups.join(", ")}`,
    window === 0 ? "" : " fill(none)",
    isAscending ? "" : " order by time desc",
  ].join("");
}

test("executeSelect gives what plain rows give, for any points and queries", async () => {
  const property = fc.asyncProperty(points, queries, async (all, query) => {
    const data = new MemoryData();
    data.addPolicy("db", "autogen");
    data.write("db", "autogen", all.flatMap(lineOf).join("\n"));
    const hasField = all.some((point) => point[query.field] !== undefined);
    const answer = await runQuery(textOf(query), contextOf(data));
    assert.deepEqual(answer, hasField ? expected(all, query) : []);
  });
  await fc.assert(property, { numRuns: 400 });
});

function lineOf({ host, time, u, n }: Point): string[] {
  const fields = [
    ...(u === undefined ? [] : [`u=${u}`]),
    ...(n === undefined ? [] : [`n=${n}i`]),
  ];
  return fields.length === 0 ? [] : [`m,host=${host} ${fields.join(",")} ${time}000000000`];
}
