/**
 * A database in memory behind a RESP listener with every command, and connections to it.
 */
import { RealClock } from "../../src/ports/real-clock.ts";
import { commandTable } from "../../src/protocols/resp/commands.ts";
import { listenResp } from "../../src/protocols/resp/listen.ts";
import { memoryEngine } from "./memory-engine.ts";
import { RespConnection } from "./resp-connection.ts";

export async function respDatabase() {
  const clock = new RealClock();
  const { engine, log } = await memoryEngine(clock);
  const listener = await listenResp({
    host: "127.0.0.1",
    port: 0,
    clock,
    engine,
    table: commandTable,
    nodeName: "node-1",
    clientsMax: 1000,
    memoryBytes: () => 0,
    onFault: (fault) => {
      throw fault;
    },
  });
  const clients: RespConnection[] = [];
  return {
    engine,
    log,
    port: listener.port,
    async connect(): Promise<RespConnection> {
      const client = await RespConnection.open(listener.port);
      clients.push(client);
      return client;
    },
    async close(): Promise<void> {
      for (const client of clients) client.close();
      await listener.close();
      await engine.close();
    },
  };
}
