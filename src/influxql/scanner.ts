/**
 * Cuts the text of a query into tokens, comments and white space included.
 *
 * The places that tokens are said to be at follow 1.x to the letter, because its messages tell
 * them: a string is told at the character before its quote, and the end of the text one further
 * once somebody looked at it before.
 */
import { isDigit, isLetter, isNameChar, isWhitespace, keywordOf } from "./token.ts";
import type { Sign, Token, TokenKind } from "./token.ts";

/** What read() gives at the end. */
const end = "";

/** Signs of two characters, by their first. */
const pairs: ReadonlyMap<string, Readonly<Record<string, Sign>>> = new Map<
  string,
  Readonly<Record<string, Sign>>
>([
  ["=", { "~": "=~" }],
  ["!", { "=": "!=", "~": "!~" }],
  [">", { "=": ">=" }],
  ["<", { "=": "<=", ">": "!=" }],
  [":", { ":": "::" }],
]);

/** Signs of one character that need no look ahead or may stand alone. */
const singles: ReadonlyMap<string, Sign> = new Map(
  (["+", "*", "%", "&", "|", "^", "=", ">", "<", "(", ")", ",", ";", ":"] as const).map(
    (sign) => [sign, sign] as const,
  ),
);

export class Scanner {
  /** Line ends made \n; cut at a NUL, which 1.x takes for the end. */
  readonly text: string;
  #next = 0;
  /** Whether the end was read before: it is told one further from then on. */
  #isEndSeen = false;
  /** Place of the character that was read last. */
  #place = 0;

  constructor(text: string) {
    const lines = text.replaceAll(/\r\n?/g, "\n");
    const nul = lines.indexOf("\0");
    this.text = nul < 0 ? lines : lines.slice(0, nul);
  }

