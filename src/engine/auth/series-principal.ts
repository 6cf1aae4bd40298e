/**
 * Who asks for something with time series: a user, or the holder of an API key. What they may do is
 * looked up at each question, so that a change holds at once, for streams that are open too.
 */
import type { SeriesDatabase } from "../../models/series/catalog.ts";
import type { MeasurementPattern, ShownKey } from "./series-keys.ts";
import type { Account } from "./users.ts";

export interface SeriesPrincipal {
  /** As messages name it. */
  readonly label: string;
  /** As the text of 1.x about writing names it. */
  readonly writerLabel: string;
  readonly isAdmin: boolean;
  may(privilege: "READ" | "WRITE", database: SeriesDatabase): boolean;
  /** undefined: all measurements of the database. */
  readonly pattern: MeasurementPattern | undefined;
}

export function userPrincipal(account: Account): SeriesPrincipal {
  const name = Buffer.from(account.name, "latin1").toString("utf8");
  const rights = () => account.access.state.series;
  return {
    label: name,
    writerLabel: `${JSON.stringify(name)} user`,
    get isAdmin() {
      return account.access.isUnrestricted || rights()?.isAdmin === true;
    },
    may(privilege, { id }) {
      const granted = rights()?.databases[id];
      return this.isAdmin || granted === privilege || granted === "ALL PRIVILEGES";
    },
    pattern: undefined,
  };
}

export function keyPrincipal(key: ShownKey): SeriesPrincipal {
  return {
    label: `api key ${key.name}`,
    writerLabel: `api key ${JSON.stringify(key.name)}`,
    isAdmin: false,
    may: (privilege, { id }) => {
      return key.access === privilege && key.databaseId === id && key.isValid();
    },
    pattern: key.pattern,
  };
}
