/**
 * Random commands of Redis over strings, hashes, bits, keys and transactions: all options, wrong
 * arguments, wrong numbers of them, odd integers and floats, bytes that are no text.
 */
import type { SeededRandom } from "../../src/ports/seeded-random.ts";

type Make = (from: RandomWords) => readonly string[];

const integers = [
  "0", "1", "-1", "2", "3", "7", "8", "10", "-10", "64", "100", "-0", "+1", "01", " 1", "1 ", "",
  "9223372036854775807", "-9223372036854775808", "9223372036854775808", "-9223372036854775809",
  "9223372036854775806", "4294967295", "4294967296", "2147483647", "-2147483649", "0x10", "1e3",
];
/** None of them is soon, or so late that we would keep an earlier time. */
const oddTimes = integers.filter((text) => !/^ ?\+?0?\d{1,3} ?$|^922/.test(text));
const floats = [
  "1.5", "-0.1", "0.1", "3.0", "1e3", "1E-3", "-1.e2", ".5", "5.", "inf", "-inf", "nan", "+1.5",
  "1e400", "1e-400", "0x1p3", "1.0e", "--1", "1,5", "12345678901234567890", "3.14159265358979",
  "17179869184.5", "1e17", "1e20", "123456.789", "-0.0", "0.30000000000000004", "1 ", " 1",
];
const texts = [
  "", "a", "b", "hello", "Hello World", "\x00", "\xff\xfe", "a\r\nb", "0", "\x7f\x80", "ohmytext",
  "mynewtext", "x".repeat(44), "y".repeat(45), "z".repeat(64), "w".repeat(65), "\x00\xff\x0f\xf0",
];
const junk = ["", "junk", "NX", "XX", "EX", "-1", "0", "*", "GET", "LIMIT", "1.5"];
const fields = ["f", "g", "h", "", "f\x00", "1", "long".repeat(20)];
const types = ["i8", "u8", "i16", "u63", "i64", "u64", "i1", "u1", "i0", "x8", "u", "i5", "u4"];

