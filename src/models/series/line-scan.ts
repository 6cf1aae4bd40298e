/**
 * Line protocol, exactly: where the parts of a line end, and what is wrong with it in the words of
 * 1.x. Functions over bytes; the way every line can be read. line-parser.ts has a faster way for
 * lines without anything unusual, and falls back to this one.
 *
 *   measurement[,tag=value…] field=value[,field=value…] [timestamp]
 *
 * Two rules of escaping live side by side, as in 1.x: lines and fields skip a backslash with the
 * byte behind it; keys look whether the byte before is a backslash.
 */

export const byte = {
  tab: 9,
  newline: 10,
  space: 32,
  quote: 34,
  hash: 35,
  plus: 43,
  comma: 44,
  minus: 45,
  dot: 46,
  zero: 48,
  nine: 57,
  equals: 61,
  upperE: 69,
  upperF: 70,
  upperT: 84,
  backslash: 92,
  lowerE: 101,
  lowerF: 102,
  lowerI: 105,
  lowerT: 116,
  lowerU: 117,
} as const;

/** A part of the bytes of a line. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Places of a tag in the line: key, then value. */
export interface TagSpan {
  readonly key: Span;
  readonly value: Span;
}

/** The parts of a line. */
export interface LineParts {
  /** Measurement and tags, as they stand there. */
  readonly key: Span;
  readonly measurement: Span;
  readonly tags: readonly TagSpan[];
  readonly fields: Span;
  /** Empty: there is none. */
  readonly time: Span;
}

/** Longest measurement and tags, together with a field's name. */
const KEY_BYTES_MAX = 65_535;
/** What 1.x puts between a series and a field. */
const FIELD_SEPARATOR_BYTES = 4;
/** Bytes of an integer from which on it may be too large. */
const INTEGER_BYTES_SAFE = 18;
/** Digits of the largest integer. */
const INTEGER_DIGITS_MAX = 19;
/** Bytes of a float from which on it may be too large. */
const FLOAT_BYTES_SAFE = 26;

/** Where the line that starts at `start` ends: at its newline, or at `end`. */
export function endOfLine(bytes: Buffer, start: number, end: number): number {
  let isQuoted = false;
  let isBehindKey = false;
  let equals = 0;
  let commas = 0;
  for (let i = start; i < end; i++) {
    switch (bytes[i]) {
      case byte.backslash:
        if (i + 2 < end) i++;
        break;
      case byte.space:
        isBehindKey = true;
        break;
      case byte.equals:
        if (isBehindKey && !isQuoted) equals++;
        break;
      case byte.comma:
        if (isBehindKey && !isQuoted) commas++;
        break;
      case byte.quote:
        if (isBehindKey && equals > commas) isQuoted = !isQuoted;
        break;
      case byte.newline:
        if (!isQuoted) return i;
        break;
      default:
    }
  }
  return end;
}

/** The first byte from `start` on that is not white. */
export function skipWhite(bytes: Buffer, start: number, end: number): number {
  let i = start;
  for (; i < end; i++) {
    const code = bytes[i];
    if (code !== byte.space && code !== byte.tab && code !== 0) break;
  }
  return i;
}

/** The parts of a line without its newline and without white space before it; or what is wrong. */
export function scanLine(bytes: Buffer, start: number, end: number): LineParts | string {
  const key = scanKey(bytes, start, end);
  if (typeof key === "string") return key;
  const keyBytes = key.end - start;
  if (keyBytes > KEY_BYTES_MAX) return keyTooLong(keyBytes);
  const fieldsStart = skipWhite(bytes, key.end, end);
  const fieldsEnd = scanFields(bytes, fieldsStart, end);
  if (typeof fieldsEnd === "string") return fieldsEnd;
  const fields = { start: fieldsStart, end: fieldsEnd };
  const long = keyBytes + (fieldsEnd - fieldsStart) > KEY_BYTES_MAX - FIELD_SEPARATOR_BYTES;
  const fault = long ? checkFieldKeys(bytes, keyBytes, fields) : undefined;
  if (fault !== undefined) return fault;
  const time = scanTime(bytes, skipWhite(bytes, fieldsEnd, end), end);
  if (typeof time === "string") return time;
  return { key: { start, end: key.end }, ...key, fields, time };
}

interface KeyParts {
  readonly end: number;
  readonly measurement: Span;
  readonly tags: readonly TagSpan[];
}

