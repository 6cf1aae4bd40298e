/**
 * The JetStream stream of a shard: its name, its settings, and making it.
 *
 * What the servers need: JetStream on, at least as many of them as `replicas`, the same max_payload
 * on all of them (8MB lets every event through; the default of 1MB limits a record to that), and
 * for safety against power loss nats-server 2.15 or newer with `sync_interval: always` (older ones
 * answer before their disks have it, so only the loss of a minority of machines is safe).
 */
import { JetStreamApiCodes, JetStreamApiError } from "@nats-io/jetstream";
import type { JetStreamManager, StreamConfig } from "@nats-io/jetstream";
import { CronosError } from "../../base/errors.ts";

/** Stream name already in use with a different configuration. */
const nameInUseCode = 10058;

/** JetStream's own limit. */
const replicasMax = 5;

export interface ShardStreamSettings {
  /** Letters, digits, "-" and "_". */
  readonly shard: string;
  /** Copies of the stream, each on another server: 3 survives the loss of one. */
  readonly replicas: number;
}

export function streamNameOf(shard: string): string {
  return `cronosdb-log-${shard}`;
}

export function subjectOf(shard: string): string {
  return `cronosdb.log.${shard}`;
}

/** Every setting that the log relies on. */
export function requiredConfig({ shard, replicas }: ShardStreamSettings) {
  return {
    name: streamNameOf(shard),
    subjects: [subjectOf(shard)],
    num_replicas: replicas,
    storage: "file",
    // Nothing but a purge by the log itself may remove a message.
    retention: "limits",
    discard: "new",
    max_msgs: -1,
    max_bytes: -1,
    max_age: 0,
    max_msgs_per_subject: -1,
    max_msg_size: -1,
    deny_delete: true,
    deny_purge: false,
    allow_rollup_hdrs: false,
    // Reads are answered by any server, as bytes.
    allow_direct: true,
  } as const satisfies Partial<StreamConfig>;
}

/**
 * Makes the stream unless it is there. Throws INVALID_ARGUMENT when it is there with settings that
 * would not keep the log, naming each, and UNAVAILABLE when it cannot be made.
 */
export async function ensureStream(
  manager: JetStreamManager,
  settings: ShardStreamSettings,
): Promise<void> {
  checkSettings(settings);
  const required = requiredConfig(settings);
  try {
    const existing = await findConfig(manager, required.name);
    const config = existing ?? (await addStream(manager, required));
    checkConfig(config, required);
  } catch (error) {
    if (error instanceof CronosError) throw error;
    throw new CronosError("UNAVAILABLE", `Cannot open stream ${required.name}: ${String(error)}`, {
      cause: error,
      details: { stream: required.name, replicas: settings.replicas },
    });
  }
}

/** Throws INVALID_ARGUMENT, naming each setting that differs. */
export function checkConfig(
  config: Partial<StreamConfig>,
  required: Partial<StreamConfig> & { readonly name: string },
): void {
  const actual = new Map<string, unknown>(Object.entries(config));
  const differing = Object.entries(required)
    .filter(([key, value]) => JSON.stringify(actual.get(key)) !== JSON.stringify(value))
    .map(([key, value]) => {
      const [is, wanted] = [actual.get(key), value].map((each) => JSON.stringify(each));
      return `${key} is ${is}, not ${wanted}`;
    });
  if (config.mirror !== undefined || config.sources !== undefined) {
    differing.push("it copies another stream");
  }
  if (differing.length === 0) return;
  throw new CronosError(
    "INVALID_ARGUMENT",
    `Stream ${required.name} does not fit a log: ${differing.join("; ")}`,
    { details: { stream: required.name, differing } },
  );
}

/** Throws INVALID_ARGUMENT. */
export function checkSettings({ shard, replicas }: ShardStreamSettings): void {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(shard)) {
    throw new CronosError(
      "INVALID_ARGUMENT",
      `Shard name ${JSON.stringify(shard)} must be 1 to 64 letters, digits, "-" or "_"`,
    );
  }
  if (!Number.isInteger(replicas) || replicas < 1 || replicas > replicasMax) {
    throw new CronosError(
      "INVALID_ARGUMENT",
      `Number of replicas ${replicas} must be 1 to ${replicasMax}`,
    );
  }
}

async function findConfig(
  manager: JetStreamManager,
  name: string,
): Promise<StreamConfig | undefined> {
  try {
    return (await manager.streams.info(name)).config;
  } catch (error) {
    if (hasCode(error, JetStreamApiCodes.StreamNotFound)) return undefined;
    throw error;
  }
}

async function addStream(
  manager: JetStreamManager,
  required: Partial<StreamConfig> & { readonly name: string },
): Promise<StreamConfig> {
  try {
    return (await manager.streams.add(required)).config;
  } catch (error) {
    // Somebody else was faster; whether what they made fits is for the caller to check.
    if (hasCode(error, nameInUseCode)) return (await manager.streams.info(required.name)).config;
    throw error;
  }
}

function hasCode(error: unknown, code: number): boolean {
  return error instanceof JetStreamApiError && error.code === code;
}
