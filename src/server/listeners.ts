/** How each listener is started. What one needs is loaded only when it is on. */
import { must } from "../base/assert.ts";
import type { HttpOptions } from "../protocols/http/http-server.ts";
import type { HttpBackend } from "../protocols/http/route.ts";
import { formatListenAddress, parseListenAddress } from "./config/listen-address.ts";
import type { ListenAddress } from "./config/listen-address.ts";
import { readTls } from "./config/read-tls.ts";
import type { ListenContext, Listener, ListenerName, StartListener } from "./server.ts";

export const listeners: Readonly<Record<ListenerName, StartListener>> = {
  grpc: startGrpc,
  http: startHttp,
  resp: startResp,
  udp: startUdp,
  admin: startAdmin,
};

/** Statuses that are not the caller's fault. */
const grpcFaults: ReadonlySet<string> = new Set(["INTERNAL", "DATA_LOSS", "UNKNOWN"]);

async function startGrpc(
  address: ListenAddress,
  { engine, clock, metrics, log }: ListenContext,
): Promise<Listener> {
  const { listenGrpc } = await import("../protocols/grpc/listen.ts");
  const listener = await listenGrpc({
    engine,
    clock,
    address: formatListenAddress(address),
    onCall: (call) => {
      metrics.grpcCall(call);
      if (grpcFaults.has(call.code)) log.error(call, "A call failed");
    },
  });
  const bound = parseListenAddress(listener.address);
  return {
    address: bound === undefined || bound === "off" ? address : bound,
    async close() {
      await listener.drain();
      await listener.close();
    },
  };
}

async function startHttp(address: ListenAddress, context: ListenContext): Promise<Listener> {
  const [{ routes }, { influxWriteRoutes }, { influxQueryRoutes }] = await Promise.all([
    import("../protocols/http/routes.ts"),
    import("../protocols/http/influx/write-routes.ts"),
    import("../protocols/http/influx/query-routes.ts"),
  ]);
  const { seriesWrites: writes, queries, seriesAccess: access } = context.engine;
  const influxRoutes = [...influxWriteRoutes, ...influxQueryRoutes];
  if (writes === undefined || queries === undefined || access === undefined) {
    return listen({ routes }, address, context);
  }
  const { seriesWork } = context.engine;
  const open = seriesWork?.streams.open.bind(seriesWork.streams);
  const streams = open && { streams: { open, clock: context.clock } };
  const influx = { routes: influxRoutes, backend: { writes, queries, access, ...streams } };
  return listen({ routes, influx }, address, context);
}

async function startResp(
  address: ListenAddress,
  { engine, clock, log, metrics, config }: ListenContext,
): Promise<Listener> {
  const [{ listenResp }, { commandTable }] = await Promise.all([
    import("../protocols/resp/listen.ts"),
    import("../protocols/resp/commands.ts"),
  ]);
  const { host, port, server, close } = await listenResp({
    ...address,
    ...(config.respTls === undefined ? {} : { tls: readTls(config.respTls) }),
    engine,
    clock,
    table: commandTable,
    nodeName: config.engine.nodeId,
    memoryBytes: () => process.memoryUsage.rss(),
    onFault: (fault, command) => log.error({ err: fault, command }, "A command failed"),
  });
  metrics.observeResp(() => ({ clients: server.clients.size, ...server.counts }));
  return { address: { host, port }, close };
}

async function startUdp(
  { host, port }: ListenAddress,
  { engine, clock, log, metrics, config }: ListenContext,
): Promise<Listener> {
  const { UdpListener } = await import("../protocols/udp/listen.ts");
  const writes = must(engine.seriesWrites);
  const onDropped = (reason: string): void => log.warn({ reason }, "Points over UDP were dropped");
  const listener = await UdpListener.listen({
    host,
    port,
    writes,
    clock,
    onDropped,
    database: config.udpDatabase,
    precision: config.udpPrecision,
  });
  metrics.observeUdp(() => listener.counts);
  return { address: { host, port: listener.port }, close: () => listener.close() };
}

/** Health and metrics alone. */
async function startAdmin(address: ListenAddress, context: ListenContext): Promise<Listener> {
  const { healthRoutes } = await import("../protocols/http/routes/operation-routes.ts");
  return listen({ routes: healthRoutes }, address, context);
}

async function listen(
  served: Pick<HttpOptions, "routes" | "influx">,
  address: ListenAddress,
  context: ListenContext,
): Promise<Listener> {
  const { listenHttp } = await import("../protocols/http/http-server.ts");
  const listener = await listenHttp({
    ...address,
    ...served,
    backend: backend(context),
    onFault: (fault, request) => context.log.error({ err: fault, ...request }, "A request failed"),
    onResponse: (observation) => context.metrics.httpRequest(observation),
  });
  const { host, port } = listener;
  return { address: { host, port }, close: () => listener.close() };
}

function backend({ engine, metrics, clock, notReady }: ListenContext): HttpBackend {
  return {
    events: engine.events,
    eventsOf: (namespace) => engine.eventsOf(namespace),
    users: engine.users,
    ...(engine.seriesKeys === undefined ? {} : { seriesKeys: engine.seriesKeys }),
    ...(engine.seriesAccess === undefined ? {} : { seriesAccess: engine.seriesAccess }),
    encoded: engine.encoded,
    stats: engine,
    clock,
    notReady,
    metrics: () => metrics.text(engine),
  };
}
