/**
 * Results as MessagePack: the members of the JSON form; integers beyond the doubles whole, times as
 * the extension that 1.x's clients read (type 5: seconds i64, nanoseconds i32, big-endian).
 */
import { encode, ExtData } from "@msgpack/msgpack";
import type { Cell, ResultSeries } from "../../../engine/series/query-result.ts";
import type { Events } from "./encode-json.ts";

const TIME_TYPE = 5;
const SECOND_NS = 1_000_000_000n;

interface PackedResult {
  statement_id: number;
  series?: PackedSeries[];
  messages?: readonly { readonly level: string; readonly text: string }[];
  error?: string;
}

interface PackedSeries {
  readonly name?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly values: unknown[];
}

/** The whole answer. */
export async function msgpackBytes(events: Events, unit: bigint | undefined): Promise<Buffer> {
  const results: PackedResult[] = [];
  let isOpen = false;
  for await (const event of events) {
    let result = results.at(-1);
    if (result?.statement_id !== event.statementId) {
      results.push((result = { statement_id: event.statementId }));
    }
    if (event.kind === "end") {
      if (event.messages.length > 0) result.messages = event.messages;
      if (event.error !== undefined) result.error = event.error;
      isOpen = false;
      continue;
    }
    const series = (result.series ??= []);
    if (!isOpen) series.push(packedSeries(event.series));
    const { values } = series.at(-1) ?? packedSeries(event.series);
    for (const row of event.series.rows) values.push(packedRow(row, event.series, unit));
    ({ isPartial: isOpen } = event.series);
  }
  const packed = encode(results.length === 0 ? {} : { results }, { useBigInt64: true });
  return Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
}

function packedSeries({ name, tags, columns }: ResultSeries): PackedSeries {
  return {
    ...(name === "" ? {} : { name }),
    ...(tags.length === 0 ? {} : { tags: Object.fromEntries(tags) }),
    columns,
    values: [],
  };
}

function packedRow(
  row: readonly Cell[],
  { types }: ResultSeries,
  unit: bigint | undefined,
): unknown[] {
  return row.map((cell, at) => {
    if (at === 0 && types[0] === "time" && typeof cell === "bigint") {
      return unit === undefined ? packedTime(cell) : cell / unit;
    }
    return cell;
  });
}

function packedTime(ns: bigint): ExtData {
  const nanos = ((ns % SECOND_NS) + SECOND_NS) % SECOND_NS;
  const bytes = Buffer.alloc(12);
  bytes.writeBigInt64BE((ns - nanos) / SECOND_NS, 0);
  bytes.writeInt32BE(Number(nanos), 8);
  return new ExtData(TIME_TYPE, bytes);
}
