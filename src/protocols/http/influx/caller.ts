/** Who sends a request, from what it brings along. */
import type { SeriesAccess, SeriesCaller } from "../../../engine/auth/series-access.ts";
import { seriesCredentials } from "../../../engine/auth/series-credentials.ts";
import type { InfluxRequest } from "./influx-route.ts";

/** Throws UNAUTHENTICATED in the words of 1.x. */
export function callerOf(
  { query, headers, client }: Pick<InfluxRequest, "query" | "headers" | "client">,
  access: SeriesAccess,
): SeriesCaller {
  const { authorization } = headers;
  const header = typeof authorization === "string" ? authorization : undefined;
  return access.authenticate(seriesCredentials(query, header), client);
}
