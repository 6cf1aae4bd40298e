/**
 * A RESP server over a database in memory whose log can be held back and made to fail, with a few
 * commands for tests beside the given ones.
 */
import { test } from "node:test";
import { RealClock } from "../../src/ports/real-clock.ts";
import { CommandTable } from "../../src/protocols/resp/command-table.ts";
import type { CommandSpec } from "../../src/protocols/resp/command.ts";
import { clientCommands } from "../../src/protocols/resp/commands/client.ts";
import { connectionCommands } from "../../src/protocols/resp/commands/connection.ts";
import { pubsubCommands } from "../../src/protocols/resp/commands/pubsub.ts";
import { serverCommands } from "../../src/protocols/resp/commands/server.ts";
import { sessionCommands } from "../../src/protocols/resp/commands/session.ts";
import { commandCommands } from "../../src/protocols/resp/commands/command.ts";
import { configCommands } from "../../src/protocols/resp/commands/config.ts";
import { infoCommands } from "../../src/protocols/resp/commands/info.ts";
import { ReplyError } from "../../src/protocols/resp/reply-error.ts";
import { listenResp } from "../../src/protocols/resp/listen.ts";
import { memoryEngine } from "./memory-engine.ts";
import { RespConnection } from "./resp-connection.ts";

const shape = { group: "server", since: "0", summary: "For tests" } as const;

/** put KEY VALUE, later KEY VALUE, fetch KEY, repeat COUNT, block, crash. */
function testCommands(blocked: (() => void)[]): readonly CommandSpec[] {
  return [
    {
      ...shape,
      name: "put",
      arity: 3,
      flags: ["write"],
      handler: ({ session }, [key, value], reply) => {
        session.write((tx) => tx.put(String(key), value ?? Buffer.alloc(0)));
        reply.ok();
      },
    },
    {
      ...shape,
      name: "fetch",
      arity: 2,
      flags: ["readonly"],
      handler: ({ session }, [key], reply) => reply.bulkOrNull(session.view.get(String(key))),
    },
    {
      ...shape,
      name: "repeat",
      arity: 2,
      flags: ["readonly"],
      handler: (_client, [count], reply) => reply.bulk(Buffer.alloc(Number(count), "x")),
    },
    {
      ...shape,
      name: "block",
      arity: 1,
      flags: ["blocking"],
      handler: async (_client, _args, reply) => {
        await new Promise<void>((resolve) => blocked.push(resolve));
        reply.simple("UNBLOCKED");
      },
    },
    {
      ...shape,
      name: "later",
      arity: 3,
      flags: ["write"],
      handler: async ({ session }, [key, value], reply) => {
        await Promise.resolve();
        if (String(key) === "none") throw new ReplyError("ERR no such key");
        session.write((tx) => tx.put(String(key), value ?? Buffer.alloc(0)));
        reply.ok();
      },
    },
    {
      ...shape,
      name: "crash",
      arity: 1,
      flags: [],
      handler: (_client, _args, reply) => {
        reply.array(3);
        throw new TypeError("Not a function");
      },
    },
  ];
}

export async function respFixture() {
  const clock = new RealClock();
  const { engine, log } = await memoryEngine(clock);
  const blocked: (() => void)[] = [];
  const faults: unknown[] = [];
  const listener = await listenResp({
    host: "127.0.0.1",
    port: 0,
    clock,
    engine,
    table: new CommandTable([
      testCommands(blocked),
      connectionCommands,
      clientCommands,
      pubsubCommands,
      serverCommands,
      commandCommands,
      configCommands,
      infoCommands,
      sessionCommands,
    ]),
    nodeName: "node-1",
    clientsMax: 20,
    memoryBytes: () => 0,
    onFault: (fault) => faults.push(fault),
  });
  return {
    log,
    faults,
    server: listener.server,
    /** Lets the oldest BLOCK go on. */
    unblock: () => blocked.shift()?.(),
    connect: () => RespConnection.open(listener.port),
    async close() {
      log.release();
      for (const unblock of blocked) unblock();
      await listener.close();
      await engine.close();
    },
  };
}

export type RespFixture = Awaited<ReturnType<typeof respFixture>>;

/** A test with a server and one client of it. */
export function respScenario(
  name: string,
  run: (fixture: RespFixture, client: RespConnection) => Promise<void>,
): void {
  void test(name, async () => {
    const fixture = await respFixture();
    const client = await fixture.connect();
    try {
      await run(fixture, client);
    } finally {
      client.close();
      await fixture.close();
    }
  });
}
