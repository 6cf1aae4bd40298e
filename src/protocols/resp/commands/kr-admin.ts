/**
 * KR.ADMIN and VOLUME.ADMIN: what tools of Kronotop ask about a cluster. This one is a single
 * member that has been there all the time, with one shard, which it writes and which has no
 * standby. What would change that is refused in Kronotop's words.
 */
import type { CommandSpec, RespClient } from "../command.ts";
import { arityError, ReplyError } from "../reply-error.ts";
import type { ReplyWriter } from "../reply-writer.ts";
import { replyMap, replyTexts, subcommandHandler } from "../subcommands.ts";
import type { SubcommandSpec } from "../subcommands.ts";
import { address, nodeId } from "./cluster.ts";

const METADATA_VERSION = "1.0.0";
const CLUSTER_NAME = "cronosdb";
const VOLUME = "bucket-shard-0";
const PREFIX_DIGITS = 4;

const shardStatuses = new Set(["READWRITE", "READONLY", "INOPERABLE"]);

const memberSubcommands: readonly SubcommandSpec[] = [
  {
    name: "initialize-cluster",
    arity: 2,
    summary: "Is refused: the cluster is ready from the start",
    handler: () => {
      throw new ReplyError("ERR cluster has already been initialized");
    },
  },
  {
    name: "describe-member",
    arity: 2,
    summary: "Tells about this member",
    handler: (client, _args, reply) => {
      replyMap(reply, [["member_id", nodeId(client)], ...memberFacts(client)]);
    },
  },
  {
    name: "list-members",
    arity: 2,
    summary: "Tells about all members",
    handler: (client, _args, reply) => {
      reply.map(1);
      reply.text(nodeId(client));
      replyMap(reply, memberFacts(client));
    },
  },
  {
    name: "find-member",
    arity: 3,
    summary: "Tells about the member with an id, or with its first four digits",
    handler: (client, [id], reply) => {
      checkMember(client, String(id));
      replyMap(reply, memberFacts(client));
    },
  },
  {
    name: "list-silent-members",
    arity: 2,
    summary: "Lists members that do not answer: none",
    handler: (_client, _args, reply) => reply.array(0),
  },
  {
    name: "remove-member",
    arity: 3,
    summary: "Is refused: the only member is running",
    handler: (client, [id]) => {
      checkMember(client, String(id));
      throw new ReplyError("ERR Member in RUNNING status cannot be removed");
    },
  },
];

const shardSubcommands: readonly SubcommandSpec[] = [
  {
    name: "describe-cluster",
    arity: 2,
    summary: "Tells about the cluster and its shard",
    handler: (client, _args, reply) => {
      reply.map(3);
      reply.text("metadata_version");
      reply.text(METADATA_VERSION);
      reply.text("cluster_name");
      reply.text(CLUSTER_NAME);
      reply.text("bucket");
      reply.map(1);
      reply.integer(0);
      describeShard(client, reply);
    },
  },
  {
    name: "describe-shard",
    arity: 4,
    summary: "Tells about a shard",
    handler: (client, [kind, id], reply) => {
      checkShard(kind, id);
      describeShard(client, reply);
    },
  },
  { name: "set-shard-status", arity: 5, summary: "Accepts READWRITE", handler: setShardStatus },
  { name: "route", arity: 7, summary: "Is refused: there is one member", handler: route },
];

const volumeSubcommands: readonly SubcommandSpec[] = [
  {
    name: "list",
    arity: 2,
    summary: "Lists the volumes",
    handler: (_client, _args, reply) => replyTexts(reply, [VOLUME]),
  },
  {
    name: "describe",
    arity: 3,
    summary: "Tells about a volume",
    handler: (_client, [name], reply) => {
      checkVolume(String(name));
      replyMap(reply, [["name", VOLUME], ["status", "READWRITE"]]);
    },
  },
  { name: "replication", arity: 4, summary: "Is refused: no standby", handler: replication },
];

