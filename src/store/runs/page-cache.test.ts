import assert from "node:assert/strict";
import { test } from "node:test";
import { PageCache } from "./page-cache.ts";
import type { PageMap } from "./page-cache.ts";

type Pages = PageMap<{ readonly bytes: Buffer }>;

const page = () => ({ bytes: Buffer.alloc(1000) });

test("PageCache stays below its bytes, and keeps what is used", () => {
  const cache = new PageCache(20_000);
  const pages: Pages = new Map();
  for (let offset = 0; offset < 100; offset++) {
    cache.add(pages, offset, page());
    const used = pages.get(0);
    if (used !== undefined) used.wasUsed = true;
    assert.ok(cache.bytes <= 20_000);
  }
  assert.ok(pages.has(0), "used in each round");
  assert.ok(!pages.has(1));
  assert.ok(pages.size >= 10);
});

test("PageCache gives up the pages of a run that is gone", () => {
  const cache = new PageCache(20_000);
  const gone: Pages = new Map();
  const pages: Pages = new Map();
  for (let offset = 0; offset < 10; offset++) cache.add(gone, offset, page());
  gone.clear();
  for (let offset = 0; offset < 15; offset++) cache.add(pages, offset, page());
  assert.equal(pages.size, 15);
});

test("PageCache gives a page to who adds it, also when all others are in use", () => {
  const cache = new PageCache(5000);
  const pages: Pages = new Map();
  for (let offset = 0; offset < 50; offset++) {
    for (const each of pages.values()) each.wasUsed = true;
    const added = page();
    assert.equal(cache.add(pages, offset, added).page, added);
  }
});
