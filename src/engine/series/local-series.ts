/** The services of this process, as what db.series() asks. */
import { parseQuery } from "../../influxql/parse.ts";
import { interrupted } from "./query-registry.ts";
import type { QueryEvent } from "./query-result.ts";
import type { QueryService } from "./query-service.ts";
import type { SeriesSource, SourceQuery } from "./series-api.ts";
import type { SeriesStreams } from "./series-streams.ts";
import type { SeriesWriteService } from "./write-service.ts";

/** Rows of a piece. */
export const PIECE_ROWS = 1000;

export interface SeriesServices {
  readonly writes: Pick<SeriesWriteService, "write">;
  readonly queries: Pick<QueryService, "run">;
  readonly streams: Pick<SeriesStreams, "open">;
}

export function localSeries({ writes, queries, streams }: SeriesServices): SeriesSource {
  return {
    write: (request) => writes.write(request),
    query: (request, signal) => runQuery(queries, request, signal),
    stream: async ({ params, ...request }) => streams.open({ ...request, parameters: params }),
  };
}

async function* runQuery(
  queries: SeriesServices["queries"],
  { params, ...request }: SourceQuery,
  signal: AbortSignal | undefined,
): AsyncGenerator<QueryEvent, void, undefined> {
  if (signal?.aborted === true) throw interrupted();
  const statements = parseQuery(request.text, params);
  const run = { ...request, statements, isReadOnly: false, chunkRows: PIECE_ROWS };
  yield* queries.run({ ...run, ...(signal && { signal }) });
}
