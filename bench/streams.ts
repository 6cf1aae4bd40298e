/**
 * Streaming queries: how long after a write was sent its row is at the client, with many streams
 * open on one server. --streams 1000 --writes 200
 *
 *   own    each stream has a statement of its own, WHERE host = …; a write has a point for one
 *   same   all streams have the same statement: each write goes to all of them
 *
 * Writes follow each other at some distance, so that the figure is the way of one write. Client
 * and server are processes of their own.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { get } from "node:http";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ServerProcess } from "../test/support/server-process.ts";
import { cpuMs } from "./support/process-usage.ts";

const PAUSE_MS = 50;
/** For rows that are on their way when the last write is answered. */
const PATIENCE_MS = 5000;

export interface StreamsResult {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Processor time of the server for a write and its rows. */
  readonly cpuMs: number;
  /** Rows that did not come, or came twice. */
  readonly wrong: number;
}

export interface StreamsLoad {
  readonly streams: number;
  readonly writes: number;
}

/** Both cases on a server of its own. */
export async function benchStreams(
  load: StreamsLoad,
): Promise<{ readonly own: StreamsResult; readonly same: StreamsResult }> {
  const directory = mkdtempSync(join(tmpdir(), "cronosdb-bench-streams-"));
  const server = await ServerProcess.start(join(directory, "data"));
  try {
    await request(server, "q=CREATE%20DATABASE%20db", "/query");
    const own = await measure(server, load, (at) => `SELECT v FROM own WHERE host = 'h${at}'`);
    const same = await measure(server, load, () => "SELECT v FROM same");
    return { own, same };
  } finally {
    await server.stop("SIGKILL");
    rmSync(directory, { recursive: true });
  }
}

async function measure(
  server: ServerProcess,
  { streams, writes }: StreamsLoad,
  statement: (at: number) => string,
): Promise<StreamsResult> {
  const isShared = statement(0) === statement(1);
  const sentAt: number[] = [];
  const took: number[] = [];
  const seen = new Map<number, number>();
  const onRow = (write: number): void => {
    took.push(performance.now() - (sentAt[write] ?? 0));
    seen.set(write, (seen.get(write) ?? 0) + 1);
  };
  const open = await Promise.all(
    Array.from({ length: streams }, (_, at) => openStream(server, statement(at), onRow)),
  );
  const before = cpuMs(server.pid);
  const name = isShared ? "same" : "own";
  for (let write = 0; write < writes; write++) {
    sentAt.push(performance.now());
    await request(server, `${name},host=h${write % streams} v=${write}`, "/write?db=db");
    await sleep(PAUSE_MS);
  }
  const expected = isShared ? streams : 1;
  const deadline = performance.now() + PATIENCE_MS;
  while (took.length < expected * writes && performance.now() < deadline) await sleep(10);
  const used = cpuMs(server.pid) - before;
  for (const each of open) each.destroy();
  const counts = Array.from({ length: writes }, (_, write) => seen.get(write) ?? 0);
  const sorted = took.toSorted((a, b) => a - b);
  const quantile = (part: number): number => sorted[Math.floor(part * (sorted.length - 1))] ?? 0;
  return {
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    maxMs: quantile(1),
    cpuMs: used / writes,
    wrong: counts.filter((count) => count !== expected).length,
  };
}

/** Opens a stream and calls `onRow` with the value of each row. */
function openStream(
  server: ServerProcess,
  statement: string,
  onRow: (value: number) => void,
): Promise<IncomingMessage> {
  const parameters = new URLSearchParams({ db: "db", q: statement, stream: "ndjson", epoch: "n" });
  return new Promise((resolve, reject) => {
    const asked = get(server.url(`/query?${parameters}`), { agent: false }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`stream answered ${answer.statusCode}`));
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (piece: string) => {
        text += piece;
        for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
          const value = /\[\d+,(\d+)\]/.exec(text.slice(0, end))?.[1];
          if (value !== undefined) onRow(Number(value));
          text = text.slice(end + 1);
        }
      });
      answer.on("error", () => {});
      resolve(answer);
    });
    asked.on("error", reject);
  });
}

async function request(server: ServerProcess, body: string, path: string): Promise<void> {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const answer = await fetch(server.url(path), { method: "POST", body, headers });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  await answer.arrayBuffer();
}

export function formatStreams(name: string, result: StreamsResult): string {
  const { p50Ms, p99Ms, maxMs, wrong } = result;
  const cpu = result.cpuMs.toFixed(1);
  const [p50, p99, max] = [p50Ms, p99Ms, maxMs].map((ms) => ms.toFixed(1));
  const bar = p99Ms < 100 && wrong === 0 ? "yes" : "**no**";
  const delays = `p50 ${p50} ms, p99 ${p99} ms (bar < 100: ${bar}), max ${max} ms`;
  return `${name}: ${delays}, server ${cpu} ms of processor a write, wrong ${wrong}`;
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      streams: { type: "string", default: "1000" },
      writes: { type: "string", default: "200" },
    },
  });
  const load = { streams: Number(values.streams), writes: Number(values.writes) };
  for (const [name, result] of Object.entries(await benchStreams(load))) {
    process.stdout.write(`${formatStreams(name, result)}\n`);
  }
}
