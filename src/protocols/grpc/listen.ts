/**
 * The gRPC listener: plaintext HTTP/2 with the six services, server reflection (v1 and v1alpha)
 * and the standard health service.
 *
 *   serving ──drain()──▶ draining ──close()──▶ closed
 *
 * Draining: no new connections or calls, health says NOT_SERVING, subscriptions and replays end
 * with UNAVAILABLE so that their clients go elsewhere; answers under way are still given.
 */
import { Server, ServerCredentials, logVerbosity, setLogVerbosity } from "@grpc/grpc-js";
import type { ServerInterceptor, ServerOptions } from "@grpc/grpc-js";
import { ReflectionService } from "@grpc/reflection";
import { HealthImplementation, service as healthService } from "grpc-health-check";
import { CronosError } from "../../base/errors.ts";
import type { Clock } from "../../ports/clock.ts";
import { consumerGroupServiceHandlers } from "./consumer-group-service.ts";
import { eventServiceDefinition, eventServiceHandlers } from "./event-service.ts";
import { dataServiceHandlers } from "./data-service.ts";
import type { GrpcEngine } from "./grpc-engine.ts";
import { LiveCalls } from "./live-calls.ts";
import { observeCalls } from "./observe-calls.ts";
import type { CallObservation } from "./observe-calls.ts";
import { inCalledNamespace } from "./namespace-handlers.ts";
import { partitionServiceHandlers } from "./partition-service.ts";
import {
  fullServiceName,
  messageDefinition,
  serviceDefinition,
  serviceNames,
} from "./proto-file.ts";
import type { ServiceName } from "./proto-file.ts";
import { strictFileDescriptor } from "./reflection-descriptors.ts";
import { scheduleServiceHandlers } from "./schedule-service.ts";
import { seriesHandlers } from "./series-handlers.ts";
import { topicServiceHandlers } from "./topic-service.ts";

/** Largest request: a batch of many events, or one of 4 MB and what is around it. */
const requestBytesMax = 64 * 1024 * 1024;

/** Calls at the same time on one connection; a subscription is one. */
const streamsPerConnectionMax = 100_000;

/** How long drain() waits for answers under way before it gives up on their clients. */
const drainMsMax = 5_000;

const serverOptions: ServerOptions = {
  "grpc.max_receive_message_length": requestBytesMax,
  "grpc.max_send_message_length": -1,
  "grpc.max_concurrent_streams": streamsPerConnectionMax,
  // Statistics of every call and connection that nothing reads.
  "grpc.enable_channelz": 0,
};

export interface GrpcListenOptions {
  readonly engine: GrpcEngine;
  /** "host:port" or ":port" for every address of the machine; port 0 chooses a free one. */
  readonly address: string;
  readonly clock: Clock;
  /** Told how each call ended. */
  readonly onCall?: (observation: CallObservation) => void;
}

export interface GrpcListener {
  /** "host:port" as it is bound. */
  readonly address: string;
  /** Ends what has no end and waits for the answers under way, but not forever. */
  drain(): Promise<void>;
  /** Drops every connection. */
  close(): Promise<void>;
}

/** Starts to serve. UNAVAILABLE when the address cannot be bound. */
export async function listenGrpc(options: GrpcListenOptions): Promise<GrpcListener> {
  const { engine, clock } = options;
  // What goes wrong is thrown or answered; the library would print it to stderr, too.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server({ ...serverOptions, interceptors: interceptors(options) });
  const live = new LiveCalls();
  addServices(server, engine, live);
  const health = addHealth(server);
  addReflection(server);
  const address = await bind(server, options.address);
  let drained: Promise<void> | undefined;
  const drain = (): Promise<void> => {
    drained ??= new Promise((resolve) => {
      for (const name of healthNames()) health.setStatus(name, "NOT_SERVING");
      live.drain("Server is shutting down");
      const patience = clock.after(drainMsMax, resolve);
      server.tryShutdown(() => {
        patience.cancel();
        resolve();
      });
    });
    return drained;
  };
  return {
    address,
    drain,
    close() {
      live.drain("Server is shutting down");
      return new Promise((resolve) => {
        // Tells when the port is free again, which forceShutdown does not.
        server.tryShutdown(() => resolve());
        server.forceShutdown();
      });
    },
  };
}

function interceptors({ clock, onCall }: GrpcListenOptions): ServerInterceptor[] {
  return onCall === undefined ? [] : [observeCalls(clock, onCall)];
}

function addServices(server: Server, engine: GrpcEngine, live: LiveCalls): void {
  const add = (name: ServiceName, make: Parameters<typeof inCalledNamespace>[1]): void => {
    const isEvents = name === "EventService";
    const definition = isEvents ? eventServiceDefinition() : serviceDefinition(name);
    server.addService(definition, inCalledNamespace(engine, make));
  };
  add("EventService", (each) => eventServiceHandlers(each, live));
  add("ConsumerGroupService", ({ events }) => consumerGroupServiceHandlers(events));
  add("PartitionService", partitionServiceHandlers);
  add("TopicService", ({ events }) => topicServiceHandlers(events));
  add("ScheduleService", ({ events }) => scheduleServiceHandlers(events));
  const { data } = engine;
  if (data === undefined) return;
  const handlers = {
    ...dataServiceHandlers({ ...engineParts(engine), data }, live),
    ...seriesHandlers(engine, live),
  };
  server.addService(serviceDefinition("DataService"), handlers);
}

/** What is checked with and worked on, taken from getters. */
function engineParts({ events, encoded, users }: GrpcEngine): GrpcEngine {
  return { events, encoded, ...(users === undefined ? {} : { users }) };
}

/** "" stands for the whole server. */
function healthNames(): string[] {
  return ["", ...serviceNames.map(fullServiceName)];
}

function addHealth(server: Server): HealthImplementation {
  const health = new HealthImplementation(
    Object.fromEntries(healthNames().map((name) => [name, "SERVING" as const])),
  );
  health.addToServer(server);
  return health;
}

function addReflection(server: Server): void {
  const message = messageDefinition("Event");
  const ownFiles = message.fileDescriptorProtos;
  const healthFiles = healthService["Check"]?.requestType.fileDescriptorProtos ?? [];
  const fileDescriptorProtos = [...ownFiles, ...healthFiles].map(strictFileDescriptor);
  new ReflectionService({ files: { ...message, fileDescriptorProtos } }).addToServer(server);
}

async function bind(server: Server, address: string): Promise<string> {
  const hosts = address.startsWith(":") ? ["[::]", "0.0.0.0"] : [""];
  let failure: unknown;
  for (const host of hosts) {
    try {
      return await bindOne(server, host + address);
    } catch (thrown) {
      failure = thrown;
    }
  }
  throw new CronosError("UNAVAILABLE", `Listen for gRPC on ${address}: it cannot be bound`, {
    cause: failure,
  });
}

function bindOne(server: Server, address: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(address.replace(/:\d+$/, `:${port}`));
      else reject(error);
    });
  });
}
