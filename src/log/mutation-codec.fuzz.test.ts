import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isCronosError } from "../base/errors.ts";
import { MutationArena } from "./mutation-arena.ts";
import { decodeMutations } from "./mutation-codec.ts";

type Step =
  | { readonly op: "put"; readonly key: string; readonly value: Uint8Array }
  | { readonly op: "delete"; readonly key: string }
  | { readonly op: "deleteRange"; readonly start: string; readonly end: string | undefined };

const keys = fc
  .uint8Array({ maxLength: 40 })
  .map((bytes) => Buffer.from(bytes).toString("latin1"));
const values = fc.oneof(
  { weight: 20, arbitrary: fc.uint8Array({ maxLength: 300 }) },
  // Larger than the chunks, so that batches span several.
  { weight: 1, arbitrary: fc.nat(200_000).map((length) => new Uint8Array(length).fill(9)) },
);
const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(keys, values).map(([key, value]) => ({ op: "put" as const, key, value })),
  keys.map((key) => ({ op: "delete" as const, key })),
  fc
    .tuple(keys, fc.option(keys, { nil: undefined }))
    .map(([start, end]) => ({ op: "deleteRange" as const, start, end })),
);

function apply(arena: MutationArena, step: Step): void {
  if (step.op === "put") arena.put(step.key, step.value);
  else if (step.op === "delete") arena.delete(step.key);
  else arena.deleteRange(step.start, step.end);
}

function decode(body: Uint8Array): Step[] {
  const seen: Step[] = [];
  decodeMutations(body, {
    put: (key, value) => seen.push({ op: "put", key, value: new Uint8Array(value) }),
    delete: (key) => seen.push({ op: "delete", key }),
    deleteRange: (start, end) => seen.push({ op: "deleteRange", start, end }),
  });
  return seen;
}

test("decodeMutations() gives back what the arena was given, undone steps excepted", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ steps: fc.array(steps, { maxLength: 12 }), undo: fc.boolean() })),
      fc.array(fc.nat(10), { maxLength: 3 }),
      (operations, sealAfter) => {
        let arena = new MutationArena();
        const sealed: { arena: MutationArena; kept: Step[] }[] = [];
        let kept: Step[] = [];
        operations.forEach((operation, number) => {
          const mark = arena.mark();
          for (const step of operation.steps) apply(arena, step);
          if (operation.undo) arena.rewind(mark);
          else kept.push(...operation.steps);
          if (!sealAfter.includes(number)) return;
          sealed.push({ arena, kept });
          arena = arena.next();
          kept = [];
        });
        for (const batch of [...sealed, { arena, kept }]) {
          const body = Buffer.concat(batch.arena.chunks());
          assert.deepEqual(decode(body), batch.kept);
          assert.equal(batch.arena.byteLength, body.length);
          assert.equal(batch.arena.mutationCount, batch.kept.length);
        }
      },
    ),
    { numRuns: 150 },
  );
});

test("decodeMutations() answers arbitrary bytes with mutations or CORRUPTION", () => {
  const bodies = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    // Bodies that start well: an op and a small length.
    fc.tuple(fc.integer({ min: 1, max: 5 }), fc.nat(9), fc.uint8Array({ maxLength: 30 })).map(
      ([op, length, rest]) => Uint8Array.from([op, length, ...rest]),
    ),
  );
  fc.assert(
    fc.property(bodies, (body) => {
      let seen: Step[];
      try {
        seen = decode(body);
      } catch (error) {
        assert.ok(isCronosError(error, "CORRUPTION"));
        return;
      }
      const arena = new MutationArena();
      for (const step of seen) apply(arena, step);
      assert.deepEqual(Buffer.concat(arena.chunks()), Buffer.from(body));
    }),
    { numRuns: 3000 },
  );
});
