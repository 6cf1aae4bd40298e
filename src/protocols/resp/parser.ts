/**
 * Requests out of the bytes that arrive: arrays of bulk strings, or inline commands.
 *
 *   *2\r\n$3\r\nGET\r\n$1\r\na\r\n      an array of bulk strings
 *   GET a\r\n                           inline: words, with "…" and '…' for words with spaces
 *
 * States: between commands (#argumentsLeft < 0), before the header of an argument
 * (#bulkLength < 0), before its bytes. Each survives the end of a chunk, so nothing is read twice
 * but a header line that is cut.
 *
 * Arguments are views of the chunks they arrived in: nothing is copied but what a chunk's end cuts
 * in two. They stay valid for as long as they are kept.
 *
 * Invariant: memory is bounded by limits.queryBytes and at most twice what has arrived, whatever
 * length a header claims.
 */

export interface RequestLimits {
  /** Arguments of a command, its name among them. */
  readonly arguments: number;
  /** Bytes of one argument. */
  readonly bulkBytes: number;
  /** Bytes of an inline command or of a header line. */
  readonly lineBytes: number;
  /** Bytes of a whole command, and of what waits behind one that runs. */
  readonly queryBytes: number;
}

export const requestLimits: RequestLimits = Object.freeze({
  arguments: 1_048_576,
  bulkBytes: 512 * 1024 * 1024,
  lineBytes: 64 * 1024,
  queryBytes: 1024 * 1024 * 1024,
});

/** Bytes that are not a request: the connection ends after telling so. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const ASTERISK = 0x2a;
const MINUS = 0x2d;
const DOLLAR = 0x24;
const ZERO = 0x30;
const NINE = 0x39;

/** A header line that has not fully arrived. */
const incomplete = Number.NEGATIVE_INFINITY;
/** Digits of the longest length that a header may claim. */
const digitsMax = 15;
const nothing = Buffer.alloc(0);

export class RequestParser {
  readonly #limits: RequestLimits;
  #buffer: Buffer = nothing;
  /** Next byte to read, and the end of what has arrived. */
  #at = 0;
  #end = 0;
  /** The buffer is our own and may be appended to behind #end. */
  #owned = false;
  #argumentsLeft = -1;
  #bulkLength = -1;
  #commandBytes = 0;
  #name: Buffer | undefined;
  #args: Buffer[] = [];

  constructor(limits: RequestLimits = requestLimits) {
    this.#limits = limits;
  }

  /** The command's name as it was written, after next() said that there is a command. */
  name: Buffer = nothing;
  /** Its arguments, without the name. A new array for each command. */
  args: readonly Buffer[] = [];

  /** Bytes that arrived and are not part of a command yet. */
  get waitingBytes(): number {
    return this.#end - this.#at;
  }

