import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { FakeEvents } from "../../test/support/fake-events.ts";
import { openTestShard } from "../../test/support/test-shard.ts";
import { CronosError } from "../base/errors.ts";
import { Users } from "../engine/auth/users.ts";
import { KeyspaceEvents } from "../engine/keyspace-events.ts";
import { PubSub } from "../engine/pubsub.ts";
import type { Session } from "../engine/session.ts";
import { RealClock } from "../ports/real-clock.ts";
import { SeededRandom } from "../ports/seeded-random.ts";
import { readSettings } from "./config/read-settings.ts";
import { serverConfig } from "./config/server-config.ts";
import type { ServerConfig } from "./config/server-config.ts";
import { listeners } from "./listeners.ts";
import { Server } from "./server.ts";
import type { Listener, ServerEngine, ServerParts } from "./server.ts";

const { shard } = await openTestShard();

class FakeEngine implements ServerEngine {
  readonly events = new FakeEvents();
  readonly encoded = {
    publishEncoded: unused,
    publishBatchEncoded: unused,
    subscribeEncoded: unused,
    replayEncoded: () => {
      throw new Error("not used");
    },
    settleEncoded: (id: string) => this.events.settleEncoded(id),
  };
  readonly done: string[];
  reason: string | undefined;

  constructor(done: string[]) {
    this.done = done;
  }

  readonly users = new Users(shard, new SeededRandom(1));
  readonly pubsub = new PubSub();
  readonly keyspaceEvents = new KeyspaceEvents(this.pubsub);

  openSession(): Session {
    throw new Error("Not used");
  }

  eventsOf(): never {
    throw new Error("Not used");
  }

  eventsIn(): never {
    throw new Error("Not used");
  }

  checkEvent(): never {
    throw new Error("Not used");
  }

  stats() {
    return this.events.stats();
  }

  notWritable() {
    return this.reason;
  }

  async close() {
    this.done.push("engine closed");
  }
}

function unused(): Promise<never> {
  return Promise.reject(new Error("Not used"));
}

function config(flags: Record<string, string>): ServerConfig {
  const names = ["grpc-addr", "http-addr", "resp-addr", "admin-addr"];
  const off = Object.fromEntries(names.map((name) => [name, "off"]));
  return serverConfig(readSettings({ flags: { ...off, ...flags }, environment: {} }).values);
}

function fixture(changes: Partial<ServerParts> = {}) {
  const done: string[] = [];
  const engine = new FakeEngine(done);
  const logged: string[] = [];
  const log = (_details: object, text: string) => void logged.push(text);
  const parts: ServerParts = {
    clock: new RealClock(),
    log: { info: log, warn: log, error: log },
    listeners,
    openEngine: async () => engine,
    ...changes,
  };
  return { done, engine, logged, parts };
}

function fakeListener(done: string[], close: () => Promise<void> = async () => {}) {
  return async (address: Listener["address"]): Promise<Listener> => ({
    address: { ...address, port: 7 },
    close: async () => {
      await close();
      done.push("listener closed");
    },
  });
}

test("Server.start() opens what is on and says where it listens", async () => {
  const { parts, done } = fixture();
  const server = await Server.start(config({ "http-addr": ":0", "admin-addr": ":0" }), parts);
  const { http, admin, ...rest } = server.readyLine;
  assert.deepEqual(rest, { ready: true, grpc: null, resp: null, udp: null });
  assert.match(http ?? "", /^127\.0\.0\.1:[1-9]\d*$/);
  const health = await fetch(`http://${http}/health`);
  assert.equal(health.status, 200);
  assert.match(await health.text(), /^OK/);
  const ready = await fetch(`http://${admin}/health/ready`);
  assert.deepEqual(await ready.json(), { ready: true });
  const metrics = await fetch(`http://${admin}/metrics`);
  assert.match(await metrics.text(), /cronosdb_fire_lag_seconds/);
  assert.equal((await fetch(`http://${admin}/api/v1/topics`)).status, 404);
  await server.stop();
  assert.deepEqual(done, ["engine closed"]);
  await assert.rejects(fetch(`http://${http}/health`));
});

test("Server.start() names the listener whose port is used and closes the others", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as AddressInfo;
  const { parts, done } = fixture();
  const wanted = config({ "http-addr": ":0", "admin-addr": `:${port}` });
  await assert.rejects(Server.start(wanted, parts), {
    code: "UNAVAILABLE",
    message: `Cannot listen on --admin-addr 127.0.0.1:${port}: another program uses this port`,
  });
  assert.deepEqual(done, ["engine closed"]);
  taken.close();
});

test("Server.start() passes on what the engine says when it does not open", async () => {
  const locked = new CronosError("LOCKED", "Data directory ./data is in use");
  const { parts } = fixture({ openEngine: () => Promise.reject(locked) });
  await assert.rejects(Server.start(config({}), parts), locked);
});

test("readiness follows the server's state and the engine's", async () => {
  const { parts, engine } = fixture();
  const server = await Server.start(config({ "http-addr": ":0" }), parts);
  engine.reason = "Disk is full";
  const response = await fetch(`http://${server.readyLine.http}/health/ready`);
  assert.equal(response.status, 503);
  assert.deepEqual(await response.json(), { ready: false, reason: "Disk is full" });
  await server.stop();
});

test("stop() answers what was asked, then closes the engine, once", async () => {
  const { parts, done } = fixture();
  let answer = (): void => {};
  const answered = new Promise<void>((resolve) => (answer = resolve));
  const grpc = fakeListener(done, () => answered);
  const server = await Server.start(config({ "grpc-addr": ":0" }), {
    ...parts,
    listeners: { ...listeners, grpc },
  });
  assert.equal(server.readyLine.grpc, "127.0.0.1:7");
  const stopped = Promise.all([server.stop(), server.stop()]);
  await turn();
  assert.deepEqual(done, []);
  answer();
  await stopped;
  assert.deepEqual(done, ["listener closed", "engine closed"]);
});

test("stop() ends subscriptions with a last message", async () => {
  const { parts } = fixture();
  const server = await Server.start(config({ "http-addr": ":0" }), parts);
  const response = await fetch(`http://${server.readyLine.http}/api/v1/topics/t/subscribe`);
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  await server.stop();
  assert.match(await response.text(), /event: end\ndata: \{\}\n\n$/);
});
