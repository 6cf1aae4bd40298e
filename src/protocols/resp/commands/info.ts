/**
 * INFO: facts about the server, in sections, under the names that clients and tools look for.
 */
import { countKeys, countTimedKeys } from "../../../models/keys/keys.ts";
import type { CommandSpec, RespClient, RespServer } from "../command.ts";
import type { ReplyWriter } from "../reply-writer.ts";
import { redisVersion } from "../versions.ts";

type Fact = readonly [name: string, value: string | number];

/** In the order in which INFO shows them. */
const sections: Readonly<Record<string, (client: RespClient) => readonly Fact[]>> = {
  server: ({ server }) => [
    ["redis_version", redisVersion],
    ["redis_mode", "cluster"],
    ["server_name", "cronosdb"],
    ["arch_bits", 64],
    ["multiplexing_api", "libuv"],
    ["process_supervised", "no"],
    ["tcp_port", server.port],
    ["server_time_usec", server.clock.now() * 1_000],
    ["uptime_in_seconds", uptimeSeconds(server)],
    ["uptime_in_days", Math.floor(uptimeSeconds(server) / 86_400)],
  ],
  clients: ({ server }) => [
    ["connected_clients", server.clients.size],
    ["maxclients", server.clientsMax],
    ["blocked_clients", 0],
    ["pubsub_clients", [...server.clients.values()].filter(isSubscribed).length],
  ],
  memory: ({ server }) => [
    ["used_memory", server.memoryBytes()],
    ["used_memory_rss", server.memoryBytes()],
    ["maxmemory", 0],
    ["maxmemory_policy", "noeviction"],
  ],
  persistence: () => [
    ["loading", 0],
    ["async_loading", 0],
    ["rdb_bgsave_in_progress", 0],
    ["aof_enabled", 1],
    ["aof_rewrite_in_progress", 0],
    ["aof_last_write_status", "ok"],
  ],
  stats: ({ server: { counts, engine: { pubsub } } }) => [
    ["total_connections_received", counts.connections],
    ["total_commands_processed", counts.commands],
    ["rejected_connections", counts.rejectedConnections],
    ["pubsub_channels", pubsub.nameCount("channel")],
    ["pubsub_patterns", pubsub.nameCount("pattern")],
    ["pubsubshard_channels", pubsub.nameCount("shard")],
  ],
  replication: () => [
    ["role", "master"],
    ["connected_slaves", 0],
  ],
  cluster: () => [["cluster_enabled", 1]],
  keyspace: ({ session: { view, keys } }) => {
    const count = countKeys(view, keys.space);
    const timed = countTimedKeys(view, keys.space);
    return count === 0 ? [] : [["db0", `keys=${count},expires=${timed},avg_ttl=0`]];
  },
};

/** Names that stand for several sections. */
const groups = new Set(["all", "default", "everything"]);

export const infoCommands: readonly CommandSpec[] = [
  {
    name: "info",
    arity: -1,
    flags: ["loading", "stale"],
    group: "server",
    since: "1.0.0",
    summary: "Tells facts about the server",
    handler: info,
  },
];

function info(client: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const wanted = new Set(args.map((name) => String(name).toLowerCase()));
  const all = wanted.size === 0 || [...wanted].some((name) => groups.has(name));
  const shown = Object.entries(sections).filter(([name]) => all || wanted.has(name));
  const texts = shown.map(([name, facts]) => {
    const lines = facts(client).map(([fact, value]) => `${fact}:${value}\r\n`);
    return `# ${name.charAt(0).toUpperCase()}${name.slice(1)}\r\n${lines.join("")}`;
  });
  reply.verbatim(texts.join("\r\n"));
}

function uptimeSeconds({ clock, startedAt }: RespServer): number {
  return Math.max(0, Math.floor((clock.now() - startedAt) / 1_000));
}

function isSubscribed(client: RespClient): boolean {
  return !client.subscriptions.none;
}
