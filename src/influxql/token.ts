/** The words and signs of InfluxQL. */

/** Reserved words: as names they must be quoted. */
// prettier-ignore
const keywordList = [
  "ALL", "ALTER", "ANALYZE", "ANY", "AS", "ASC", "BEGIN", "BY", "CARDINALITY", "CREATE",
  "CONTINUOUS", "DATABASE", "DATABASES", "DEFAULT", "DELETE", "DESC", "DESTINATIONS",
  "DIAGNOSTICS", "DISTINCT", "DROP", "DURATION", "END", "EVERY", "EXACT", "EXPLAIN", "FIELD",
  "FOR", "FROM", "GRANT", "GRANTS", "GROUP", "GROUPS", "IN", "INF", "INSERT", "INTO", "KEY",
  "KEYS", "KILL", "LIMIT", "MEASUREMENT", "MEASUREMENTS", "NAME", "OFFSET", "ON", "ORDER",
  "PASSWORD", "POLICY", "POLICIES", "PRIVILEGES", "QUERIES", "QUERY", "READ", "REPLICATION",
  "RESAMPLE", "RETENTION", "REVOKE", "SELECT", "SERIES", "SET", "SHOW", "SHARD", "SHARDS",
  "SLIMIT", "SOFFSET", "STATS", "SUBSCRIPTION", "SUBSCRIPTIONS", "TAG", "TO", "USER", "USERS",
  "VALUES", "WHERE", "WITH", "WRITE", "AND", "OR", "TRUE", "FALSE",
] as const;

export type Keyword = (typeof keywordList)[number];

const keywords: ReadonlyMap<string, Keyword> = new Map(keywordList.map((word) => [word, word]));

/** Operators and punctuation. */
export type Sign =
  | ("+" | "-" | "*" | "/" | "%" | "&" | "|" | "^" | "(" | ")" | "," | ":" | "::" | ";" | ".")
  | ("=" | "!=" | "=~" | "!~" | "<" | "<=" | ">" | ">=");

/**
 * What a token is: one of these words, or for keywords and signs the text itself. As in 1.x, what
 * cannot be read (BAD…, ILLEGAL) is a token too: the parser says what it expected instead.
 */
export type TokenKind =
  | "EOF"
  | "WS"
  | "COMMENT"
  | "ILLEGAL"
  | "IDENT"
  | "STRING"
  | "NUMBER"
  | "INTEGER"
  | "DURATIONVAL"
  | "BOUNDPARAM"
  | "REGEX"
  | "BADSTRING"
  | "BADESCAPE"
  | "BADREGEX"
  | Keyword
  | Sign;

export interface Token {
  readonly kind: TokenKind;
  /** Value of literals and names; "" for keywords and signs. */
  readonly text: string;
  /** Offset in the text that messages name; past its end by one for an end met twice. */
  readonly at: number;
  /** A name that was in double quotes: never one of the words that are reserved in a place only. */
  readonly isQuoted: boolean;
}

/** The keyword that `word` is, in any letter case; undefined: it is a name. */
export function keywordOf(word: string): Keyword | undefined {
  return keywords.get(word.toUpperCase());
}

/** Kinds that have no text of their own when they are named in a message. */
const nameless: ReadonlySet<TokenKind> = new Set(["COMMENT", "INTEGER", "BOUNDPARAM", "BADREGEX"]);

/** The token as messages name it. */
export function tokenName(token: Token): string {
  if (token.text !== "") return token.text;
  return nameless.has(token.kind) ? "" : token.kind;
}

/** Whether the token is `word`, unquoted: one of the words that are reserved in a place only. */
export function isWord(token: Token, word: string): boolean {
  return token.kind === "IDENT" && !token.isQuoted && token.text.toLowerCase() === word;
}

/** How tightly a binary operator binds; 0: it is none. */
export function precedenceOf(kind: TokenKind): number {
  return precedences.get(kind) ?? 0;
}

const precedences: ReadonlyMap<TokenKind, number> = new Map<TokenKind, number>([
  ["OR", 1],
  ["AND", 2],
  ...(["=", "!=", "=~", "!~", "<", "<=", ">", ">="] as const).map((kind) => [kind, 3] as const),
  ...(["+", "-", "|", "^"] as const).map((kind) => [kind, 4] as const),
  ...(["*", "/", "%", "&"] as const).map((kind) => [kind, 5] as const),
]);

export function isWhitespace(char: string): boolean {
  return char === " " || char === "\t" || char === "\n";
}

export function isDigit(char: string): boolean {
  return char >= "0" && char <= "9" && char.length === 1;
}

export function isLetter(char: string): boolean {
  return ((char >= "a" && char <= "z") || (char >= "A" && char <= "Z")) && char.length === 1;
}

/** Letters, digits and the underscore: what names without quotes are made of. */
export function isNameChar(char: string): boolean {
  return isLetter(char) || isDigit(char) || char === "_";
}
