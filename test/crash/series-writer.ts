/**
 * A connection that writes points over HTTP at random until the server is gone, and afterwards
 * looks at what is left: points, counts that are answered from blocks' summaries, the index.
 */
import assert from "node:assert/strict";
import type { SeededRandom } from "../../src/ports/seeded-random.ts";
import type { Cell, Fields, Holding, Request, SentPoint } from "./series-ledger.ts";
import { SeriesLedger } from "./series-ledger.ts";

export const database = "crash";

/** Measurements that all writers share, and the types of their fields. */
const shared: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  cpu: { usage: "float", jumps: "integer" },
  mem: { used: "integer", ok: "boolean", free: "float" },
  log: { text: "string", level: "integer" },
};
/** Types that the field of a writer's own measurement has, one after the other. */
const ownTypes = ["float", "string", "integer", "boolean"];
const seriesCount = 24;
const startMs = Date.UTC(2026, 0, 5);
const minuteMs = 60_000;
/** Points lie on a grid, so that many meet older ones: minutes of a day, hours of five weeks. */
const minutes = 1440;
const hours = 840;

interface Answer {
  readonly results: readonly {
    readonly error?: string;
    readonly series?: readonly {
      readonly tags?: Readonly<Record<string, string>>;
      readonly columns: readonly string[];
      readonly values: readonly (readonly (Cell | null)[])[];
    }[];
  }[];
}
type Table = NonNullable<Answer["results"][number]["series"]>[number];

export class SeriesWriter {
  readonly ledger = new SeriesLedger();
  readonly #name: string;
  readonly #random: SeededRandom;
  #next = 0;
  /** How often the own measurement was dropped. */
  #generation = 0;

  constructor(name: string, random: SeededRandom) {
    this.#name = name;
    this.#random = random;
  }

