/**
 * The syntax tree of InfluxQL: what the parser makes, the printer prints and the executor runs.
 * Plain readonly objects told apart by `kind`; a parsed tree shares nothing and is never changed.
 *
 * Beyond 1.x: joins, merge(), aliases of sources, IN, BETWEEN, NOT, HAVING, ORDER BY a column,
 * calendar durations in time().
 */

/** Types that a reference can be cast to. */
export type CastType =
  | "float"
  | "integer"
  | "unsigned"
  | "string"
  | "boolean"
  | "field"
  | "anyField"
  | "tag"
  | "time";

/** A whole number in the int64 range. */
export interface IntegerLiteral {
  readonly kind: "integer";
  readonly value: bigint;
}

/** A whole number above the int64 range and within uint64. */
export interface UnsignedLiteral {
  readonly kind: "unsigned";
  readonly value: bigint;
}

export interface NumberLiteral {
  readonly kind: "number";
  readonly value: number;
}

export interface StringLiteral {
  readonly kind: "string";
  readonly value: string;
}

export interface BooleanLiteral {
  readonly kind: "boolean";
  readonly value: boolean;
}

/** A span of time. `months` is not 0 for calendar durations only, which stand in time() only. */
export interface DurationLiteral {
  readonly kind: "duration";
  readonly ns: bigint;
  readonly months: number;
}

/** An instant, ns since 1970: made when conditions are reduced, never by the parser itself. */
export interface TimeLiteral {
  readonly kind: "time";
  readonly ns: bigint;
}

/** A regular expression; `source` is what stands between the slashes, `\/` already undone. */
export interface RegexLiteral {
  readonly kind: "regex";
  readonly source: string;
}

/** Names between parentheses: the keys of SHOW TAG VALUES … WITH KEY IN (a, b). */
export interface ListLiteral {
  readonly kind: "list";
  readonly values: readonly string[];
}

export type Literal =
  | IntegerLiteral
  | UnsignedLiteral
  | NumberLiteral
  | StringLiteral
  | BooleanLiteral
  | DurationLiteral
  | TimeLiteral
  | RegexLiteral
  | ListLiteral;

/** A field, tag or `time` by name. In a join `name` may be `alias.column`. */
export interface Reference {
  readonly kind: "reference";
  readonly name: string;
  readonly cast: CastType | undefined;
}

/** A function call; `name` in lower case. now() is one too. */
export interface Call {
  readonly kind: "call";
  readonly name: string;
  readonly args: readonly Expression[];
}

/** DISTINCT field, without parentheses. */
export interface Distinct {
  readonly kind: "distinct";
  readonly name: string;
}

export interface Wildcard {
  readonly kind: "wildcard";
  readonly type: "field" | "tag" | undefined;
}

export type BinaryOperator =
  | "+"
  | "-"
  | "*"
  | "/"
  | "%"
  | "&"
  | "|"
  | "^"
  | "AND"
  | "OR"
  | "="
  | "!="
  | "=~"
  | "!~"
  | "<"
  | "<="
  | ">"
  | ">=";

export interface Binary {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
}

/** An expression in parentheses. */
export interface Parens {
  readonly kind: "parens";
  readonly inner: Expression;
}

/** NOT condition. */
export interface Not {
  readonly kind: "not";
  readonly inner: Expression;
}

/** operand [NOT] IN (literal, …). */
export interface In {
  readonly kind: "in";
  readonly operand: Expression;
  readonly items: readonly Expression[];
  readonly isNegated: boolean;
}

/** operand [NOT] BETWEEN low AND high, both ends included. */
export interface Between {
  readonly kind: "between";
  readonly operand: Expression;
  readonly low: Expression;
  readonly high: Expression;
  readonly isNegated: boolean;
}

/** A negative number is a literal; -x is (-1 * x): there is no unary minus in the tree. */
export type Expression =
  | Literal
  | Reference
  | Call
  | Distinct
  | Wildcard
  | Binary
  | Parens
  | Not
  | In
  | Between;

/** db.rp.name; a part left out is "". Exactly one of name and regex is there. */
export interface Measurement {
  readonly kind: "measurement";
  readonly database: string;
  readonly policy: string;
  readonly name: string;
  readonly regex: RegexLiteral | undefined;
  /** AS x; "" if there is none. */
  readonly alias: string;
}

export interface Subquery {
  readonly kind: "subquery";
  readonly statement: SelectStatement;
  readonly alias: string;
}

/**
 * "pair" is the rule of 0.8: streams read in time order, one row out when each has delivered.
 * The others match rows of equal tags `on` and equal time; asof takes the right's last row that
 * is not after the left's (and not more than `tolerance` before it).
 */
export type JoinType = "pair" | "inner" | "left" | "full" | "asof";

