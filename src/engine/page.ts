/**
 * Checks shared by paged listings.
 */
import { CronosError } from "../base/errors.ts";

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 10_000;

/** The page size asked for, or the default. INVALID_ARGUMENT unless it is 1 to 10,000. */
export function pageLimit(limit: number | undefined): number {
  if (limit === undefined) return LIMIT_DEFAULT;
  if (Number.isInteger(limit) && limit >= 1 && limit <= LIMIT_MAX) return limit;
  throw new CronosError(
    "INVALID_ARGUMENT",
    `Page limit must be an integer from 1 to ${LIMIT_MAX}: got ${limit}`,
  );
}

/** Throws INVALID_ARGUMENT for a page token that is not one of this listing's. */
export function refuseToken(token: string): never {
  throw new CronosError(
    "INVALID_ARGUMENT",
    `Page token must be the "next" of an earlier page of the same listing: got ${token}`,
  );
}
