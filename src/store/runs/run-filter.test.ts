import assert from "node:assert/strict";
import { test } from "node:test";
import {
  blockMayHold,
  encodeFilterPage,
  FilterBuilder,
  filterBlock,
  filterPage,
  filterPageStarts,
  hashKey,
  isFilterPageSound,
} from "./run-filter.ts";

/** Asks a filter of the keys as a run does, through its pages. */
function filterOf(keys: readonly string[]): (key: string) => boolean {
  const builder = new FilterBuilder();
  for (const key of keys) builder.add(key);
  const { blocks } = builder;
  const [bits] = [...builder.fill()];
  const file: Buffer[] = [];
  let offset = 1000;
  for (const first of filterPageStarts(blocks)) {
    const page = encodeFilterPage(bits ?? Buffer.of(), first, offset);
    file.push(page);
    offset += page.length;
  }
  const bytes = Buffer.concat([Buffer.alloc(1000), ...file]);
  return (key) => {
    const hash = hashKey(key);
    const place = filterPage(filterBlock(hash, blocks), { offset: 1000, blocks });
    const page = bytes.subarray(place.offset, place.offset + place.length);
    assert.ok(isFilterPageSound(page, place.offset));
    return blockMayHold(page, place.blockAt, hash);
  };
}

test("A filter holds every key of its run, and few others", () => {
  for (const count of [1, 50, 40_000]) {
    const mayHold = filterOf(Array.from({ length: count }, (_, n) => `Si\x01host=${n}`));
    for (let n = 0; n < count; n++) assert.ok(mayHold(`Si\x01host=${n}`));
    let wrong = 0;
    for (let n = 0; n < 20_000; n++) if (mayHold(`Si\x01host=x${n}`)) wrong++;
    assert.ok(wrong < 20_000 * 0.03, `${wrong} of 20,000`);
  }
});

test("isFilterPageSound() finds a flipped bit and a page at another place", () => {
  const page = encodeFilterPage(new Uint8Array(640).fill(5), 0, 4096);
  assert.ok(isFilterPageSound(page, 4096));
  assert.ok(!isFilterPageSound(page, 0));
  page.writeUInt8(4, 100);
  assert.ok(!isFilterPageSound(page, 4096));
});