/**
 * Two or more sources side by side; columns are `alias.column` (the name of the measurement
 * stands in when there is no alias). a JOIN b JOIN c nests to the left, except that join(a, b, c)
 * and chains of the pair rule are one node.
 */
export interface Join {
  readonly kind: "join";
  readonly type: JoinType;
  readonly sources: readonly Source[];
  /** Tags that must be equal; empty: none named (pair), or all common tags by GROUP BY. */
  readonly on: readonly string[];
  readonly toleranceNs: bigint | undefined;
}

/** merge(a, b) or merge(/re/): one stream named "merged", extra column _orig_series. */
export interface Merge {
  readonly kind: "merge";
  readonly sources: readonly Source[];
}

export type Source = Measurement | Subquery | Join | Merge;

/** A selected column. */
export interface Field {
  readonly expression: Expression;
  /** AS x; "" if there is none. */
  readonly alias: string;
}

/** ORDER BY column; "time" is the default. */
export interface SortField {
  readonly name: string;
  readonly isAscending: boolean;
}

export type Fill =
  | { readonly mode: "null" | "none" | "previous" | "linear" }
  | { readonly mode: "number"; readonly value: number | bigint };

/** Where INTO writes. `isSameName`: INTO db.rp.:MEASUREMENT, `name` is "" then. */
export interface Target {
  readonly database: string;
  readonly policy: string;
  readonly name: string;
  readonly isSameName: boolean;
}

export interface SelectStatement {
  readonly kind: "select";
  readonly fields: readonly Field[];
  readonly into: Target | undefined;
  readonly sources: readonly Source[];
  readonly condition: Expression | undefined;
  /** GROUP BY: references, wildcards, regexes and one call of time(). */
  readonly dimensions: readonly Expression[];
  readonly having: Expression | undefined;
  /** undefined: not said, which is null fill. */
  readonly fill: Fill | undefined;
  /** Empty: not said, which is ascending by time. */
  readonly orderBy: readonly SortField[];
  /** 0: not said, for all four. */
  readonly limit: number;
  readonly offset: number;
  readonly slimit: number;
  readonly soffset: number;
  /** tz('Zone'), a known zone; undefined: UTC. */
  readonly timeZone: string | undefined;
}

/** The parts that many SHOW statements have in common. */
export interface ShowParts {
  /** ON db; "" if there is none. */
  readonly database: string;
  readonly sources: readonly Measurement[];
  readonly condition: Expression | undefined;
  readonly orderBy: readonly SortField[];
  readonly limit: number;
  readonly offset: number;
}

/** WITH KEY = k, != k, =~ /r/, !~ /r/, IN (a, b). */
export interface TagKeyFilter {
  readonly operator: "=" | "!=" | "=~" | "!~" | "IN";
  readonly key: StringLiteral | RegexLiteral | ListLiteral;
}

export interface PolicyParts {
  /** ns; 0: infinite. undefined: not said. */
  readonly durationNs: bigint | undefined;
  readonly replication: number | undefined;
  readonly shardDurationNs: bigint | undefined;
}

export type Privilege = "READ" | "WRITE" | "ALL PRIVILEGES";

interface Plain<K extends string> {
  readonly kind: K;
}

export type ShowStatement =
  | Plain<"show databases">
  | (Plain<"show retention policies"> & { readonly database: string })
  | (Plain<"show measurements"> &
      ShowParts & {
        /** WITH MEASUREMENT = name or =~ /regex/. */
        readonly filter: Measurement | undefined;
      })
  | (Plain<"show series"> & ShowParts)
  | (Plain<"show tag keys"> &
      ShowParts & {
        readonly slimit: number;
        readonly soffset: number;
        readonly filter: TagKeyFilter | undefined;
      })
  | (Plain<"show tag values"> & ShowParts & { readonly filter: TagKeyFilter })
  | (Plain<"show field keys"> & ShowParts)
  | (Plain<"show cardinality"> &
      ShowParts & {
        readonly of: "series" | "measurement" | "tag key" | "tag values" | "field key";
        readonly isExact: boolean;
        readonly dimensions: readonly Expression[];
        /** Of tag values only. */
        readonly filter: TagKeyFilter | undefined;
      })
  | Plain<"show continuous queries">
  | Plain<"show subscriptions">
  | Plain<"show users">
  | (Plain<"show grants"> & { readonly user: string })
  | Plain<"show queries">
  | Plain<"show shards">
  | Plain<"show shard groups">
  | (Plain<"show stats"> & { readonly module: string })
  | (Plain<"show diagnostics"> & { readonly module: string })
  | (Plain<"show api keys"> & { readonly database: string })
  | (Plain<"show bindings"> & { readonly database: string });

