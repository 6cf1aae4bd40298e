/**
 * The way in for protocols whose requests bring their credentials along: HTTP and gRPC, with HTTP's
 * Basic scheme. Who brings none is the user "default", if that needs no password.
 */
import { CronosError } from "../../base/errors.ts";
import type { AccessRequest } from "./access-request.ts";
import { authorize } from "./authorize.ts";
import type { Account, Users } from "./users.ts";

/** Who sends this `authorization`. Throws UNAUTHENTICATED. */
export function authenticateHeader(users: Users, header: string | undefined): Account {
  if (header === undefined) {
    const { isOn, noPassword } = users.default.access.state;
    if (isOn && noPassword) return users.default;
    throw new CronosError("UNAUTHENTICATED", "Authentication is required");
  }
  const [, encoded = ""] = /^Basic +([A-Za-z0-9+/=]+) *$/i.exec(header) ?? [];
  // Names and passwords are binary, as everywhere in engine/auth: a character is a byte.
  const text = Buffer.from(encoded, "base64").toString("latin1");
  const colon = text.indexOf(":");
  const name = colon < 0 ? "" : text.slice(0, colon);
  const account = colon < 0 ? undefined : users.authenticate(name, text.slice(colon + 1));
  if (account !== undefined) return account;
  users.refused(name, { reason: "auth", object: "AUTH" });
  throw new CronosError(
    "UNAUTHENTICATED",
    "Invalid credentials: expected Basic with the name and password of a user that is on",
  );
}

/** Throws PERMISSION_DENIED if the account may not do that. */
export function requireAccess(account: Account, request: AccessRequest): void {
  const denial = authorize(account, request);
  if (denial === undefined) return;
  account.refused(denial);
  const { reason, object } = denial;
  const text = (latin1: string): string => Buffer.from(latin1, "latin1").toString("utf8");
  throw new CronosError(
    "PERMISSION_DENIED",
    `User ${text(account.name)} may not use ${reason} ${text(object)}`,
    { details: { reason } },
  );
}
