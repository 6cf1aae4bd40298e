/**
 * File descriptors as grpcurl and other strict readers want them.
 *
 * protobufjs, on which the reflection service is built, names the hidden message of a map field
 * after the field ("Meta"); protobuf demands "MetaEntry", and readers refuse the whole file when
 * it is not so. Descriptors are protobuf messages themselves: they are rewritten here field by
 * field (numbers of google/protobuf/descriptor.proto), everything else is kept as it is.
 *
 *   FileDescriptorProto   2 package · 4 message_type
 *   DescriptorProto       1 name · 2 field · 3 nested_type · 7 options
 *   FieldDescriptorProto  6 type_name
 *   MessageOptions        7 map_entry
 */
import { ProtobufReader, bytesField, wireBytes } from "../../base/protobuf.ts";

interface Field {
  readonly number: number;
  /** The field as it stands, with its tag. */
  readonly raw: Uint8Array;
  /** Its content, of a field that has a length. */
  readonly content?: Uint8Array;
}

/** A FileDescriptorProto with map entries named as protobuf demands. */
export function strictFileDescriptor(descriptor: Uint8Array): Buffer {
  const fields = fieldsOf(descriptor);
  const scope = `.${textOf(fields, 2)}`;
  return join(fields, (field, content) =>
    field.number === 4 ? bytesField(4, strictMessage(content, scope)) : field.raw,
  );
}

function strictMessage(descriptor: Uint8Array, parentScope: string): Buffer {
  const fields = fieldsOf(descriptor);
  const scope = `${parentScope}.${textOf(fields, 1)}`;
  const entryNames = mapEntryNames(fields);
  return join(fields, (field, content) => {
    if (field.number === 2) return bytesField(2, strictField(content, scope, entryNames));
    if (field.number !== 3) return field.raw;
    return bytesField(3, strictNested(content, scope, entryNames));
  });
}

function strictNested(
  descriptor: Uint8Array,
  scope: string,
  entryNames: ReadonlyMap<string, string>,
): Buffer {
  const fields = fieldsOf(descriptor);
  const entryName = entryNames.get(textOf(fields, 1));
  if (entryName === undefined) return strictMessage(descriptor, scope);
  return join(fields, (field) => (field.number === 1 ? bytesField(1, entryName) : field.raw));
}

function strictField(
  descriptor: Uint8Array,
  scope: string,
  entryNames: ReadonlyMap<string, string>,
): Buffer {
  const fields = fieldsOf(descriptor);
  const entryName = entryNames.get(lastName(textOf(fields, 6)));
  return join(fields, (field) =>
    field.number === 6 && entryName !== undefined
      ? bytesField(6, `${scope}.${entryName}`)
      : field.raw,
  );
}

/** From the name each map entry of a message has to the one it must have, which its field gives. */
function mapEntryNames(message: readonly Field[]): ReadonlyMap<string, string> {
  const parts = (number: number): Field[][] =>
    message.flatMap(({ number: its, content }) =>
      its === number && content !== undefined ? [fieldsOf(content)] : [],
    );
  const entries = new Set(parts(3).filter(isMapEntry).map((nested) => textOf(nested, 1)));
  return new Map(
    parts(2)
      .map((field) => [lastName(textOf(field, 6)), mapEntryName(textOf(field, 1))] as const)
      .filter(([typeName]) => entries.has(typeName)),
  );
}

function lastName(typeName: string): string {
  return typeName.slice(typeName.lastIndexOf(".") + 1);
}

/** As protoc derives it: committed_offsets gives CommittedOffsetsEntry. */
function mapEntryName(fieldName: string): string {
  const words = fieldName.split("_").filter((word) => word !== "");
  return `${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("")}Entry`;
}

function isMapEntry(message: readonly Field[]): boolean {
  return message.some((field) => {
    if (field.number !== 7 || field.content === undefined) return false;
    const options = new ProtobufReader(field.content);
    for (let tag = options.tag(); tag !== 0; tag = options.tag()) {
      if (tag >>> 3 === 7) return options.bool();
      options.skip(tag);
    }
    return false;
  });
}

function fieldsOf(message: Uint8Array): Field[] {
  const reader = new ProtobufReader(message);
  const fields: Field[] = [];
  for (let start = 0, tag = reader.tag(); tag !== 0; start = reader.at, tag = reader.tag()) {
    const content = (tag & 7) === wireBytes ? { content: reader.view() } : reader.skip(tag);
    fields.push({ number: tag >>> 3, raw: message.subarray(start, reader.at), ...content });
  }
  return fields;
}

function textOf(fields: readonly Field[], number: number): string {
  const content = fields.find((field) => field.number === number)?.content;
  return content === undefined ? "" : Buffer.from(content).toString("utf8");
}

function join(
  fields: readonly Field[],
  rewrite: (field: Field, content: Uint8Array) => Uint8Array,
): Buffer {
  return Buffer.concat(
    fields.map((field) => (field.content ? rewrite(field, field.content) : field.raw)),
  );
}
