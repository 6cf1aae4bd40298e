/** API keys for requests that bring their credentials along: administrators alone have them. */
import { CronosError } from "../../base/errors.ts";
import type { SeriesAccess } from "./series-access.ts";
import { seriesCredentials } from "./series-credentials.ts";
import type { SeriesKeys } from "./series-keys.ts";

export type KeyOperations = Pick<SeriesKeys, "create" | "list" | "drop">;

/** Throws UNAUTHENTICATED and PERMISSION_DENIED at each operation. */
export function guardedSeriesKeys(
  keys: KeyOperations,
  access: Pick<SeriesAccess, "authenticate">,
  { header, client }: { readonly header: string | undefined; readonly client: string },
): KeyOperations {
  const check = (): void => {
    const caller = access.authenticate(seriesCredentials(new Map(), header), client);
    if (caller !== "nobody" && caller.isAdmin) return;
    throw new CronosError("PERMISSION_DENIED", "API keys need an administrator of time series");
  };
  return {
    create: async (key) => {
      check();
      return keys.create(key);
    },
    list: (database) => {
      check();
      return keys.list(database);
    },
    drop: async (database, name) => {
      check();
      return keys.drop(database, name);
    },
  };
}
