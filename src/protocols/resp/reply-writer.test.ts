import assert from "node:assert/strict";
import { test } from "node:test";
import { ReplySlab, ReplyWriter } from "./reply-writer.ts";

const cases: readonly (readonly [string, (reply: ReplyWriter) => void, string, string?])[] = [
  ["ok()", (reply) => reply.ok(), "+OK\r\n"],
  ["simple()", (reply) => reply.simple("QUEUED"), "+QUEUED\r\n"],
  ["error()", (reply) => reply.error("ERR a\r\nb"), "-ERR a b\r\n"],
  ["integer() of 0", (reply) => reply.integer(0), ":0\r\n"],
  ["integer() of 9", (reply) => reply.integer(9), ":9\r\n"],
  ["integer() of 10", (reply) => reply.integer(10), ":10\r\n"],
  ["integer() of 1005", (reply) => reply.integer(1005), ":1005\r\n"],
  ["integer() of 2147483647", (reply) => reply.integer(2147483647), ":2147483647\r\n"],
  ["integer() below 0", (reply) => reply.integer(-42), ":-42\r\n"],
  ["integer() of 64 bits", (reply) => reply.integer(-(2n ** 63n)), ":-9223372036854775808\r\n"],
  ["bulk()", (reply) => reply.bulk(Buffer.from("a\r\nb")), "$4\r\na\r\nb\r\n"],
  ["bulk() of nothing", (reply) => reply.bulk(Buffer.alloc(0)), "$0\r\n\r\n"],
  ["text()", (reply) => reply.text("ü"), "$2\r\n\xc3\xbc\r\n"],
  ["binary()", (reply) => reply.binary("\xff"), "$1\r\n\xff\r\n"],
  ["null()", (reply) => reply.null(), "$-1\r\n", "_\r\n"],
  ["nullArray()", (reply) => reply.nullArray(), "*-1\r\n", "_\r\n"],
  ["array()", (reply) => reply.array(12), "*12\r\n"],
  ["map()", (reply) => reply.map(3), "*6\r\n", "%3\r\n"],
  ["set()", (reply) => reply.set(3), "*3\r\n", "~3\r\n"],
  ["push()", (reply) => reply.push(3), "*3\r\n", ">3\r\n"],
  ["double()", (reply) => reply.double(1.5), "$3\r\n1.5\r\n", ",1.5\r\n"],
  ["double() without end", (reply) => reply.double(-Infinity), "$4\r\n-inf\r\n", ",-inf\r\n"],
  ["boolean()", (reply) => reply.boolean(true), ":1\r\n", "#t\r\n"],
  ["bigNumber()", (reply) => reply.bigNumber(10n ** 20n), `$21\r\n1${"0".repeat(20)}\r\n`,
    `(1${"0".repeat(20)}\r\n`],
  ["verbatim()", (reply) => reply.verbatim("ab"), "$2\r\nab\r\n", "=6\r\ntxt:ab\r\n"],
];

for (const [name, write, resp2, resp3 = resp2] of cases) {
  test(`ReplyWriter.${name} in RESP2 and RESP3`, () => {
    for (const [version, expected] of [[2, resp2], [3, resp3]] as const) {
      const reply = new ReplyWriter();
      reply.version = version;
      write(reply);
      assert.equal(reply.take()?.toString("latin1"), expected);
    }
  });
}

test("ReplyWriter grows beyond its slab and goes on in another", () => {
  const slab = new ReplySlab();
  const reply = new ReplyWriter(slab);
  const taken: Buffer[] = [];
  let expected = "";
  for (let size = 1; size < 300_000; size = size * 3 + 1) {
    reply.bulk(Buffer.alloc(size, "x"));
    reply.integer(size);
    expected += `$${size}\r\n${"x".repeat(size)}\r\n:${size}\r\n`;
    const bytes = size % 2 === 0 ? reply.take() : undefined;
    if (bytes !== undefined) taken.push(bytes);
  }
  taken.push(reply.take() ?? Buffer.alloc(0));
  assert.equal(Buffer.concat(taken).toString("latin1"), expected);
  assert.equal(reply.take(), undefined);
});

test("ReplyWriter.rewind() forgets what a failed command wrote", () => {
  const reply = new ReplyWriter();
  reply.integer(1);
  const { length } = reply;
  reply.array(3);
  reply.bulk(Buffer.alloc(200_000));
  reply.rewind(length);
  reply.error("ERR no");
  assert.equal(String(reply.take()), ":1\r\n-ERR no\r\n");
});

test("ReplySlab is shared in turn: a writer that keeps its part disturbs no other", () => {
  const slab = new ReplySlab();
  const [one, other] = [new ReplyWriter(slab), new ReplyWriter(slab)];
  one.simple("one");
  other.simple("other");
  const bytes = other.take();
  one.simple("more");
  other.simple("again");
  assert.equal(String(one.take()), "+one\r\n+more\r\n");
  assert.equal(String(bytes), "+other\r\n");
  assert.equal(String(other.take()), "+again\r\n");
});