function scanKey(bytes: Buffer, start: number, end: number): KeyParts | string {
  if (start >= end || bytes[start] === byte.comma) return "missing measurement";
  let i = start + 1;
  for (; ; i++) {
    if (i >= end) return "missing fields";
    if (bytes[i - 1] === byte.backslash) continue;
    if (bytes[i] === byte.comma || bytes[i] === byte.space) break;
  }
  const measurement = { start, end: i };
  const tags: TagSpan[] = [];
  while (bytes[i] === byte.comma) {
    const tag = scanTag(bytes, i + 1, end);
    if (typeof tag === "string") return tag;
    tags.push(tag);
    i = tag.value.end;
  }
  return hasDuplicate(bytes, tags) ? "duplicate tags" : { end: i, measurement, tags };
}

function scanTag(bytes: Buffer, start: number, end: number): TagSpan | string {
  const first = start < end ? bytes[start] : byte.space;
  if (first === byte.space || first === byte.comma || first === byte.equals) {
    return "missing tag key";
  }
  let i = start + 1;
  for (; ; i++) {
    if (i >= end) return "missing tag value";
    if (bytes[i - 1] === byte.backslash) continue;
    if (bytes[i] === byte.space || bytes[i] === byte.comma) return "missing tag value";
    if (bytes[i] === byte.equals) break;
  }
  const key = { start, end: i };
  const valueStart = i + 1;
  if (valueStart >= end) return "missing tag value";
  if (bytes[valueStart] === byte.comma || bytes[valueStart] === byte.space) {
    return "missing tag value";
  }
  for (i = valueStart + 1; ; i++) {
    if (i >= end) return "missing fields";
    if (bytes[i - 1] === byte.backslash) continue;
    if (bytes[i] === byte.equals) return "invalid tag format";
    if (bytes[i] === byte.comma || bytes[i] === byte.space) break;
  }
  return { key, value: { start: valueStart, end: i } };
}

function hasDuplicate(bytes: Buffer, tags: readonly TagSpan[]): boolean {
  let before = "";
  for (const [place, { key }] of tags.entries()) {
    const text = textAt(bytes, key.start, key.end);
    // Ascending keys, which clients should send, cannot repeat.
    if (place > 0 && text <= before) return new Set(keyTexts(bytes, tags)).size < tags.length;
    before = text;
  }
  return false;
}

function keyTexts(bytes: Buffer, tags: readonly TagSpan[]): string[] {
  return tags.map(({ key }) => textAt(bytes, key.start, key.end));
}

/** Where the fields end, or what is wrong with them. */
function scanFields(bytes: Buffer, start: number, end: number): number | string {
  let isQuoted = false;
  let equals = 0;
  let commas = 0;
  let i = start;
  while (i < end) {
    const code = bytes[i];
    if (code === byte.backslash && i + 1 < end) {
      i += 2;
      continue;
    }
    if (code === byte.quote && equals > commas) {
      isQuoted = !isQuoted;
    } else if (code === byte.equals && !isQuoted) {
      equals++;
      const value = scanBareValue(bytes, i, end);
      if (typeof value === "string") return value;
      if (value > i) {
        i = value;
        continue;
      }
    } else if (code === byte.comma && !isQuoted) {
      commas++;
    } else if (code === byte.space && !isQuoted) {
      break;
    }
    i++;
  }
  if (isQuoted) return "unbalanced quotes";
  return equals === 0 || commas !== equals - 1 ? "invalid field format" : i;
}

/** Where the number or boolean behind an equals sign ends; `at` itself: a string is there. */
function scanBareValue(bytes: Buffer, at: number, end: number): number | string {
  const before = bytes[at - 1];
  const isKeyMissing = before === byte.space || before === byte.comma;
  if (isKeyMissing && bytes[at - 2] !== byte.backslash) return "missing field key";
  const first = at + 1 < end ? (bytes[at + 1] as number) : byte.space;
  if (first === byte.space || first === byte.comma) return "missing field value";
  if (first === byte.quote) return at;
  return startsNumber(first) ? scanNumber(bytes, at + 1, end) : scanBoolean(bytes, at + 1, end);
}

/** Digits, ".", "-", and the N of NaN, which is refused with its own words. */
function startsNumber(code: number): boolean {
  return isNumeric(code) || code === byte.minus || code === 78 || code === 110;
}

function isNumeric(code: number): boolean {
  return (code >= byte.zero && code <= byte.nine) || code === byte.dot;
}

const invalidNumber = "invalid number";

