/**
 * The keys of the rows that hold points. docs/formats/series.md describes their values.
 *
 *   row       key                                                                value
 *   chunk     "Sw", head u32, number u48                                         chunk.ts
 *   block     "Sb", policy u32, window u32, series u32, span u8, first u56,
 *             head u32                                                           block.ts
 *   window    "St", policy u32, window u32                                       window-stats.ts
 *   seal      "Sp", head u32                                                     sealer.ts
 *   drop      "Sd", number u48                                                   drop.ts
 *   next head "Sn"                                                               sealer.ts
 *
 * A window is the hour it starts at plus 2^31. `first` is the offset of a block's first point, and
 * `span` tells how far its last one is from that, roughly: a reader of a range goes back from its
 * start by no more than the blocks of that span are long, and finds all it needs.
 */
import { assert } from "../../base/assert.ts";
import type { Key } from "../../base/key.ts";
import { keyAfterPrefix, keyU32, keyU48, keyU8 } from "../../base/key.ts";
import { readKeyU32, readKeyU48 } from "../../base/key.ts";
import { HOUR_NS, WINDOW_HOURS_MAX } from "./series-time.ts";

export const chunkPrefix: Key = "Sw";
export const blockPrefix: Key = "Sb";
export const windowPrefix: Key = "St";
export const sealPrefix: Key = "Sp";
export const dropPrefix: Key = "Sd";
export const nextHeadKey: Key = "Sn";

const HOUR_BIAS = 0x80000000;
const U48 = 2 ** 48;
/** No offset is behind the longest window. */
const OFFSET_END = WINDOW_HOURS_MAX * HOUR_NS;
/** Where parts of a block's key stand. */
const WINDOW_AT = 6;
const SERIES_AT = 10;
const SPAN_AT = 14;
const FIRST_AT = 15;
const HEAD_AT = 22;
const BLOCK_KEY_BYTES = 26;

/** Longest distance, ns, of the first and the last point of a block, by span: 16^span minutes. */
const spanLengths = [0, 1, 2, 3, 4].map((span) => 16 ** span * 60e9);

/** A bit for each span there is. */
export const allSpans = 2 ** spanLengths.length - 1;

/** Start and end of all keys that begin so. */
export interface KeyRange {
  readonly start: Key;
  readonly end: Key | undefined;
}

/** A policy's window. */
export interface WindowPlace {
  readonly policyId: number;
  readonly startHour: number;
}

/** A block as its key tells it. */
export interface BlockPlace extends WindowPlace {
  readonly seriesId: number;
  readonly span: number;
  readonly first: number;
  readonly sequence: number;
}

export function rangeOf(prefix: Key): KeyRange {
  return { start: prefix, end: keyAfterPrefix(prefix) };
}

export function chunkKey(head: number, number: number): Key {
  return chunkPrefix + keyU32(head) + keyU48(number);
}

/** All chunks of a head. */
export function chunksOf(head: number): KeyRange {
  return rangeOf(chunkPrefix + keyU32(head));
}

export function readChunkKey(key: Key): { readonly head: number; readonly number: number } {
  return { head: readKeyU32(key, 2), number: readKeyU48(key, 6) };
}

export function windowKey(at: WindowPlace): Key {
  return windowPrefix + windowPart(at);
}

export function windowsOf(policyId: number): KeyRange {
  return rangeOf(windowPrefix + keyU32(policyId));
}

export function readWindowKey(key: Key): WindowPlace {
  return { policyId: readKeyU32(key, 2), startHour: readKeyU32(key, WINDOW_AT) - HOUR_BIAS };
}

export function sealKey(head: number): Key {
  return sealPrefix + keyU32(head);
}

export function dropKey(number: number): Key {
  return dropPrefix + keyU48(number);
}

export function spanOf(distance: number): number {
  const span = spanLengths.findIndex((length) => distance <= length);
  assert(span >= 0, "A block lies in one window");
  return span;
}

/** What the keys of all blocks of a window begin with. */
export function blockWindowPrefix(at: WindowPlace): Key {
  return blockPrefix + windowPart(at);
}

/** Key of a block in the window of that prefix. */
export function blockKeyIn(
  windowPrefixKey: Key,
  block: {
    readonly seriesId: number;
    readonly span: number;
    readonly first: number;
    readonly sequence: number;
  },
): Key {
  const place = windowPrefixKey + keyU32(block.seriesId) + keyU8(block.span);
  return place + offsetPart(block.first) + keyU32(block.sequence);
}

export function readBlockKey(key: Key): BlockPlace {
  assert(key.length === BLOCK_KEY_BYTES, "A block's key has 26 bytes");
  return {
    policyId: readKeyU32(key, 2),
    startHour: readKeyU32(key, WINDOW_AT) - HOUR_BIAS,
    seriesId: readKeyU32(key, SERIES_AT),
    span: key.charCodeAt(SPAN_AT),
    first: key.charCodeAt(FIRST_AT) * U48 + readKeyU48(key, FIRST_AT + 1),
    sequence: readKeyU32(key, HEAD_AT),
  };
}

/** All blocks of a policy. */
export function blocksOfPolicy(policyId: number): KeyRange {
  return rangeOf(blockPrefix + keyU32(policyId));
}

/** Blocks of a window; from a series on, if given. */
export function blocksOfWindow(at: WindowPlace, fromSeries = 0): KeyRange {
  const prefix = blockPrefix + windowPart(at);
  return { start: prefix + keyU32(fromSeries), end: keyAfterPrefix(prefix) };
}

/**
 * Where blocks of a series that have points from `from` to `to` may be: one range of keys for each
 * of `spans`, a bit per span.
 */
export function blocksBetween(
  at: WindowPlace & { readonly seriesId: number },
  range: { readonly from: number; readonly to: number; readonly spans: number },
): readonly KeyRange[] {
  const prefix = blockPrefix + windowPart(at) + keyU32(at.seriesId);
  const { from, to, spans } = range;
  if (from <= 0 && to >= OFFSET_END) return [rangeOf(prefix)];
  const ranges: KeyRange[] = [];
  for (const [span, length] of spanLengths.entries()) {
    if ((spans & (1 << span)) === 0) continue;
    const start = prefix + keyU8(span);
    const end = Math.min(to + 1, OFFSET_END);
    ranges.push({
      start: start + offsetPart(Math.max(0, from - length)),
      end: start + offsetPart(end),
    });
  }
  return ranges;
}

function windowPart(at: WindowPlace): Key {
  return keyU32(at.policyId) + keyU32(at.startHour + HOUR_BIAS);
}

function offsetPart(offset: number): Key {
  return keyU8(Math.floor(offset / U48)) + keyU48(offset % U48);
}
