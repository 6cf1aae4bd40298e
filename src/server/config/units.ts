/**
 * Text forms of sizes and durations, as people write them in flags and files.
 *
 *   size      512MB  64KB  1.5GB  4096      units B, KB, MB, GB, TB; powers of 1024
 *   duration  30s  1.5h  168h  250ms  7d    units ms, s, m, h, d; they add up: 1h30m
 *
 * A bare number is bytes, or milliseconds. KiB and MiB mean the same as KB and MB.
 */

const sizeUnits = { B: 1, KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 } as const;
const durationUnits = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Bytes of a size text; undefined when it is none or no whole number of bytes. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([kmgt]?)(i?)(b?)$/i.exec(text.trim());
  if (match === null) return undefined;
  const [, amount = "", prefix = "", binary = "", byte = ""] = match;
  if (binary !== "" && (prefix === "" || byte === "")) return undefined;
  const unit = `${prefix.toUpperCase()}B` as keyof typeof sizeUnits;
  return wholeNumber(Number(amount) * sizeUnits[unit]);
}

/** Milliseconds of a duration text; undefined when it is none or no whole number of ms. */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^\d+$/.test(trimmed)) return wholeNumber(Number(trimmed));
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/.test(trimmed)) return undefined;
  let total = 0;
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(amount) * durationUnits[unit as keyof typeof durationUnits];
  }
  return wholeNumber(Math.round(total * 1e6) / 1e6);
}

/** The shortest exact text of a size. */
export function formatSize(bytes: number): string {
  return format(bytes, Object.entries(sizeUnits));
}

/** The shortest exact text of a duration. */
export function formatDuration(ms: number): string {
  // Days are left out: "168h" is how these settings have always been written.
  return format(ms, Object.entries(durationUnits).slice(0, -1));
}

function format(value: number, units: readonly (readonly [string, number])[]): string {
  const [name, size] = units.findLast(([, unit]) => value >= unit && value % unit === 0) ??
    units[0] ?? ["", 1];
  return `${value / size}${name}`;
}

function wholeNumber(value: number): number | undefined {
  return Number.isSafeInteger(value) ? value : undefined;
}
