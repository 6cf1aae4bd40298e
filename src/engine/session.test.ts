import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { memoryEngine } from "../../test/support/memory-engine.ts";
import { CronosError } from "../base/errors.ts";

async function fixture() {
  const { engine, log } = await memoryEngine();
  return { engine, log, open: () => engine.openSession() };
}

const value = (text: string): Buffer => Buffer.from(text);
const text = (bytes: Uint8Array | undefined): string | undefined => {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString();
};

test("Session.view shows own writes at once, those of others when durable", async () => {
  const { log, engine, open } = await fixture();
  const [writer, reader] = [open(), open()];
  log.hold();
  writer.write((tx) => tx.put("a", value("1")));
  assert.equal(text(writer.view.get("a")), "1");
  assert.equal(text(reader.view.get("a")), undefined);
  assert.equal(reader.pending, false);
  assert.equal(reader.settled(), undefined);
  assert.equal(writer.pending, true);
  const settled = writer.settled();
  log.release();
  await settled;
  assert.equal(text(reader.view.get("a")), "1");
  assert.equal(writer.settled(), undefined);
  await engine.close();
});

test("Session.settled() waits for what its reads saw of others beside its own writes", async () => {
  const { log, engine, open } = await fixture();
  const [one, other] = [open(), open()];
  log.hold();
  one.write((tx) => tx.put("a", value("1")));
  const own = one.settled();
  await turn();
  await turn();
  // Another record: the first one is under way.
  other.write((tx) => tx.put("b", value("2")));
  assert.equal(text(one.view.get("b")), "2");
  assert.notEqual(one.settled(), own);
  log.release();
  await one.settled();
  assert.equal(text(open().view.get("b")), "2");
  await engine.close();
});

test("Session.settled() rejects once when its record is lost", async () => {
  const { log, engine, open } = await fixture();
  const session = open();
  log.hold();
  session.write((tx) => tx.put("a", value("1")));
  const settled = session.settled();
  log.failNext(new CronosError("IO", "Disk broke"));
  log.release();
  await assert.rejects(async () => settled, { code: "IO" });
  assert.equal(session.pending, false);
  assert.equal(session.settled(), undefined);
  assert.equal(text(session.view.get("a")), undefined);
  await engine.close();
});

test("Session.settled() tells a loss that came before it was asked", async () => {
  const { log, engine, open } = await fixture();
  const session = open();
  session.write((tx) => tx.put("a", value("1")));
  log.failNext(new CronosError("IO", "Disk broke"));
  const other = open();
  other.write((tx) => tx.put("b", value("2")));
  await assert.rejects(async () => other.settled(), { code: "IO" });
  assert.equal(session.pending, true);
  await assert.rejects(async () => session.settled(), { code: "IO" });
  assert.equal(session.settled(), undefined);
  await engine.close();
});

test("Session.write() passes a throw on and leaves no trace", async () => {
  const { engine, open } = await fixture();
  const session = open();
  const fail = (): never => {
    return session.write((tx) => {
      tx.put("a", value("1"));
      throw new Error("No");
    });
  };
  assert.throws(fail, /No/);
  assert.equal(session.pending, false);
  assert.equal(text(session.view.get("a")), undefined);
  await engine.close();
});

test("Session.atomically() makes one operation of many", async () => {
  const { engine, open } = await fixture();
  const session = open();
  assert.throws(() => {
    session.atomically(() => {
      session.write((tx) => tx.put("a", value("1")));
      assert.equal(text(session.view.get("a")), "1");
      throw new Error("No");
    });
  }, /No/);
  assert.equal(text(session.view.get("a")), undefined);
  const result = session.atomically(() => {
    session.write((tx) => tx.put("a", value("1")));
    return text(session.view.get("a"));
  });
  assert.equal(result, "1");
  await session.settled();
  assert.equal(text(open().view.get("a")), "1");
  await engine.close();
});
