/** A column that is being filled, in any order of places; integers become 64-bit when they must. */
import type { Column } from "./column.ts";
import { fieldType } from "./field-type.ts";
import type { FieldType } from "./field-type.ts";

const noNumbers = new Float64Array(0);

export class MutableColumn {
  readonly type: FieldType;
  readonly #count: number;
  readonly #present: Uint8Array;
  #numbers: Float64Array = noNumbers;
  #bigs: BigInt64Array | undefined;
  #texts: string[] = [];
  #set = 0;

  constructor(type: FieldType, count: number) {
    this.type = type;
    this.#count = count;
    this.#present = new Uint8Array(count);
    if (type === fieldType.string) this.#texts = Array.from({ length: count }, () => "");
    else this.#numbers = new Float64Array(count);
  }

  has(at: number): boolean {
    return this.#present[at] === 1;
  }

  /** A float, a safe integer or a boolean. */
  setNumber(at: number, value: number): void {
    this.#mark(at);
    if (this.#bigs === undefined) this.#numbers[at] = value;
    else this.#bigs[at] = BigInt(value);
  }

  setBig(at: number, value: bigint): void {
    this.#mark(at);
    this.#bigs ??= BigInt64Array.from(this.#numbers, (number) => BigInt(number));
    this.#bigs[at] = value;
  }

  setText(at: number, value: string): void {
    this.#mark(at);
    this.#texts[at] = value;
  }

  /** Takes the value that another column has at `from`, which must be there. */
  copy(at: number, column: Column, from: number): void {
    if (column.type === fieldType.string) this.setText(at, column.values[from] as string);
    else if (column.values instanceof BigInt64Array) {
      const value = column.values[from] as bigint;
      const number = Number(value);
      if (Number.isSafeInteger(number)) this.setNumber(at, number);
      else this.setBig(at, value);
    } else this.setNumber(at, column.values[from] as number);
  }

  /** Undefined when nothing was set. */
  finish(): Column | undefined {
    if (this.#set === 0) return undefined;
    const present = this.#set === this.#count ? undefined : this.#present;
    const { type } = this;
    if (type === fieldType.string) return { type, values: this.#texts, present };
    if (type === fieldType.integer) return { type, values: this.#bigs ?? this.#numbers, present };
    if (type === fieldType.float) return { type, values: this.#numbers, present };
    return { type, values: Uint8Array.from(this.#numbers), present };
  }

  #mark(at: number): void {
    if (this.#present[at] === 1) return;
    this.#present[at] = 1;
    this.#set++;
  }
}
