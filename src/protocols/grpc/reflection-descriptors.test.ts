import assert from "node:assert/strict";
import { test } from "node:test";
import { ProtobufReader } from "../../base/protobuf.ts";
import { messageDefinition } from "./proto-file.ts";
import { strictFileDescriptor } from "./reflection-descriptors.ts";

/** Contents of the fields with this number of a message. */
function contents(bytes: Uint8Array, field: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  const reader = new ProtobufReader(bytes);
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === ((field << 3) | 2)) found.push(reader.view());
    else reader.skip(tag);
  }
  return found;
}

function text(bytes: Uint8Array, field: number): string {
  return Buffer.concat(contents(bytes, field)).toString();
}

function message(file: Uint8Array, name: string): Uint8Array {
  const found = contents(file, 4).find((each) => text(each, 1) === name);
  assert.ok(found !== undefined, `no message ${name}`);
  return found;
}

const files = messageDefinition("Event").fileDescriptorProtos;

test("strictFileDescriptor names map entries as protobuf demands", () => {
  const [file] = files.map(strictFileDescriptor);
  assert.ok(file !== undefined);
  const event = message(file, "Event");
  assert.deepEqual(contents(event, 3).map((entry) => text(entry, 1)), ["MetaEntry"]);
  const meta = contents(event, 2).find((field) => text(field, 1) === "meta");
  assert.equal(meta && text(meta, 6), ".cronos_db.Event.MetaEntry");
  const group = message(file, "ConsumerGroupMetadata");
  assert.deepEqual(
    contents(group, 3).map((entry) => text(entry, 1)),
    ["CommittedOffsetsEntry", "MemberOffsetsEntry"],
  );
});

test("strictFileDescriptor keeps everything else", () => {
  const [before, after] = [files[0], files.map(strictFileDescriptor)[0]];
  assert.ok(before !== undefined && after !== undefined);
  assert.deepEqual(contents(after, 6), contents(before, 6));
  assert.deepEqual(message(after, "PublishRequest"), message(before, "PublishRequest"));
  assert.deepEqual(strictFileDescriptor(after), after);
});
