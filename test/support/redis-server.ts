/** A redis-server of its own, without persistence, to compare with. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { TestContext } from "node:test";
import { freePort, requireServer } from "./real-server.ts";
import { RespConnection } from "./resp-connection.ts";

/** Its port; undefined when it is not installed and the test is skipped. Stopped with the test. */
export async function startRedisServer(t: TestContext): Promise<number | undefined> {
  const program = requireServer(t, "redis-server");
  if (program === undefined) return undefined;
  const port = await freePort();
  const options = ["--port", String(port), "--save", "", "--appendonly", "no"];
  // Far more than a comparison needs: what goes wrong must not take the machine's memory.
  const server = spawn(program, [...options, "--maxmemory", "1gb"], { stdio: "ignore" });
  const exited = once(server, "exit");
  const stop = (): void => void server.kill("SIGKILL");
  // A test that is broken off runs no hooks: without this the server would outlive it.
  const breakOff = (): void => {
    stop();
    process.exit(1);
  };
  process.once("exit", stop);
  process.once("SIGTERM", breakOff);
  t.after(async () => {
    stop();
    await exited;
    process.off("exit", stop);
    process.off("SIGTERM", breakOff);
  });
  await until(port);
  return port;
}

/** Waits until something listens. */
async function until(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      (await RespConnection.open(port)).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error("redis-server does not answer");
}
