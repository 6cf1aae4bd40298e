/** The arguments of an operation of DataService, each read as the type that it must have. */
import { CronosError } from "../../base/errors.ts";
import type { Bytes } from "../../engine/zmap-api.ts";
import type { DataValue } from "./data-values.ts";

type Fields = Readonly<Record<string, DataValue>>;

export class DataArguments {
  readonly #operation: string;
  readonly #values: readonly DataValue[];

  constructor(operation: string, values: readonly DataValue[]) {
    this.#operation = operation;
    this.#values = values;
  }

  bytes(at: number): Bytes {
    return this.#bytesIn(this.#values[at], at);
  }

  /** All from one on. */
  bytesFrom(at: number): Bytes[] {
    return this.#values.slice(at).map((value, index) => this.#bytesIn(value, at + index));
  }

  /** Bytes by name. */
  bytesByName(at: number): Readonly<Record<string, Bytes>> {
    const fields = Object.entries(this.#fields(at));
    return Object.fromEntries(fields.map(([name, value]) => [name, this.#bytesIn(value, at)]));
  }

  text(at: number): string {
    return this.optionalText(at) ?? this.#refuse(at, "text");
  }

  optionalText(at: number): string | undefined {
    const value = this.#values[at];
    return value === undefined || typeof value === "string" ? value : this.#refuse(at, "text");
  }

  /** One of these words. */
  word<Word extends string>(at: number, words: readonly Word[]): Word {
    const value = this.#values[at];
    const word = words.find((each) => each === value);
    return word ?? this.#refuse(at, `one of ${words.join(", ")}`);
  }

  number(at: number): number {
    const value = this.#values[at];
    return typeof value === "number" ? value : this.#refuse(at, "a number");
  }

  integer(at: number): bigint {
    const value = this.#values[at];
    return typeof value === "bigint" ? value : this.#refuse(at, "an integer");
  }

  optionalInteger(at: number): bigint | undefined {
    return this.#values[at] === undefined ? undefined : this.integer(at);
  }

  /**
   * Options: those of `kinds` that are there, each of the type that it says. Others are refused.
   */
  options<Kinds extends Readonly<Record<string, OptionKind>>>(
    at: number,
    kinds: Kinds,
  ): OptionsOf<Kinds> {
    const given = Object.entries(this.#fields(at));
    for (const [name, value] of given) {
      const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
      if (kind === undefined) return this.#refuse(at, `no option ${name}`);
      if (!isOfKind(value, kind)) return this.#refuse(at, `${name} to be ${kind}`);
    }
    // Each one that is there was just seen to be of its kind.
    return Object.fromEntries(given) as OptionsOf<Kinds>;
  }

  #fields(at: number): Fields {
    const value = this.#values[at];
    if (value === undefined) return {};
    const isFields = typeof value === "object" && !ArrayBuffer.isView(value) && !isList(value);
    return isFields ? value : this.#refuse(at, "fields");
  }

  #bytesIn(value: DataValue, at: number): Bytes {
    if (typeof value === "string" || value instanceof Uint8Array) return value;
    return this.#refuse(at, "bytes or text");
  }

  #refuse(at: number, expected: string): never {
    throw new CronosError(
      "INVALID_ARGUMENT",
      `Invalid argument ${at} of ${this.#operation}: expected ${expected}`,
    );
  }
}

export type OptionKind = "number" | "boolean" | "text" | "bytes";

interface OptionTypes {
  readonly number: number;
  readonly boolean: boolean;
  readonly text: string;
  readonly bytes: Bytes;
}

type OptionsOf<Kinds extends Readonly<Record<string, OptionKind>>> = {
  readonly [Name in keyof Kinds]?: OptionTypes[Kinds[Name]];
};

function isOfKind(value: DataValue, kind: OptionKind): boolean {
  if (kind === "bytes") return typeof value === "string" || value instanceof Uint8Array;
  return typeof value === (kind === "text" ? "string" : kind);
}

function isList(value: object): value is readonly DataValue[] {
  return Array.isArray(value);
}
