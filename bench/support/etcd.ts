/**
 * An etcd on a directory of its own, and its loads over gRPC: durable puts, and transactions that
 * read two keys and write them if nobody has meanwhile.
 *
 * Of etcd's messages only what is needed is encoded and read:
 *
 *   PutRequest    1 key, 2 value
 *   TxnRequest    1 compare*, 2 success* (1 range { 1 key } | 2 put)
 *   compare       1 result (0 = equal), 2 target (2 = mod_revision), 3 key, 6 mod_revision
 *   TxnResponse   2 succeeded, 3 response* (1 range { 2 kvs* { 1 key, 3 mod_revision } })
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, credentials } from "@grpc/grpc-js";
import type { requestCallback } from "@grpc/grpc-js";
import { ProtobufReader, bytesField, varintField } from "../../src/base/protobuf.ts";
import { findServer, freePort } from "../../test/support/real-server.ts";
import { withDirectory } from "./cronosdb.ts";
import type { Figures } from "./figures.ts";
import { valueBytes } from "./redis-benchmark.ts";

const keys = 1_000_000;
const value = "x".repeat(valueBytes);
/** Clients share connections as gRPC's do; one connection is no faster. */
const connections = 4;
const startTimeoutMs = 10_000;
const COMPARE_MOD_REVISION = 2;

type Call = (method: string, request: Buffer) => Promise<Buffer>;

/** Gives `run` an etcd; undefined without running when there is none. */
export async function withEtcd<T>(run: (call: Call) => Promise<T>): Promise<T | undefined> {
  const program = findServer("etcd");
  if (program === undefined) return undefined;
  return withDirectory(async (directory) => {
    const [client, peer] = [await freePort(), await freePort()];
    const urls = { client: `http://127.0.0.1:${client}`, peer: `http://127.0.0.1:${peer}` };
    const flags = {
      "data-dir": directory,
      name: "bench",
      "listen-client-urls": urls.client,
      "advertise-client-urls": urls.client,
      "listen-peer-urls": urls.peer,
      "initial-advertise-peer-urls": urls.peer,
      "initial-cluster": `bench=${urls.peer}`,
    };
    const args = Object.entries(flags).map(([name, flag]) => `--${name}=${flag}`);
    const child = spawn(program, args, { stdio: "ignore" });
    const closed = once(child, "close");
    const grpc = Array.from({ length: connections }, (_, number) => {
      // The options differ, so that the connections do.
      return new Client(`127.0.0.1:${client}`, credentials.createInsecure(), {
        "grpc.primary_user_agent": `bench-${number}`,
      });
    });
    try {
      const deadline = Date.now() + startTimeoutMs;
      await Promise.all(grpc.map((each) => promisify(each.waitForReady.bind(each))(deadline)));
      const call = callOf(grpc);
      while (!(await put(call, "ready").then(() => true, () => false))) {
        if (Date.now() > deadline) throw new Error("etcd is not ready");
        await sleep(50);
      }
      return await run(call);
    } finally {
      for (const each of grpc) each.close();
      child.kill();
      await closed;
    }
  });
}

function callOf(grpc: readonly Client[]): Call {
  let next = 0;
  const asIs = (bytes: Buffer): Buffer => bytes;
  return (method, request) => {
    return new Promise((resolve, reject) => {
      const answer: requestCallback<Buffer> = (error, response) => {
        if (response === undefined) reject(error ?? new Error("etcd did not answer"));
        else resolve(response);
      };
      const client = grpc[next++ % grpc.length] as Client;
      client.makeUnaryRequest(`/etcdserverpb.KV/${method}`, asIs, asIs, request, answer);
    });
  };
}

/** Puts to any of a million keys, `clients` at a time. */
export async function etcdPuts(
  call: Call,
  { clients, durationMs }: { readonly clients: number; readonly durationMs: number },
): Promise<Figures> {
  let puts = 0;
  const seconds = await inLoops(clients, durationMs, async () => {
    await put(call, `key:${Math.floor(Math.random() * keys)}`);
    puts++;
  });
  return { perSecond: puts / seconds };
}

/** Reads two keys, then writes both if they are as they were read. */
export async function etcdTransactions(
  call: Call,
  { clients, durationMs }: { readonly clients: number; readonly durationMs: number },
): Promise<Figures> {
  const counts = { committed: 0, conflicts: 0 };
  const seconds = await inLoops(clients, durationMs, async (client) => {
    const pair = [0, 1].map(() => `tx:${client}:${Math.floor(Math.random() * (keys / clients))}`);
    const reads = pair.map((key) => bytesField(2, bytesField(1, bytesField(1, key))));
    const revisions = modRevisions(await call("Txn", Buffer.concat(reads)));
    const compares = pair.map((key) => {
      const revision = varintField(6, revisions.get(key) ?? 0);
      const target = varintField(2, COMPARE_MOD_REVISION);
      return bytesField(1, Buffer.concat([target, bytesField(3, key), revision]));
    });
    const writes = pair.map((key) => bytesField(2, bytesField(2, putRequest(key))));
    const answer = await call("Txn", Buffer.concat([...compares, ...writes]));
    if (succeeded(answer)) counts.committed++;
    else counts.conflicts++;
  });
  return { perSecond: counts.committed / seconds, conflicts: counts.conflicts };
}

async function inLoops(
  clients: number,
  durationMs: number,
  runOnce: (client: number) => Promise<void>,
): Promise<number> {
  const start = performance.now();
  const loop = async (client: number): Promise<void> => {
    while (performance.now() - start < durationMs) await runOnce(client);
  };
  await Promise.all(Array.from({ length: clients }, (_, client) => loop(client)));
  return (performance.now() - start) / 1000;
}

function put(call: Call, key: string): Promise<Buffer> {
  return call("Put", putRequest(key));
}

function putRequest(key: string): Buffer {
  return Buffer.concat([bytesField(1, key), bytesField(2, value)]);
}

function succeeded(response: Buffer): boolean {
  return fields(response, 2).some((field) => field === 1);
}

/** By key, of those that are there. */
function modRevisions(response: Buffer): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const operation of messages(response, 3)) {
    for (const range of messages(operation, 1)) {
      for (const entry of messages(range, 2)) {
        const [key = new Uint8Array()] = messages(entry, 1);
        found.set(Buffer.from(key).toString("utf8"), Number(fields(entry, 3)[0] ?? 0));
      }
    }
  }
  return found;
}

function messages(bytes: Uint8Array, field: number): Uint8Array[] {
  return fields(bytes, field).filter((each) => typeof each !== "number");
}

/** The values of a field: numbers, or views. */
function fields(bytes: Uint8Array, field: number): (number | Uint8Array)[] {
  const reader = new ProtobufReader(bytes);
  const found: (number | Uint8Array)[] = [];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag >>> 3 !== field) reader.skip(tag);
    else found.push((tag & 7) === 2 ? reader.view() : reader.varint());
  }
  return found;
}