/** Draws words of one kind. */
export class RandomWords {
  readonly #random: SeededRandom;
  #times = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  below(count: number): number {
    return this.#random.below(count);
  }

  of<T>(choices: readonly [T, ...T[]] | readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  /** `make` that often, up to `max` times and at least `min` times. */
  times(min: number, max: number, make: () => readonly string[]): string[] {
    const count = min + this.below(max - min + 1);
    return Array.from({ length: count }, make).flat();
  }

  key = (): string => (this.below(12) === 0 ? this.of(["", "k\xff", "k e"]) : `k${this.below(6)}`);
  keys = (max: number): string[] => this.times(1, max, () => [this.key()]);
  field = (): string => this.of(fields);
  integer = (): string => {
    return this.below(3) > 0 ? String(this.below(40) - 10) : this.of(integers);
  };
  /** How many to draw: never billions, which redis-server would gather in gigabytes. */
  count = (): string => {
    const count = this.integer();
    return count === "-2147483649" ? "-50" : count;
  };
  float = (): string => this.of(this.below(2) === 0 ? floats : integers);
  value = (): string => this.of([this.of(texts), this.integer(), this.float()]);
  /** An offset: none that would make a string of many megabytes. */
  place = (): string => this.of([String(this.below(200)), "4294967296", "-1", "x", ""]);
  /** Some of the words, each or none. */
  some = (...words: readonly (readonly string[])[]): string[] => {
    return words.filter(() => this.below(3) === 0).flat();
  };
  /** A time that has passed long ago or comes long after the test. */
  /** Times after now or 1970; the same one twice would be compared by the millisecond. */
  seconds = (): string => this.of([this.#later(1_000), "4102444800", "0", "-5", this.of(oddTimes)]);
  ms = (): string => this.of([this.#later(1_000_000), "4102444800000", "0", this.of(oddTimes)]);

  #later(unit: number): string {
    return String(10 * unit + ++this.#times * (unit / 10));
  }

}

const condition: Make = (from) => from.some(["NX"], ["XX"], ["GT"], ["LT"], ["zz"]).slice(0, 2);
const expiry: Make = (from) => {
  return from.of<readonly string[]>([
    ["EX", from.seconds()],
    ["PX", from.ms()],
    ["EXAT", from.of(["4102444800", "0", "-1", "x"])],
    ["PXAT", from.of(["4102444800000", "0", "-1", "x"])],
  ]);
};
const bitRange: Make = (from) => {
  const range = [from.integer(), from.integer()];
  return from.of<readonly string[]>([[], range, [...range, from.of(["BIT", "byte", "nibble"])]]);
};

const fieldOperation: Make = (from) => {
  const at = [from.of(types), from.of([from.place(), `#${from.below(20)}`, "#-1"])];
  const big = (): string => from.of([from.integer(), "255", "-200"]);
  return from.of<readonly string[]>([
    ["GET", ...at],
    ["SET", ...at, big()],
    ["INCRBY", ...at, big()],
    ["OVERFLOW", from.of(["WRAP", "SAT", "FAIL", "wrap", "no"])],
  ]);
};

/** What follows the name of each command. */
const makers: Readonly<Record<string, Make>> = {
  GET: (from) => [from.key()],
  SET: (from) => [
    from.key(),
    from.value(),
    ...from.some(["NX"], ["XX"], ["GET"], ["KEEPTTL"], expiry(from)),
  ],
  SETNX: (from) => [from.key(), from.value()],
  SETEX: (from) => [from.key(), from.seconds(), from.value()],
  PSETEX: (from) => [from.key(), from.ms(), from.value()],
  GETEX: (from) => [from.key(), ...from.some(expiry(from), ["PERSIST"])],
  GETDEL: (from) => [from.key()],
  GETSET: (from) => [from.key(), from.value()],
  MGET: (from) => from.keys(4),
  MSET: (from) => from.times(1, 3, () => [from.key(), from.value()]),
  MSETNX: (from) => from.times(1, 3, () => [from.key(), from.value()]),
  APPEND: (from) => [from.key(), from.value()],
  STRLEN: (from) => [from.key()],
  GETRANGE: (from) => [from.key(), from.integer(), from.integer()],
  SUBSTR: (from) => [from.key(), from.integer(), from.integer()],
  SETRANGE: (from) => [from.key(), from.of([from.place(), "536870912"]), from.value()],
  INCR: (from) => [from.key()],
  DECR: (from) => [from.key()],
  INCRBY: (from) => [from.key(), from.integer()],
  DECRBY: (from) => [from.key(), from.integer()],
  INCRBYFLOAT: (from) => [from.key(), from.float()],
  LCS: (from) => [
    from.key(),
    from.key(),
    ...from.some(["LEN"], ["IDX"], ["MINMATCHLEN", from.integer()], ["WITHMATCHLEN"]),
  ],
  SETBIT: (from) => [from.key(), from.place(), from.of(["0", "1", "2"])],
  GETBIT: (from) => [from.key(), from.of([from.place(), from.integer()])],
  BITCOUNT: (from) => [from.key(), ...bitRange(from)],
  BITPOS: (from) => [from.key(), from.of(["0", "1", "2"]), ...bitRange(from).slice(from.below(2))],
  BITOP: (from) => [from.of(["AND", "OR", "XOR", "NOT", "no"]), from.key(), ...from.keys(3)],
  BITFIELD: (from) => [from.key(), ...from.times(0, 4, () => fieldOperation(from))],
  BITFIELD_RO: (from) => [from.key(), ...from.times(0, 2, () => fieldOperation(from))],
  HSET: (from) => [from.key(), ...from.times(1, 3, () => [from.field(), from.value()])],
  HMSET: (from) => [from.key(), ...from.times(1, 3, () => [from.field(), from.value()])],
  HSETNX: (from) => [from.key(), from.field(), from.value()],
  HGET: (from) => [from.key(), from.field()],
  HMGET: (from) => [from.key(), ...from.times(1, 3, () => [from.field()])],
  HGETALL: (from) => [from.key()],
  HKEYS: (from) => [from.key()],
  HVALS: (from) => [from.key()],
  HLEN: (from) => [from.key()],
  HDEL: (from) => [from.key(), ...from.times(1, 3, () => [from.field()])],
  HEXISTS: (from) => [from.key(), from.field()],
  HSTRLEN: (from) => [from.key(), from.field()],
  HINCRBY: (from) => [from.key(), from.field(), from.integer()],
  HINCRBYFLOAT: (from) => [from.key(), from.field(), from.float()],
  HRANDFIELD: (from) => [from.key(), ...from.some([from.count()], ["WITHVALUES"])],
  HSCAN: (from) => [from.key(), from.of(["0", "x", "-1"]), ...scanOptions(from)],
  SCAN: (from) => [from.of(["0", "x", "-1"]), ...scanOptions(from), ...from.some(["TYPE", "hash"])],
  DEL: (from) => from.keys(3),
  UNLINK: (from) => from.keys(3),
  EXISTS: (from) => from.keys(3),
  TOUCH: (from) => from.keys(3),
  TYPE: (from) => [from.key()],
  EXPIRE: (from) => [from.key(), from.seconds(), ...condition(from)],
  PEXPIRE: (from) => [from.key(), from.ms(), ...condition(from)],
  EXPIREAT: (from) => [from.key(), from.seconds(), ...condition(from)],
  PEXPIREAT: (from) => [from.key(), from.ms(), ...condition(from)],
  TTL: (from) => [from.key()],
  PTTL: (from) => [from.key()],
  EXPIRETIME: (from) => [from.key()],
  PEXPIRETIME: (from) => [from.key()],
  PERSIST: (from) => [from.key()],
  RENAME: (from) => [from.key(), from.key()],
  RENAMENX: (from) => [from.key(), from.key()],
  COPY: (from) => [from.key(), from.key(), ...from.some(["REPLACE"], ["DB", "0"], ["DB", "x"])],
  KEYS: (from) => [from.of(["*", "k?", "k[1-3]", "k[^1]", "\\k1", "k\xff", "[", "k[1", "", "k*1"])],
  RANDOMKEY: () => [],
  DBSIZE: () => [],
  PING: (from) => from.some([from.value()]),
  ECHO: (from) => [from.value()],
  MULTI: () => [],
  EXEC: () => [],
  DISCARD: () => [],
  WATCH: (from) => from.keys(2),
  UNWATCH: () => [],
  OBJECT: (from) => [from.of(["FREQ", "nope"]), from.key()],
};

const scanOptions: Make = (from) => {
  return from.some(["MATCH", from.of(["*", "f*", "k[12]"])], ["COUNT", from.integer()]);
};

const names = Object.keys(makers);

/** One command as words of latin1. */
export function randomRedisCommand(from: RandomWords): readonly string[] {
  const name = from.of(names);
  const args = [...(makers[name]?.(from) ?? [])];
  const spoil = from.below(25);
  if (spoil === 0) args.pop();
  if (spoil === 1) args.push(from.of(junk));
  if (spoil === 2 && args.length > 0) args[from.below(args.length)] = from.of(junk);
  return [from.below(4) === 0 ? name.toLowerCase() : name, ...args];
}
