/** A database in memory to ask in InfluxQL, with its clock and what it warned of. */
import { open } from "../../src/engine/open.ts";
import type { MemoryDatabase } from "../../src/engine/open.ts";
import type { SendPoints } from "../../src/engine/series/subscription-sender.ts";
import { parseQuery } from "../../src/influxql/parse.ts";
import { jsonDocument } from "../../src/protocols/http/influx/encode-json.ts";
import { turn } from "./test-shard.ts";

export interface SeriesEngine {
  readonly engine: MemoryDatabase;
  readonly warnings: readonly string[];
  /** Results as JSON, without the frame around a single one; times in ns. */
  ask(text: string): Promise<string>;
  /** Points "cpu,host=a v=1 30": the time in seconds from the start, a full hour. */
  write(...points: readonly string[]): Promise<void>;
  /** Lets time pass, and what it brings about be done. */
  pass(ms: number): Promise<void>;
  /** ns since 1970 of so many seconds from the start. */
  at(seconds: number): string;
}

export async function openSeriesEngine(sendPoints?: SendPoints): Promise<SeriesEngine> {
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  const engine = await open(":memory:", { warn, ...(sendPoints && { sendPoints }) });
  const hour = 3_600_000;
  await engine.clock.advance(hour - (engine.clock.now() % hour));
  const start = engine.clock.now();
  const at = (seconds: number): string => String(BigInt(start + seconds * 1000) * 1_000_000n);
  const settle = async (): Promise<void> => {
    for (let turns = 0; turns < 20; turns++) await turn();
  };
  const ask = async (text: string): Promise<string> => {
    const rest = { database: "db", policy: "", isReadOnly: false, chunkRows: 1000 };
    const events = engine.queries.run({ statements: parseQuery(text), text, ...rest });
    let json = "";
    for await (const piece of jsonDocument(events, 1n)) json += piece;
    await settle();
    return json.trim().replace(/^\{"results":\[\{"statement_id":0,?(.*)\}\]\}$/, "$1");
  };
  await ask("CREATE DATABASE db");
  return {
    engine,
    warnings,
    ask,
    at,
    write: async (...points) => {
      const lines = points.map((point) =>
        point.replace(/ ([\d.-]+)$/, (_, seconds) => ` ${at(Number(seconds))}`),
      );
      await engine.seriesWrites.write({ database: "db", lines: Buffer.from(lines.join("\n")) });
      await settle();
    },
    pass: async (ms) => {
      await engine.clock.advance(ms);
      await settle();
    },
  };
}

/** "time host value" of the rows of a measurement, times in seconds. */
export async function rowsOf({ ask, at }: SeriesEngine, name: string): Promise<string[]> {
  const json = await ask(`SELECT * FROM ${name}`);
  const values = /"values":(\[\[.*\]\])/.exec(json)?.[1] ?? "[]";
  const rows = JSON.parse(values.replaceAll(/\[(\d{19})/g, '["$1"')) as unknown[][];
  const start = BigInt(at(0));
  return rows.map(([time, ...rest]) => {
    return [Number((BigInt(String(time)) - start) / 1_000_000_000n), ...rest].join(" ");
  });
}
