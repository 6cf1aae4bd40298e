/**
 * Transactions over RESP from many connections, each command answered before the next is sent:
 * two keys are read, then written.
 *
 *   CronosDB  BEGIN, GET, GET, SET, SET, COMMIT
 *   Redis     WATCH both keys, GET, GET, then MULTI, SET, SET, EXEC
 *
 * Every connection has keys of its own, so any conflict is one that should not be.
 */
import { connect } from "node:net";
import type { Socket } from "node:net";
import { once } from "node:events";
import type { Figures } from "./figures.ts";

const keysPerConnection = 30_000;
const value = "x".repeat(64);

export interface TransactionLoad {
  readonly port: number;
  readonly connections: number;
  readonly durationMs: number;
}

export type Dialect = "cronosdb" | "redis";

/** Runs transactions for so long; conflicts are counted and not tried again. */
export async function runTransactions(
  load: TransactionLoad,
  dialect: Dialect,
): Promise<Figures> {
  const clients = await Promise.all(
    Array.from({ length: load.connections }, () => RespClient.connect(load.port)),
  );
  const counts = { committed: 0, conflicts: 0 };
  const start = performance.now();
  const run = async (client: RespClient, number: number): Promise<void> => {
    while (performance.now() - start < load.durationMs) {
      const [a, b] = [keyOf(number), keyOf(number)];
      let last = "";
      for (const command of commandsOf(dialect, a, b)) last = await client.call(command);
      if (last.startsWith("-NOT_COMMITTED") || last.startsWith("*-1")) counts.conflicts++;
      else if (last.startsWith("-")) throw new Error(last);
      else counts.committed++;
    }
  };
  await Promise.all(clients.map(run));
  const seconds = (performance.now() - start) / 1000;
  for (const client of clients) client.close();
  return { perSecond: counts.committed / seconds, conflicts: counts.conflicts };
}

function keyOf(connection: number): string {
  return `tx:${connection}:${Math.floor(Math.random() * keysPerConnection)}`;
}

function commandsOf(dialect: Dialect, a: string, b: string): readonly string[] {
  const reads = [encode("GET", a), encode("GET", b)];
  const writes = [encode("SET", a, value), encode("SET", b, value)];
  if (dialect === "cronosdb") return [encode("BEGIN"), ...reads, ...writes, encode("COMMIT")];
  return [encode("WATCH", a, b), ...reads, encode("MULTI"), ...writes, encode("EXEC")];
}

export function encode(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`;
}

/** A connection that has one command on its way at a time. */
export class RespClient {
  readonly #socket: Socket;
  #received = "";
  #answer: ((reply: string) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#received += chunk.toString("latin1");
      if (replyEnd(this.#received, 0) !== this.#received.length) return;
      const reply = this.#received;
      this.#received = "";
      this.#answer?.(reply);
    });
  }

  static async connect(port: number): Promise<RespClient> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    return new RespClient(socket);
  }

  call(command: string): Promise<string> {
    return new Promise((resolve) => {
      this.#answer = resolve;
      this.#socket.write(command);
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Where the reply at `start` ends; -1 while it is not complete. */
function replyEnd(text: string, start: number): number {
  const line = text.indexOf("\r\n", start);
  if (line < 0) return -1;
  const next = line + 2;
  const type = text[start];
  const length = Number(text.slice(start + 1, line));
  if (type === "$" && length >= 0) return next + length + 2 <= text.length ? next + length + 2 : -1;
  if (type !== "*" || length < 0) return next;
  let end = next;
  for (let item = 0; item < length && end >= 0; item++) end = replyEnd(text, end);
  return end;
}
