/**
 * Users as time series know them: CREATE USER, GRANT and so on of InfluxQL. They are accounts of
 * users.ts with a part of their own, `series`: whether they may do everything with time series, and
 * what on which database. Over RESP such a user may do nothing until ACL rules allow it.
 *
 * Names and passwords are text here and binary in accounts. Errors have the words of 1.x.
 */
import { CronosError } from "../../base/errors.ts";
import type { AccessState, SeriesGrant, SeriesRights } from "./access.ts";
import { newUser } from "./access.ts";
import { passwordHash } from "./rules.ts";
import type { Account, Users } from "./users.ts";

/** Bits of what is granted on a database. */
export const seriesPrivilege = { none: 0, read: 1, write: 2, all: 3 } as const;

export interface SeriesUser {
  readonly name: string;
  readonly isAdmin: boolean;
}

export class SeriesUsers {
  readonly #users: Users;

  constructor(users: Users) {
    this.#users = users;
  }

  /** Ordered by name. */
  list(): readonly SeriesUser[] {
    return this.#users.all.flatMap(({ name, access }) => {
      const { series } = access.state;
      return series === undefined ? [] : [{ name: textOf(name), isAdmin: series.isAdmin }];
    });
  }

  /** In the order they were granted. Throws "user not found". */
  grantsOf(name: string): readonly SeriesGrant[] {
    return this.#need(name).grants;
  }

  /** Makes a user; the same one again changes nothing. Rejects with "user already exists". */
  async create(name: string, password: string, isAdmin: boolean): Promise<void> {
    if (name === "") throw new CronosError("INVALID_ARGUMENT", "username required");
    const hash = passwordHash(binaryOf(password));
    const state = this.#users.find(binaryOf(name))?.access.state;
    if (state === undefined) {
      const series = { isAdmin, grants: [] };
      await this.#users.replace(binaryOf(name), () => {
        return { ...newUser, isOn: true, passwords: [hash], series };
      });
    } else if (state.series?.isAdmin !== isAdmin || !state.passwords.includes(hash)) {
      throw new CronosError("ALREADY_EXISTS", "user already exists");
    }
  }

  async drop(name: string): Promise<void> {
    this.#need(name);
    await this.#users.delete([binaryOf(name)]);
  }

  async setPassword(name: string, password: string): Promise<void> {
    const passwords = [passwordHash(binaryOf(password))];
    await this.#change(name, (state) => ({ ...state, passwords }));
  }

  async setAdmin(name: string, isAdmin: boolean): Promise<void> {
    await this.#changeRights(name, (series) => ({ ...series, isAdmin }));
  }

  /** What is granted on a database from now on, instead of what was. */
  async setPrivilege(name: string, database: string, privilege: number): Promise<void> {
    await this.#changeRights(name, ({ isAdmin, grants }) => {
      const isKnown = grants.some((grant) => grant.database === database);
      const changed = grants.map((grant) => {
        return grant.database === database ? { database, privilege } : grant;
      });
      return { isAdmin, grants: isKnown ? changed : [...grants, { database, privilege }] };
    });
  }

  /** Bits of what is granted on a database. Throws "user not found". */
  privilegeOf(name: string, database: string): number {
    const grant = this.#need(name).grants.find((each) => each.database === database);
    return grant?.privilege ?? seriesPrivilege.none;
  }

  /** Takes back what was granted on a database that was dropped. */
  async forgetDatabase(database: string): Promise<void> {
    for (const { name } of this.list()) {
      if (!this.grantsOf(name).some((grant) => grant.database === database)) continue;
      await this.#changeRights(name, ({ isAdmin, grants }) => {
        return { isAdmin, grants: grants.filter((grant) => grant.database !== database) };
      });
    }
  }

  #need(name: string): SeriesRights {
    const series = this.#users.find(binaryOf(name))?.access.state.series;
    if (series === undefined) throw userNotFound();
    return series;
  }

  async #changeRights(name: string, change: (before: SeriesRights) => SeriesRights): Promise<void> {
    await this.#change(name, (state) => {
      return { ...state, series: change(state.series ?? { isAdmin: false, grants: [] }) };
    });
  }

  async #change(name: string, change: (before: AccessState) => AccessState): Promise<void> {
    this.#need(name);
    await this.#users.replace(binaryOf(name), (before) => {
      if (before === undefined) throw userNotFound();
      return change(before);
    });
  }
}

/** Whether an account may do everything with time series. */
export function isSeriesAdmin({ access }: Account): boolean {
  return access.isUnrestricted || access.state.series?.isAdmin === true;
}

/** Whether an account has been granted this on a database. */
export function hasPrivilege(account: Account, database: string, privilege: number): boolean {
  if (isSeriesAdmin(account)) return true;
  const grants = account.access.state.series?.grants ?? [];
  return grants.some((each) => each.database === database && (each.privilege & privilege) !== 0);
}

function userNotFound(): CronosError {
  return new CronosError("NOT_FOUND", "user not found");
}

function binaryOf(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

function textOf(binary: string): string {
  return Buffer.from(binary, "latin1").toString("utf8");
}
