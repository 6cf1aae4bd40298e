/** Takes ids out of a posting: only the chunks that hold some of them are rewritten. */
import type { Key } from "../../base/key.ts";
import { keyU32 } from "../../base/key.ts";
import type { Transaction } from "../../shard/transaction.ts";
import { decodeIds, encodeIds } from "./index-rows.ts";
import type { SeriesIds } from "./series-ids.ts";
import { placeOf, subtractIds } from "./series-ids.ts";

/** `gone` is ascending; `head` is what values of the posting start with. */
export function removeFromPosting(
  tx: Transaction,
  prefix: Key,
  { head, gone }: { readonly head: Uint8Array; readonly gone: SeriesIds },
): void {
  let at = 0;
  while (at < gone.length) {
    const id = gone[at] as number;
    const [row] = tx.range(prefix, prefix + keyU32(id + 1), { reverse: true, limit: 1 });
    if (row === undefined) {
      at++;
      continue;
    }
    const [key, bytes] = row;
    const ids = decodeIds(bytes);
    const rest = subtractIds(ids, gone);
    if (rest.length === 0) tx.delete(key);
    else if (rest.length < ids.length) tx.put(key, encodeIds(head, rest));
    at = Math.max(at + 1, placeOf(gone, (ids.at(-1) ?? 0) + 1, at));
  }
}
