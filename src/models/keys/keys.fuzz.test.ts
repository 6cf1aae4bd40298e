/**
 * Strings, hashes and expiry against a plain model: after every operation both show the same, and
 * the rows are whole: the count is right, every expiry has its row, no field is without its hash.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { keysFixture } from "../../../test/support/keys-fixture.ts";
import type { KeysFixture } from "../../../test/support/keys-fixture.ts";
import { keyBytes } from "../../base/key.ts";
import { copyKey, deleteKey, expireKey, expiryOfKey } from "./generic.ts";
import { listKeys, removeAllKeys, renameKey, typeOfKey } from "./generic.ts";
import { deleteFields, listFields, setFields } from "./hashes.ts";
import { headerExpiry, headerKey, headerType, keyTypes } from "./header.ts";
import { countKeys } from "./keys.ts";
import { appendString, getString, setStringIf } from "./strings.ts";

const long = "x".repeat(950);
const names = ["a", "a\0", "a\0\u0001", "b", "", `${long}1`, `${long}2`, long.slice(0, 900)];

type Content = string | Map<string, string>;
interface ModelKey {
  content: Content;
  expiry: number;
}

class Pair {
  readonly #model = new Map<string, ModelKey>();
  readonly real: KeysFixture;

  constructor(real: KeysFixture) {
    this.real = real;
  }

  set(key: string, value: string, life: number): void {
    const expiry = life === 0 ? 0 : this.#now + life;
    this.#model.set(key, { content: value, expiry });
    const set = { key, value: Buffer.from(value), expiry: life === 0 ? "none" : expiry } as const;
    this.real.run((tx, at) => setStringIf(tx, at, set));
  }

  append(key: string, value: string): void {
    const known = this.#find(key);
    if (known !== undefined && typeof known.content !== "string") return;
    if (known === undefined) this.#model.set(key, { content: value, expiry: 0 });
    else known.content = `${known.content as string}${value}`;
    this.real.run((tx, at) => appendString(tx, at, { key, value: Buffer.from(value) }));
  }

  setField(key: string, name: string, value: string): void {
    const known = this.#find(key);
    if (typeof known?.content === "string") return;
    if (known === undefined) this.#model.set(key, { content: new Map([[name, value]]), expiry: 0 });
    else (known.content as Map<string, string>).set(name, value);
    this.real.run((tx, at) => setFields(tx, at, { key, fields: [[name, Buffer.from(value)]] }));
  }

  deleteField(key: string, name: string): void {
    const known = this.#find(key);
    if (typeof known?.content === "string") return;
    const removed = known?.content.delete(name) === true ? 1 : 0;
    if (known !== undefined && known.content.size === 0) this.#model.delete(key);
    assert.equal(this.real.run((tx, at) => deleteFields(tx, at, { key, names: [name] })), removed);
  }

  expire(key: string, life: number): void {
    const known = this.#find(key);
    if (known !== undefined) known.expiry = this.#now + life;
    if (life <= 0) this.#model.delete(key);
    const change = { key, expiresAt: this.#now + life, condition: {} };
    assert.equal(this.real.run((tx, at) => expireKey(tx, at, change)), known !== undefined);
  }

  delete(key: string): void {
    const known = this.#find(key) !== undefined;
    this.#model.delete(key);
    assert.equal(this.real.run((tx, at) => deleteKey(tx, at, key)), known);
  }

  rename(from: string, to: string): void {
    const known = this.#find(from);
    if (known === undefined) return;
    this.#model.delete(from);
    this.#model.set(to, known);
    this.real.run((tx, at) => renameKey(tx, at, { from, to, onlyIfAbsent: false }));
  }

  copy(from: string, to: string): void {
    const known = this.#find(from);
    if (known === undefined || from === to) return;
    const { content, expiry } = known;
    const copied = typeof content === "string" ? content : new Map(content);
    this.#model.set(to, { content: copied, expiry });
    this.real.run((tx, at) => copyKey(tx, at, { from, to, replace: true }));
  }

  flush(): void {
    this.#model.clear();
    this.real.run((tx, at) => removeAllKeys(tx, at.space));
  }

  check(): void {
    const { shard } = this.real;
    const at = this.real.context();
    for (const key of names) {
      const known = this.#find(key);
      const type = typeOfKey(shard.tip, at, key);
      assert.equal(expiryOfKey(shard.tip, at, key), known === undefined ? -2 : known.expiry || -1);
      if (known === undefined) assert.equal(type, undefined);
      else if (typeof known.content === "string") {
        assert.equal(getString(shard.tip, at, key)?.toString(), known.content);
      } else {
        const fields = listFields(shard.tip, at, { key });
        const shown = fields.map(([name, value]) => [name, value.toString()]);
        assert.deepEqual(new Map(shown as [string, string][]), known.content);
      }
    }
    const listed = listKeys(shard.tip, at, { from: "", limit: 1000 }).keys.map(({ key }) => key);
    const wanted = names.filter((key) => this.#find(key) !== undefined);
    assert.deepEqual(listed.toSorted(), wanted.toSorted());
    this.#checkRows();
  }

  /** What must be true of the rows whatever is visible. */
  #checkRows(): void {
    const { tip } = this.real.shard;
    const { space } = this.real.context();
    let headers = 0;
    const fieldPrefixes = new Set<string>();
    for (const [row, value] of tip.range(space.headers, space.headersEnd)) {
      headers++;
      const tail = row.slice(space.headers.length);
      const key = headerKey(tail, value);
      assert.ok(names.includes(key));
      const expiry = headerExpiry(value);
      if (expiry !== 0) assert.ok(tip.get(space.expiry(key, expiry)) !== undefined);
      if (headerType(value) === keyTypes.hash) fieldPrefixes.add(keyBytes(tail));
    }
    assert.equal(countKeys(tip, space), headers);
    for (const [row] of tip.range(space.fields, space.fieldsEnd)) {
      const tail = row.slice(space.fields.length);
      assert.ok([...fieldPrefixes].some((prefix) => tail.startsWith(prefix)));
    }
  }

  #find(key: string): ModelKey | undefined {
    const known = this.#model.get(key);
    return known === undefined || (known.expiry !== 0 && known.expiry <= this.#now)
      ? undefined
      : known;
  }

  get #now(): number {
    return this.real.clock.now();
  }
}

