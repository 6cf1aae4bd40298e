/**
 * The two hashes under which the dedup index keeps an id: mixed from the topic's number and two
 * hashes of the id's bytes, so that every bit of the input moves every bit of the output. The index
 * takes the top bits of the first one for a place in a table, a page or a filter block.
 *
 * For one topic each function is one-to-one (but for the value 0, see mixHash1): mixing loses
 * nothing of the hashes it is given.
 */

/** Spreads every bit over the word: two rounds of xor-shift and multiply. */
function spread(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

/** First hash, 1 … 2^32-1: tables mark an empty slot with 0. */
export function mixHash1(topicId: number, hash1: number): number {
  const mixed = spread(hash1 ^ Math.imul(topicId + 1, 0x9e3779b1));
  return mixed === 0 ? 1 : mixed;
}

/** Second hash, 0 … 2^32-1. */
export function mixHash2(topicId: number, hash2: number): number {
  return spread(hash2 ^ Math.imul(topicId + 1, 0xc2b2ae35));
}
