/** `cronosdb serve` as its users run it: a process with a directory, ports and signals. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { runCommand, ServerProcess } from "../support/server-process.ts";

const folder = mkdtempSync(join(tmpdir(), "cronosdb-serve-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let directories = 0;

function newDirectory(): string {
  return join(folder, `data-${directories++}`);
}

async function publish(server: ServerProcess, id: string, delayMs: number): Promise<void> {
  const response = await fetch(server.url("/api/v1/topics/orders/events"), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ id, delayMs, payload: `payload of ${id}` }),
  });
  assert.equal(response.status, 201, await response.text());
}

interface Delivery {
  readonly id: string;
  readonly deliveryId: string;
  readonly attempt: number;
  readonly at: number;
}

/** The deliveries of a subscription as they come. */
async function* deliveries(server: ServerProcess, query: string): AsyncGenerator<Delivery> {
  const response = await fetch(server.url(`/api/v1/topics/orders/subscribe?${query}`));
  assert.equal(response.status, 200);
  let rest = "";
  assert.ok(response.body !== null);
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const messages = (rest + chunk).split("\n\n");
    rest = messages.pop() ?? "";
    for (const message of messages) {
      const data = /^event: delivery\n.*\ndata: (.*)$/.exec(message)?.[1];
      if (data !== undefined) yield JSON.parse(data) as Delivery;
    }
  }
}

/** Takes and acknowledges so many deliveries, then leaves. */
async function take(server: ServerProcess, count: number): Promise<Delivery[]> {
  const taken: Delivery[] = [];
  for await (const delivery of deliveries(server, "group=g")) {
    await acknowledge(server, delivery);
    taken.push(delivery);
    if (taken.length === count) break;
  }
  return taken;
}

async function acknowledge(server: ServerProcess, { deliveryId }: Delivery): Promise<void> {
  const path = `/api/v1/deliveries/${encodeURIComponent(deliveryId)}/ack`;
  const response = await fetch(server.url(path), { method: "POST" });
  assert.equal(response.status, 200, await response.text());
}

test("serve publishes, delivers on time, acknowledges, and ends with 0 on SIGTERM", async () => {
  const server = await ServerProcess.start(newDirectory());
  const health = await fetch(server.url("/health"));
  assert.match(await health.text(), /^OK/);
  const published = Date.now();
  await publish(server, "a", 150);
  const [delivery] = await take(server, 1);
  assert.ok(delivery !== undefined);
  assert.equal(delivery.id, "a");
  assert.equal(delivery.attempt, 1);
  const afterMs = Date.now() - published;
  assert.ok(Date.now() >= delivery.at && afterMs < 5_000, `Delivered after ${afterMs} ms`);
  const metrics = await (await fetch(server.url("/metrics"))).text();
  assert.match(metrics, /^cronosdb_events_published_total 1$/m);
  assert.match(metrics, /^cronosdb_events_acknowledged_total 1$/m);
  const { code, stdout, stderr } = await server.stop();
  assert.equal(code, 0, stderr);
  assert.equal(stdout.trim().split("\n").length, 1, stdout);
});

test("serve keeps what was acknowledged through SIGTERM and kill -9", async () => {
  const directory = newDirectory();
  let server = await ServerProcess.start(directory);
  await publish(server, "acked", 0);
  await take(server, 1);
  await publish(server, "pending", 1_500);
  assert.equal((await server.stop()).code, 0);
  server = await ServerProcess.start(directory);
  await publish(server, "later", 1_600);
  assert.equal((await server.stop("SIGKILL")).signal, "SIGKILL");
  server = await ServerProcess.start(directory);
  const seen = await take(server, 2);
  // They are in partitions of their own: on a slow machine both are due before one is delivered.
  assert.deepEqual(seen.map(({ id }) => id).toSorted(), ["later", "pending"]);
  await server.stop();
});

