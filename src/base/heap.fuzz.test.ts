import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Heap } from "./heap.ts";

test("Heap gives its items in order, whatever was put in between", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("push" as const), value: fc.integer() }),
    fc.record({ kind: fc.constant("replace" as const), value: fc.integer() }),
    fc.constant({ kind: "pop" as const, value: 0 }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const heap = new Heap<number>((a, b) => a < b);
      const model: number[] = [];
      for (const { kind, value } of steps) {
        model.sort((a, b) => a - b);
        assert.equal(heap.peek(), model[0]);
        if (kind === "pop") assert.equal(heap.pop(), model.shift());
        else {
          if (kind === "push") heap.push(value);
          else {
            heap.replace(value);
            model.shift();
          }
          model.push(value);
        }
        assert.equal(heap.size, model.length);
      }
    }),
  );
});
