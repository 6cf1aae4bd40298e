/**
 * Many keys: how much memory a server has with them, and how soon it is back.
 *
 *   --count 10000000  keys of 100 bytes each      --scale 0.1  fewer, not recorded
 *
 * Four connections write the keys in a shuffled order, 500 at a time, durably. Then the server is
 * stopped, started again and asked for some of them; then killed after more writes, and started
 * once more. "mapped" is the part of the resident memory that is pages of the base tree's file:
 * the system takes them back when it needs them; "own" is the rest of the process's memory.
 * Prints Markdown and appends a line to bench/results/keys.jsonl.
 */
import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import { ServerProcess } from "../test/support/server-process.ts";
import { withDirectory } from "./support/cronosdb.ts";
import { formatFigure } from "./support/figures.ts";
import type { Figures } from "./support/figures.ts";
import { formatMachine, machine } from "./support/machine.ts";
import { residentMb } from "./support/process-usage.ts";
import { RespClient, encode } from "./support/resp-load.ts";
import { markdownTable, recordResult } from "./support/results.ts";

const value = "x".repeat(100);
const connections = 4;
const batchKeys = 500;
/** Has no factor in common with the counts that are usual: the keys come in a shuffled order. */
const stride = 7919;
const samples = 1000;

/** Writes, restarts, kills. */
export function benchKeys(count: number): Promise<Figures> {
  return withDirectory(async (directory) => {
    let server = await ServerProcess.start(directory);
    const start = performance.now();
    await write(server, count);
    const perSecond = (count * 1000) / (performance.now() - start);
    const loaded = residentMb(server.pid);
    await server.stop();
    const reopened = await timedStart(directory);
    server = reopened.server;
    await check(server, count);
    const again = residentMb(server.pid);
    await write(server, Math.min(count, 100_000));
    await server.stop("SIGKILL");
    const recovered = await timedStart(directory);
    await check(recovered.server, count);
    await recovered.server.stop();
    return {
      perSecond,
      loadedOwnMb: loaded.own,
      loadedMappedMb: loaded.mapped,
      reopenMs: reopened.ms,
      reopenedOwnMb: again.own,
      reopenedMappedMb: again.mapped,
      recoverMs: recovered.ms,
    };
  });
}

async function timedStart(directory: string): Promise<{ server: ServerProcess; ms: number }> {
  const start = performance.now();
  const server = await ServerProcess.start(directory);
  return { server, ms: performance.now() - start };
}

function keyOf(number: number): string {
  return `key:${String(number).padStart(12, "0")}`;
}

async function write(server: ServerProcess, count: number): Promise<void> {
  let next = 0;
  await withClients(server, async (client) => {
    while (next < count) {
      const commands: string[] = [];
      for (let sent = 0; sent < batchKeys && next < count; sent++, next++) {
        commands.push(keyOf((next * stride) % count), value);
      }
      assert.equal(await client.call(encode("MSET", ...commands)), "+OK\r\n");
    }
  });
}

async function check(server: ServerProcess, count: number): Promise<void> {
  let left = samples;
  await withClients(server, async (client) => {
    while (left-- > 0) {
      const key = keyOf(Math.floor(Math.random() * count));
      assert.equal(await client.call(encode("GET", key)), `$100\r\n${value}\r\n`, key);
    }
  });
}

async function withClients(
  server: ServerProcess,
  run: (client: RespClient) => Promise<void>,
): Promise<void> {
  const port = Number(server.ready.resp?.split(":").at(-1));
  const clients = await Promise.all(
    Array.from({ length: connections }, () => RespClient.connect(port)),
  );
  await Promise.all(clients.map(run));
  for (const client of clients) client.close();
}

/** The table. */
export function formatKeys(figures: Figures): string {
  const rows: readonly (readonly [string, string])[] = [
    ["perSecond", "written, keys/s"],
    ["loadedOwnMb", "after writing: own memory, MB"],
    ["loadedMappedMb", "after writing: mapped pages of the file, MB"],
    ["reopenMs", "ready after a stop, ms"],
    ["reopenedOwnMb", "then: own memory, MB"],
    ["reopenedMappedMb", "then: mapped pages of the file, MB"],
    ["recoverMs", "ready after kill -9, ms"],
  ];
  const body = rows.map(([name, what]) => [what, formatFigure(figures[name] ?? 0)]);
  return markdownTable([["", "measured"], ...body]);
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      count: { type: "string", default: "10000000" },
      scale: { type: "string", default: "1" },
    },
  });
  const count = Math.round(Number(values.count) * Number(values.scale));
  const where = machine();
  const figures = await benchKeys(count);
  console.log(`${formatMachine(where)}; ${count.toLocaleString("en-US")} keys\n`);
  console.log(formatKeys(figures));
  if (values.scale === "1") recordResult("keys", { machine: where, count, ...figures });
}
