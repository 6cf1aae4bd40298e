/**
 * What clients of Redis Cluster ask: this server is a cluster of one node that has every slot.
 * No request is ever redirected, and keys of different slots may be used together.
 */
import { keySlot, SLOTS } from "../../../base/crc16.ts";
import type { Key } from "../../../base/key.ts";
import { sha256 } from "../../../base/sha256.ts";
import { listKeys } from "../../../models/keys/generic.ts";
import type { CommandSpec, RespClient } from "../command.ts";
import { ReplyError } from "../reply-error.ts";
import type { ReplyWriter } from "../reply-writer.ts";
import { subcommandHandler } from "../subcommands.ts";
import type { SubcommandSpec } from "../subcommands.ts";
import { argumentAt, integerAt } from "./arguments.ts";

/** Hexadecimal digits of a node's id. */
const ID_DIGITS = 40;
/** Where the bus of a cluster of Redis would be, counted from the port. Nothing listens there. */
const BUS_OFFSET = 10_000;

const subcommands: readonly SubcommandSpec[] = [
  {
    name: "keyslot",
    arity: 3,
    summary: "Tells the hash slot of a key",
    handler: (_client, args, reply) => reply.integer(keySlot(argumentAt(args, 0))),
  },
  { name: "slots", arity: 2, summary: "Tells which node has which slots", handler: slots },
  { name: "shards", arity: 2, summary: "Tells the shards and their nodes", handler: shards },
  { name: "nodes", arity: 2, summary: "Lists the nodes, one in a line", handler: nodes },
  {
    name: "myid",
    arity: 2,
    summary: "Tells the id of this node",
    handler: (client, _args, reply) => reply.text(nodeId(client)),
  },
  {
    name: "links",
    arity: 2,
    summary: "Lists links to other nodes: there are none",
    handler: (_client, _args, reply) => reply.array(0),
  },
  { name: "countkeysinslot", arity: 3, summary: "Counts keys of a slot", handler: countKeysInSlot },
  { name: "getkeysinslot", arity: 4, summary: "Lists keys of a slot", handler: getKeysInSlot },
  { name: "info", arity: 2, summary: "Tells the state of the cluster", handler: info },
  {
    name: "reset",
    arity: -2,
    summary: "Is refused: the slots stay where they are",
    handler: () => {
      throw new ReplyError("ERR CLUSTER RESET is not possible: a single node has all slots");
    },
  },
];

export const clusterCommands: readonly CommandSpec[] = [
  {
    name: "cluster",
    arity: -2,
    flags: ["loading", "stale"],
    group: "cluster",
    since: "3.0.0",
    summary: "Tells clients of Redis Cluster that this node has every slot",
    subcommands,
    handler: subcommandHandler("cluster", subcommands),
  },
  accepted("readonly", "Allows reads from a replica: this node is none, so nothing changes"),
  accepted("readwrite", "Ends READONLY"),
  accepted("asking", "Follows a redirection: there are none, so nothing changes"),
];

/** A command that says OK. */
function accepted(name: string, summary: string): CommandSpec {
  return {
    name,
    arity: 1,
    flags: ["loading", "stale", "fast"],
    group: "cluster",
    since: "3.0.0",
    summary,
    handler: (_client, _args, reply) => reply.ok(),
  };
}

/** The same for every start of a node of this name. */
export function nodeId({ server }: RespClient): string {
  return Buffer.from(sha256(server.nodeName), "latin1").toString("hex").slice(0, ID_DIGITS);
}

/** Where this client reaches the node: some clients do not take "the same as now". */
export function address(client: RespClient): { readonly host: string; readonly port: number } {
  const { localAddress } = client;
  const colon = localAddress.lastIndexOf(":");
  const host = localAddress.slice(0, colon).replace(/^::ffff:/, "");
  return { host, port: Number(localAddress.slice(colon + 1)) };
}

function slots(client: RespClient, _args: readonly Buffer[], reply: ReplyWriter): void {
  const { host, port } = address(client);
  reply.array(1);
  reply.array(3);
  reply.integer(0);
  reply.integer(SLOTS - 1);
  reply.array(4);
  reply.text(host);
  reply.integer(port);
  reply.text(nodeId(client));
  reply.array(0);
}

function shards(client: RespClient, _args: readonly Buffer[], reply: ReplyWriter): void {
  const { host, port } = address(client);
  reply.array(1);
  reply.map(2);
  reply.text("slots");
  reply.array(2);
  reply.integer(0);
  reply.integer(SLOTS - 1);
  reply.text("nodes");
  reply.array(1);
  reply.map(7);
  const facts = { id: nodeId(client), port, ip: host, endpoint: host, role: "master" };
  for (const [name, value] of Object.entries({ ...facts, "replication-offset": 0 })) {
    reply.text(name);
    if (typeof value === "number") reply.integer(value);
    else reply.text(value);
  }
  reply.text("health");
  reply.text("online");
}

function nodes(client: RespClient, _args: readonly Buffer[], reply: ReplyWriter): void {
  const { host, port } = address(client);
  const place = `${host}:${port}@${port + BUS_OFFSET}`;
  reply.text(`${nodeId(client)} ${place} myself,master - 0 0 0 connected 0-${SLOTS - 1}\n`);
}

/** Most keys of a namespace whose slots are told: they are looked at one by one. */
const SLOT_SCAN_KEYS_MAX = 100_000;

function keysInSlot({ session }: RespClient, slot: number, countMax: number): readonly Key[] {
  const page = { from: "", limit: SLOT_SCAN_KEYS_MAX };
  const { keys, next } = listKeys(session.view, session.keys, page);
  if (next !== undefined) {
    throw new ReplyError(`ERR Slots of more than ${SLOT_SCAN_KEYS_MAX} keys are not told`);
  }
  const found: Key[] = [];
  for (const { key } of keys) {
    if (found.length >= countMax) break;
    if (keySlot(Buffer.from(key, "latin1")) === slot) found.push(key);
  }
  return found;
}

function countKeysInSlot(client: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const slot = integerAt(args, 0);
  if (slot < 0 || slot >= SLOTS) throw new ReplyError("ERR Invalid slot");
  reply.integer(keysInSlot(client, slot, Number.POSITIVE_INFINITY).length);
}

function getKeysInSlot(client: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const [slot, count] = [integerAt(args, 0), integerAt(args, 1)];
  if (slot < 0 || slot >= SLOTS || count < 0) {
    throw new ReplyError("ERR Invalid slot or number of keys");
  }
  const keys = keysInSlot(client, slot, count);
  reply.array(keys.length);
  for (const key of keys) reply.binary(key);
}

function info(_client: RespClient, _args: readonly Buffer[], reply: ReplyWriter): void {
  const lines = {
    cluster_state: "ok",
    cluster_slots_assigned: SLOTS,
    cluster_slots_ok: SLOTS,
    cluster_slots_pfail: 0,
    cluster_slots_fail: 0,
    cluster_known_nodes: 1,
    cluster_size: 1,
    cluster_current_epoch: 0,
    cluster_my_epoch: 0,
    cluster_stats_messages_sent: 0,
    cluster_stats_messages_received: 0,
  };
  reply.text(Object.entries(lines).map(([name, value]) => `${name}:${value}\r\n`).join(""));
}
