/**
 * What keeps one query of time series from hurting everybody else, on a real server: limits, KILL
 * QUERY, and that other requests are answered while everything is read.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ServerProcess } from "../support/server-process.ts";
import { isTorture } from "../support/torture.ts";

const pointCount = 200_000;
const perBody = 20_000;
const hostCount = 100;
/** Reads all points, each by itself. */
const everything = "SELECT mean(v), max(v), stddev(v) FROM m WHERE v > 0 GROUP BY h";

let directory: string;
let server: ServerProcess;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "cronosdb-guard-"));
  const limits = ["--query-max-rows", "100000", "--query-max-held", "150000"];
  server = await ServerProcess.start(join(directory, "data"), limits);
  await ask("CREATE DATABASE db");
  for (let from = 0; from < pointCount; from += perBody) {
    const lines = Array.from({ length: perBody }, (_, i) => {
      const n = from + i;
      return `m,h=${n % hostCount} v=${1 + (n % 977)} ${1_700_000_000_000 + n}`;
    });
    const url = server.url("/write?db=db&precision=ms");
    const { status } = await fetch(url, { method: "POST", body: lines.join("\n") });
    assert.equal(status, 204);
  }
});

after(async () => {
  await server.stop("SIGKILL");
  await rm(directory, { recursive: true });
});

async function ask(statement: string): Promise<string> {
  const query = new URLSearchParams({ db: "db", q: statement });
  const response = await fetch(server.url("/query"), { method: "POST", body: query });
  return response.text();
}

test("GROUP BY time(1ns) from the epoch on is refused at once", async () => {
  const times: number[] = [];
  for (let n = 0; n < 10; n++) {
    const started = performance.now();
    const answer = await ask("SELECT count(v) FROM m WHERE time >= 0 GROUP BY time(1ns)");
    times.push(performance.now() - started);
    assert.match(answer, /max-select-buckets limit exceeded: \(\d+\/1000000\)/);
  }
  // The shortest: what else the machine does is not what is asked for here.
  const took = Math.min(...times);
  assert.ok(took < 100, `it took ${took} ms`);
});

test("rows of an answer and values that a function holds are limited", async () => {
  assert.match(await ask("SELECT v FROM m"), /max-select-rows limit exceeded: \(\d+\/100000\)/);
  const median = await ask("SELECT median(v) FROM m WHERE v > 0");
  assert.match(median, /max-select-values limit exceeded: \(\d+\/150000\)/);
  const groups = await ask("SELECT median(v) FROM m WHERE v > 0 GROUP BY h");
  assert.ok(!groups.includes("error"));
});

test("KILL QUERY ends a query within a second", async () => {
  const answer = ask(Array.from({ length: 200 }, () => everything).join(";"));
  let id: string | undefined;
  for (let tries = 0; id === undefined && tries < 100; tries++) {
    await sleep(5);
    id = /\[(\d+),"SELECT mean/.exec(await ask("SHOW QUERIES"))?.[1];
  }
  const started = performance.now();
  assert.equal(await ask(`KILL QUERY ${id}`), '{"results":[{"statement_id":0}]}\n');
  assert.match(await answer, /query interrupted/);
  assert.ok(performance.now() - started < 1000);
});

test("other requests are answered while a query reads everything", async (context) => {
  const heavy = (async () => {
    for (let n = 0; n < 8; n++) assert.ok(!(await ask(everything)).includes("error"));
    return true;
  })();
  const pings: number[] = [];
  const queries: number[] = [];
  for (let isDone = false; !isDone; isDone = await Promise.race([heavy, sleep(2, false)])) {
    let started = performance.now();
    await fetch(server.url("/ping"));
    pings.push(performance.now() - started);
    started = performance.now();
    await ask("SELECT last(v) FROM m WHERE h = '7'");
    queries.push(performance.now() - started);
  }
  context.diagnostic(`${pings.length} pings: p50 ${part(pings, 0.5)}, p99 ${part(pings, 0.99)} ms`);
  context.diagnostic(`queries: p50 ${part(queries, 0.5)}, p99 ${part(queries, 0.99)} ms`);
  const p99 = part(pings, 0.99);
  // On a machine that does other things as well, the figure says little.
  assert.ok(p99 < (isTorture ? 50 : 2000), `p99 is ${p99} ms`);
});

/** The time that this part of the requests did not take longer than, ms. */
function part(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.floor(sorted.length * share)] ?? 0) * 10) / 10;
}
