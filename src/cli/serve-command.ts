/** `cronosdb serve`: its flags are the rows of the declaration of settings. */
import { Command, Option } from "commander";
import { declaration, environmentName, settingNames } from "../server/config/declaration.ts";
import type { SettingName } from "../server/config/declaration.ts";
import { readSettings } from "../server/config/read-settings.ts";
import { serverConfig } from "../server/config/server-config.ts";
import { runServer, tellStartError } from "../server/run-server.ts";

export function serveCommand(): Command {
  const command = new Command("serve")
    .description("Run a server until SIGTERM or SIGINT")
    .option("--config <file>", "JSON file with any of these settings (CRONOS_CONFIG)")
    .addHelpText("after", "\nA flag wins over its variable, a variable over the file.")
    .exitOverride();
  const optionNames = new Map<string, SettingName>();
  for (const name of settingNames) {
    const option = flagOption(name);
    optionNames.set(option.attributeName(), name);
    command.addOption(option);
  }
  return command.action(async (options: Readonly<Record<string, unknown>>) => {
    const { config: file, ...given } = options;
    const flags = Object.fromEntries(
      Object.entries(given).map(([key, value]) => [optionNames.get(key) ?? key, value]),
    );
    process.exit(await serve(flags, typeof file === "string" ? file : undefined));
  });
}

async function serve(flags: Record<string, unknown>, file: string | undefined): Promise<number> {
  try {
    const sources = { flags, environment: process.env, ...(file === undefined ? {} : { file }) };
    const { values, warnings } = readSettings(sources);
    const config = serverConfig(values);
    const { serverParts } = await import("../server/server-parts.ts");
    return await runServer({ config, warnings, parts: serverParts() });
  } catch (error) {
    return tellStartError(error);
  }
}

function flagOption(name: SettingName): Option {
  const { form, help, default: initial } = declaration[name];
  const isSwitch = form === "";
  const flag = isSwitch ? `--${name}` : `--${name} <${form}>`;
  const text = isSwitch ? help : `${help} [${initial}]`;
  return new Option(flag, `${text} (${environmentName(name)})`);
}
