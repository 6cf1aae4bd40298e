/**
 * What a request brings along to say who sends it, as clients of 1.x and 1.8 do:
 *
 *   ?u=name&p=password
 *   Authorization: Basic base64(name:password)
 *   Authorization: Token name:password
 *   Authorization: Token key, Bearer key       an API key (series-keys.ts)
 */
import { binary } from "./guarded-events.ts";

/** Names and passwords are binary. "none": nothing was brought that can be read. */
export type SeriesCredentials =
  | { readonly kind: "none" }
  | { readonly kind: "password"; readonly name: string; readonly password: string }
  | { readonly kind: "key"; readonly key: string };

/** Reads them from the parameters of the URL, which come first, and the header. */
export function seriesCredentials(
  parameters: ReadonlyMap<string, string>,
  header: string | undefined,
): SeriesCredentials {
  const name = parameters.get("u") ?? "";
  const password = parameters.get("p") ?? "";
  if (name !== "" && password !== "") {
    return { kind: "password", name: binary(name), password: binary(password) };
  }
  const [, scheme = "", rest = ""] = /^(Basic|Token|Bearer) +(\S.*?) *$/i.exec(header ?? "") ?? [];
  switch (scheme.toLowerCase()) {
    case "basic":
      return withColon(Buffer.from(rest, "base64").toString("latin1")) ?? { kind: "none" };
    case "token":
      return withColon(rest) ?? { kind: "key", key: rest };
    case "bearer":
      return { kind: "key", key: rest };
    default:
      return { kind: "none" };
  }
}

function withColon(text: string): SeriesCredentials | undefined {
  const colon = text.indexOf(":");
  if (colon < 0) return undefined;
  return { kind: "password", name: text.slice(0, colon), password: text.slice(colon + 1) };
}
