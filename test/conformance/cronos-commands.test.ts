/** The conversations about our own commands, over RESP2 and RESP3, each with an empty database. */
import { test } from "node:test";
import { respDatabase } from "../support/resp-database.ts";
import { clusterConversations } from "./cluster-conversations.ts";
import { converse } from "./conversation.ts";
import { eventConversations } from "./event-conversations.ts";
import { namespaceConversations } from "./namespace-conversations.ts";
import { zmapConversations } from "./zmap-conversations.ts";

const conversations = [
  ...zmapConversations,
  ...namespaceConversations,
  ...clusterConversations,
  ...eventConversations,
];

for (const conversation of conversations) {
  for (const version of [2, 3] as const) {
    test(`RESP${version}: ${conversation.name}`, async () => {
      const database = await respDatabase();
      try {
        await converse(await database.connect(), conversation, version);
      } finally {
        await database.close();
      }
    });
  }
}
