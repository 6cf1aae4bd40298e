import { test } from "node:test";
import { fuzzResp } from "../../../test/support/resp-fuzzer.ts";

test("dispatch() answers random and mutated requests with whole replies, and goes on", async () => {
  await fuzzResp(1, 3_000);
});
