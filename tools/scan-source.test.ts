/** What is code and what is not, and what counts as an import. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { blankSource, importsOf } from "./scan-source.ts";

/** Sources, and what of them is left when blanks are squeezed. */
const blanked: readonly (readonly [source: string, code: string])[] = [
  ["a(); // b", "a();"],
  ["a(/* b\n c */ d);", "a( \n d);"],
  ['a("b // c", \'d\');', 'a(" ", \' \');'],
  ['a("\\" b");', 'a(" ");'],
  ["a(`b ${c({ d: `e` })} f`);", "a(` ${c({ d: ` ` })} `);"],
  ["a = b / c; // d / e", "a = b / c;"],
  ["return /[/\"]b/.test(c) / 2;", "return / /.test(c) / 2;"],
  ["a(/\\//, 'b')", "a(/ /, ' ')"],
];

for (const [source, code] of blanked) {
  test(`blankSource() of ${JSON.stringify(source)}`, () => {
    const result = blankSource(source);
    assert.equal(result.length, source.length);
    assert.equal(result.replaceAll(/ +/g, " ").trimEnd(), code);
  });
}

const imports: readonly (readonly [source: string, specifiers: string[], inline?: boolean])[] = [
  ['import { a } from "./a.ts";', ["./a.ts"]],
  ['import type { A } from "./a.ts";\nimport * as b from "b";', ["./a.ts", "b"]],
  ['import {\n  a,\n  b,\n} from "./a.ts";', ["./a.ts"]],
  ['import { a, type B } from "./a.ts";', ["./a.ts"], true],
  ['import "./a.ts";', ["./a.ts"]],
  ['export { a } from "./a.ts";', ["./a.ts"]],
  ['export * from "./a.ts";', ["./a.ts"]],
  ['const a = await import("./a.ts");', ["./a.ts"]],
  ['let a: import("./a.ts").A;', ["./a.ts"]],
  ['// import { a } from "./a.ts";', []],
  ['const text = `\nimport { a } from "./a.ts";`;', []],
  ['export const from = "./a.ts";', []],
  ['export function a(): string {\n  return "b";\n}', []],
  ['export type A = { type: "a" };', []],
  ['export interface A {\n  readonly kind: "put";\n}', []],
  ['export class A extends B {\n  readonly name = "A";\n}', []],
];

for (const [source, specifiers, inline = false] of imports) {
  test(`importsOf() ${JSON.stringify(source)}`, () => {
    const found = importsOf(source, blankSource(source));
    assert.deepEqual(found.map((each) => each.specifier), specifiers);
    assert.equal(found.some((each) => each.inlineType), inline);
  });
}