test("serve refuses a directory or port that is in use with one line and status 3", async () => {
  const directory = newDirectory();
  const server = await ServerProcess.start(directory);
  const http = server.ready.http ?? "";
  const noResp = ["--resp-addr", "off"];
  const off = [...noResp, "--grpc-addr", "off", "--http-addr"];
  const locked = await runCommand(["serve", "--data-dir", directory, ...off, ":0"]);
  assert.equal(locked.code, 3, locked.stderr);
  assert.match(locked.stderr, /^cronosdb: .*\n$/);
  const used = await runCommand(["serve", "--data-dir", newDirectory(), ...off, http]);
  assert.equal(used.code, 3, used.stderr);
  const text = `Cannot listen on --http-addr ${http}: another program uses this port`;
  assert.equal(used.stderr, `cronosdb: ${text}\n`);
  const taken = [...noResp, "--http-addr", "off", "--grpc-addr", server.ready.grpc ?? ""];
  const usedGrpc = await runCommand(["serve", "--data-dir", newDirectory(), ...taken]);
  assert.equal(usedGrpc.code, 3, usedGrpc.stderr);
  assert.match(usedGrpc.stderr, /^cronosdb: Cannot listen on --grpc-addr .*: another program/);
  await server.stop();
});

test("serve refuses wrong settings with one line and status 2", async () => {
  const file = join(folder, "wrong.json");
  writeFileSync(file, '{"data-dri": "x"}');
  const cases = [
    [["serve", "--tick-ms", "0"], {}, /^cronosdb: Invalid --tick-ms "0": expected a duration/],
    [["serve"], { CRONOS_FSYNC_MODE: "no" }, /^cronosdb: Invalid CRONOS_FSYNC_MODE "no"/],
    [["serve", "--config", file], {}, /Unknown setting "data-dri" .* did you mean "data-dir"\?/],
    [["serve", "--http-addr", "0.0.0.0:0"], {}, /--insecure/],
    [["serve", "--data-dri", "x"], {}, /Did you mean --data-dir\?/],
    [["sevre"], {}, /Did you mean serve\?/],
  ] as const;
  for (const [args, environment, text] of cases) {
    const { code, stdout, stderr } = await runCommand(args, environment);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, text);
  }
});

test("inspect checks what serve stored: 0 when sound, 1 when not, 3 while it runs", async () => {
  const directory = newDirectory();
  const server = await ServerProcess.start(directory);
  await publish(server, "a", 3_600_000);
  const running = await runCommand(["inspect", directory]);
  assert.equal(running.code, 3, running.stderr);
  await server.stop();
  const sound = await runCommand(["inspect", directory]);
  assert.equal(sound.code, 0, sound.stdout);
  assert.match(sound.stdout, /Every checksum is right\n$/);
  const [segment = ""] = readdirSync(join(directory, "log"));
  const file = join(directory, "log", segment);
  const bytes = readFileSync(file);
  const at = bytes.indexOf("payload of a");
  assert.ok(at > 0);
  bytes[at] = 0;
  writeFileSync(file, bytes);
  const damaged = await runCommand(["inspect", directory, "--json"]);
  assert.equal(damaged.code, 1, damaged.stdout);
  const report = JSON.parse(damaged.stdout);
  assert.equal(report.isSound, false);
  assert.match(report.faults.join(), /is corrupt at offset \d+/);
  const missing = await runCommand(["inspect", newDirectory()]);
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /^cronosdb: Cannot inspect .*: No database in .*\n$/);
});

test("a second signal ends serve at once", async () => {
  const server = await ServerProcess.start(newDirectory());
  // A request whose body never comes keeps the first signal waiting.
  const [host = "", port = ""] = (server.ready.http ?? "").split(":");
  const socket = connect(Number(port), host);
  socket.on("error", () => {});
  socket.write("POST /api/v1/retention HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n");
  await once(socket, "connect");
  await fetch(server.url("/health"));
  server.signal("SIGINT");
  await server.logged("Stopping");
  const { code, stderr } = await server.stop("SIGTERM");
  assert.equal(code, 143, stderr);
  socket.destroy();
});

test("cronosdb --version tells the package's version", async () => {
  const { code, stdout } = await runCommand(["--version"]);
  assert.equal(code, 0);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});
