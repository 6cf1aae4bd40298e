/** Names of namespaces: parts joined by dots, from the top down. */
import { invalidNamespace } from "./namespace-error.ts";

export const DEPTH_MAX = 10;
/** Longest part of a path, in bytes of UTF-8. */
export const NAME_BYTES_MAX = 255;

const reservedName = "__internal__";
const PATH_SHOWN_MAX = 100;

/** The parts of a path. Throws INVALID_ARGUMENT for a bad or reserved one. */
export function parsePath(path: string): readonly string[] {
  const names = path.split(".", DEPTH_MAX + 1);
  const shown = path.slice(0, PATH_SHOWN_MAX);
  if (names.includes(reservedName)) {
    throw invalidNamespace(shown, `Namespace '${shown}' is reserved for internal use`);
  }
  if (names.length > DEPTH_MAX) throw tooDeep(shown);
  for (const name of names) {
    const bytes = Buffer.byteLength(name);
    if (bytes > 0 && bytes <= NAME_BYTES_MAX) continue;
    throw invalidNamespace(
      shown,
      `Namespace '${shown}' must have names of 1 to ${NAME_BYTES_MAX} bytes between its dots`,
    );
  }
  return names;
}

export function tooDeep(path: string): Error {
  return invalidNamespace(
    path,
    `Namespace '${path}' exceeds the maximum allowed depth of ${DEPTH_MAX}`,
  );
}
