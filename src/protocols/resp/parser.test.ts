import assert from "node:assert/strict";
import { test } from "node:test";
import { RequestParser, requestLimits, splitWords } from "./parser.ts";

function parse(bytes: string, limits = requestLimits): string[][] {
  const parser = new RequestParser(limits);
  parser.push(Buffer.from(bytes, "latin1"));
  const commands: string[][] = [];
  while (parser.next()) commands.push([parser.name, ...parser.args].map((each) => `${each}`));
  return commands;
}

const good: readonly (readonly [string, string[][]])[] = [
  ["*1\r\n$4\r\nPING\r\n", [["PING"]]],
  ["*2\r\n$3\r\nGET\r\n$0\r\n\r\n", [["GET", ""]]],
  ["*2\r\n$3\r\nGET\r\n$2\r\n\r\n\r\n", [["GET", "\r\n"]]],
  ["*0\r\n*-1\r\n*1\r\n$1\r\na\r\n", [["a"]]],
  ["PING\r\n", [["PING"]]],
  ["PING\n\r\n\nGET  a\tb \r\n", [["PING"], ["GET", "a", "b"]]],
  ['SET a "b c\\x41\\n\\"" \'d\\\'\'\r\n', [["SET", "a", 'b cA\n"', "d'"]]],
  ['SET a ""\r\n', [["SET", "a", ""]]],
  ["*1\r\n$4\r\nPING\r\nPING\r\n*1\r\n$1", [["PING"], ["PING"]]],
];

for (const [bytes, commands] of good) {
  test(`RequestParser reads ${JSON.stringify(bytes)}`, () => {
    assert.deepEqual(parse(bytes), commands);
  });
}

const bad: readonly (readonly [string, string])[] = [
  ["*x\r\n", "invalid multibulk length"],
  ["*\r\n", "invalid multibulk length"],
  ["*1048577\r\n", "invalid multibulk length"],
  ["*01\r\n", "invalid multibulk length"],
  ["*99999999999999999999\r\n", "invalid multibulk length"],
  ["*1\r\n$-1\r\n", "invalid bulk length"],
  ["*1\r\n$536870913\r\n", "invalid bulk length"],
  ["*1\r\n$1x\r\n", "invalid bulk length"],
  ["*1\r\n:1\r\n", "expected '$', got ':'"],
  [`GET "a\r\n`, "unbalanced quotes in request"],
  [`GET "a"b\r\n`, "unbalanced quotes in request"],
  [`${"a".repeat(65_537)}`, "too big inline request"],
  [`*${"1".repeat(65_538)}`, "too big mbulk count string"],
  [`*1\r\n$${"1".repeat(65_538)}`, "too big bulk count string"],
];

for (const [bytes, message] of bad) {
  test(`RequestParser refuses ${JSON.stringify(bytes.slice(0, 24))}: ${message}`, () => {
    assert.throws(() => parse(bytes), { name: "ProtocolError", message });
  });
}

test("RequestParser puts a command together from single bytes", () => {
  const bytes = Buffer.from("*2\r\n$3\r\nGET\r\n$10\r\n0123456789\r\nECHO 'a b'\r\n");
  const parser = new RequestParser();
  const commands: string[] = [];
  for (const byte of bytes) {
    parser.push(Buffer.of(byte));
    while (parser.next()) commands.push([parser.name, ...parser.args].join("|"));
  }
  assert.deepEqual(commands, ["GET|0123456789", "ECHO|a b"]);
  assert.equal(parser.waitingBytes, 0);
});

test("RequestParser hands out arguments that stay as they are", () => {
  const parser = new RequestParser();
  parser.push(Buffer.from("*2\r\n$1\r\nA\r\n$5\r\nhe"));
  assert.equal(parser.next(), false);
  parser.push(Buffer.from("llo\r\n*2\r\n$1\r\nB\r\n$6\r\nsec"));
  assert.equal(parser.next(), true);
  const { args } = parser;
  assert.equal(parser.next(), false);
  parser.push(Buffer.from("ond\r\n"));
  assert.equal(parser.next(), true);
  assert.equal(String(args[0]), "hello");
  assert.equal(String(parser.args[0]), "second");
});

test("RequestParser takes no memory for a length that is only claimed", () => {
  const before = process.memoryUsage().arrayBuffers;
  const parsers = Array.from({ length: 50 }, () => {
    const parser = new RequestParser();
    parser.push(Buffer.from("*2\r\n$3\r\nSET\r\n$536870912\r\nab"));
    parser.next();
    parser.push(Buffer.from("cd"));
    return parser;
  });
  assert.equal(parsers.length, 50);
  assert.ok(process.memoryUsage().arrayBuffers - before < 1024 * 1024);
});

test("RequestParser refuses more than limits.queryBytes in one command", () => {
  const limits = { ...requestLimits, queryBytes: 1_000 };
  const argument = `$100\r\n${"x".repeat(100)}\r\n`;
  assert.throws(() => parse(`*20\r\n${argument.repeat(20)}`, limits), /too big query/);
  const parser = new RequestParser(limits);
  parser.push(Buffer.from("*1\r\n$900\r\n"));
  assert.equal(parser.next(), false);
  parser.push(Buffer.alloc(500));
  assert.equal(parser.next(), false);
  assert.throws(() => parser.push(Buffer.alloc(600)), /too big query/);
});

test("splitWords() takes the escapes of double quotes", () => {
  const words = splitWords(Buffer.from(String.raw`"\n\r\t\b\a\\\"\q\x0f\xg"`));
  assert.deepEqual(words, [Buffer.from('\n\r\t\b\x07\\"q\x0fxg', "latin1")]);
});
