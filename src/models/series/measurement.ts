/** A measurement: its number, its fields and their types. All of it is in memory. */
import { assert } from "../../base/assert.ts";
import type { FieldType } from "./field-type.ts";

/** What people say about a measurement or a field. */
export interface Description {
  readonly unit?: string;
  readonly description?: string;
}

export interface Field extends Description {
  /** Number within the measurement. */
  readonly id: number;
  readonly name: string;
  readonly type: FieldType;
}

/** Changed by the catalog only; the same object for as long as the measurement exists. */
export class Measurement {
  readonly id: number;
  readonly databaseId: number;
  /** Changed by a rename. */
  name: string;
  about: Description;
  readonly #byId: Field[] = [];
  readonly #byName = new Map<string, Field>();

  constructor(place: { id: number; databaseId: number; name: string }, about: Description) {
    this.id = place.id;
    this.databaseId = place.databaseId;
    this.name = place.name;
    this.about = about;
  }

  /** In the order in which they were made: a field's place is its id. */
  get fields(): readonly Field[] {
    return this.#byId;
  }

  field(name: string): Field | undefined {
    return this.#byName.get(name);
  }

  /** For the catalog: a new field, or one that was described. */
  setField(field: Field): void {
    assert(field.id <= this.#byId.length, "Field ids must be dense");
    this.#byId[field.id] = field;
    this.#byName.set(field.name, field);
  }

  /** For the catalog: gives a field another name, which no other field has. */
  renameField(field: Field, name: string): Field {
    this.#byName.delete(field.name);
    const renamed = { ...field, name };
    this.setField(renamed);
    return renamed;
  }

  /** For the catalog: takes the newest field back. */
  dropNewestField(): void {
    const field = this.#byId.pop();
    if (field !== undefined) this.#byName.delete(field.name);
  }
}