  /** Writes until the connection ends; rejects when the server refuses something. */
  async write(url: string): Promise<void> {
    for (;;) {
      const request = this.#request();
      this.ledger.sent(request);
      const text = await this.#send(url, request).catch((error: unknown) => {
        // The connection ended: fetch() tells it so.
        if (error instanceof TypeError) return undefined;
        throw error;
      });
      if (text === undefined) return;
      assert.equal(text, "", `answer to ${request.kind}`);
      this.ledger.answered();
      if (request.kind === "drop measurement") this.#generation++;
    }
  }

  /** Resolves with what is wrong; "": nothing. */
  async #send(url: string, request: Request): Promise<string> {
    if (request.kind === "lines") {
      const body = request.points.map((point) => this.#lineOf(point)).join("\n");
      const path = `/write?db=${database}&precision=ms`;
      const response = await fetch(url + path, { method: "POST", body });
      const text = await response.text();
      return response.status === 204 ? "" : `${response.status} ${text}`;
    }
    const { results } = await ask(url, this.#statement(request));
    return results[0]?.error ?? "";
  }

  #lineOf({ measurement, series, time, fields }: SentPoint): string {
    const types = this.#typesOf(measurement);
    const set = Object.entries(fields).map(([name, value]) => {
      if (types[name] === "string") return `${name}="${String(value)}"`;
      return `${name}=${String(value)}${types[name] === "integer" ? "i" : ""}`;
    });
    return `${measurement},s=${series},w=${this.#name} ${set.join()} ${time}`;
  }

  #statement(request: Exclude<Request, { readonly kind: "lines" }>): string {
    const { kind, measurement } = request;
    if (kind === "drop measurement") return `DROP MEASUREMENT ${measurement}`;
    const own = `FROM ${measurement} WHERE w = '${this.#name}'`;
    if (kind === "drop series") return `DROP SERIES ${own} AND s = '${request.series}'`;
    return `DELETE ${own} AND time >= ${request.from}ms AND time <= ${request.to}ms`;
  }

  #typesOf(measurement: string): Readonly<Record<string, string>> {
    return shared[measurement] ?? { v: ownTypes[this.#generation % ownTypes.length] ?? "float" };
  }

  get #measurements(): readonly string[] {
    return [...Object.keys(shared), `own_${this.#name}`];
  }

  #request(): Request {
    const random = this.#random;
    const names = this.#measurements;
    const measurement = names[random.below(names.length)] ?? "";
    const form = random.below(40);
    if (form === 0) return { kind: "drop measurement", measurement: `own_${this.#name}` };
    if (form <= 2) {
      return { kind: "drop series", measurement, series: `s${random.below(seriesCount)}` };
    }
    if (form <= 5) {
      const from = this.#time();
      return { kind: "delete", measurement, from, to: from + random.below(600) * minuteMs };
    }
    const size = form === 6 ? 12_000 : form <= 12 ? 2_000 : 200;
    const count = 1 + random.below(size);
    return { kind: "lines", points: Array.from({ length: count }, () => this.#point()) };
  }

  #point(): SentPoint {
    const random = this.#random;
    const names = this.#measurements;
    const measurement = names[random.below(names.length)] ?? "";
    const isNew = random.below(500) === 0;
    const series = isNew ? `n${this.#next++}` : `s${random.below(seriesCount)}`;
    return { measurement, series, time: this.#time(), fields: this.#fields(measurement) };
  }

  #time(): number {
    const random = this.#random;
    if (random.below(3) === 0) return startMs + random.below(hours) * 60 * minuteMs;
    return startMs + random.below(minutes) * minuteMs;
  }

  #fields(measurement: string): Fields {
    const random = this.#random;
    const types = Object.entries(this.#typesOf(measurement));
    const first = random.below(types.length);
    const used = types.filter((_, at) => at === first || random.below(2) === 0);
    return Object.fromEntries(used.map(([name, type]) => [name, this.#value(type)]));
  }

  #value(type: string): Cell {
    const random = this.#random;
    if (type === "boolean") return random.below(2) === 0;
    if (type === "string") return `${this.#name} ${this.#next++}`;
    return type === "integer" ? random.below(1_000_000) : random.below(1_000_000) / 8;
  }

  /** Looks at everything that is the writer's, and holds it against what it sent. */
  async verify(url: string): Promise<void> {
    const seen: Holding = new Map();
    for (const measurement of this.#measurements) {
      const tables = await select(url, `SELECT * FROM ${measurement} ${this.#own} GROUP BY *`);
      if (tables.length > 0) seen.set(measurement, new Map(tables.map(seriesOf)));
    }
    const own = `own_${this.#name}`;
    const hadOwn = this.ledger.series(own).may.size > 0;
    this.ledger.settle(seen);
    // The measurement was dropped by the request that was not answered.
    if (hadOwn && this.ledger.series(own).may.size === 0) this.#generation++;
    for (const measurement of this.#measurements) {
      await this.#verifyFigures(url, measurement);
      await this.#verifyIndex(url, measurement);
    }
  }

  get #own(): string {
    return `WHERE w = '${this.#name}'`;
  }

  /** Count, smallest, largest and sum, which whole blocks answer without being decoded. */
  async #verifyFigures(url: string, measurement: string): Promise<void> {
    for (const [name, type] of Object.entries(this.#typesOf(measurement))) {
      const values: Cell[] = [];
      for (const rows of this.ledger.holding.get(measurement)?.values() ?? []) {
        for (const { [name]: value } of rows.values()) if (value !== undefined) values.push(value);
      }
      const isNumber = type === "integer" || type === "float";
      const figures = isNumber ? ["count", "min", "max", "sum"] : ["count"];
      const calls = figures.map((figure) => `${figure}(${name})`).join();
      const [table] = await select(url, `SELECT ${calls} FROM ${measurement} ${this.#own}`);
      const expected = values.length === 0 ? [] : figuresOf(values).slice(0, figures.length);
      assert.deepEqual(table?.values[0]?.slice(1) ?? [], expected, `${measurement}.${name}`);
    }
  }

  async #verifyIndex(url: string, measurement: string): Promise<void> {
    const { must, may } = this.ledger.series(measurement);
    const [keys] = await select(url, `SHOW SERIES FROM ${measurement} ${this.#own}`);
    const shown = (keys?.values ?? []).map(([key]) => /,s=(\w+)/.exec(String(key))?.[1] ?? "");
    assert.equal(new Set(shown).size, shown.length, "SHOW SERIES tells a series twice");
    for (const series of must) assert.ok(shown.includes(series), `${series} is not in the index`);
    for (const series of shown) assert.ok(may.has(series), `${series} is in the index`);
    const values = `SHOW TAG VALUES FROM ${measurement} WITH KEY = s ${this.#own}`;
    const [tags] = await select(url, values);
    const told = (tags?.values ?? []).map(([, value]) => String(value));
    assert.deepEqual(told.toSorted(), shown.toSorted(), values);
  }
}

function figuresOf(values: readonly Cell[]): readonly number[] {
  let [min, max, sum] = [Infinity, -Infinity, 0];
  for (const value of values) {
    min = Math.min(min, Number(value));
    max = Math.max(max, Number(value));
    sum += Number(value);
  }
  return [values.length, min, max, sum];
}

function seriesOf({ tags, columns, values }: Table): [string, Map<number, Fields>] {
  const rows = values.map((row): [number, Fields] => {
    const cells = columns.slice(1).flatMap((name, at) => {
      const value = row[at + 1] ?? null;
      return value === null ? [] : [[name, value] as const];
    });
    return [Number(row[0]), Object.fromEntries(cells)];
  });
  return [tags?.["s"] ?? "", new Map(rows)];
}

/** The tables that a statement answers; rejects when it answers an error. */
export async function select(url: string, statement: string): Promise<readonly Table[]> {
  const { results } = await ask(url, statement);
  assert.equal(results[0]?.error, undefined, statement);
  return results[0]?.series ?? [];
}

async function ask(url: string, statement: string): Promise<Answer> {
  const body = new URLSearchParams({ q: statement, db: database, epoch: "ms" });
  const response = await fetch(`${url}/query`, { method: "POST", body });
  return (await response.json()) as Answer;
}
