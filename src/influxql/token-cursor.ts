/**
 * The parser's way through the tokens of a query: reads them one by one, takes up to three back,
 * puts the values of bound parameters in their place and makes the error that names what was found.
 */
import { bindParameters } from "./bind-parameters.ts";
import type { BoundValue, QueryParameters } from "./bind-parameters.ts";
import { ParseError, placeOf } from "./parse-error.ts";
import { Scanner } from "./scanner.ts";
import { tokenName } from "./token.ts";
import type { Token, TokenKind } from "./token.ts";

/** Most tokens that can be taken back in a row. */
const REWIND_MAX = 3;
/** Deepest nesting of parentheses, calls and subqueries: each level costs stack. */
const DEPTH_MAX = 200;

export class TokenCursor {
  readonly #scanner: Scanner;
  readonly #parameters: ReadonlyMap<string, BoundValue>;
  /** The last tokens, newest last; the last #rewound of them are read again. */
  readonly #recent: Token[] = [];
  #rewound = 0;
  #depth = 0;

  constructor(text: string, parameters: QueryParameters = {}) {
    this.#scanner = new Scanner(text);
    this.#parameters = bindParameters(parameters);
  }

  /** The next token, white space and comments too. */
  scan(): Token {
    return this.#bound(this.#take(() => this.#scanner.scan()));
  }

  /** The next token but white space and comments. */
  next(): Token {
    for (;;) {
      const token = this.scan();
      if (token.kind !== "WS" && token.kind !== "COMMENT") return token;
    }
  }

  /** The next token read as a regular expression, unless it was taken back. */
  scanRegex(): Token {
    return this.#bound(this.#take(() => this.#scanner.scanRegex()));
  }

  /** Takes the last token back. */
  back(): void {
    this.#rewound++;
  }

  /** The next token of next(), left where it is; what white space was before it is gone. */
  peek(): Token {
    const token = this.next();
    this.back();
    return token;
  }

  /** The character behind all tokens read so far, those taken back included. */
  peekChar(): string {
    return this.#scanner.peek();
  }

  /** Reads the next token if it is of this kind. */
  accept(kind: TokenKind): boolean {
    const token = this.next();
    if (token.kind === kind) return true;
    this.back();
    return false;
  }

  /** Reads tokens of these kinds, in this order. */
  expect(...kinds: readonly TokenKind[]): void {
    for (const kind of kinds) {
      const token = this.next();
      if (token.kind !== kind) throw this.unexpected(token, kind);
    }
  }

  /** Value of a bound parameter that could not be put in place; what is wrong with it. */
  parameterFault(token: Token): ParseError {
    const name = token.text.slice(1);
    if (name === "") return new ParseError("empty bound parameter");
    const value = this.#parameters.get(name);
    return new ParseError(value === undefined ? `missing parameter: ${name}` : value.text);
  }

  /** found X, expected A, B at line 1, char N. */
  unexpected(found: Token, ...expected: readonly string[]): ParseError {
    const list = expected.join(", ");
    return this.error(`found ${tokenName(found)}, expected ${list}`, found);
  }

  /** A message with the place of a token. */
  error(message: string, at: Token): ParseError {
    return new ParseError(`${message} at ${this.placeOf(at)}`);
  }

  placeOf(token: Token): string {
    return placeOf(this.#scanner.text, token.at);
  }

  /** Runs `parse` one level deeper; refuses what is nested too deep. */
  nested<T>(parse: () => T): T {
    if (this.#depth >= DEPTH_MAX) {
      throw new ParseError(`nested too deeply: at most ${DEPTH_MAX} levels are supported`);
    }
    this.#depth++;
    try {
      return parse();
    } finally {
      this.#depth--;
    }
  }

  #take(scan: () => Token): Token {
    const again = this.#recent[this.#recent.length - this.#rewound];
    if (this.#rewound > 0 && again !== undefined) {
      this.#rewound--;
      return again;
    }
    const token = scan();
    this.#recent.push(token);
    if (this.#recent.length > REWIND_MAX) this.#recent.shift();
    return token;
  }

  #bound(token: Token): Token {
    if (token.kind !== "BOUNDPARAM") return token;
    const value = this.#parameters.get(token.text.slice(1));
    if (value === undefined) return token;
    if (value.kind === "BOUNDPARAM") return token;
    return { ...token, kind: value.kind, text: value.text, isQuoted: true };
  }
}
