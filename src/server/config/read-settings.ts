/**
 * Collects the settings from where they are written. The nearest wins:
 *
 *   flag  >  environment variable  >  configuration file  >  default
 *
 * Everything wrong is an INVALID_ARGUMENT that names the place, the value and what was expected.
 * Checked are the values that win and the others too: a mistake that hides today bites tomorrow.
 */
import { readFileSync } from "node:fs";
import { CronosError } from "../../base/errors.ts";
import { nearestName } from "../../base/nearest-name.ts";
import type { SettingName, SettingValues } from "./declaration.ts";
import { declaration, environmentName, settingNames } from "./declaration.ts";

export interface SettingSources {
  /** Flags of the command line by setting name. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Path of the configuration file, if there is one; CRONOS_CONFIG is looked at too. */
  readonly file?: string;
}

export interface ReadSettings {
  readonly values: SettingValues;
  /** What looks like a mistake and is not used. */
  readonly warnings: readonly string[];
}

/** The values that hold, checked. Throws INVALID_ARGUMENT. */
export function readSettings(sources: SettingSources): ReadSettings {
  const file = sources.file ?? sources.environment[environmentName("config")];
  const layers = [
    readDefaults(),
    file === undefined ? {} : readFile(file),
    readEnvironment(sources.environment),
    readFlags(sources.flags),
  ];
  // Every row of the declaration has a default that passes its check, so nothing is missing.
  const values = Object.freeze(Object.assign({}, ...layers) as SettingValues);
  return { values, warnings: unknownVariables(sources.environment) };
}

type Layer = Partial<Record<SettingName, unknown>>;

function readDefaults(): Layer {
  return layer(settingNames, (name) => ({ value: declaration[name].default, place: `--${name}` }));
}

function readFlags(flags: Readonly<Record<string, unknown>>): Layer {
  rejectUnknown(Object.keys(flags), { known: settingNames, what: "flag", where: "command line" });
  return layer(settingNames, (name) => ({ value: flags[name], place: `--${name}` }));
}

function readEnvironment(environment: Readonly<Record<string, string | undefined>>): Layer {
  return layer(settingNames, (name) => {
    const place = environmentName(name);
    return { value: environment[place], place };
  });
}

/**
 * A warning per CRONOS_ variable that is no setting. Not an error: container platforms put
 * variables of their own making beside ours (a service called "cronos" gives CRONOS_SERVICE_HOST).
 */
function unknownVariables(environment: Readonly<Record<string, string | undefined>>): string[] {
  const known = [...settingNames, "config"].map(environmentName);
  return Object.keys(environment)
    .filter((name) => name.startsWith("CRONOS_") && !known.includes(name))
    .map((name) => {
      return unknownText(name, { known, what: "environment variable", where: "environment" });
    });
}

function readFile(path: string): Layer {
  const content = parseFile(path);
  rejectUnknown(Object.keys(content), { known: settingNames, what: "setting", where: path });
  return layer(settingNames, (name) => ({ value: content[name], place: `${name} in ${path}` }));
}

function parseFile(path: string): Record<string, unknown> {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CronosError("INVALID_ARGUMENT", `Cannot read the configuration ${path}: ${reason}`, {
      cause: error,
    });
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new CronosError("INVALID_ARGUMENT", `Configuration ${path} must be a JSON object`);
  }
  return Object.fromEntries(Object.entries(content));
}

/** Checks the values that are written; a name that is not written is not in the layer. */
function layer(
  names: readonly SettingName[],
  find: (name: SettingName) => { value: unknown; place: string },
): Layer {
  const values: Layer = {};
  for (const name of names) {
    const { value, place } = find(name);
    if (value === undefined) continue;
    const result = declaration[name].check.safeParse(value);
    if (!result.success) throw invalid(place, value, result.error.issues[0]?.message ?? "");
    values[name] = result.data;
  }
  return values;
}

function invalid(place: string, value: unknown, expected: string): CronosError {
  const text = `Invalid ${place} ${JSON.stringify(value)}: expected ${expected}`;
  return new CronosError("INVALID_ARGUMENT", text, { details: { field: place, value, expected } });
}

interface NameSpace {
  readonly known: readonly string[];
  readonly what: string;
  readonly where: string;
}

function rejectUnknown(written: readonly string[], space: NameSpace): void {
  const unknown = written.find((name) => !space.known.includes(name));
  if (unknown === undefined) return;
  throw new CronosError("INVALID_ARGUMENT", unknownText(unknown, space), {
    details: { field: unknown },
  });
}

function unknownText(name: string, { known, what, where }: NameSpace): string {
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? "" : `: did you mean ${JSON.stringify(nearest)}?`;
  return `Unknown ${what} ${JSON.stringify(name)} in ${where}${hint}`;
}
