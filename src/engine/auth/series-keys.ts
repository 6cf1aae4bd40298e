/**
 * API keys of databases of time series: a key reads or writes one database, or the measurements in
 * it whose names match a pattern. The key itself is told once, when it is made; what is stored is
 * its hash (ApiKeyContent). A key that was dropped is refused from the next request on.
 */
import { sha256 } from "../../base/sha256.ts";
import { compilePattern } from "../../influxql/select/evaluate.ts";
import type { Definitions } from "../../models/series/definitions.ts";
import { seriesError } from "../../models/series/series-error.ts";
import type { Random } from "../../ports/random.ts";
import type { Shard } from "../../shard/shard.ts";
import type { ApiKeyContent, SeriesModels } from "../series/series-models.ts";

/** How every key starts, so that one that leaked is recognized. */
const KEY_MARK = "cronos_";
const SECRET_BYTES = 32;

export interface NewApiKey {
  readonly name: string;
  readonly database: string;
  readonly access: "READ" | "WRITE";
  /** Regular expression (RE2) of the measurements it is good for; absent: all. */
  readonly pattern?: string;
}

/** What can be told of a key after it was made. */
export interface ApiKeyInfo {
  readonly name: string;
  readonly access: "READ" | "WRITE";
  readonly pattern?: string;
  /** ms since 1970. */
  readonly created: number;
}

/** Which measurements a key is good for. */
export interface MeasurementPattern {
  readonly source: string;
  matches(measurement: string): boolean;
}

/** A key that somebody has shown. */
export interface ShownKey {
  readonly name: string;
  readonly databaseId: number;
  readonly access: "READ" | "WRITE";
  readonly pattern: MeasurementPattern | undefined;
  /** Whether it was not dropped meanwhile. */
  isValid(): boolean;
}

export class SeriesKeys {
  readonly #shard: Shard;
  readonly #random: Random;
  readonly #catalog: SeriesModels["catalog"];
  readonly #keys: Definitions<ApiKeyContent>;
  /** By hash; of the version of the definitions that it was made of. */
  #known = new Map<string, ShownKey>();
  #version = -1;

  constructor(options: {
    readonly shard: Shard;
    readonly random: Random;
    readonly models: Pick<SeriesModels, "catalog" | "apiKeys">;
  }) {
    this.#shard = options.shard;
    this.#random = options.random;
    this.#catalog = options.models.catalog;
    this.#keys = options.models.apiKeys;
  }

  /** Makes a key and resolves with it once it is durable. A name is good for one key. */
  async create({ name, database, access, pattern }: NewApiKey): Promise<string> {
    if (pattern !== undefined) measurementPattern(pattern);
    const secret = Buffer.from(this.#random.bytes(SECRET_BYTES)).toString("base64url");
    const key = `${KEY_MARK}${secret}`;
    await this.#shard.execute((tx) => {
      const { id } = this.#catalog.needDatabase(database);
      if (this.#keys.get(id, name) !== undefined) {
        throw seriesError("ALREADY_EXISTS", `api key already exists: ${name}`);
      }
      const content: ApiKeyContent = {
        access,
        ...(pattern === undefined ? {} : { pattern }),
        hash: hashOf(key),
        created: this.#shard.now,
      };
      this.#keys.put(tx, { databaseId: id, name, content });
    });
    return key;
  }

  /** In the order in which they were made. */
  list(database: string): readonly ApiKeyInfo[] {
    const { id } = this.#catalog.needDatabase(database);
    return this.#keys.list(id).map(({ name, content: { access, pattern, created } }) => {
      return { name, access, ...(pattern === undefined ? {} : { pattern }), created };
    });
  }

  /** Resolves once it is durable; the key is refused at once. */
  async drop(database: string, name: string): Promise<void> {
    await this.#shard.execute((tx) => {
      const { id } = this.#catalog.needDatabase(database);
      if (this.#keys.remove(tx, id, name)) return;
      throw seriesError("NOT_FOUND", `api key not found: ${name}`);
    });
  }

  /** The key that somebody shows; undefined: there is none like it. */
  find(key: string): ShownKey | undefined {
    if (this.#version !== this.#keys.version) this.#readAll();
    // Hashes are looked up, not keys: the time it takes tells nothing about a key.
    return this.#known.get(hashOf(key));
  }

  #readAll(): void {
    this.#known.clear();
    for (const { databaseId, name, content } of this.#keys.list()) {
      const { access, pattern, hash } = content;
      this.#known.set(hash, {
        name,
        databaseId,
        access,
        pattern: pattern === undefined ? undefined : measurementPattern(pattern),
        isValid: () => this.#keys.get(databaseId, name)?.hash === hash,
      });
    }
    this.#version = this.#keys.version;
  }
}

function hashOf(key: string): string {
  return Buffer.from(sha256(Buffer.from(key).toString("latin1")), "latin1").toString("hex");
}

function measurementPattern(source: string): MeasurementPattern {
  try {
    const compiled = compilePattern(source);
    return { source, matches: (measurement) => compiled.matcher(measurement).find() };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw seriesError("INVALID_ARGUMENT", `invalid pattern of an api key: ${reason}`);
  }
}
