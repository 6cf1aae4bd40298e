/**
 * A CronosDB server as a process of its own, for tests that stop, kill and restart it. Listens on
 * free ports; its log is kept for the message of a failing test.
 */
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { ReadyLine } from "../../src/server/server.ts";

const program = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));

/** How a process ended; `stderr` is its log. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class ServerProcess {
  readonly ready: ReadyLine;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #end: Promise<ProcessEnd>;

  private constructor(
    child: ChildProcessByStdio<null, Readable, Readable>,
    ready: ReadyLine,
    end: Promise<ProcessEnd>,
  ) {
    this.#child = child;
    this.ready = ready;
    this.#end = end;
  }

  /** Starts a server and waits until it is ready; rejects with its log when it is not. */
  static async start(dataDir: string, flags: readonly string[] = []): Promise<ServerProcess> {
    const ports = ["--grpc-addr", ":0", "--http-addr", ":0", "--resp-addr", ":0"];
    const child = startCommand(["serve", "--data-dir", dataDir, ...ports, ...flags]);
    const end = ended(child);
    const line = once(createInterface(child.stdout), "line").then(([text]) => String(text));
    const first = await Promise.race([line, end]);
    if (typeof first !== "string") throw new Error(`Server did not start: ${first.stderr}`);
    return new ServerProcess(child, JSON.parse(first) as ReadyLine, end);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The address of a path of the HTTP interface. */
  url(path: string): string {
    return `http://${this.ready.http ?? ""}${path}`;
  }

  /** Resolves when a message with this text is in the server's log from now on. */
  logged(text: string): Promise<void> {
    let seen = "";
    return new Promise((resolve) => {
      this.#child.stderr.on("data", (chunk: Buffer) => {
        seen += String(chunk);
        if (seen.includes(text)) resolve();
      });
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends the signal and waits for the end. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<ProcessEnd> {
    this.signal(signal);
    return this.#end;
  }
}

/** Runs `cronosdb` with these arguments to its end. */
export function runCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<ProcessEnd> {
  return ended(startCommand(args, environment));
}

function startCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, ["--enable-source-maps", program, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
}

async function ended(child: ChildProcessByStdio<null, Readable, Readable>): Promise<ProcessEnd> {
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += String(chunk)));
  child.stderr.on("data", (chunk: Buffer) => (stderr += String(chunk)));
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return { code, signal, stdout, stderr };
}