const name = fc.constantFrom(...names);
const value = fc.string({ maxLength: 12 });
const life = fc.integer({ min: -5, max: 60 });
const step: fc.Arbitrary<(pair: Pair) => void | Promise<void>> = fc.oneof(
  fc.tuple(name, value, fc.nat(40)).map(([k, v, l]) => (pair: Pair) => pair.set(k, v, l)),
  fc.tuple(name, value).map(([k, v]) => (pair: Pair) => pair.append(k, v)),
  fc.tuple(name, name, value).map(([k, f, v]) => (pair: Pair) => pair.setField(k, f, v)),
  fc.tuple(name, name).map(([k, f]) => (pair: Pair) => pair.deleteField(k, f)),
  fc.tuple(name, life).map(([k, l]) => (pair: Pair) => pair.expire(k, l)),
  name.map((k) => (pair: Pair) => pair.delete(k)),
  fc.tuple(name, name).map(([a, b]) => (pair: Pair) => pair.rename(a, b)),
  fc.tuple(name, name).map(([a, b]) => (pair: Pair) => pair.copy(a, b)),
  fc.nat(30).map((ms) => (pair: Pair) => pair.real.clock.step(ms)),
  fc.nat(30).map((ms) => (pair: Pair) => pair.real.pass(ms)),
  fc.constant((pair: Pair) => pair.flush()),
);

test("keys model: shows what a plain model shows", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const pair = new Pair(await keysFixture());
      for (const run of steps) {
        await run(pair);
        pair.check();
      }
      await pair.real.pass(100);
      pair.check();
      assert.deepEqual(pair.real.errors, []);
    }),
    { numRuns: 150 },
  );
});
