/**
 * The server as a process: one JSON line on stdout when it is ready, logs on stderr, signals, and
 * the exit status.
 *
 *   SIGTERM, SIGINT   finish what was asked, make everything durable, exit 0
 *   a second one      exit at once; what was acknowledged is durable all the same
 *   uncaught error    logged, exit 1: a state nobody thought of must not go on writing
 */
import { pino } from "pino";
import type { Logger } from "pino";
import { toCronosError } from "../base/errors.ts";
import type { ServerConfig } from "./config/server-config.ts";
import { exitCodes, startExitCode } from "./exit-codes.ts";
import { Server } from "./server.ts";
import type { ServerParts } from "./server.ts";

const stderrDescriptor = 2;
const signals = ["SIGTERM", "SIGINT"] as const;
/** What a shell reports for a process that a signal ended. */
const signalExitCodes = { SIGTERM: 143, SIGINT: 130 } as const;

export interface RunOptions {
  readonly config: ServerConfig;
  /** Logged once the log is open, e.g. about settings that are not used. */
  readonly warnings: readonly string[];
  readonly parts: Omit<ServerParts, "log">;
}

/** Runs until a signal; resolves with the exit status. Errors are told on stderr. */
export async function runServer({ config, warnings, parts }: RunOptions): Promise<number> {
  const destination = pino.destination({ fd: stderrDescriptor, sync: true });
  const log = pino({ level: config.logLevel }, destination);
  exitOnUncaught(log);
  for (const warning of warnings) log.warn(warning);
  const signalled = nextSignal();
  let server: Server;
  try {
    server = await Server.start(config, { ...parts, log });
  } catch (error) {
    return tellStartError(error);
  }
  process.stdout.write(`${JSON.stringify(server.readyLine)}\n`);
  log.info({ dataDir: config.dataDir, ...server.readyLine }, "Ready");
  const signal = await signalled;
  exitOnNextSignal();
  log.info({ signal }, "Stopping");
  await server.stop();
  log.info({}, "Stopped");
  return exitCodes.ok;
}

/** One line that a person reads: at this point nobody looks at a log yet. */
export function tellStartError(error: unknown): number {
  const { message } = toCronosError(error);
  process.stderr.write(`cronosdb: ${message.replaceAll(/\s*\n\s*/g, " ")}\n`);
  return startExitCode(error);
}

function nextSignal(): Promise<(typeof signals)[number]> {
  return new Promise((resolve) => {
    for (const signal of signals) process.once(signal, () => resolve(signal));
  });
}

function exitOnNextSignal(): void {
  for (const signal of signals) process.on(signal, () => process.exit(signalExitCodes[signal]));
}

function exitOnUncaught(log: Logger): void {
  const exit = (error: unknown): void => {
    log.fatal({ err: error }, "Uncaught error: the server stops");
    process.exit(exitCodes.fault);
  };
  process.on("uncaughtException", exit);
  process.on("unhandledRejection", exit);
}
