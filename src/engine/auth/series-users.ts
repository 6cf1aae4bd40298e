/**
 * Users as the statements of InfluxQL know them: CREATE USER, GRANT and the rest. They are the same
 * users as those of the ACL (users.ts); here belong those that have a part `series`.
 *
 *   CREATE USER   a new user that is on, with a password and no rule of the ACL
 *   GRANT         gives anybody the part, also who was made by ACL SETUSER
 *   DROP USER     takes it away; a user that has nothing besides is deleted
 *
 * Grants are kept by the id of the database: they follow when it is renamed, and a database that is
 * made later under the same name has none. Errors have the words of 1.x. All operations resolve
 * once they are durable.
 */
import { seriesError } from "../../models/series/series-error.ts";
import type { Catalog } from "../../models/series/catalog.ts";
import type { AccessState, SeriesPrivilege, SeriesRights } from "./access.ts";
import { newUser } from "./access.ts";
import { binary } from "./guarded-events.ts";
import { passwordHash } from "./rules.ts";
import type { Users } from "./users.ts";

const noRights: SeriesRights = Object.freeze({ isAdmin: false, databases: {} });

export interface Grant {
  readonly user: string;
  readonly database: string;
  readonly privilege: SeriesPrivilege;
}

export class SeriesUsers {
  readonly #users: Users;
  readonly #catalog: Pick<Catalog, "needDatabase" | "databases">;

  constructor(users: Users, catalog: Pick<Catalog, "needDatabase" | "databases">) {
    this.#users = users;
    this.#catalog = catalog;
  }

  /** Who has a part in series, ordered by name. */
  list(): readonly { readonly name: string; readonly isAdmin: boolean }[] {
    return this.#users.all.flatMap(({ name, access }) => {
      const { series } = access.state;
      return series === undefined ? [] : [{ name: text(name), isAdmin: series.isAdmin }];
    });
  }

  /** What was granted to a user, ordered by database. Throws "user not found". */
  grants(user: string): readonly (readonly [database: string, privilege: string])[] {
    const state = this.#users.find(binary(user))?.access.state;
    if (state === undefined) throw userNotFound();
    const { databases } = state.series ?? noRights;
    return this.#catalog.databases
      .flatMap(({ id, name }) => {
        const privilege = databases[id];
        return privilege === undefined ? [] : [[name, privilege] as const];
      })
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Making the same user once more is no error; "user already exists" is for another one. */
  create(user: {
    readonly name: string;
    readonly password: string;
    readonly isAdmin: boolean;
  }): Promise<void> {
    const { name, password, isAdmin } = user;
    const hash = passwordHash(binary(password));
    return this.#users.update(binary(name), (before) => {
      if (name === "") throw seriesError("INVALID_ARGUMENT", "username required");
      if (before === undefined) {
        return { ...newUser, isOn: true, passwords: [hash], series: { ...noRights, isAdmin } };
      }
      if (before.series?.isAdmin === isAdmin && before.passwords.includes(hash)) return before;
      throw seriesError("ALREADY_EXISTS", "user already exists");
    });
  }

  async drop(name: string): Promise<void> {
    const state = this.#users.find(binary(name))?.access.state;
    if (state?.series === undefined) throw userNotFound();
    if (isOfSeriesAlone(state)) {
      const count = await this.#users.delete([binary(name)]);
      if (count === 0) throw userNotFound();
      return;
    }
    await this.#change(name, ({ series, ...others }) => {
      if (series === undefined) throw userNotFound();
      return others;
    });
  }

  /** Who has rules of the ACL too gets its password there: it opens more than time series. */
  setPassword(name: string, password: string): Promise<void> {
    return this.#change(name, (before) => {
      if (before.series === undefined) throw userNotFound();
      if (!isOfSeriesAlone(before)) {
        const reason = "user has rules of ACL SETUSER: set its password there";
        throw seriesError("PERMISSION_DENIED", reason);
      }
      return { ...before, noPassword: false, passwords: [passwordHash(binary(password))] };
    });
  }

  /** What was granted on this database before does not count any more, as in 1.x. */
  grant({ user, database, privilege }: Grant): Promise<void> {
    return this.#change(user, (before) => {
      const { id } = this.#catalog.needDatabase(database);
      return withRights(before, ({ isAdmin, databases }) => {
        return { isAdmin, databases: { ...databases, [id]: privilege } };
      });
    });
  }

  /** READ of ALL PRIVILEGES leaves WRITE, and the other way round. */
  revoke({ user, database, privilege }: Grant): Promise<void> {
    return this.#change(user, (before) => {
      const { id } = this.#catalog.needDatabase(database);
      return withRights(before, ({ isAdmin, databases }) => {
        const left = remaining(databases[id] ?? "NO PRIVILEGES", privilege);
        return { isAdmin, databases: { ...databases, [id]: left } };
      });
    });
  }

  setAdmin(user: string, isAdmin: boolean): Promise<void> {
    return this.#change(user, (before) => {
      return withRights(before, ({ databases }) => ({ isAdmin, databases }));
    });
  }

  #change(name: string, change: (before: AccessState) => AccessState): Promise<void> {
    return this.#users.update(binary(name), (before) => {
      if (before === undefined) throw userNotFound();
      return change(before);
    });
  }
}

function withRights(
  state: AccessState,
  change: (before: SeriesRights) => SeriesRights,
): AccessState {
  return { ...state, series: change(state.series ?? noRights) };
}

function remaining(
  before: SeriesPrivilege | "NO PRIVILEGES",
  revoked: SeriesPrivilege,
): SeriesPrivilege | "NO PRIVILEGES" {
  if (revoked === "ALL PRIVILEGES" || before === revoked) return "NO PRIVILEGES";
  if (before === "ALL PRIVILEGES") return revoked === "READ" ? "WRITE" : "READ";
  return before;
}

/** Whether it may do nothing outside of time series. */
function isOfSeriesAlone({ commands }: AccessState): boolean {
  return commands.every((rule) => rule.startsWith("-"));
}

function userNotFound(): Error {
  return seriesError("NOT_FOUND", "user not found");
}

/** Names of users are binary; to users of InfluxQL they are UTF-8. */
function text(name: string): string {
  return Buffer.from(name, "latin1").toString("utf8");
}
