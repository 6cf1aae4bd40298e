import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryData } from "./memory-data.ts";
import { contextOf, runQuery } from "./select-testing.ts";

const data = new MemoryData();
data.addPolicy("db", "autogen");
data.write(
  "db",
  "autogen",
  `a,host=x v=1 1000000000
  a,host=x v=2 3000000000
  a,host=y v=3 3000000000
  a,host=x v=4 7000000000
  b,host=x w=10i 2000000000
  b,host=x w=20i 3000000000
  b,host=y w=30i 4000000000
  b,host=x w=40i 9000000000
  c,host=x z=5 3000000000`,
);

const cases: readonly (readonly string[])[] = [
  ["select * from a inner join b on host", "a_join_b: time, a.v, b.w, host", "3 2 20 x"],
  ["select a.v + b.w from a inner join b on host", "a_join_b: time, a.v_b.w", "3 22"],
  [
    "select * from a left join b on host",
    "a_join_b: time, a.v, b.w, host",
    "1 1 - x",
    "3 2 20 x",
    "3 3 - y",
    "7 4 - x",
  ],
  [
    "select a.v, b.w from a full join b on host",
    "a_join_b: time, a.v, b.w",
    "1 1 -",
    "2 - 10",
    "3 2 20",
    "3 3 -",
    "4 - 30",
    "7 4 -",
    "9 - 40",
  ],
  [
    "select * from a asof join b on host",
    "a_join_b: time, a.v, b.w, host",
    "1 1 - x",
    "3 2 20 x",
    "3 3 - y",
    "7 4 20 x",
  ],
  [
    "select a.v, b.w from a asof join b on host order by time desc",
    "a_join_b: time, a.v, b.w",
    "7 4 20",
    "3 3 -",
    "3 2 20",
    "1 1 -",
  ],
  [
    "select * from a asof tolerance 2s join b on host where a.v > 3",
    "a_join_b: time, a.v, b.w, host",
    "7 4 - x",
  ],
  [
    "select p.v, q.w from a as p inner join b as q",
    "p_join_q: time, p.v, q.w",
    "1 1 10",
    "3 3 20",
    "7 4 30",
  ],
  [
    "select sum(b.w) from a inner join b on host group by host",
    "a_join_b{host=x}: time, sum",
    "0 20",
  ],
  [
    "select * from a inner join b on host inner join c on host",
    "a_join_b_join_c: time, a.v, b.w, c.z, host",
    "3 2 20 5 x",
  ],
  [
    "select * from merge(a, c)",
    "merged: time, _orig_series, host, v, z",
    "1 a x 1 -",
    "3 a x 2 -",
    "3 a y 3 -",
    "3 c x - 5",
    "7 a x 4 -",
  ],
  ["select count(v), count(w) from merge(/a|b/)", "merged: time, count, count_1", "0 4 4"],
  [
    "select * from a inner join b on host where w > 2",
    "error: unknown column in the condition of a join: w",
  ],
];

for (const [query = "", ...lines] of cases) {
  test(`executeSelect answers ${query}`, async () => {
    assert.deepEqual(await runQuery(query, contextOf(data)), lines);
  });
}
