import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { serveFakeEvents } from "../../../test/support/grpc-fixture.ts";
import { isCronosError } from "../../base/errors.ts";
import { bytesField, varintField } from "../../base/protobuf.ts";
import { FrameReader, GrpcConnection, framed } from "./grpc-connection.ts";

test("FrameReader finds every message however the bytes are cut", () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 8 });
  fc.assert(
    fc.property(messages, fc.array(fc.nat({ max: 12 })), (sent, cuts) => {
      const bytes = Buffer.concat(sent.map(framed));
      const found: number[][] = [];
      const reader = new FrameReader((message) => found.push([...message]));
      let at = 0;
      for (const length of [...cuts, bytes.length]) {
        const end = Math.min(at + length, bytes.length);
        if (end > at) reader.read(bytes.subarray(at, end));
        at = end;
      }
      assert.deepEqual(found, sent.map((message) => [...message]));
    }),
  );
});

test("GrpcConnection calls a gRPC server and gives its statuses as errors", async (t) => {
  const { listener, events } = await serveFakeEvents(t);
  const connection = await GrpcConnection.open(listener.address);
  t.after(() => connection.close());
  const event = Buffer.concat([
    bytesField(1, "a"),
    varintField(2, 5),
    bytesField(3, "x"),
    bytesField(4, "t"),
  ]);
  const path = "/cronos_db.EventService/Publish";
  const answer = await connection.call(path, framed(bytesField(1, event)));
  assert.deepEqual([...answer.subarray(0, 2)], [8, 1]);
  assert.equal(events.stored.get("t/a")?.at, 5);
  const missing = connection.call("/cronos_db.EventService/GetEvent", framed(Buffer.alloc(0)));
  await assert.rejects(missing, /NOT_FOUND: Get event/);
});

test("GrpcConnection.open rejects when nobody listens", async () => {
  const open = GrpcConnection.open("127.0.0.1:1");
  await assert.rejects(open, (error) => isCronosError(error, "UNAVAILABLE"));
});
