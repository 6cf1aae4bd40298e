/** Every command the server knows, family by family. */
import { CommandTable } from "./command-table.ts";
import { aclCommands } from "./commands/acl.ts";
import { bitCommands } from "./commands/bits.ts";
import { clientCommands } from "./commands/client.ts";
import { clusterCommands } from "./commands/cluster.ts";
import { commandCommands } from "./commands/command.ts";
import { configCommands } from "./commands/config.ts";
import { connectionCommands } from "./commands/connection.ts";
import { eventCommands } from "./commands/events.ts";
import { genericCommands } from "./commands/generic.ts";
import { hashCommands } from "./commands/hashes.ts";
import { infoCommands } from "./commands/info.ts";
import { keyspaceCommands } from "./commands/keyspace.ts";
import { krAdminCommands } from "./commands/kr-admin.ts";
import { namespaceCommands } from "./commands/namespace.ts";
import { pubsubCommands } from "./commands/pubsub.ts";
import { scanCommands } from "./commands/scan.ts";
import { seriesCommands } from "./commands/series.ts";
import { serverCommands } from "./commands/server.ts";
import { sessionCommands } from "./commands/session.ts";
import { stringCommands } from "./commands/strings.ts";
import { transactionCommands } from "./commands/transactions.ts";
import { upkeepCommands } from "./commands/upkeep.ts";
import { zmapCommands } from "./commands/zmap.ts";
import { zmapNumberCommands } from "./commands/zmap-numbers.ts";
import { zwatchCommands } from "./commands/zwatch.ts";

export const commandTable = new CommandTable([
  connectionCommands,
  clientCommands,
  aclCommands,
  clusterCommands,
  krAdminCommands,
  pubsubCommands,
  serverCommands,
  commandCommands,
  configCommands,
  infoCommands,
  upkeepCommands,
  sessionCommands,
  keyspaceCommands,
  genericCommands,
  scanCommands,
  stringCommands,
  bitCommands,
  hashCommands,
  transactionCommands,
  eventCommands,
  seriesCommands,
  namespaceCommands,
  zmapCommands,
  zmapNumberCommands,
  zwatchCommands,
]);
