import assert from "node:assert/strict";
import { test } from "node:test";
import { RealClock } from "../../ports/real-clock.ts";
import { memoryEngine } from "../../../test/support/memory-engine.ts";
import { RespConnection } from "../../../test/support/resp-connection.ts";
import { CommandTable } from "./command-table.ts";
import { connectionCommands } from "./commands/connection.ts";
import { listenResp } from "./listen.ts";

test("listenResp refuses one connection too many, and answers before it closes", async () => {
  const clock = new RealClock();
  const { engine } = await memoryEngine(clock);
  const listener = await listenResp({
    host: "127.0.0.1",
    port: 0,
    clock,
    engine,
    table: new CommandTable([connectionCommands]),
    nodeName: "node-1",
    clientsMax: 1,
    memoryBytes: () => 0,
    onFault: (fault) => assert.fail(String(fault)),
  });
  const first = await RespConnection.open(listener.port);
  await first.check("PING", "+PONG\r\n");
  const second = await RespConnection.open(listener.port);
  await second.expect("-ERR max number of clients reached\r\n");
  await second.expectEnd();
  assert.equal(listener.server.counts.rejectedConnections, 1);
  await listener.close();
  await first.expectEnd();
  second.close();
  await engine.close();
});
