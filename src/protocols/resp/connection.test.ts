import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { respFixture, respScenario } from "../../../test/support/resp-fixture.ts";
import { CronosError } from "../../base/errors.ts";

respScenario("a chunk of many commands is answered in order, errors too", async (_, client) => {
  client.ask("put a 1", "fetch a", "PING", "nonsense x", "echo", "fetch b", "put a 2", "fetch a");
  await client.expect(
    "+OK\r\n$1\r\n1\r\n+PONG\r\n-ERR unknown command 'NONSENSE'\r\n" +
      "-ERR wrong number of arguments for 'echo' command\r\n$-1\r\n+OK\r\n$1\r\n2\r\n",
  );
});

respScenario("a write is answered when it is durable; reads of durable state at once", async (
  { log, connect },
  client,
) => {
  log.hold();
  client.ask("fetch a", "put a 1", "fetch a");
  const other = await connect();
  await other.check("fetch a", "$-1\r\n");
  client.ask("PING");
  await delay(20);
  assert.equal(client.received, "");
  log.release();
  await client.expect("$-1\r\n+OK\r\n$1\r\n1\r\n+PONG\r\n");
  await other.check("fetch a", "$1\r\n1\r\n");
  other.close();
});

respScenario("a lost record makes errors of all replies from the first dependent one", async (
  { log },
  client,
) => {
  log.hold();
  client.ask("fetch a", "put a 1", "fetch a", "PING");
  await delay(20);
  log.failNext(new CronosError("IO", "Disk\r\nbroke"));
  log.release();
  const error = "-ERR Disk broke\r\n";
  await client.expect(`$-1\r\n${error}${error}${error}`);
  await client.check("fetch a", "$-1\r\n");
  await client.match(/^$/);
});

respScenario("commands cut anywhere are put together", async (_, client) => {
  const bytes = "*2\r\n$4\r\nECHO\r\n$5\r\nhello\r\nPING\r\n";
  for (const byte of bytes) {
    client.send(byte);
    await delay(0);
  }
  await client.expect("$5\r\nhello\r\n+PONG\r\n");
});

respScenario("what is not RESP is answered with an error after the replies before it", async (
  _,
  client,
) => {
  client.send("PING\r\n*1\r\nx4\r\nPING\r\n");
  await client.expect("+PONG\r\n-ERR Protocol error: expected '$', got 'x'\r\n");
  await client.expectEnd();
});

respScenario("a command that waits holds up its connection and no other", async (
  { unblock, connect },
  client,
) => {
  client.ask("PING", "block", "PING");
  await client.expect("+PONG\r\n");
  const other = await connect();
  await other.check("PING", "+PONG\r\n");
  assert.equal(client.received, "");
  unblock();
  await client.expect("+UNBLOCKED\r\n+PONG\r\n");
  other.close();
});

respScenario("a handler that waits fails, writes and loses like any other", async (
  { log },
  client,
) => {
  client.ask("PING", "later none 1", "PING", "later a 1", "fetch a");
  await client.expect("+PONG\r\n-ERR no such key\r\n+PONG\r\n+OK\r\n$1\r\n1\r\n");
  log.hold();
  client.ask("PING", "later a 2", "fetch a");
  await client.expect("+PONG\r\n");
  await delay(20);
  log.failNext(new CronosError("IO", "Disk broke"));
  log.release();
  await client.expect("-ERR Disk broke\r\n-ERR Disk broke\r\n");
  await client.check("fetch a", "$1\r\n1\r\n");
});

respScenario("a client that goes while its command waits is forgotten", async (
  { connect, server },
  client,
) => {
  const other = await connect();
  await other.check("PING", "+PONG\r\n");
  other.ask("block");
  await delay(20);
  other.end();
  await other.expectEnd();
  await client.check("PING", "+PONG\r\n");
  assert.equal(server.clients.size, 1);
});

