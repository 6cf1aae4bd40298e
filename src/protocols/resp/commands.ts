/** Every command the server knows, family by family. */
import type { CommandSpec } from "./command.ts";
import { connectionCommands } from "./commands/connection.ts";

export const commands: readonly (readonly CommandSpec[])[] = [connectionCommands];
