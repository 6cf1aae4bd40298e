/**
 * What users of the package import: the embedded database and its types.
 */
export { open } from "./engine/open.ts";
export type { MemoryDatabase, OpenOptions } from "./engine/open.ts";
