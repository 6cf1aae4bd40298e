/**
 * Who sends a request of InfluxDB's kind: u and p in the URL, Basic, or 1.8's `Token user:pass`.
 * While the user "default" needs no password, authentication is off and everybody is that one.
 */
import { CronosError } from "../../../base/errors.ts";
import type { Account, Users } from "../../../engine/auth/users.ts";
import type { InfluxRequest } from "./influx-route.ts";

/** Throws UNAUTHENTICATED in the words of 1.x. */
export function accountOf(
  users: Pick<Users, "default" | "authenticate">,
  request: Pick<InfluxRequest, "query" | "headers">,
): Account {
  const { isOn, noPassword } = users.default.access.state;
  if (isOn && noPassword) return users.default;
  const credentials = credentialsOf(request);
  if (credentials === undefined) {
    throw new CronosError("UNAUTHENTICATED", "unable to parse authentication credentials");
  }
  const account = users.authenticate(binaryOf(credentials.name), binaryOf(credentials.password));
  if (account === undefined) throw new CronosError("UNAUTHENTICATED", "authorization failed");
  return account;
}

interface Credentials {
  readonly name: string;
  readonly password: string;
}

function credentialsOf({
  query,
  headers,
}: Pick<InfluxRequest, "query" | "headers">): Credentials | undefined {
  const name = query.get("u") ?? "";
  if (name !== "") return { name, password: query.get("p") ?? "" };
  const [, scheme = "", value = ""] =
    /^(Basic|Token) +(\S+) *$/i.exec(String(headers["authorization"] ?? "")) ?? [];
  if (scheme === "") return undefined;
  const isBasic = scheme.toLowerCase() === "basic";
  const text = isBasic ? Buffer.from(value, "base64").toString("utf8") : value;
  const colon = text.indexOf(":");
  return colon < 0
    ? undefined
    : { name: text.slice(0, colon), password: text.slice(colon + 1) };
}

function binaryOf(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
