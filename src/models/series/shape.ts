/**
 * The shape of a row: which fields it has, in which order and of which types. Rows of a source have
 * one of very few shapes, so a row keeps the number of its shape and its values only.
 */
import { fieldType } from "./field-type.ts";
import type { FieldType } from "./field-type.ts";
import type { WriteBatch } from "./write-batch.ts";

export class Shape {
  readonly number: number;
  readonly measurementId: number;
  readonly fieldIds: Uint16Array;
  readonly types: Uint8Array;
  /** Whether it has neither strings nor integers, whose values may stand elsewhere. */
  readonly isPlain: boolean;
  #sortedIds: readonly number[] | undefined;

  constructor(number: number, row: ShapeOf) {
    this.number = number;
    this.measurementId = row.measurementId;
    this.fieldIds = row.fieldIds;
    this.types = row.types;
    this.isPlain = row.types.every((type) => {
      return type === fieldType.float || type === fieldType.boolean;
    });
  }

  /** Its field ids, ascending, each once. */
  get sortedIds(): readonly number[] {
    return (this.#sortedIds ??= [...new Set(this.fieldIds)].sort((a, b) => a - b));
  }

  get size(): number {
    return this.fieldIds.length;
  }

  /** Where the field's value is among those of a row; -1: nowhere. */
  placeOf(fieldId: number): number {
    // The last one: of a field that a row has twice, the later value counts.
    return this.fieldIds.lastIndexOf(fieldId);
  }

  typeAt(place: number): FieldType {
    return this.types[place] as FieldType;
  }
}

export interface ShapeOf {
  readonly measurementId: number;
  readonly fieldIds: Uint16Array;
  readonly types: Uint8Array;
}

/** Shapes by their numbers, from 0. */
export class ShapeTable {
  readonly all: Shape[] = [];
  readonly #byHash = new Map<number, Shape[]>();
  #last: Shape | undefined;

  /** The shape of a row of the batch. */
  of(batch: WriteBatch, row: number): Shape {
    const last = this.#last;
    if (last !== undefined && isShapeOf(last, batch, row)) return last;
    const hash = hashOf(batch, row);
    let known = this.#byHash.get(hash);
    if (known === undefined) this.#byHash.set(hash, (known = []));
    const shape = known.find((each) => isShapeOf(each, batch, row)) ?? this.#add(batch, row, known);
    this.#last = shape;
    return shape;
  }

  #add(batch: WriteBatch, row: number, known: Shape[]): Shape {
    const start = batch.fieldStart[row] as number;
    const end = batch.fieldStart[row + 1] as number;
    const shape = new Shape(this.all.length, {
      measurementId: batch.measurementIds[row] as number,
      fieldIds: batch.fieldIds.slice(start, end),
      types: batch.fieldTypes.slice(start, end),
    });
    this.all.push(shape);
    known.push(shape);
    return shape;
  }
}

function isShapeOf(shape: Shape, batch: WriteBatch, row: number): boolean {
  const { fieldIds, types } = shape;
  const start = batch.fieldStart[row] as number;
  const count = (batch.fieldStart[row + 1] as number) - start;
  if (count !== fieldIds.length || shape.measurementId !== batch.measurementIds[row]) return false;
  const { fieldIds: ids, fieldTypes } = batch;
  for (let i = 0; i < count; i++) {
    if (ids[start + i] !== fieldIds[i] || fieldTypes[start + i] !== types[i]) return false;
  }
  return true;
}

function hashOf(batch: WriteBatch, row: number): number {
  const end = batch.fieldStart[row + 1] as number;
  let hash = batch.measurementIds[row] as number;
  for (let i = batch.fieldStart[row] as number; i < end; i++) {
    const field = ((batch.fieldIds[i] as number) << 3) | (batch.fieldTypes[i] as number);
    hash = Math.imul(hash ^ field, 0x01000193);
  }
  return hash;
}
