/** ZWATCH: waits until another connection changes a key of the ordered map. */
import type { Timer } from "../../../ports/clock.ts";
import type { RespClient } from "../command.ts";
import { notAnInteger, ReplyError, syntaxError } from "../reply-error.ts";
import type { ReplyWriter } from "../reply-writer.ts";
import { family, isWord, keyAt } from "./arguments.ts";

/** Longest time-out: what a timer can count. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

export const zwatchCommands = family("zmap", {
  ZWATCH: {
    arity: -2,
    flags: ["readonly", "blocking", "no-multi"],
    since: "0.2.0",
    summary: "Waits until the value under a key has changed, or a time-out in ms is over",
    run: watch,
  },
});

async function watch(
  client: RespClient,
  args: readonly Buffer[],
  reply: ReplyWriter,
): Promise<void> {
  const { session, server } = client;
  if (session.transaction !== undefined || client.queue !== undefined) {
    throw new ReplyError("ERR ZWATCH is not allowed within a transaction");
  }
  const timeoutMs = timeoutOf(args);
  const key = keyAt(args, 0);
  // Otherwise the watch would begin before this connection's own writes, and end with them.
  await session.settled();
  const { changed, cancel } = session.watchZMap(key);
  let timer: Timer | undefined;
  const ended = new Promise<"cancelled" | "timeout">((resolve) => {
    client.cancelWait = () => resolve("cancelled");
    if (timeoutMs > 0) timer = server.clock.after(timeoutMs, () => resolve("timeout"));
  });
  try {
    const outcome = await Promise.race([changed, ended]);
    if (outcome === undefined) reply.ok();
    else reply.null();
  } finally {
    client.cancelWait = undefined;
    timer?.cancel();
    cancel();
  }
}

/** 0: none. */
function timeoutOf(args: readonly Buffer[]): number {
  if (args.length === 1) return 0;
  if (args.length !== 3 || !isWord(args[1], "TIMEOUT")) throw syntaxError();
  const text = String(args[2]);
  const timeoutMs = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(timeoutMs <= TIMEOUT_MS_MAX)) throw notAnInteger();
  return timeoutMs;
}