/** Where the number ends, or what is wrong with it. */
export function scanNumber(bytes: Buffer, start: number, end: number): number | string {
  let i = bytes[start] === byte.minus ? start + 1 : start;
  let digits = 0;
  let suffix = 0;
  let hasDot = false;
  let hasExponent = false;
  for (; i < end; i++) {
    const code = bytes[i] as number;
    if (code === byte.comma || code === byte.space) break;
    if ((code === byte.lowerI || code === byte.lowerU) && i > start && suffix === 0) {
      suffix = code;
    } else if (code === byte.dot) {
      if (hasDot) return invalidNumber;
      hasDot = true;
    } else if ((code === byte.lowerE || code === byte.upperE) && i > start) {
      hasExponent = true;
      digits++;
    } else if (code === byte.plus || code === byte.minus) {
      const before = bytes[i - 1];
      if (before !== byte.lowerE && before !== byte.upperE) return invalidNumber;
      digits++;
    } else if (isNumeric(code)) {
      digits++;
    } else {
      return invalidNumber;
    }
  }
  if (digits === 0 || suffix === byte.lowerU) return invalidNumber;
  if (suffix !== 0) {
    if (hasDot || hasExponent || bytes[i - 1] !== suffix) return invalidNumber;
    return i - 1 - start > INTEGER_BYTES_SAFE ? checkInteger(bytes, start, i) : i;
  }
  const isUnsure = hasExponent || i - start > FLOAT_BYTES_SAFE;
  return isUnsure && !Number.isFinite(Number(textAt(bytes, start, i))) ? "invalid float" : i;
}

/** `end` is behind the i. */
function checkInteger(bytes: Buffer, start: number, end: number): number | string {
  const text = textAt(bytes, start, end - 1);
  // Told by its length first: a number of a million digits would take minutes.
  const digits = text.replace(/^-?0*/, "").length;
  if (digits < INTEGER_DIGITS_MAX) return end;
  const isFit = digits === INTEGER_DIGITS_MAX && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
  if (isFit) return end;
  const reason = `strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`;
  return `unable to parse integer ${text}: ${reason}`;
}

const booleans: ReadonlySet<string> = new Set([
  "t",
  "true",
  "T",
  "True",
  "TRUE",
  "f",
  "false",
  "F",
  "False",
  "FALSE",
]);
const BOOLEAN_BYTES_MAX = 5;

function scanBoolean(bytes: Buffer, start: number, end: number): number | string {
  let i = start;
  while (i < end && bytes[i] !== byte.comma && bytes[i] !== byte.space) i++;
  const isKnown = i - start <= BOOLEAN_BYTES_MAX && booleans.has(textAt(bytes, start, i));
  return isKnown ? i : "invalid boolean";
}

function checkFieldKeys(bytes: Buffer, keyBytes: number, fields: Span): string | undefined {
  for (let at = fields.start; at < fields.end; ) {
    const keyEnd = endOfFieldKey(bytes, at, fields.end);
    const size = keyBytes + FIELD_SEPARATOR_BYTES + keyEnd - at;
    if (size > KEY_BYTES_MAX) return keyTooLong(size);
    at = endOfFieldValue(bytes, keyEnd + 1, fields.end) + 1;
  }
  return undefined;
}

function keyTooLong(size: number): string {
  return `max key length exceeded: ${size} > ${KEY_BYTES_MAX}`;
}

/** Where the name of the field that starts at `start` ends: at its equals sign. */
export function endOfFieldKey(bytes: Buffer, start: number, end: number): number {
  let i = start;
  while (i < end && !(bytes[i] === byte.equals && bytes[i - 1] !== byte.backslash)) i++;
  return i;
}

/** Where the value of a field ends: at its comma, or at `end`. */
export function endOfFieldValue(bytes: Buffer, start: number, end: number): number {
  let isQuoted = false;
  for (let i = start; i < end; i++) {
    const code = bytes[i];
    if (code === byte.backslash) {
      const next = i + 1 < end ? bytes[i + 1] : 0;
      if (next === byte.quote || next === byte.backslash) i++;
    } else if (code === byte.quote) {
      isQuoted = !isQuoted;
    } else if (code === byte.comma && !isQuoted) {
      return i;
    }
  }
  return end;
}

function scanTime(bytes: Buffer, start: number, end: number): Span | string {
  let i = start;
  if (i < end && bytes[i] === byte.minus) i++;
  for (; i < end && bytes[i] !== byte.space; i++) {
    const code = bytes[i] as number;
    if (code < byte.zero || code > byte.nine) return "bad timestamp";
  }
  return { start, end: i };
}

/** Whether there is nothing but spaces from `start` on. */
export function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== byte.space) return false;
  return true;
}

/** Bytes as a binary string. */
export function textAt(bytes: Buffer, start: number, end: number): string {
  return bytes.toString("latin1", start, end);
}
