/** What the routes of InfluxDB do with bodies that are too large or broken, and slow readers. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync, gzipSync } from "node:zlib";
import { ServerProcess } from "../support/server-process.ts";

const bodyBytesMax = 25_000_000;
const pointCount = 100_000;
const perBody = 20_000;
/** Rows of some 150 MB. */
const large = Array.from({ length: 40 }, () => "SELECT v FROM m").join(";");
const slowMs = 1_500;

let directory: string;
let server: ServerProcess;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "cronosdb-influx-limits-"));
  server = await ServerProcess.start(join(directory, "data"));
  await fetch(server.url("/query?q=CREATE+DATABASE+db"), { method: "POST" });
  for (let from = 0; from < pointCount; from += perBody) {
    const lines = Array.from({ length: perBody }, (_, i) => `m v=${from + i} ${from + i}`);
    assert.equal(await write(lines.join("\n")), "204 ");
  }
});

after(async () => {
  await server.stop("SIGKILL");
  await rm(directory, { recursive: true });
});

async function write(body: string | Buffer, headers = {}): Promise<string> {
  const url = server.url("/write?db=db");
  const response = await fetch(url, { method: "POST", body: Buffer.from(body), headers });
  return `${response.status} ${await response.text()}`;
}

test("a body of 25 MB is written, a longer one is refused", async () => {
  const fits = `m v=1 1\n#${"x".repeat(bodyBytesMax - 9)}`;
  assert.equal(fits.length, bodyBytesMax);
  assert.equal(await write(fits), "204 ");
  assert.equal(await write(`${fits}y`), '413 {"error":"Request Entity Too Large"}\n');
});

test("packed bodies are unpacked within bounds, broken ones refused", async () => {
  const gzip = { "content-encoding": "gzip" };
  assert.equal(await write(gzipSync("m v=1 1"), gzip), "204 ");
  const bomb = gzipSync(Buffer.alloc(110_000_000, "#"));
  assert.equal(await write(bomb, gzip), '413 {"error":"Request Entity Too Large"}\n');
  assert.equal(await write("m v=1 1", gzip), '400 {"error":"gzip: invalid header"}\n');
  const half = gzipSync("m v=1 1").subarray(0, 15);
  assert.equal(await write(half, gzip), '400 {"error":"unexpected EOF"}\n');
  assert.equal(await write("m v=2 1"), "204 ");
});

test("answers are packed for who takes it, and only then", async () => {
  const path = "/query?db=db&q=SELECT+count(v)+FROM+m";
  const packed = await raw("GET", path, { "accept-encoding": "gzip" });
  assert.equal(packed.headers["content-encoding"], "gzip");
  const plain = await raw("GET", path);
  assert.equal(plain.headers["content-encoding"], undefined);
  assert.deepEqual(gunzipSync(packed.body), plain.body);
  assert.match(String(plain.body), /,100000\]/);
});

test("HEAD, OPTIONS and origins are answered as by 1.x", async () => {
  assert.equal((await raw("HEAD", "/query?db=db&q=SHOW+DATABASES")).status, 405);
  assert.equal((await raw("HEAD", "/ping")).status, 204);
  const options = await raw("OPTIONS", "/query", { origin: "http://graphs" });
  assert.equal(options.status, 200);
  assert.equal(options.headers["access-control-allow-origin"], "http://graphs");
  const methods = "DELETE, GET, OPTIONS, POST, PUT";
  assert.equal(options.headers["access-control-allow-methods"], methods);
  const plain = await raw("GET", "/ping");
  assert.equal(plain.headers["access-control-allow-origin"], undefined);
});

test("a client that does not read holds up its query, not the server's memory", async (context) => {
  const url = new URL(server.url(`/query?db=db&q=${encodeURIComponent(large)}`));
  const idle = memoryOf(server.pid);
  const socket = connect(Number(url.port), url.hostname);
  socket.pause();
  socket.write(`GET ${url.pathname}${url.search} HTTP/1.1\r\nhost: x\r\n\r\n`);
  await sleep(slowMs);
  const grown = memoryOf(server.pid) - idle;
  context.diagnostic(`memory grew by ${(grown / 1e6).toFixed(1)} MB`);
  assert.ok(grown < 100e6, `memory grew by ${grown} bytes`);
  assert.match(await queries(), /FROM m;/);
  socket.destroy();
  for (let tries = 0; /FROM m;/.test(await queries()) && tries < 100; tries++) await sleep(20);
  assert.doesNotMatch(await queries(), /FROM m;/);
});

async function queries(): Promise<string> {
  return String((await raw("GET", "/query?q=SHOW+QUERIES")).body);
}

interface RawAnswer extends Pick<IncomingMessage, "headers"> {
  readonly status: number | undefined;
  readonly body: Buffer;
}

/** A request without what fetch() adds to it. */
function raw(method: string, path: string, headers = {}): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request(server.url(path), { method, headers, agent: false }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("end", () => {
        const { headers: told, statusCode: status } = answer;
        resolve({ headers: told, status, body: Buffer.concat(parts) });
      });
    });
    asked.on("error", reject).end();
  });
}

/** Resident bytes of a process. */
function memoryOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}