  scan(): Token {
    const start = this.#read();
    const at = this.#place;
    if (isWhitespace(start)) return this.#whitespace(start, at);
    if (isNameChar(start) && !isDigit(start)) return this.#name(start, at);
    if (isDigit(start)) return this.#number(start, at);
    switch (start) {
      case end:
        return token("EOF", "", at);
      case '"':
        return this.#quotedName(at, at);
      case "'":
        return this.#quoted(start, at);
      case ".":
        return isDigit(this.#peek()) ? this.#number(start, at) : token(".", "", at);
      case "$":
        return this.#parameter(at);
      case "-":
        return this.#dash(at);
      case "/":
        return this.#slash(at);
      default:
        return this.#sign(start, at);
    }
  }

  /** Scans from a slash on as a regular expression: what is between slashes, with `\/` undone. */
  scanRegex(): Token {
    const at = Math.max(0, this.#next - 1);
    this.#read();
    let source = "";
    for (;;) {
      const char = this.#read();
      if (char === "/") return token("REGEX", source, at);
      if (char === end || char === "\n") return token("BADREGEX", "", at);
      if (char === "\\" && this.#peek() === "/") source += this.#read();
      else source += char;
    }
  }

  /** The next character, unread; looking at the end counts as having seen it. */
  peek(): string {
    if (this.#next >= this.text.length) this.#read();
    return this.#peek();
  }

  #peek(): string {
    return this.text.charAt(this.#next);
  }

  #read(): string {
    if (this.#next >= this.text.length) {
      this.#place = this.text.length + (this.#isEndSeen ? 1 : 0);
      this.#isEndSeen = true;
      return end;
    }
    this.#place = this.#next;
    const code = this.text.codePointAt(this.#next) ?? 0;
    const char = String.fromCodePoint(code);
    this.#next += char.length;
    return char;
  }

  /** Reads on while `isPart` holds; meeting the end there counts as having seen it. */
  #readWhile(isPart: (char: string) => boolean): string {
    const from = this.#next;
    while (isPart(this.#peek()) && this.#next < this.text.length) this.#next++;
    return this.text.slice(from, this.#next);
  }

  #seeEnd(): void {
    if (this.#next >= this.text.length) this.#read();
  }

  #whitespace(first: string, at: number): Token {
    const rest = this.#readWhile(isWhitespace);
    this.#seeEnd();
    return token("WS", first + rest, at);
  }

  #name(first: string, at: number): Token {
    const word = first + this.#readWhile(isNameChar);
    // A quote inside a word: what is quoted counts alone, as in 1.x.
    if (this.#peek() === '"') {
      this.#read();
      return this.#quotedName(at, this.#place);
    }
    this.#seeEnd();
    const keyword = keywordOf(word);
    return keyword === undefined ? token("IDENT", word, at) : token(keyword, "", at);
  }

  #quotedName(at: number, quoteAt: number): Token {
    const quoted = this.#quoted('"', quoteAt);
    if (quoted.kind !== "STRING") return quoted;
    return { kind: "IDENT", text: quoted.text, at, isQuoted: true };
  }

  /** Reads what follows an opening quote. */
  #quoted(quote: string, quoteAt: number): Token {
    const at = Math.max(0, quoteAt - 1);
    let value = "";
    for (;;) {
      const char = this.#read();
      if (char === quote) return token("STRING", value, at);
      if (char === end || char === "\n") return token("BADSTRING", value, at);
      if (char !== "\\") {
        value += char;
        continue;
      }
      const escaped = this.#read();
      if (escaped === "n") value += "\n";
      else if (escaped !== end && "\\\"'".includes(escaped)) value += escaped;
      else return token("BADESCAPE", `\\${escaped}`, this.#place);
    }
  }

  #parameter(at: number): Token {
    const next = this.#peek();
    if (next === '"') {
      this.#read();
      const quoted = this.#quotedName(at, this.#place);
      const kind = quoted.kind === "IDENT" ? "BOUNDPARAM" : quoted.kind;
      return token(kind, `$${quoted.text}`, at);
    }
    const name = this.#readWhile(isNameChar);
    this.#seeEnd();
    return token("BOUNDPARAM", `$${name}`, at);
  }

  /** A number, or a span of time when letters follow the digits. */
  #number(first: string, at: number): Token {
    let digits = first === "." ? "" : first + this.#readWhile(isDigit);
    if (first === "." || this.#peek() === ".") {
      if (first !== ".") this.#read();
      const fraction = this.#readWhile(isDigit);
      if (fraction !== "") digits += `.${fraction}`;
      return token("NUMBER", digits, at);
    }
    const next = this.#peek();
    if (!isLetter(next) && next !== "µ") return token("INTEGER", digits, at);
    const rest = this.#readWhile((char) => isLetter(char) || isDigit(char) || char === "µ");
    return token("DURATIONVAL", digits + rest, at);
  }

  #dash(at: number): Token {
    if (this.#peek() !== "-") return token("-", "", at);
    const lineEnd = this.text.indexOf("\n", this.#next);
    this.#next = lineEnd < 0 ? this.text.length : lineEnd + 1;
    if (lineEnd < 0) this.#seeEnd();
    return token("COMMENT", "", at);
  }

  #slash(at: number): Token {
    if (this.#peek() !== "*") return token("/", "", at);
    const close = this.text.indexOf("*/", this.#next + 1);
    this.#next = close < 0 ? this.text.length : close + 2;
    if (close >= 0) return token("COMMENT", "", at);
    this.#seeEnd();
    return token("ILLEGAL", "", at);
  }

  #sign(start: string, at: number): Token {
    const pair = pairs.get(start)?.[this.#peek()];
    if (pair !== undefined) {
      this.#read();
      return token(pair, "", at);
    }
    const single = singles.get(start);
    return single === undefined ? token("ILLEGAL", start, at) : token(single, "", at);
  }
}

function token(kind: TokenKind, text: string, at: number): Token {
  return { kind, text, at, isQuoted: false };
}
