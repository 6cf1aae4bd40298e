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
  const server = spawn(program, ["--port", String(port), "--save", "", "--appendonly", "no"], {
    stdio: "ignore",
  });
  t.after(async () => {
    server.kill();
    await once(server, "exit");
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
