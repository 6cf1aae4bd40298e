/**
 * How rows of several streams, each in the order of time, become rows side by side.
 *
 * "pair" is the rule of 0.8: a row comes out when every stream has given one since the last row, of
 * the latest of each, with the time of the first stream's; each is used once. The others look at
 * two streams: rows of equal time meet ("inner"), with nulls where one side has none ("left",
 * "full"), or the left's meets the last of the right that is not after it ("asof").
 */
import type { JoinType } from "../ast.ts";
import type { Row } from "./row-reader.ts";
import { RowReader, timeOfRow } from "./row-reader.ts";

export interface JoinSide {
  readonly rows: AsyncIterable<readonly Row[]>;
  /** Columns without time. */
  readonly width: number;
}

export interface JoinOptions {
  readonly type: JoinType;
  readonly toleranceNs: bigint | undefined;
  readonly isAscending: boolean;
}

export function joinRows(sides: readonly JoinSide[], options: JoinOptions): AsyncGenerator<Row> {
  const [left, right] = sides;
  if (options.type === "pair" || left === undefined || right === undefined) {
    return pairRows(sides, options.isAscending);
  }
  const pair = { left, right };
  return options.type === "asof" ? asofRows(pair, options) : equalRows(pair, options);
}

interface TwoSides {
  readonly left: JoinSide;
  readonly right: JoinSide;
}

function nulls(count: number): null[] {
  return Array.from({ length: count }, () => null);
}

function isBefore(a: bigint, b: bigint, isAscending: boolean): boolean {
  return isAscending ? a < b : a > b;
}

async function* pairRows(sides: readonly JoinSide[], isAscending: boolean): AsyncGenerator<Row> {
  const readers = sides.map(({ rows }) => new RowReader(rows));
  let latest: (Row | undefined)[] = [];
  for (;;) {
    let next = -1;
    let nextTime = 0n;
    for (const [side, reader] of readers.entries()) {
      if (reader.isEmpty) await reader.fill();
      const row = reader.next;
      if (row === undefined) continue;
      const time = timeOfRow(row);
      if (next !== -1 && !isBefore(time, nextTime, isAscending)) continue;
      next = side;
      nextTime = time;
    }
    if (next === -1) return;
    latest[next] = readers[next]?.next;
    readers[next]?.skip();
    const complete = sides.flatMap((_side, side) => (latest[side] === undefined ? [] : [side]));
    if (complete.length < sides.length) continue;
    const [first] = latest;
    const values = latest.flatMap((row) => row?.slice(1) ?? []);
    yield [first === undefined ? nextTime : timeOfRow(first), ...values];
    latest = [];
  }
}

/** Whether the left row comes before the right one; undefined: there is none. */
function isFirst(left: bigint | undefined, right: bigint, isAscending: boolean): boolean {
  return left !== undefined && isBefore(left, right, isAscending);
}

/** Rows of one time from a reader that stands at them. */
async function takeTime(reader: RowReader, time: bigint): Promise<Row[]> {
  const rows: Row[] = [];
  for (;;) {
    if (reader.isEmpty) await reader.fill();
    const row = reader.next;
    if (row === undefined || timeOfRow(row) !== time) return rows;
    rows.push(row);
    reader.skip();
  }
}

async function* equalRows(
  { left, right }: TwoSides,
  { type, isAscending }: JoinOptions,
): AsyncGenerator<Row> {
  const one = new RowReader(left.rows);
  const two = new RowReader(right.rows);
  const keepsLeft = type === "left" || type === "full";
  for (;;) {
    if (one.isEmpty) await one.fill();
    if (two.isEmpty) await two.fill();
    const a = one.next;
    const b = two.next;
    if (a === undefined && b === undefined) return;
    const timeA = a === undefined ? undefined : timeOfRow(a);
    const timeB = b === undefined ? undefined : timeOfRow(b);
    if (a !== undefined && timeA !== undefined && timeA === timeB) {
      const others = await takeTime(two, timeA);
      for (const row of await takeTime(one, timeA)) {
        for (const other of others) yield [...row, ...other.slice(1)];
      }
    } else if (b === undefined || isFirst(timeA, timeOfRow(b), isAscending)) {
      if (keepsLeft && a !== undefined) yield [...a, ...nulls(right.width)];
      one.skip();
    } else {
      if (type === "full") yield [timeOfRow(b), ...nulls(left.width), ...b.slice(1)];
      two.skip();
    }
  }
}

async function* asofRows(
  { left, right }: TwoSides,
  { toleranceNs, isAscending }: JoinOptions,
): AsyncGenerator<Row> {
  const one = new RowReader(left.rows);
  const two = new RowReader(right.rows);
  let last: Row | undefined;
  for (;;) {
    if (one.isEmpty) await one.fill();
    const row = one.next;
    if (row === undefined) return;
    one.skip();
    const time = timeOfRow(row);
    for (;;) {
      if (two.isEmpty) await two.fill();
      const next = two.next;
      // Newest first the first one that is not after the time is met, and kept for older rows.
      if (next === undefined || (isAscending ? timeOfRow(next) > time : timeOfRow(next) <= time)) {
        if (!isAscending) last = next;
        break;
      }
      if (isAscending) last = next;
      two.skip();
    }
    const isNear =
      last !== undefined && (toleranceNs === undefined || time - timeOfRow(last) <= toleranceNs);
    const found = isNear ? last : undefined;
    yield [...row, ...(found?.slice(1) ?? nulls(right.width))];
  }
}