export const krAdminCommands: readonly CommandSpec[] = [
  container("KR.ADMIN", "Tells about the cluster of one", [
    ...memberSubcommands,
    ...shardSubcommands,
  ]),
  container("VOLUME.ADMIN", "Tells about the volume of the shard", volumeSubcommands),
];

function container(
  name: string,
  summary: string,
  subcommands: readonly SubcommandSpec[],
): CommandSpec {
  return {
    name,
    arity: -2,
    flags: ["admin"],
    group: "server",
    since: "0.2.0",
    summary,
    subcommands,
    handler: subcommandHandler(name, subcommands),
  };
}

/** All that is told of a member beside its id. */
function memberFacts(client: RespClient): readonly (readonly [string, string | number])[] {
  const { host, port } = address(client);
  const { clock, startedAt } = client.server;
  return [
    ["status", "RUNNING"],
    ["process_id", String(startedAt)],
    ["external_host", host],
    ["external_port", port],
    ["internal_host", host],
    ["internal_port", port],
    ["latest_heartbeat", clock.now()],
  ];
}

/** Throws unless it is this member's id, or how that starts. */
function checkMember(client: RespClient, id: string): void {
  const own = nodeId(client);
  if (id === own || (id.length === PREFIX_DIGITS && own.startsWith(id))) return;
  if (id.length === PREFIX_DIGITS) {
    throw new ReplyError(`ERR no member found with prefix: ${id}`);
  }
  if (!/^[\da-f]{40}$/.test(id)) throw new ReplyError(`ERR Invalid memberId: ${id}`);
  throw new ReplyError(`ERR Member: ${id} not registered`);
}

function checkShard(kind: Buffer | undefined, id: Buffer | undefined, all = ""): void {
  if (!/^bucket$/i.test(String(kind))) throw new ReplyError("ERR invalid shard kind");
  const text = String(id);
  if (text !== "0" && text !== all) throw new ReplyError("ERR invalid shard id");
}

function describeShard(client: RespClient, reply: ReplyWriter): void {
  reply.map(4);
  reply.text("primary");
  reply.text(nodeId(client));
  reply.text("standbys");
  reply.array(0);
  reply.text("status");
  reply.text("READWRITE");
  reply.text("linked_volumes");
  replyTexts(reply, [VOLUME]);
}

function setShardStatus(_client: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  checkShard(args[0], args[1], "*");
  const status = String(args[2]);
  if (!shardStatuses.has(status.toUpperCase())) {
    throw new ReplyError(`ERR Invalid shard status ${status}`);
  }
  if (status.toUpperCase() !== "READWRITE") {
    throw new ReplyError(`ERR The only member's shard is READWRITE, it cannot be ${status}`);
  }
  reply.ok();
}

function route(client: RespClient, args: readonly Buffer[]): void {
  const [verb, role, kind, id, member] = args;
  const words = `${String(verb)} ${String(role)}`.toUpperCase();
  if (!/^(?:SET|UNSET) (?:PRIMARY|STANDBY)$/.test(words)) throw arityError("KR.ADMIN|route");
  checkShard(kind, id, "*");
  if (words === "UNSET PRIMARY") throw new ReplyError("ERR UNSET PRIMARY is not supported");
  checkMember(client, String(member));
  if (words === "SET STANDBY") {
    throw new ReplyError("ERR primary cannot be assigned as a standby");
  }
  if (words === "UNSET STANDBY") {
    throw new ReplyError(`ERR Member id: ${String(member)} is not a standby`);
  }
  throw new ReplyError("ERR Shard status must not be READWRITE");
}

function checkVolume(name: string): void {
  if (name !== VOLUME) throw new ReplyError(`ERR Volume: '${name}' is not open`);
}

function replication(_client: RespClient, [verb, name]: readonly Buffer[]): void {
  if (!/^(?:start|stop)$/i.test(String(verb))) throw arityError("VOLUME.ADMIN|replication");
  checkVolume(String(name));
  throw new ReplyError(`ERR This node is not a standby for ${VOLUME}`);
}
