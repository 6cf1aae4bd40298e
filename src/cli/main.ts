#!/usr/bin/env node
/** The program `cronosdb`. Commands load what they need when they run, so that each starts fast. */
import { createRequire } from "node:module";
import { Command, CommanderError } from "commander";
import { exitCodes } from "../server/exit-codes.ts";
import { benchCommand } from "./bench-command.ts";
import { inspectCommand } from "./inspect-command.ts";
import { serveCommand } from "./serve-command.ts";

const { version } = createRequire(import.meta.url)("../../../package.json") as { version: string };

// A reader that has seen enough, such as `head`, is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

const program = new Command("cronosdb")
  .description("A time-driven database: events that fire on time")
  .version(version)
  .exitOverride()
  .addCommand(serveCommand())
  .addCommand(benchCommand())
  .addCommand(inspectCommand());

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Help and version are no mistakes; the text of a mistake has been written already.
  process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.settings;
}
