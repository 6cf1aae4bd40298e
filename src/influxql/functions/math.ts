/**
 * Functions of one value (and a constant): abs, round, sin, log, pow and so on. What has no value
 * (the root of -1) is NaN, which goes out as null. abs, round, ceil and floor keep integers.
 */
import type { FieldValue } from "./point-function.ts";
import { multiplyInt } from "./int64.ts";

const unary: Readonly<Record<string, (x: number) => number>> = {
  abs: Math.abs,
  acos: Math.acos,
  asin: Math.asin,
  atan: Math.atan,
  ceil: Math.ceil,
  cos: Math.cos,
  exp: Math.exp,
  floor: Math.floor,
  ln: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  round: roundHalfAway,
  sin: Math.sin,
  sqrt: Math.sqrt,
  tan: Math.tan,
};

const binary: Readonly<Record<string, (x: number, y: number) => number>> = {
  atan2: Math.atan2,
  pow: power,
  log: (x, base) => Math.log(x) / Math.log(base),
};

/** Functions that leave integers integers. */
const keepsIntegers: ReadonlySet<string> = new Set(["abs", "ceil", "floor", "round"]);

export function isMathFunction(name: string): boolean {
  return Object.hasOwn(unary, name) || Object.hasOwn(binary, name);
}

/** Arguments a mathematical function takes: 1 or 2. */
export function mathArity(name: string): number {
  return Object.hasOwn(binary, name) ? 2 : 1;
}

export function keepsInteger(name: string): boolean {
  return keepsIntegers.has(name);
}

/** The value of a mathematical function; null of what is not a number. */
export function computeMath(
  name: string,
  args: readonly (FieldValue | null | undefined)[],
  isInteger: boolean,
): FieldValue | null {
  const [x, y] = args;
  if (typeof x !== "number" && typeof x !== "bigint") return null;
  if (isInteger && keepsIntegers.has(name)) {
    return name === "abs" && x < 0 ? multiplyInt(x, -1) : x;
  }
  const one = unary[name];
  if (one !== undefined) return one(Number(x));
  if (typeof y !== "number" && typeof y !== "bigint") return null;
  return binary[name]?.(Number(x), Number(y)) ?? null;
}

function roundHalfAway(x: number): number {
  const cut = Math.trunc(x);
  return Math.abs(x - cut) >= 0.5 ? cut + Math.sign(x) : cut;
}

/** 1 to any power is 1, also to NaN, and so is -1 to infinity: as C has it. */
function power(x: number, y: number): number {
  if (x === 1 || (x === -1 && Math.abs(y) === Infinity)) return 1;
  return x ** y;
}
