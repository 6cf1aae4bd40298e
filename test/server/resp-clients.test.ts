/**
 * Stock clients of Redis against a real server process: redis-cli (if it is installed) and ioredis,
 * without special options.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { Cluster, Redis } from "ioredis";
import { requireServer } from "../support/real-server.ts";
import { ServerProcess } from "../support/server-process.ts";

async function serve(t: TestContext): Promise<{ server: ServerProcess; port: number }> {
  const directory = await mkdtemp(join(tmpdir(), "cronosdb-resp-"));
  const server = await ServerProcess.start(directory);
  t.after(async () => {
    await server.stop();
    await rm(directory, { recursive: true });
  });
  return { server, port: Number(server.ready.resp?.split(":").at(-1)) };
}

function connect(t: TestContext, port: number, connectionName = ""): Redis {
  const redis = new Redis(port, "127.0.0.1", { connectionName });
  // The server may stop first.
  redis.on("error", () => {});
  t.after(() => redis.disconnect());
  return redis;
}

test("redis-cli talks to the server, in RESP2 and RESP3", async (t) => {
  const program = requireServer(t, "redis-cli");
  if (program === undefined) return;
  const { port } = await serve(t);
  const cli = (...args: readonly string[]): string => {
    const run = spawnSync(program, ["-p", String(port), ...args], { encoding: "utf8" });
    return run.stdout.trimEnd();
  };
  assert.equal(cli("PING"), "PONG");
  assert.equal(cli("SET", "a", "1"), "OK");
  assert.equal(cli("-3", "GET", "a"), "1");
  assert.equal(cli("FOOBAR"), "ERR unknown command 'FOOBAR'");
  assert.match(cli("-3", "HELLO"), /^server cronosdb$/m);
  assert.match(cli("INFO", "server"), /^redis_version:7/m);
});

test("ioredis connects, pipelines, subscribes and reconnects", async (t) => {
  const { port } = await serve(t);
  const redis = connect(t, port, "tests");
  const subscriber = connect(t, port);
  assert.equal(await redis.ping(), "PONG");
  assert.equal(await redis.client("GETNAME"), "tests");
  const replies = await redis.pipeline().set("a", "1").incr("a").get("a").call("nonsense").exec();
  assert.deepEqual(replies?.slice(0, 3), [[null, "OK"], [null, 2], [null, "2"]]);
  assert.match(String(replies?.[3]?.[0]), /ERR unknown command 'NONSENSE'/);

  const heard = new Promise<string>((resolve) => {
    subscriber.on("pmessage", (pattern, channel, message) => {
      resolve([pattern, channel, message].join(" "));
    });
  });
  await subscriber.psubscribe("news.*");
  assert.equal(await redis.publish("news.today", "hello"), 1);
  assert.equal(await heard, "news.* news.today hello");

  // Killed by the server, it comes back by itself and knows its subscription.
  await redis.call("CLIENT", "KILL", "TYPE", "pubsub");
  const again = new Promise<void>((resolve) => void subscriber.once("ready", () => resolve()));
  await again;
  assert.equal(await subscriber.punsubscribe(), 0);
});

test("clients of Redis Cluster find one node with every slot", async (t) => {
  const { port } = await serve(t);
  const cluster = new Cluster([{ host: "127.0.0.1", port }]);
  t.after(() => cluster.disconnect());
  assert.equal(await cluster.set("a", "1"), "OK");
  assert.equal(await cluster.set("b", "2"), "OK");
  assert.deepEqual([await cluster.get("a"), await cluster.get("b")], ["1", "2"]);
  assert.equal(cluster.nodes("master").length, 1);
});

test("redis-cli -c finds one node with every slot", async (t) => {
  const program = requireServer(t, "redis-cli");
  if (program === undefined) return;
  const { port } = await serve(t);
  const redis = connect(t, port);
  await redis.mset("a", "1", "b", "2");
  const run = spawnSync(program, ["-c", "-p", String(port), "MGET", "a", "b"]);
  assert.equal(String(run.stdout), "1\n2\n");
});

test("with a certificate and a password, clients need TLS and the password", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "cronosdb-tls-"));
  const [key, cert] = [join(directory, "key.pem"), join(directory, "cert.pem")];
  t.after(() => rm(directory, { recursive: true }));
  const made = spawnSync("openssl", [
    ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1".split(" "),
    "-subj",
    "/CN=localhost",
    "-keyout",
    key,
    "-out",
    cert,
  ]);
  if (made.status !== 0) {
    t.skip("openssl is not installed");
    return;
  }
  const flags = ["--tls-cert", cert, "--tls-key", key, "--requirepass", "secret"];
  const server = await ServerProcess.start(join(directory, "data"), flags);
  t.after(() => server.stop());
  const port = Number(server.ready.resp?.split(":").at(-1));
  const tls = { ca: readFileSync(cert), servername: "localhost" };
  const redis = new Redis(port, "127.0.0.1", { tls, password: "secret" });
  t.after(() => redis.disconnect());
  assert.equal(await redis.set("a", "1"), "OK");
  const stranger = new Redis(port, "127.0.0.1", { tls, enableReadyCheck: false });
  t.after(() => stranger.disconnect());
  await assert.rejects(stranger.get("a"), /NOAUTH/);
});

test("the metrics count clients and commands", async (t) => {
  const { server, port } = await serve(t);
  const redis = connect(t, port);
  await Promise.all(Array.from({ length: 500 }, (_, n) => redis.set(`key:${n}`, String(n))));
  const metrics = await (await fetch(server.url("/metrics"))).text();
  assert.match(metrics, /^cronosdb_resp_clients 1$/m);
  assert.match(metrics, /^cronosdb_resp_commands_total 5\d\d$/m);
});
