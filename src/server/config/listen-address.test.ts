import assert from "node:assert/strict";
import { test } from "node:test";
import { formatListenAddress, isLoopback, parseListenAddress } from "./listen-address.ts";

test("parseListenAddress() reads host:port, :port as loopback, and off", () => {
  const cases = [
    ["127.0.0.1:9000", { host: "127.0.0.1", port: 9000 }],
    [":9000", { host: "127.0.0.1", port: 9000 }],
    ["localhost:0", { host: "localhost", port: 0 }],
    ["[::1]:8080", { host: "::1", port: 8080 }],
    ["0.0.0.0:65535", { host: "0.0.0.0", port: 65_535 }],
    ["off", "off"],
    ["", undefined],
    ["9000", undefined],
    ["host", undefined],
    ["host:", undefined],
    ["host:65536", undefined],
    ["host:-1", undefined],
    ["::1:9000", undefined],
    ["[localhost]:9000", undefined],
    ["a b:9000", undefined],
  ] as const;
  for (const [text, address] of cases) {
    assert.deepEqual(parseListenAddress(text), address, JSON.stringify(text));
  }
});

test("isLoopback() trusts loopback addresses and localhost only", () => {
  for (const host of ["127.0.0.1", "127.9.9.9", "::1", "localhost"]) assert.ok(isLoopback(host));
  for (const host of ["0.0.0.0", "::", "10.0.0.1", "example.org", "127.example.org"]) {
    assert.ok(!isLoopback(host), host);
  }
});

test("formatListenAddress() writes what parseListenAddress() reads", () => {
  for (const text of ["127.0.0.1:9000", "[::1]:0"]) {
    const address = parseListenAddress(text);
    assert.ok(address !== undefined && address !== "off");
    assert.equal(formatListenAddress(address), text);
  }
});
