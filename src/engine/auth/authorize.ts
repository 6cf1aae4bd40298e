/**
 * The one place where it is decided whether somebody may do something, whatever the protocol.
 */
import type { AccessRequest, Denial } from "./access-request.ts";
import type { Account } from "./users.ts";

/**
 * What is in the way; undefined: nothing. Callers for whom every call counts ask
 * `account.access.isUnrestricted` before they make up a request.
 */
export function authorize(account: Account, request: AccessRequest): Denial | undefined {
  return account.access.denial(request);
}
