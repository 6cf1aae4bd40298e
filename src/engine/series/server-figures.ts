/** What SHOW STATS, SHOW DIAGNOSTICS and /debug/vars tell of the time series of this server. */
import type { Clock } from "../../ports/clock.ts";
import { printTime } from "../../influxql/print-expression.ts";
import { goDuration } from "./go-duration.ts";
import type { QueryRegistry } from "./query-registry.ts";
import type { SeriesModels } from "./series-models.ts";
import type { StatsModule } from "./show-server.ts";

/** Figures by module, in the order of their names. */
export function statisticsOf(
  { catalog, index, storage, subscriptions }: SeriesModels,
  registry: QueryRegistry,
): readonly StatsModule[] {
  const databases = catalog.databases.map((database): StatsModule => {
    const measurements = [...catalog.measurements(database)];
    const series = measurements.reduce((sum, { id }) => sum + index.seriesCount(id), 0);
    const values = new Map([
      ["numMeasurements", measurements.length],
      ["numSeries", series],
    ]);
    return { name: "database", tags: [["database", database.name]], values };
  });
  const { bytes, points } = storage.headStats;
  const figures = (name: string, values: Readonly<Record<string, number>>): StatsModule => {
    return { name, tags: [], values: new Map(Object.entries(values)) };
  };
  return [
    ...databases,
    figures("queryExecutor", {
      queriesActive: registry.list().length,
      queriesExecuted: registry.started,
    }),
    figures("storage", { headBytes: bytes, headPoints: points }),
    figures("subscriber", { subscriptions: subscriptions.list().length }),
  ];
}

export function diagnosticsOf(clock: Clock): readonly StatsModule[] {
  const uptime = goDuration(BigInt(Math.floor(clock.monotonic() * 1000)) * 1000n);
  const values = new Map([
    ["currentTime", printTime(BigInt(clock.now()) * 1_000_000n)],
    ["uptime", uptime],
  ]);
  return [{ name: "system", tags: [], values }];
}
