/**
 * The access categories of a command (@read, @write, @fast …), from its flags and its group.
 */
import type { CommandGroup, CommandSpec } from "./command.ts";

/** The category of a group's commands where it is not the group's name. */
const groupCategories: Partial<Readonly<Record<CommandGroup, string>>> = {
  generic: "keyspace",
  transactions: "transaction",
  server: "admin",
  session: "connection",
};

/** Server commands that change nothing and tell no secrets. */
const harmless = new Set(["command", "time", "tick", "dbsize", "info", "role"]);

/** Without the @, in a fixed order. */
export function categoriesOf(spec: CommandSpec): readonly string[] {
  const has = (flag: CommandSpec["flags"][number]): boolean => spec.flags.includes(flag);
  const categories: string[] = [];
  if (has("write")) categories.push("write");
  if (has("readonly")) categories.push("read");
  const group = groupCategories[spec.group] ?? spec.group;
  if (group !== "admin") categories.push(group);
  if (has("admin") || (group === "admin" && !harmless.has(spec.name))) {
    categories.push("admin", "dangerous");
  }
  if (has("blocking")) categories.push("blocking");
  categories.push(has("fast") ? "fast" : "slow");
  return categories;
}
