/**
 * Streams of time series over RESP: a SELECT of InfluxQL that stays (docs/continuous-queries.md).
 *
 *   SERIES.STREAM db select [TOKEN token]     answers the stream's name; what follows are pushes
 *   SERIES.UNSTREAM name
 *
 *   series         name · token · rows, a map: name, tags (a map), columns, values (arrays)
 *   series.gap     name · token
 *   series.ended   name · reason
 *
 * Times are integers, ns since 1970. What a user may read of time series is what GRANT said.
 */
import { userPrincipal } from "../../../engine/auth/series-principal.ts";
import { parseQuery } from "../../../influxql/parse.ts";
import type { CommandSpec, RespClient } from "../command.ts";
import { ReplyError } from "../reply-error.ts";
import type { ReplyWriter } from "../reply-writer.ts";
import { SeriesFeeds } from "../series-feeds.ts";
import { Words } from "../words.ts";

const parts = { group: "event", since: "0.1.0", flags: ["pubsub", "no-multi"] } as const;

export const seriesCommands: readonly CommandSpec[] = [
  {
    ...parts,
    name: "SERIES.STREAM",
    arity: -3,
    summary: "Has rows of a query pushed as they are written",
    handler: stream,
  },
  {
    ...parts,
    name: "SERIES.UNSTREAM",
    arity: 2,
    summary: "Ends a stream",
    handler: unstream,
  },
];

function stream(client: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const words = new Words(args);
  const database = words.text();
  const text = words.text();
  const token = words.options(["TOKEN"]).text("TOKEN");
  const { seriesAccess, seriesWork } = client.server.engine;
  if (seriesAccess === undefined || seriesWork === undefined) {
    throw new ReplyError("ERR this server has no time series");
  }
  const caller = userPrincipal(client.account);
  seriesAccess.authorizeQuery(caller, parseQuery(text), { database, client: "resp" });
  const from = token === undefined ? {} : { token };
  const items = seriesWork.streams.open({ text, database, ...from });
  reply.text(SeriesFeeds.of(client).start(items));
}

function unstream(client: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  reply.integer(SeriesFeeds.of(client).end(new Words(args).text()) ? 1 : 0);
}
