/**
 * proto/cronos_db.proto, loaded once: service definitions for the server and the client, and one
 * codec per message. Fields keep their names of the wire (message_id); int64 become numbers, which
 * are exact within ±2^53; a field marked `optional` is absent when it was not sent.
 */
import { join } from "node:path";
import { loadSync } from "@grpc/proto-loader";
import type {
  MessageTypeDefinition,
  PackageDefinition,
  ServiceDefinition,
} from "@grpc/proto-loader";
import { CronosError } from "../../base/errors.ts";

const packageName = "cronos_db";

/** From this file to the package root: compiled (dist/src/protocols/grpc), and as source. */
const protoFolders = ["../../../../proto", "../../../proto"];

export const serviceNames = [
  "EventService",
  "ConsumerGroupService",
  "PartitionService",
  "TopicService",
  "ScheduleService",
  "DataService",
] as const;

export type ServiceName = (typeof serviceNames)[number];

let loaded: PackageDefinition | undefined;

/** Everything the proto file defines, by full name. */
export function protoPackage(): PackageDefinition {
  loaded ??= loadSync(`${packageName}.proto`, {
    keepCase: true,
    longs: Number,
    enums: String,
    defaults: true,
    arrays: true,
    objects: true,
    includeDirs: protoFolders.map((folder) => join(import.meta.dirname, folder)),
  });
  return loaded;
}

/** The full name of a service, as it is in request paths. */
export function fullServiceName(service: ServiceName): string {
  return `${packageName}.${service}`;
}

/** The rpcs of a service. */
export function serviceDefinition(service: ServiceName): ServiceDefinition {
  const definition = protoPackage()[fullServiceName(service)];
  if (definition === undefined || isMessage(definition)) throw notThere("service", service);
  return definition as ServiceDefinition;
}

/** Codec of a message, for instance "Event". */
export function messageDefinition(name: string): MessageTypeDefinition<object, object> {
  const definition = protoPackage()[`${packageName}.${name}`];
  if (definition === undefined || !isMessage(definition)) throw notThere("message", name);
  return definition;
}

function isMessage(
  definition: PackageDefinition[string],
): definition is MessageTypeDefinition<object, object> {
  return "serialize" in definition && typeof definition.serialize === "function";
}

function notThere(kind: string, name: string): CronosError {
  return new CronosError("INTERNAL", `Look up ${kind} ${name}: the proto file does not have it`);
}