respScenario("large replies that wait for the log do not stall the connection", async (
  { log },
  client,
) => {
  log.hold();
  const size = 1_000_000;
  client.ask("put a 1", ...Array.from({ length: 12 }, () => `repeat ${size}`), "PING");
  await delay(50);
  log.release();
  await client.expect("+OK\r\n");
  await client.skip(12 * ("$1000000\r\n\r\n".length + size));
  await client.expect("+PONG\r\n");
});

respScenario("messages reach a client whose command waits, and never cut a reply", async (
  { unblock, connect },
  client,
) => {
  client.ask("HELLO 3", "SUBSCRIBE news", "block");
  await client.match(/subscribe\r\n\$4\r\nnews\r\n:1\r\n$/);
  const other = await connect();
  await other.check("PUBLISH news hello", ":1\r\n");
  await client.expect(">3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n");
  unblock();
  await client.expect("+UNBLOCKED\r\n");
  client.ask("PUBLISH news own", "PING");
  await client.expect(":1\r\n>3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$3\r\nown\r\n+PONG\r\n");
  other.close();
});

respScenario("a client that takes no replies is not worked for any more", async (
  { server },
  client,
) => {
  client.pause();
  client.ask(...Array.from({ length: 100 }, () => "repeat 200000"));
  await delay(100);
  const done = server.counts.commands;
  assert.ok(done < 70, `${done} commands were done for a client that reads nothing`);
  client.resume();
  client.ask("PING");
  await client.skip(100 * ("$200000\r\n\r\n".length + 200_000));
  await client.expect("+PONG\r\n");
  assert.equal(server.counts.commands, 101);
});

respScenario("a client that takes no messages is disconnected", async (
  { server, connect },
  client,
) => {
  await client.check("SUBSCRIBE a", "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n");
  client.pause();
  const publisher = await connect();
  const message = "x".repeat(1_000_000);
  let receivers = 1;
  for (let sent = 0; receivers === 1 && sent < 60; sent++) {
    publisher.ask(["PUBLISH", "a", message]);
    receivers = (await publisher.match(/^:\d\r\n$/)) === ":1\r\n" ? 1 : 0;
  }
  assert.equal(receivers, 0);
  assert.equal(server.clients.size, 1);
  publisher.close();
});

respScenario("a fault in a command is an error reply and is reported", async (
  { faults },
  client,
) => {
  client.ask("crash", "PING");
  await client.expect("-ERR Not a function\r\n+PONG\r\n");
  assert.equal(faults.length, 1);
});

respScenario("QUIT answers, does nothing more and closes", async (_, client) => {
  client.ask("PING", "QUIT", "PING");
  await client.expect("+PONG\r\n+OK\r\n");
  await client.expectEnd();
});

respScenario("a client that stops sending still gets its replies", async ({ log }, client) => {
  log.hold();
  client.ask("put a 1");
  client.end();
  await delay(20);
  log.release();
  await client.expect("+OK\r\n");
  await client.expectEnd();
});

respScenario("one client too many is told so", async ({ connect, server }, client) => {
  await client.check("PING", "+PONG\r\n");
  const others = await Promise.all(Array.from({ length: 19 }, connect));
  await Promise.all(others.map((other) => other.check("PING", "+PONG\r\n")));
  const late = await connect();
  await late.expect("-ERR max number of clients reached\r\n");
  await late.expectEnd();
  assert.equal(server.clients.size, 20);
  assert.equal(server.counts.rejectedConnections, 1);
  for (const other of others) other.close();
});

test("close() answers what was asked, then ends every connection", async () => {
  const fixture = await respFixture();
  const client = await fixture.connect();
  fixture.log.hold();
  client.ask("put a 1");
  await delay(20);
  const closed = fixture.close();
  await client.expect("+OK\r\n");
  await client.expectEnd();
  await closed;
  assert.equal(fixture.server.clients.size, 0);
});
