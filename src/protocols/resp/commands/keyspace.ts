/** Commands on all keys together: DBSIZE, FLUSHDB, FLUSHALL. */
import { removeAllKeys, removeKeysEverywhere } from "../../../models/keys/generic.ts";
import { countKeys } from "../../../models/keys/keys.ts";
import type { Transaction } from "../../../shard/transaction.ts";
import type { RespClient } from "../command.ts";
import { syntaxError } from "../reply-error.ts";
import type { ReplyWriter } from "../reply-writer.ts";
import { family, isWord, readFast, removeSlow } from "./arguments.ts";

export const keyspaceCommands = family("server", {
  dbsize: {
    arity: 1,
    flags: readFast,
    since: "1.0.0",
    summary: "Counts the keys of the namespace",
    keys: "none",
    run: ({ session }, _args, reply) => {
      reply.integer(countKeys(session.view, session.keys.space));
    },
  },
  flushdb: {
    arity: -1,
    flags: removeSlow,
    since: "1.0.0",
    summary: "Removes all keys of the namespace",
    keys: "none",
    run: (client, args, reply) => {
      const { space } = client.session.keys;
      flush(client, args, { reply, remove: (tx) => removeAllKeys(tx, space) });
    },
  },
  flushall: {
    arity: -1,
    flags: removeSlow,
    since: "1.0.0",
    summary: "Removes all keys of all namespaces",
    keys: "none",
    run: (client, args, reply) => flush(client, args, { reply, remove: removeKeysEverywhere }),
  },
});

function flush(
  { session }: RespClient,
  args: readonly Buffer[],
  how: { readonly reply: ReplyWriter; readonly remove: (tx: Transaction) => void },
): void {
  const [mode] = args;
  const isMode = mode === undefined || isWord(mode, "ASYNC") || isWord(mode, "SYNC");
  if (args.length > 1 || !isMode) throw syntaxError();
  session.write(how.remove);
  how.reply.ok();
}
