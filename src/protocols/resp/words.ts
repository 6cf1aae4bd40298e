/**
 * Reads the arguments of a command one after another.
 */
import { notAnInteger, ReplyError, syntaxError } from "./reply-error.ts";

export class Words {
  readonly #args: readonly Buffer[];
  #at = 0;

  constructor(args: readonly Buffer[]) {
    this.#args = args;
  }

  /** How many are left. */
  get left(): number {
    return this.#args.length - this.#at;
  }

  bytes(): Buffer {
    const arg = this.#args[this.#at++];
    if (arg === undefined) throw syntaxError();
    return arg;
  }

  text(): string {
    return this.bytes().toString("utf8");
  }

  /** An integer that a double holds exactly. */
  integer(): number {
    const word = this.bytes().toString("latin1");
    const value = Number(word);
    if (!/^-?\d{1,16}$/.test(word) || !Number.isSafeInteger(value)) throw notAnInteger();
    return value;
  }

  /** Takes the next word if it is this one, in any case. */
  isWord(word: string): boolean {
    const arg = this.#args[this.#at];
    if (arg === undefined || arg.length !== word.length) return false;
    if (arg.toString("latin1").toUpperCase() !== word) return false;
    this.#at++;
    return true;
  }

  /** Reads NAME value pairs to the end; each name at most once. */
  options(names: readonly string[]): Options {
    const found = new Map<string, Words>();
    while (this.left > 0) {
      const name = this.bytes().toString("latin1").toUpperCase();
      if (!names.includes(name) || found.has(name) || this.left === 0) throw syntaxError();
      found.set(name, new Words([this.bytes()]));
    }
    return new Options(found);
  }
}

/** Options that were given, by name. */
export class Options {
  readonly #found: ReadonlyMap<string, Words>;

  constructor(found: ReadonlyMap<string, Words>) {
    this.#found = found;
  }

  text(name: string): string | undefined {
    return this.#found.get(name)?.text();
  }

  /** An integer of 0 or more. */
  integer(name: string): number | undefined {
    const value = this.#found.get(name)?.integer();
    if (value !== undefined && value < 0) {
      throw new ReplyError(`ERR ${name} must be an integer of 0 or more`);
    }
    return value;
  }
}
