/**
 * The two ways of reading lines agree: a body that is read twice gives the same points and the same
 * report, first by the exact way (everything is new), then by the fast one. And no bytes, however
 * odd, are more than a refused line.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { openTestShard } from "../../../test/support/test-shard.ts";
import type { Shard } from "../../shard/shard.ts";
import { BatchBuilder } from "./batch-builder.ts";
import { Catalog } from "./catalog.ts";
import { fieldType } from "./field-type.ts";
import { LineWriter } from "./line-writer.ts";
import { precisionOf } from "./precision.ts";
import { SeriesIndex } from "./series-index.ts";
import { noMaxima } from "./series-limits.ts";
import { WriteReport } from "./write-report.ts";

interface Reader {
  readonly shard: Shard;
  read(lines: string | Buffer, precision?: string): { points: string[]; message: string };
}

async function openReader(): Promise<Reader> {
  const { shard } = await openTestShard({ memtableBytesMax: 2 ** 26 });
  const catalog = new Catalog(shard.tip);
  const index = new SeriesIndex(shard.tip);
  const writer = new LineWriter({ catalog, index, max: noMaxima });
  const database = shard.run((tx) => catalog.createDatabase(tx, "db"));
  const policy = catalog.needPolicy(database);
  const read: Reader["read"] = (lines, precision = "n") => {
    const bytes = Buffer.from(lines);
    const report = new WriteReport();
    const source = {
      bytes,
      database,
      policy,
      report,
      oldest: undefined,
      precision: precisionOf(precision),
      now: { seconds: 7, nanos: 8 },
    };
    const points: string[] = [];
    for (let at = 0; at < bytes.length; ) {
      const batch = new BatchBuilder();
      const limits = { lines: 12, bytes: 1000, isOver: () => false };
      at = shard.run((tx) => writer.readSlice({ tx, source, batch }, at, limits));
      points.push(...pointsOf(batch));
    }
    return { points, message: report.message ?? "ok" };
  };
  return { shard, read };
}

function pointsOf(batch: BatchBuilder): string[] {
  const points: string[] = [];
  for (let row = 0; row < batch.rows; row++) {
    const fields: string[] = [];
    const end = batch.fieldStart[row + 1] as number;
    for (let i = batch.fieldStart[row] as number; i < end; i++) {
      const value = batch.values[i] as number;
      const isText = batch.fieldTypes[i] === fieldType.string;
      const shown = isText ? JSON.stringify(batch.texts[value]) : (batch.bigs.get(i) ?? value);
      const sign = Object.is(shown, -0) ? "-" : "";
      fields.push(`${batch.fieldIds[i]}:${batch.fieldTypes[i]}=${sign}${shown}`);
    }
    const time = `${batch.seconds[row]}.${batch.nanos[row]}`;
    points.push(`${batch.measurementIds[row]} ${batch.seriesIds[row]} ${fields.join()} ${time}`);
  }
  return points;
}

const number = fc.oneof(
  fc.integer().map(String),
  fc.integer().map((value) => `${value}i`),
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map((value) => `${value}i`),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.stringMatching(/^-?\d{0,18}\.?\d{0,12}(e[+-]?\d{1,3})?i?$/),
);
const words = ["t", "F", "true", "FALSE", "True", "fals", '""', '"a b"', '"é,="', '"\\""', "'x'"];
const value = fc.oneof({ weight: 4, arbitrary: number }, fc.constantFrom(...words));
const names = ["a", "b", "cpu", "a\\ b", "a\\,b", "\\=x", "é", "time", '"q"', "", " "];
const word = fc.constantFrom(...names);
const tags = fc.array(fc.tuple(word, word), { maxLength: 3 });
const fields = fc.array(fc.tuple(word, value), { minLength: 1, maxLength: 4 });
const time = fc.oneof(
  fc.constant(""),
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map((at) => ` ${at}`),
  fc.nat().map((at) => ` ${at}`),
  fc.constantFrom(" -", " 1.5", "  12", " 1 ", " 1 x", "\r"),
);
const line = fc.tuple(word, tags, fields, time).map(([name, ofTags, ofFields, at]) => {
  const key = [name, ...ofTags.map((tag) => tag.join("="))].join(",");
  return `${key} ${ofFields.map((field) => field.join("=")).join(",")}${at}`;
});
const oddLine = fc.oneof(
  { weight: 5, arbitrary: line },
  fc.stringMatching(/^[a#=,"\\ \t\n0i-]{0,12}$/),
);

test("LineWriter gives the same for the same lines, known or new", async () => {
  const { read } = await openReader();
  const precision = fc.constantFrom("n", "u", "ms", "s", "m", "h");
  fc.assert(
    fc.property(fc.array(oddLine, { maxLength: 8 }), precision, (lines, unit) => {
      const body = lines.join("\n");
      const first = read(body, unit);
      assert.deepEqual(read(body, unit), first);
      // Behind a tab no line is read the fast way; one that goes over newlines would get it inside.
      const exact = read(lines.map((each) => `\t${each}`).join("\n"), unit);
      if (!/\n\n|"|\\\n/.test(body)) assert.deepEqual(exact, first);
    }),
    { numRuns: 400 },
  );
});

test("LineWriter refuses any bytes it cannot read, and nothing worse", async () => {
  const { read } = await openReader();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      read(Buffer.from(bytes));
    }),
    { numRuns: 300 },
  );
});

test("numbers are the nearest doubles, in either way of reading", async () => {
  const { read } = await openReader();
  read("m v=1 1");
  fc.assert(
    fc.property(number, (text) => {
      const { points, message } = read(`m v=${text} 1`);
      if (message !== "ok") return;
      assert.equal(points[0], `1 1 0:1=${Object.is(Number(text), -0) ? "-0" : Number(text)} 0.1`);
    }),
    { numRuns: 500 },
  );
});
