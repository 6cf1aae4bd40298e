/** Reads the windows of time out of GROUP BY, and checks what else stands there. */
import type { Call, Expression, SelectStatement } from "../ast.ts";
import { QueryError } from "./query-error.ts";
import { reduceConstants } from "./reduce.ts";
import { parseTime } from "./time-condition.ts";
import type { TimeInterval } from "./windows.ts";
import { floorRemainder } from "./zone-time.ts";

/** The interval of GROUP BY time(); undefined: there is none. */
export function compileInterval(
  statement: SelectStatement,
  now: bigint,
): TimeInterval | undefined {
  let interval: TimeInterval | undefined;
  for (const dimension of statement.dimensions) {
    const expression = reduceConstants(dimension);
    switch (expression.kind) {
      case "reference":
        if (expression.name.toLowerCase() === "time") {
          throw new QueryError("time() is a function and expects at least one argument");
        }
        break;
      case "call":
        if (interval !== undefined) throw new QueryError("multiple time dimensions not allowed");
        interval = intervalOf(expression, statement, now);
        break;
      case "wildcard":
      case "regex":
        break;
      default:
        throw new QueryError("only time and tag dimensions allowed");
    }
  }
  return interval;
}

function intervalOf(
  call: Call,
  statement: SelectStatement,
  now: bigint,
): TimeInterval | undefined {
  if (call.name !== "time") throw new QueryError("only time() calls allowed in dimensions");
  const [length, offset] = call.args;
  if (length === undefined || call.args.length > 2) {
    throw new QueryError("time dimension expected 1 or 2 arguments");
  }
  if (length.kind !== "duration") {
    throw new QueryError("time dimension must have duration argument");
  }
  // time(0s) groups by no time, as in 1.x.
  if (length.ns === 0n && length.months === 0) return undefined;
  const zone = statement.timeZone === "UTC" ? undefined : statement.timeZone;
  const offsetNs = offset === undefined ? 0n : offsetOf(offset, { length, zone, now });
  return { ns: length.ns, months: length.months, offsetNs, zone };
}

interface OffsetSettings {
  readonly length: { readonly ns: bigint; readonly months: number };
  readonly zone: string | undefined;
  readonly now: bigint;
}

function offsetOf(offset: Expression, { length, zone, now }: OffsetSettings): bigint {
  const wrapped = (time: bigint): bigint =>
    length.months > 0 ? 0n : floorRemainder(time, length.ns);
  switch (offset.kind) {
    case "duration":
      return length.months > 0 ? offset.ns : offset.ns % length.ns;
    case "time":
      return wrapped(offset.ns);
    case "call":
      if (offset.name !== "now") {
        throw new QueryError("time dimension offset function must be now()");
      }
      if (offset.args.length > 0) {
        throw new QueryError("time dimension offset now() function requires no arguments");
      }
      return wrapped(now);
    case "string": {
      const time = parseTime(offset.value, zone);
      if (time !== undefined) return wrapped(time);
      break;
    }
    default:
  }
  throw new QueryError("time dimension offset must be duration or now()");
}
