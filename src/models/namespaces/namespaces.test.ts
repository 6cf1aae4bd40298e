import assert from "node:assert/strict";
import { test } from "node:test";
import { RowStore } from "../../../test/support/row-store.ts";
import { isCronosError } from "../../base/errors.ts";
import type { Transaction } from "../../shard/transaction.ts";
import { createNamespace, findNamespace, listNamespaces, moveNamespace } from "./namespaces.ts";
import { namespaceExistsIn, purgeNamespace, removeNamespace } from "./namespaces.ts";

const deep = "a.b.c.d.e.f.g.h.i.j";

function storeWith(...paths: string[]): RowStore {
  const store = new RowStore();
  for (const path of paths) store.run((tx) => createNamespace(tx, path));
  return store;
}

function says(word: string | undefined, message: string) {
  return (error: unknown) => {
    assert.ok(isCronosError(error));
    assert.equal(error.message, message);
    assert.equal(error.details["word"], word);
    return true;
  };
}

test("createNamespace() implies parents and gives every namespace an id of its own", () => {
  const store = storeWith("a.b.c", "a.d", "e", "global.x");
  const paths = ["global", "a", "a.b", "a.b.c", "a.d", "e", "global.x"];
  const ids = paths.map((path) => findNamespace(store, path));
  assert.equal(ids[0], 0);
  assert.equal(new Set(ids).size, paths.length);
  assert.equal(namespaceExistsIn(store, "a.x"), false);
  assert.equal(namespaceExistsIn(store, "a.b.c.d"), false);
});

test("listNamespaces() gives the live children in order", () => {
  const store = storeWith("z.y", "a", "z.x", "z.x.w");
  store.run((tx) => createNamespace(tx, "z.gone"));
  store.run((tx) => removeNamespace(tx, "z.gone"));
  assert.deepEqual(listNamespaces(store), ["a", "global", "z"]);
  assert.deepEqual(listNamespaces(store, "z"), ["x", "y"]);
  assert.deepEqual(listNamespaces(store, "z.y"), []);
  assert.deepEqual(listNamespaces(new RowStore()), ["global"]);
});

const refusals: readonly (readonly [
  what: string,
  run: (tx: Transaction) => unknown,
  word: string | undefined,
  message: string,
])[] = [
  [
    "create of one that is there",
    (tx) => createNamespace(tx, "a.b"),
    "NAMESPACEALREADYEXISTS",
    "Namespace already exists: a.b",
  ],
  [
    "create of one being removed",
    (tx) => createNamespace(tx, "gone"),
    "NAMESPACEBEINGREMOVED",
    "Namespace 'gone' is being removed",
  ],
  [
    "create below one being removed",
    (tx) => createNamespace(tx, "gone.new"),
    "NAMESPACEBEINGREMOVED",
    "Namespace 'gone.new' is being removed",
  ],
  [
    "list of a missing one",
    (tx) => listNamespaces(tx, "no"),
    "NOSUCHNAMESPACE",
    "No such namespace: 'no'",
  ],
  [
    "exists of one being removed",
    (tx) => namespaceExistsIn(tx, "gone.child"),
    "NAMESPACEBEINGREMOVED",
    "Namespace 'gone.child' is being removed",
  ],
  [
    "a reserved name",
    (tx) => namespaceExistsIn(tx, "name.__internal__"),
    undefined,
    "Namespace 'name.__internal__' is reserved for internal use",
  ],
  [
    "too many levels",
    (tx) => createNamespace(tx, `${deep}.k`),
    undefined,
    `Namespace '${deep}.k' exceeds the maximum allowed depth of 10`,
  ],
  [
    "an empty name",
    (tx) => createNamespace(tx, "a..b"),
    undefined,
    "Namespace 'a..b' must have names of 1 to 255 bytes between its dots",
  ],
  [
    "move of a missing one",
    (tx) => moveNamespace(tx, "no", "x"),
    "NOSUCHNAMESPACE",
    "No such namespace: 'no'",
  ],
  [
    "move of one being removed",
    (tx) => moveNamespace(tx, "gone", "x"),
    "NAMESPACEBEINGREMOVED",
    "Namespace 'gone' is being removed",
  ],
  [
    "move to one that is there",
    (tx) => moveNamespace(tx, "a.b", "c"),
    "NAMESPACEALREADYEXISTS",
    "Namespace already exists: c",
  ],
  [
    "move into itself",
    (tx) => moveNamespace(tx, "a", "a.x"),
    undefined,
    "Cannot move namespace 'a' into itself: 'a.x'",
  ],
  [
    "move to a place that is too deep for what is below",
    (tx) => moveNamespace(tx, "a", "c.b.c.d.e.f.g.h.i.j"),
    undefined,
    "Namespace 'c.b.c.d.e.f.g.h.i.j' exceeds the maximum allowed depth of 10",
  ],
  [
    "remove of the default",
    (tx) => removeNamespace(tx, "global"),
    undefined,
    "Cannot remove the default namespace: 'global'",
  ],
  [
    "remove of a missing one",
    (tx) => removeNamespace(tx, "no"),
    "NOSUCHNAMESPACE",
    "No such namespace: 'no'",
  ],
  [
    "remove again",
    (tx) => removeNamespace(tx, "gone"),
    "NAMESPACEBEINGREMOVED",
    "Namespace 'gone' is being removed",
  ],
  [
    "purge of the default",
    (tx) => purgeNamespace(tx, "global", { models: [], limit: 1 }),
    undefined,
    "Cannot purge the default namespace: 'global'",
  ],
  [
    "purge of a live one",
    (tx) => purgeNamespace(tx, "a", { models: [], limit: 1 }),
    undefined,
    "Namespace 'a' must be logically removed before purge",
  ],
];

