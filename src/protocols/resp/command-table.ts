/**
 * All commands, found by name in any case.
 *
 * Lookup hashes the bytes of the name as they arrived: no text is made of them.
 */
import { assert } from "../../base/assert.ts";
import type { CommandLookup, CommandSpec } from "./command.ts";

/** Clears the bit that tells small from capital letters. */
const CAPITAL_MASK = 0xdf;

export class CommandTable implements CommandLookup {
  readonly #byName = new Map<string, CommandSpec>();
  readonly #byHash = new Map<number, Entry[]>();

  /** Puts families of commands together. No two may have the same name. */
  constructor(families: readonly (readonly CommandSpec[])[]) {
    for (const spec of families.flat()) this.#add(spec);
  }

  /** All commands, in the order they were given. */
  get all(): Iterable<CommandSpec> {
    return this.#byName.values();
  }

  get size(): number {
    return this.#byName.size;
  }

  find(name: Buffer): CommandSpec | undefined {
    const entries = this.#byHash.get(hashOf(name));
    if (entries === undefined) return undefined;
    for (const { bytes, spec } of entries) if (sameName(name, bytes)) return spec;
    return undefined;
  }

  #add(spec: CommandSpec): void {
    const lower = spec.name.toLowerCase();
    assert(!this.#byName.has(lower), "Commands must have different names");
    this.#byName.set(lower, spec);
    const bytes = Buffer.from(spec.name.toUpperCase());
    const hash = hashOf(bytes);
    const entries = this.#byHash.get(hash);
    if (entries === undefined) this.#byHash.set(hash, [{ bytes, spec }]);
    else entries.push({ bytes, spec });
  }
}

interface Entry {
  readonly bytes: Buffer;
  readonly spec: CommandSpec;
}

function hashOf(name: Buffer): number {
  let hash = name.length;
  for (let at = 0; at < name.length; at++) {
    hash = (Math.imul(hash, 31) + ((name[at] as number) & CAPITAL_MASK)) | 0;
  }
  return hash;
}

/** Compares a name with one in capitals. */
function sameName(name: Buffer, capitals: Buffer): boolean {
  if (name.length !== capitals.length) return false;
  for (let at = 0; at < name.length; at++) {
    const byte = name[at] as number;
    const capital = byte >= 0x61 && byte <= 0x7a ? byte & CAPITAL_MASK : byte;
    if (capital !== capitals[at]) return false;
  }
  return true;
}
