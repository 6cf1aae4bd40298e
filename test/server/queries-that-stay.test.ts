/** A whole server: continuous query, subscription and stream over real HTTP, and a restart. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ServerProcess } from "../support/server-process.ts";

const patienceMs = 15_000;

async function ask(server: ServerProcess, q: string): Promise<string> {
  const body = new URLSearchParams({ q, db: "db", epoch: "s" });
  return (await fetch(server.url("/query"), { method: "POST", body })).text();
}

async function write(server: ServerProcess, lines: string): Promise<void> {
  const url = server.url("/write?db=db&precision=s");
  assert.equal((await fetch(url, { method: "POST", body: lines })).status, 204);
}

async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!(await holds())) {
    if (Date.now() > deadline) assert.fail(`${what} did not come`);
    await sleep(20);
  }
}

test("queries that stay go on over a restart of the server", async () => {
  const directory = await mkdtemp(join(tmpdir(), "cronosdb-stay-"));
  const received: string[] = [];
  const subscriber = createServer((request, response) => {
    request.setEncoding("utf8").on("data", (text: string) => received.push(text));
    request.on("end", () => response.writeHead(204).end());
  });
  subscriber.listen(0, "127.0.0.1");
  await once(subscriber, "listening");
  const address = subscriber.address();
  assert.ok(typeof address === "object" && address !== null);
  let server = await ServerProcess.start(directory);
  try {
    const to = `http://127.0.0.1:${address.port}`;
    await ask(server, "CREATE DATABASE db");
    const subscription = `s ON db.autogen DESTINATIONS ALL '${to}' WHERE v > 1`;
    assert.doesNotMatch(await ask(server, `CREATE SUBSCRIPTION ${subscription}`), /error/);
    assert.match(await ask(server, `CREATE SUBSCRIPTION ${subscription}`), /already exists/);
    await write(server, "cpu,host=a v=1 60\ncpu,host=a v=2 61");
    await until(() => received.join("") === "cpu,host=a v=2 61000000000\n", "the point");
    const select = "SELECT mean(v) INTO means FROM cpu GROUP BY time(1m), * FILL(none)";
    const query = `q ON db BACKFILL BEGIN ${select} END`;
    assert.doesNotMatch(await ask(server, `CREATE CONTINUOUS QUERY ${query}`), /error/);
    const means = async (text: string): Promise<boolean> =>
      (await ask(server, "SELECT mean FROM means")).includes(text);
    await until(() => means('"values":[[60,1.5]]'), "the group of the past");

    await server.stop();
    server = await ServerProcess.start(directory);
    await write(server, "cpu,host=a v=6 62");
    await until(() => means('"values":[[60,3]]'), "the group of a late point");
    await until(() => received.join("").includes("v=6"), "the point after the restart");
    const url = server.url("/query?db=db&epoch=s&stream=ndjson&q=SELECT+v+FROM+cpu&token=0");
    const stream = await fetch(url);
    const stopping = server.stop();
    const rows = (await stream.text()).match(/"values":.*?\]\]/g) ?? [];
    assert.deepEqual(rows, ['"values":[[60,1],[61,2]]', '"values":[[62,6]]'].slice(0, rows.length));
    await stopping;
  } finally {
    await server.stop("SIGKILL");
    subscriber.close();
    subscriber.closeAllConnections();
    await rm(directory, { recursive: true });
  }
});
