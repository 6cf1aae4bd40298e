/**
 * Random and mutated requests against all commands, without a socket: nothing may crash or hang,
 * every reply is well formed, and memory stays bounded.
 */
import { open } from "../../src/engine/open.ts";
import { RealClock } from "../../src/ports/real-clock.ts";
import { SeededRandom } from "../../src/ports/seeded-random.ts";
import { ConnectedClient } from "../../src/protocols/resp/client.ts";
import { commandTable } from "../../src/protocols/resp/commands.ts";
import { dispatch } from "../../src/protocols/resp/dispatch.ts";
import { ProtocolError, RequestParser } from "../../src/protocols/resp/parser.ts";
import { ReplySlab, ReplyWriter } from "../../src/protocols/resp/reply-writer.ts";
import { ListeningServer } from "../../src/protocols/resp/resp-server.ts";
import { request } from "./resp-connection.ts";
import { readReplies } from "./resp-reader.ts";

/** Inputs between two new databases: what they store does not grow without end. */
const INPUTS_PER_DATABASE = 20_000;
/** Inputs after which the event loop gets a turn. */
const INPUTS_PER_TURN = 200;

/** Bytes that mean something to a parser. */
const special = "\r\n$*-0123456789\"'";

const words = [
  "", "a", "b", "k1", "*", "[a-", "\\", "0", "1", "-1", "3", "1.5", "nan", "9223372036854775807",
  "99999999999999999999", "ON", "OFF", "GET", "SET", "LIST", "INFO", "ID", "MATCH", "COUNT", "EX",
  "PX", "NX", "XX", "TYPE", "LIMIT", "REVERSE", "AUTH", "SETNAME", "\xff\x00", "a\r\nb",
];

/** Runs `inputs` inputs; throws when one of them breaks a rule, with the bytes that did. */
export async function fuzzResp(seed: number, inputs: number): Promise<void> {
  const random = new SeededRandom(seed);
  const pick = (count: number): number => Math.floor(random.next() * count);
  for (let done = 0; done < inputs; done += INPUTS_PER_DATABASE) {
    const engine = await open(":memory:", { warn: () => {} });
    const faults: unknown[] = [];
    const server = new ListeningServer({
      engine,
      clock: new RealClock(),
      table: commandTable,
      nodeName: "node-1",
      memoryBytes: () => 0,
      onFault: (fault) => faults.push(fault),
    });
    const count = Math.min(INPUTS_PER_DATABASE, inputs - done);
    for (let input = 0; input < count; input++) {
      const bytes = makeInput(pick);
      try {
        feed(server, bytes, pick);
        if (faults.length > 0) throw faults[0];
      } catch (error) {
        throw new Error(`Input ${JSON.stringify(bytes.toString("latin1"))}`, { cause: error });
      }
      if (input % INPUTS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await engine.close();
  }
}

type Pick = (count: number) => number;

function makeInput(pick: Pick): Buffer {
  const commands = Array.from({ length: 1 + pick(4) }, () => makeCommand(pick));
  const bytes = Buffer.from(commands.join(""), "latin1");
  return pick(2) === 0 ? bytes : mutate(bytes, pick);
}

const names = [...commandTable.all].map(({ name }) => name);
const seconds = [...commandTable.all].flatMap(({ subcommands }) => {
  return subcommands?.map(({ name }) => name) ?? [];
});

function makeCommand(pick: Pick): string {
  const name = names[pick(names.length)] ?? "";
  const args = Array.from({ length: pick(6) }, () => {
    const choices = pick(8) === 0 ? seconds : words;
    return choices[pick(choices.length)] ?? "";
  });
  return pick(6) === 0 ? `${[name, ...args].join(" ")}\r\n` : request([name, ...args]);
}

/** Changes, removes, doubles or cuts some bytes. */
function mutate(bytes: Buffer, pick: Pick): Buffer {
  let result = bytes;
  for (let times = 1 + pick(4); times > 0; times--) {
    const at = pick(result.length + 1);
    const [before, after] = [result.subarray(0, at), result.subarray(at)];
    const byte = Buffer.of(pick(3) === 0 ? pick(256) : special.charCodeAt(pick(special.length)));
    const choices = [
      () => Buffer.concat([before, byte, after]),
      () => Buffer.concat([before, byte, after.subarray(1)]),
      () => Buffer.concat([before, after.subarray(1 + pick(8))]),
      () => Buffer.concat([before, after.subarray(0, pick(20)), after]),
      () => before,
    ];
    result = choices[pick(choices.length)]?.() ?? result;
  }
  return result;
}

/** Feeds the bytes in pieces to a client of its own, and checks what it answers. */
function feed(server: ListeningServer, bytes: Buffer, pick: Pick): void {
  const pushed: Buffer[] = [];
  let isOpen = true;
  const close = (): void => {
    isOpen = false;
  };
  const client = new ConnectedClient(server, {
    id: server.nextClientId(),
    session: server.engine.openSession(),
    connection: {
      push: (message) => pushed.push(message),
      closeSoon: close,
      destroy: close,
      waitingBytes: { input: 0, output: 0 },
    },
    remoteAddress: "fuzz:1",
    localAddress: "fuzz:2",
    connectedAt: 0,
    encoder: server.encoder,
  });
  server.add(client);
  const parser = new RequestParser();
  const reply = new ReplyWriter(new ReplySlab());
  try {
    for (let at = 0; at < bytes.length && isOpen; ) {
      const size = 1 + pick(40);
      parser.push(bytes.subarray(at, at + size));
      at += size;
      while (isOpen && parser.next()) {
        const { name, args } = parser;
        const done = dispatch(client, { name, args, spec: server.table.find(name) }, reply);
        // A command that waits: its connection would do nothing more.
        if (done !== undefined) isOpen = false;
      }
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  } finally {
    server.remove(client);
  }
  readReplies((reply.take() ?? Buffer.alloc(0)).toString("latin1"));
  readReplies(Buffer.concat(pushed).toString("latin1"));
}