export type CreateStatement =
  | (Plain<"create database"> & {
      readonly name: string;
      /** WITH …; undefined without. */
      readonly policy: (PolicyParts & { readonly name: string }) | undefined;
    })
  | (Plain<"create retention policy"> & {
      readonly name: string;
      readonly database: string;
      readonly durationNs: bigint;
      readonly replication: number;
      /** 0: by the policy's duration. */
      readonly shardDurationNs: bigint;
      readonly isDefault: boolean;
    })
  | CreateContinuousQuery
  | (Plain<"create subscription"> & {
      readonly name: string;
      readonly database: string;
      readonly policy: string;
      readonly mode: "ALL" | "ANY";
      readonly destinations: readonly string[];
      /** WHERE: which points are sent; undefined: all. */
      readonly condition: Expression | undefined;
    })
  | (Plain<"create user"> & {
      readonly name: string;
      readonly password: string;
      readonly isAdmin: boolean;
    })
  | (Plain<"create api key"> & {
      readonly name: string;
      readonly database: string;
      readonly access: "READ" | "WRITE";
      /** FOR /regex/: measurements the key is good for; undefined: all. */
      readonly pattern: RegexLiteral | undefined;
    })
  | (Plain<"create binding"> & {
      readonly name: string;
      readonly database: string;
      readonly topic: string;
      /** INTO [rp.]measurement. */
      readonly into: Target;
      /** TAGS a, b and FIELDS c, d: which members of the event; empty: every one that fits. */
      readonly tags: readonly string[];
      readonly fields: readonly string[];
    });

export interface CreateContinuousQuery {
  readonly kind: "create continuous query";
  readonly name: string;
  readonly database: string;
  readonly resampleEveryNs: bigint;
  readonly resampleForNs: bigint;
  /**
   * BACKFILL: compute what is past already, all of it ("all") or the last so many ns; undefined:
   * only what comes.
   */
  readonly backfill: bigint | "all" | undefined;
  readonly select: SelectStatement;
}

export type AlterStatement =
  | (Plain<"alter retention policy"> &
      PolicyParts & {
        readonly name: string;
        readonly database: string;
        readonly isDefault: boolean;
      })
  | (Plain<"alter database"> & { readonly name: string; readonly newName: string })
  | (Plain<"alter measurement"> & {
      readonly database: string;
      readonly name: string;
      readonly change: MeasurementChange;
    });

/** Unit and description: undefined when not said, "" takes it away. */
export type MeasurementChange =
  | { readonly kind: "rename"; readonly to: string }
  | { readonly kind: "rename tag" | "rename field"; readonly from: string; readonly to: string }
  | {
      readonly kind: "describe";
      /** "" for the measurement itself. */
      readonly field: string;
      readonly unit: string | undefined;
      readonly description: string | undefined;
    };

export type DropStatement =
  | (Plain<"drop database"> & { readonly name: string })
  | (Plain<"drop retention policy"> & { readonly name: string; readonly database: string })
  | (Plain<"drop continuous query"> & { readonly name: string; readonly database: string })
  | (Plain<"drop subscription"> & {
      readonly name: string;
      readonly database: string;
      readonly policy: string;
    })
  | (Plain<"drop user"> & { readonly name: string })
  | (Plain<"drop measurement"> & { readonly name: string })
  | (Plain<"drop shard"> & { readonly id: bigint })
  | (Plain<"drop api key"> & { readonly name: string; readonly database: string })
  | (Plain<"drop binding"> & { readonly name: string; readonly database: string })
  | (Plain<"drop series"> & {
      readonly sources: readonly Measurement[];
      readonly condition: Expression | undefined;
    });

export type Statement =
  | SelectStatement
  | ShowStatement
  | CreateStatement
  | AlterStatement
  | DropStatement
  | (Plain<"delete"> & {
      readonly sources: readonly Measurement[];
      readonly condition: Expression | undefined;
    })
  | (Plain<"explain"> & { readonly select: SelectStatement; readonly isAnalyze: boolean })
  | (Plain<"grant"> & {
      readonly privilege: Privilege;
      readonly database: string;
      readonly user: string;
    })
  | (Plain<"grant admin"> & { readonly user: string })
  | (Plain<"revoke"> & {
      readonly privilege: Privilege;
      readonly database: string;
      readonly user: string;
    })
  | (Plain<"revoke admin"> & { readonly user: string })
  | (Plain<"set password"> & { readonly user: string; readonly password: string })
  | (Plain<"kill query"> & { readonly id: bigint; readonly host: string })
  | (Plain<"run continuous query"> & {
      readonly name: string;
      readonly database: string;
      /** FROM t TO t: the range to compute; undefined: the last complete group. */
      readonly condition: Expression | undefined;
    });

export type StatementKind = Statement["kind"];
export type StatementOf<K extends StatementKind> = Extract<Statement, { readonly kind: K }>;
