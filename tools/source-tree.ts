/**
 * Where the project's files are, for the programs in tools/. All paths handed out are relative to
 * the project's root and use "/".
 */
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's root; this file runs as dist/tools/source-tree.js. */
export const projectRoot = fileURLToPath(new URL("../../", import.meta.url));

/** Files below `folder` of `root` that end in `suffix`, sorted; none if the folder is missing. */
export function filesUnder(folder: string, suffix: string, root: string = projectRoot): string[] {
  const top = join(root, folder);
  if (!existsSync(top)) return [];
  return readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(suffix))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll(sep, "/"))
    .sort();
}

/** Whether the file of this name is the program that was started, not a part of another one. */
export function isProgram(filename: string): boolean {
  const program = process.argv[1];
  return program !== undefined && realpathSync(program) === realpathSync(filename);
}
