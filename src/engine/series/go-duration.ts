/** Durations as Go writes them: clients of 1.x read them. */

const SECOND = 1_000_000_000n;

/** "168h0m0s", "1m3.5s", "12ms", "37µs", "0s". */
export function goDuration(ns: bigint): string {
  if (ns < 0n) return `-${goDuration(-ns)}`;
  if (ns === 0n) return "0s";
  if (ns < 1000n) return `${ns}ns`;
  if (ns < 1_000_000n) return `${decimal(ns, 3)}µs`;
  if (ns < SECOND) return `${decimal(ns, 6)}ms`;
  const minutes = ns / (60n * SECOND);
  const seconds = `${decimal(ns % (60n * SECOND), 9)}s`;
  if (minutes === 0n) return seconds;
  return minutes < 60n ? `${minutes}m${seconds}` : `${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

/** The same, with no more digits than people read: whole seconds, ms or µs. */
export function shortGoDuration(ns: bigint): string {
  const unit = [SECOND, 1_000_000n, 1000n].find((each) => ns >= each) ?? 1n;
  return goDuration(ns - (ns % unit));
}

/** `value` / 10^digits, without zeros at the end. */
function decimal(value: bigint, digits: number): string {
  const size = 10n ** BigInt(digits);
  const fraction = String(value % size).padStart(digits, "0").replace(/0+$/, "");
  return fraction === "" ? String(value / size) : `${value / size}.${fraction}`;
}
