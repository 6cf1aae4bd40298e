/**
 * NAMESPACE: the tree of namespaces, and which of them the connection works in. What it changes is
 * changed at once, even while a transaction is open: namespaces are not part of it.
 */
import { listNamespaces, namespaceExistsIn } from "../../../models/namespaces/namespaces.ts";
import type { RespClient } from "../command.ts";
import { ReplyError } from "../reply-error.ts";
import type { ReplyWriter } from "../reply-writer.ts";
import { replyTexts, subcommandHandler } from "../subcommands.ts";
import type { SubcommandSpec } from "../subcommands.ts";
import { family } from "./arguments.ts";

const subcommands: readonly SubcommandSpec[] = [
  {
    name: "create",
    arity: 3,
    summary: "Creates a namespace and those above it that are missing",
    handler: ({ session }, [path], reply) => {
      session.writeApart((tx) => session.namespaces.create(tx, String(path)));
      reply.ok();
    },
  },
  {
    name: "use",
    arity: 3,
    summary: "Works in a namespace from now on",
    handler: ({ session }, [path], reply) => {
      session.useNamespace(String(path));
      reply.ok();
    },
  },
  {
    name: "current",
    arity: 2,
    summary: "Tells which namespace is worked in",
    handler: ({ session }, _args, reply) => reply.text(session.namespaceName),
  },
  {
    name: "exists",
    arity: 3,
    summary: "Tells whether there is a namespace",
    handler: ({ session }, [path], reply) => {
      const exists = session.readApart((view) => namespaceExistsIn(view, String(path)));
      reply.integer(exists ? 1 : 0);
    },
  },
  {
    name: "list",
    arity: -2,
    summary: "Lists the namespaces right below one, or at the top",
    handler: list,
  },
  {
    name: "move",
    arity: 4,
    summary: "Gives a namespace, with all in and below it, another path",
    handler: ({ session }, [from, to], reply) => {
      session.writeApart((tx) => session.namespaces.move(tx, String(from), String(to)));
      reply.ok();
    },
  },
  {
    name: "remove",
    arity: 3,
    summary: "Takes a namespace, and all below it, out of use until it is purged",
    handler: ({ session }, [path], reply) => {
      session.writeApart((tx) => session.namespaces.remove(tx, String(path)));
      reply.ok();
    },
  },
  {
    name: "purge",
    arity: 3,
    summary: "Deletes a removed namespace with all in and below it",
    handler: purge,
  },
];

export const namespaceCommands = family("namespace", {
  NAMESPACE: {
    arity: -2,
    flags: ["write", "denyoom"],
    since: "0.2.0",
    summary: "Creates, lists, moves and removes namespaces, and chooses one",
    keys: "none",
    subcommands,
    run: subcommandHandler("NAMESPACE", subcommands),
  },
});

function list({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  if (args.length > 1) {
    throw new ReplyError("ERR wrong number of arguments for 'NAMESPACE|list' command");
  }
  const path = args[0] === undefined ? undefined : String(args[0]);
  replyTexts(
    reply,
    session.readApart((view) => listNamespaces(view, path)),
  );
}

function purge(
  { session }: RespClient,
  [path]: readonly Buffer[],
  reply: ReplyWriter,
): Promise<void> {
  if (session.isAtomic) {
    // It takes many steps, which are not one transaction.
    throw new ReplyError("ERR NAMESPACE PURGE is not allowed within a transaction");
  }
  return session.namespaces.purge(String(path)).then(() => reply.ok());
}