for (const [what, run, word, message] of refusals) {
  test(`namespaces: ${what} is refused`, () => {
    const store = storeWith("a.b", "c", "gone.child");
    store.run((tx) => removeNamespace(tx, "gone"));
    assert.throws(() => store.run(run), says(word, message));
  });
}

test("moveNamespace() takes along what is below, under the same ids", () => {
  const store = storeWith("a.b.c");
  const [b, c] = [findNamespace(store, "a.b"), findNamespace(store, "a.b.c")];
  store.run((tx) => moveNamespace(tx, "a.b", "new.place"));
  assert.equal(findNamespace(store, "new.place"), b);
  assert.equal(findNamespace(store, "new.place.c"), c);
  assert.equal(namespaceExistsIn(store, "a.b"), false);
  assert.notEqual(store.run((tx) => createNamespace(tx, "a.b")), b);
});

test("moveNamespace() goes up to the deepest level", () => {
  const store = storeWith("x.y");
  store.run((tx) => moveNamespace(tx, "x", "a.b.c.d.e.f.g.h.i"));
  assert.equal(namespaceExistsIn(store, "a.b.c.d.e.f.g.h.i.y"), true);
});

test("purgeNamespace() deletes the subtree with its data, in as many steps as it takes", () => {
  const store = storeWith("a.b.c", "a.b.d", "a.e", "f");
  const ids = ["a.b.c", "a.b.d", "a.b", "a.e", "a"].map((path) => findNamespace(store, path));
  const dataOf = (id: number) => [{ start: `D${id};`, end: `D${id}<` }];
  const other = findNamespace(store, "f");
  for (const id of [...ids, other]) store.run((tx) => tx.put(`D${id};row`, Buffer.from("x")));
  store.run((tx) => removeNamespace(tx, "a"));
  let steps = 1;
  while (!store.run((tx) => purgeNamespace(tx, "a", { models: [dataOf], limit: 2 }))) steps++;
  const left = Array.from(store.range("D", "E"), ([key]) => key);
  assert.deepEqual(left, [`D${other};row`]);
  assert.equal(steps, 3);
  assert.equal(namespaceExistsIn(store, "a"), false);
  assert.deepEqual(listNamespaces(store), ["f", "global"]);
  store.run((tx) => createNamespace(tx, "a.b.c"));
  assert.ok(!ids.includes(findNamespace(store, "a.b.c")));
});
