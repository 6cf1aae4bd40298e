/**
 * The streams of time series of a connection, as pushes (commands/series.ts). A stream is pulled:
 * for a client that does not take its pushes nothing more is computed until it has.
 */
import { toCronosError } from "../../base/errors.ts";
import type { StreamItem } from "../../engine/series/query-stream.ts";
import type { ColumnType, SeriesChunk, Value } from "../../influxql/result.ts";
import type { RespClient } from "./command.ts";
import { ReplyWriter } from "./reply-writer.ts";

/** Bytes a client has not taken above which it is handed nothing more. */
const WAITING_BYTES_MAX = 1024 * 1024;
/** How often a client that was too slow is looked at again. */
const RESUME_MS = 5;

const feeds = new WeakMap<RespClient, SeriesFeeds>();

export class SeriesFeeds {
  readonly #client: RespClient;
  readonly #open = new Map<string, AsyncIterableIterator<StreamItem>>();
  readonly #writer = new ReplyWriter();
  #next = 1;

  private constructor(client: RespClient) {
    this.#client = client;
    client.onReset(() => {
      feeds.delete(client);
      for (const name of this.#open.keys()) this.end(name);
    });
  }

  /** The streams of a client. */
  static of(client: RespClient): SeriesFeeds {
    let found = feeds.get(client);
    if (found === undefined) feeds.set(client, (found = new SeriesFeeds(client)));
    return found;
  }

  /** Pushes what comes from now on; gives the stream's name. */
  start(items: AsyncIterableIterator<StreamItem>): string {
    const name = `stream-${this.#next++}`;
    this.#open.set(name, items);
    // The name is the reply to the command, which must come before what is pushed.
    this.#client.server.clock.soon(() => void this.#run(name, items));
    return name;
  }

  /** Ends a stream; tells whether there was one of this name. */
  end(name: string): boolean {
    const items = this.#open.get(name);
    this.#open.delete(name);
    void items?.return?.();
    return items !== undefined;
  }

  async #run(name: string, items: AsyncIterable<StreamItem>): Promise<void> {
    let reason = "the database is closing";
    try {
      for await (const item of items) {
        if (!this.#open.has(name)) return;
        this.#push(name, item);
        await this.#room(name);
      }
    } catch (thrown) {
      reason = toCronosError(thrown).message;
    }
    if (!this.#open.delete(name)) return;
    const writer = this.#begin(3);
    writer.text("series.ended");
    writer.text(name);
    writer.text(reason);
    this.#send();
  }

  #push(name: string, item: StreamItem): void {
    const writer = this.#begin(item.kind === "gap" ? 3 : 4);
    writer.text(item.kind === "gap" ? "series.gap" : "series");
    writer.text(name);
    writer.text(item.token);
    if (item.kind === "rows") writeChunk(writer, item.chunk);
    this.#send();
  }

  async #room(name: string): Promise<void> {
    const { connection, server } = this.#client;
    while (this.#open.has(name) && connection.waitingBytes.output > WAITING_BYTES_MAX) {
      await new Promise<void>((resolve) => server.clock.after(RESUME_MS, resolve));
    }
  }

  #begin(length: number): ReplyWriter {
    this.#writer.version = this.#client.version;
    this.#writer.push(length);
    return this.#writer;
  }

  #send(): void {
    const bytes = this.#writer.take();
    if (bytes !== undefined) this.#client.connection.push(bytes);
  }
}

function writeChunk(writer: ReplyWriter, { name, tags, columns, types, rows }: SeriesChunk): void {
  writer.map(4);
  writer.text("name");
  writer.text(name);
  writer.text("tags");
  writer.map(tags.length);
  for (const tag of tags) tag.forEach((text) => writer.text(text));
  writer.text("columns");
  writer.array(columns.length);
  for (const column of columns) writer.text(column);
  writer.text("values");
  writer.array(rows.length);
  for (const row of rows) {
    writer.array(row.length);
    for (const [at, value] of row.entries()) writeValue(writer, value, types[at] ?? "unknown");
  }
}

function writeValue(writer: ReplyWriter, value: Value, type: ColumnType): void {
  if (value === null) writer.null();
  else if (typeof value === "string") writer.text(value);
  else if (typeof value === "boolean") writer.boolean(value);
  else if (typeof value === "bigint" || type === "integer") writer.integer(value);
  else writer.double(value);
}
