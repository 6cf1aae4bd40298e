/**
 * The one place where it is decided who asks for something with time series and whether they may,
 * in the words of InfluxDB 1.x.
 *
 *   asked for nobody's name   the default user needs no password and may do everything, and
 *                             `requireCredentials` was not called: all requests are the default
 *                             user's, whatever credentials they bring, as with 1.x without auth
 *   no administrator yet      credentials are required, but nobody could have any: all that may be
 *                             done is to create the first administrator
 *   otherwise                 a user's password or an API key decides
 *
 * What is refused goes to the log of denials (Users.denials).
 */
import { CronosError } from "../../base/errors.ts";
import type { Statement } from "../../influxql/ast.ts";
import { printStatement } from "../../influxql/print-statement.ts";
import type { SeriesDatabase } from "../../models/series/catalog.ts";
import { measurementsOfLines } from "../../models/series/line-measurements.ts";
import type { Clock } from "../../ports/clock.ts";
import type { SeriesCredentials } from "./series-credentials.ts";
import type { SeriesKeys } from "./series-keys.ts";
import type { SeriesPrincipal } from "./series-principal.ts";
import { keyPrincipal, userPrincipal } from "./series-principal.ts";
import { measurementsRead, requirementsOf } from "./series-privileges.ts";
import type { Account, Users } from "./users.ts";

/** "nobody": there is no administrator yet. */
export type SeriesCaller = SeriesPrincipal | "nobody";

export interface SeriesAccessOptions {
  readonly users: Users;
  readonly keys: Pick<SeriesKeys, "find">;
  readonly catalog: { database(name: string): SeriesDatabase | undefined };
  readonly clock: Pick<Clock, "now">;
}

export class SeriesAccess {
  readonly #options: SeriesAccessOptions;
  #isRequired = false;

  constructor(options: SeriesAccessOptions) {
    this.#options = options;
  }

  /** From now on everybody has to say who they are, even if the default user has no password. */
  requireCredentials(): void {
    this.#isRequired = true;
  }

  /** Who asks. Throws UNAUTHENTICATED. `client`: what is known of who sends it, for the log. */
  authenticate(credentials: SeriesCredentials, client: string): SeriesCaller {
    const { users, keys } = this.#options;
    const { isUnrestricted, state } = users.default.access;
    const isOpen = !this.#isRequired && state.isOn && state.noPassword;
    if (isOpen && (isUnrestricted || credentials.kind === "none")) {
      return userPrincipal(users.default);
    }
    if (!isOpen && !users.some(isAdministrator)) return "nobody";
    const refuse = (text: string): never => {
      this.#log({ reason: "auth", object: "series", user: nameIn(credentials), client });
      throw new CronosError("UNAUTHENTICATED", text);
    };
    switch (credentials.kind) {
      case "none":
        return refuse("unable to parse authentication credentials");
      case "key": {
        const key = keys.find(credentials.key);
        return key === undefined ? refuse("authorization failed") : keyPrincipal(key);
      }
      case "password": {
        const { name, password } = credentials;
        if (name === "") return refuse("username required");
        const account = users.authenticate(name, password);
        const isAnyone = account?.access.state.noPassword === true;
        if (account === undefined || (this.#isRequired && isAnyone)) {
          return refuse("authorization failed");
        }
        return userPrincipal(account);
      }
    }
  }

  /** Throws PERMISSION_DENIED unless all statements may run. `database`: of the request. */
  authorizeQuery(
    caller: SeriesCaller,
    statements: readonly Statement[],
    { database, client }: { readonly database: string; readonly client: string },
  ): void {
    if (caller === "nobody") {
      const [first, second] = statements;
      const makesFirst = first?.kind === "create user" && first.isAdmin && second === undefined;
      if (makesFirst) return;
      const text = "create admin user first or disable authentication";
      throw new CronosError("PERMISSION_DENIED", `error authorizing query: ${text}`);
    }
    if (caller.isAdmin) return;
    for (const statement of statements) {
      const missing = this.#missing(caller, statement, database);
      if (missing === undefined) continue;
      this.#log({ reason: "command", object: statement.kind, user: caller.label, client });
      const text = `statement '${printStatement(statement)}', requires ${missing}`;
      throw new CronosError(
        "PERMISSION_DENIED",
        `error authorizing query: ${caller.label} not authorized to execute ${text}`,
      );
    }
  }

  /** Throws PERMISSION_DENIED. A database that there is not is the writer's to refuse. */
  authorizeWrite(
    caller: SeriesCaller,
    { database: name, lines, client }: {
      readonly database: string;
      /** Line protocol; read for callers that may not write to all measurements. */
      readonly lines: Uint8Array;
      readonly client: string;
    },
  ): void {
    const database = this.#options.catalog.database(name);
    if (database === undefined) return;
    const shown = JSON.stringify(name);
    if (caller === "nobody") {
      const text = `user is required to write to database ${shown}`;
      throw new CronosError("PERMISSION_DENIED", text);
    }
    const refuse = (what: string): never => {
      this.#log({ reason: "command", object: "write", user: caller.label, client });
      const text = `${caller.writerLabel} is not authorized to write to ${what}`;
      throw new CronosError("PERMISSION_DENIED", text);
    };
    if (!caller.may("WRITE", database)) refuse(`database ${shown}`);
    if (caller.pattern === undefined) return;
    for (const measurement of measurementsOfLines(lines)) {
      if (!caller.pattern.matches(measurement)) {
        refuse(`measurement ${JSON.stringify(measurement)} of database ${shown}`);
      }
    }
  }

  /** Whether the caller may know of a database: may read it or write to it. */
  sees(caller: SeriesCaller, name: string): boolean {
    const database = this.#options.catalog.database(name);
    if (caller === "nobody" || database === undefined) return false;
    return caller.may("READ", database) || caller.may("WRITE", database);
  }

  /** What the caller would need and does not have. */
  #missing(caller: SeriesPrincipal, statement: Statement, given: string): string | undefined {
    for (const requirement of requirementsOf(statement)) {
      if (requirement === "admin") return "admin privilege";
      const name = requirement.database === "" ? given : requirement.database;
      const database = this.#options.catalog.database(name);
      if (database === undefined || !caller.may(requirement.privilege, database)) {
        return `${requirement.privilege} on ${name}`;
      }
    }
    const { pattern } = caller;
    if (pattern === undefined) return undefined;
    const isWithin = measurementsRead(statement)?.every(({ name, regex }) => {
      return regex === undefined && pattern.matches(name);
    });
    return isWithin === true ? undefined : `measurements by name that match /${pattern.source}/`;
  }

  #log(entry: {
    readonly reason: "auth" | "command";
    readonly object: string;
    readonly user: string;
    readonly client: string;
  }): void {
    const { users, clock } = this.#options;
    users.denials.add({ ...entry, context: "toplevel", at: clock.now() });
  }
}

/** Somebody with a password who may do everything with time series. */
function isAdministrator({ access }: Account): boolean {
  const { isOn, noPassword, series } = access.state;
  return isOn && !noPassword && (access.isUnrestricted || series?.isAdmin === true);
}

function nameIn(credentials: SeriesCredentials): string {
  return credentials.kind === "password" ? credentials.name : "";
}