  /** Takes the next bytes; they must not change any more. Throws ProtocolError if too many wait. */
  push(chunk: Buffer): void {
    const left = this.#end - this.#at;
    if (left === 0) {
      this.#buffer = chunk;
      this.#at = 0;
      this.#end = chunk.length;
      this.#owned = false;
      return;
    }
    const bytes = left + chunk.length;
    if (bytes + this.#commandBytes > this.#limits.queryBytes) {
      throw new ProtocolError(`too big query: more than ${this.#limits.queryBytes} bytes wait`);
    }
    if (!this.#owned || this.#end + chunk.length > this.#buffer.length) this.#move(left, bytes);
    chunk.copy(this.#buffer, this.#end);
    this.#end += chunk.length;
  }

  /** Reads the next command into `name` and `args`; false when more bytes are needed. */
  next(): boolean {
    while (this.#argumentsLeft < 0) {
      if (this.#at === this.#end) return false;
      if (this.#buffer[this.#at] !== ASTERISK) {
        const inline = this.#inline();
        if (inline === "again") continue;
        return inline;
      }
      const count = this.#length("mbulk count string");
      if (count === incomplete) return false;
      if (!(count <= this.#limits.arguments)) throw new ProtocolError("invalid multibulk length");
      // An empty array asks for nothing and is not answered.
      if (count > 0) this.#argumentsLeft = count;
    }
    return this.#arguments();
  }

  #arguments(): boolean {
    while (this.#argumentsLeft > 0) {
      if (this.#bulkLength < 0 && !this.#bulkHeader()) return false;
      const start = this.#at;
      const end = start + this.#bulkLength;
      if (end + 2 > this.#end) return false;
      const bytes = this.#buffer.subarray(start, end);
      if (this.#name === undefined) this.#name = bytes;
      else this.#args.push(bytes);
      this.#commandBytes += this.#bulkLength;
      this.#at = end + 2;
      this.#bulkLength = -1;
      this.#argumentsLeft--;
    }
    this.#argumentsLeft = -1;
    this.#commandBytes = 0;
    this.name = this.#name ?? nothing;
    this.args = this.#args;
    this.#name = undefined;
    this.#args = [];
    return true;
  }

  #bulkHeader(): boolean {
    if (this.#at === this.#end) return false;
    const type = this.#buffer[this.#at] as number;
    if (type !== DOLLAR) {
      throw new ProtocolError(`expected '$', got '${String.fromCharCode(type)}'`);
    }
    const length = this.#length("bulk count string");
    if (length === incomplete) return false;
    if (!(length >= 0 && length <= this.#limits.bulkBytes)) {
      throw new ProtocolError("invalid bulk length");
    }
    if (this.#commandBytes + length > this.#limits.queryBytes) {
      throw new ProtocolError(`too big query: more than ${this.#limits.queryBytes} bytes`);
    }
    this.#bulkLength = length;
    return true;
  }

  /** The number of a header line, NaN if it is none; `incomplete` (and nothing is read) if cut. */
  #length(what: string): number {
    const buffer = this.#buffer;
    const start = this.#at + 1;
    const limit = Math.min(this.#end, start + this.#limits.lineBytes);
    let at = start;
    while (at < limit && buffer[at] !== CR) at++;
    if (at === limit && limit < this.#end) throw new ProtocolError(`too big ${what}`);
    if (at + 1 >= this.#end) return incomplete;
    this.#at = at + 2;
    return integer(buffer, start, at);
  }

  /** An inline command; "again" after an empty line. */
  #inline(): boolean | "again" {
    const limit = Math.min(this.#end, this.#at + this.#limits.lineBytes);
    const found = this.#buffer.subarray(this.#at, limit).indexOf(LF);
    if (found < 0) {
      if (limit < this.#end) throw new ProtocolError("too big inline request");
      return false;
    }
    const end = this.#at + found;
    const lineEnd = found > 0 && this.#buffer[end - 1] === CR ? end - 1 : end;
    const words = splitWords(this.#buffer.subarray(this.#at, lineEnd));
    if (words === undefined) throw new ProtocolError("unbalanced quotes in request");
    this.#at = end + 1;
    const [name, ...args] = words;
    if (name === undefined) return "again";
    this.name = name;
    this.args = args;
    return true;
  }

  /** Makes room for `bytes`, of which `left` are here, in a buffer of our own. */
  #move(left: number, bytes: number): void {
    // Never more than twice what has arrived: a length that is only claimed takes no memory.
    const expected = Math.min(this.#bulkLength + 2, 2 * bytes);
    const capacity = Math.max(bytes, expected, this.#owned ? 2 * bytes : 0);
    const buffer = Buffer.allocUnsafeSlow(capacity);
    this.#buffer.copy(buffer, 0, this.#at, this.#end);
    this.#buffer = buffer;
    this.#at = 0;
    this.#end = left;
    this.#owned = true;
  }
}

/** A decimal integer as the protocol writes it: no plus, no leading zeros; NaN otherwise. */
function integer(buffer: Buffer, start: number, end: number): number {
  const negative = buffer[start] === MINUS;
  const first = negative ? start + 1 : start;
  if (first === end || end - first > digitsMax) return Number.NaN;
  if (buffer[first] === ZERO && (end - first > 1 || negative)) return Number.NaN;
  let value = 0;
  for (let at = first; at < end; at++) {
    const digit = buffer[at] as number;
    if (digit < ZERO || digit > NINE) return Number.NaN;
    value = value * 10 + (digit - ZERO);
  }
  return negative ? -value : value;
}

const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const BACKSLASH = 0x5c;
const escapes: Readonly<Record<string, number>> = { n: LF, r: CR, t: 0x09, b: 0x08, a: 0x07 };

/**
 * Words between blanks. "…" takes \n \r \t \b \a \xHH, and \ before any other; '…' takes \\'.
 * Undefined when a quote is not closed or something follows it without a blank.
 */
export function splitWords(line: Buffer): Buffer[] | undefined {
  const words: Buffer[] = [];
  let at = 0;
  for (;;) {
    while (at < line.length && isBlank(line[at] as number)) at++;
    if (at === line.length) return words;
    const word: number[] = [];
    const end = readWord(line, at, word);
    if (end === undefined) return undefined;
    at = end;
    words.push(Buffer.from(word));
  }
}

/** Reads the word at `at` into `word`; its end, or undefined when it is not well formed. */
function readWord(line: Buffer, from: number, word: number[]): number | undefined {
  let at = from;
  while (at < line.length) {
    const byte = line[at] as number;
    if (isBlank(byte)) return at;
    if (byte === QUOTE || byte === APOSTROPHE) {
      const end = readQuoted(line, at, word);
      if (end === undefined) return undefined;
      // A closing quote ends the word.
      return end === line.length || isBlank(line[end] as number) ? end : undefined;
    }
    word.push(byte);
    at++;
  }
  return at;
}

function readQuoted(line: Buffer, from: number, word: number[]): number | undefined {
  const quote = line[from] as number;
  let at = from + 1;
  while (at < line.length) {
    const byte = line[at] as number;
    if (byte === quote) return at + 1;
    if (byte !== BACKSLASH || at + 1 === line.length) {
      word.push(byte);
      at++;
    } else if (quote === APOSTROPHE) {
      const escaped = line[at + 1] === APOSTROPHE;
      word.push(escaped ? APOSTROPHE : BACKSLASH);
      at += escaped ? 2 : 1;
    } else {
      at = readEscape(line, at + 1, word);
    }
  }
  return undefined;
}

/** Reads what follows a backslash; the place behind it. */
function readEscape(line: Buffer, at: number, word: number[]): number {
  const hex = line.toString("latin1", at, at + 3);
  if (/^x[0-9a-fA-F]{2}$/.test(hex)) {
    word.push(Number.parseInt(hex.slice(1), 16));
    return at + 3;
  }
  const byte = line[at] as number;
  word.push(escapes[String.fromCharCode(byte)] ?? byte);
  return at + 1;
}

/** As C's isspace(); a NUL ends a line there and is a blank here. */
function isBlank(byte: number): boolean {
  return byte === SPACE || (byte >= 0x09 && byte <= CR) || byte === 0;
}
