/**
 * Strings of a column as bytes.
 *
 *   kind u8: 0  plain: lengths of their UTF-8 (integer-codec.ts), all UTF-8
 *            1  dictionary: how many there are, each (length, UTF-8), numbers (integer-codec.ts)
 */
import { decodeIntegers, encodeIntegers } from "./integer-codec.ts";
import { corruption } from "./series-bytes.ts";
import type { SeriesReader, SeriesWriter } from "./series-bytes.ts";

const PLAIN = 0;
const DICTIONARY = 1;

/** Writes the strings, at least one. */
export function encodeTexts(writer: SeriesWriter, texts: readonly string[]): void {
  const numbers = new Map<string, number>();
  for (const text of texts) if (!numbers.has(text)) numbers.set(text, numbers.size);
  if (numbers.size * 2 > texts.length) {
    writer.u8(PLAIN);
    const bytes = texts.map((text) => Buffer.from(text, "utf8"));
    encodeIntegers(
      writer,
      Float64Array.from(bytes, ({ length }) => length),
      bytes.length,
    );
    for (const each of bytes) writer.raw(each);
    return;
  }
  writer.u8(DICTIONARY);
  writer.integer(numbers.size);
  for (const text of numbers.keys()) writer.text(text);
  const ofTexts = Float64Array.from(texts, (text) => numbers.get(text) as number);
  encodeIntegers(writer, ofTexts, texts.length);
}

/** Reads what encodeTexts() wrote. Throws CORRUPTION. */
export function decodeTexts(reader: SeriesReader, count: number): string[] {
  const kind = reader.u8();
  if (kind === PLAIN) return decodePlain(reader, count);
  if (kind !== DICTIONARY) throw corruption(`there is no kind ${kind} of strings`);
  const size = reader.count(1, count);
  const dictionary = Array.from({ length: size }, () => reader.text());
  return Array.from(decodeIntegers(reader, count), (number) => {
    const text = dictionary[number];
    if (text === undefined) throw corruption(`string ${number} is not in the dictionary`);
    return text;
  });
}

function decodePlain(reader: SeriesReader, count: number): string[] {
  return Array.from(decodeIntegers(reader, count), (length) => {
    if (length < 0 || length > reader.left) throw corruption("strings end too early");
    return reader.raw(length).toString("utf8");
  });
}
