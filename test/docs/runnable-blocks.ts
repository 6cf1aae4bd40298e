/**
 * The examples in README and docs/ that tests run, so that they stay true. A fenced block is run
 * when its opening line says so:
 *
 *   ```bash run       in an empty directory, with `cronosdb` as a command
 *   ```ts run         type-checked, then run in an empty directory; `cronosdb` can be imported
 *   ```bash server    like bash run, while a server with an empty database listens; what the text
 *                     calls localhost:9000 and localhost:8080 are its ports
 *
 * A block ```text output right behind it holds what it prints: each line must come, in this order;
 * `…` in it stands for anything.
 */

export type BlockKind = "bash run" | "ts run" | "bash server";

export interface RunnableBlock {
  readonly kind: BlockKind;
  /** Line of its opening fence in the file, from 1. */
  readonly line: number;
  readonly code: string;
  /** What it must print, line by line; empty when nothing is said about it. */
  readonly output: readonly string[];
}

interface Fence {
  readonly info: string;
  readonly line: number;
  readonly body: readonly string[];
}

const kinds: readonly BlockKind[] = ["bash run", "ts run", "bash server"];

/** The blocks of a Markdown text that are to be run. */
export function runnableBlocks(markdown: string): RunnableBlock[] {
  const fences = fencesOf(markdown);
  return fences.flatMap((fence, at) => {
    const kind = kinds.find((each) => each === fence.info);
    if (kind === undefined) return [];
    const next = fences[at + 1];
    const output = next?.info === "text output" ? next.body : [];
    return [{ kind, line: fence.line, code: `${fence.body.join("\n")}\n`, output }];
  });
}

/** The first of the expected lines that `printed` does not have behind the ones before it. */
export function missingLine(expected: readonly string[], printed: string): string | undefined {
  const lines = printed.split("\n").map((line) => line.trimEnd());
  let from = 0;
  for (const line of expected) {
    const pattern = linePattern(line.trimEnd());
    const found = lines.findIndex((each, at) => at >= from && pattern.test(each));
    if (found < 0) return line;
    from = found + 1;
  }
  return undefined;
}

function linePattern(line: string): RegExp {
  const parts = line.split("…").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`);
}

function fencesOf(markdown: string): Fence[] {
  const fences: Fence[] = [];
  let open: { info: string; line: number; body: string[] } | undefined;
  for (const [at, line] of markdown.split("\n").entries()) {
    const fence = /^```(.*)$/.exec(line);
    if (fence === null) {
      open?.body.push(line);
    } else if (open === undefined) {
      open = { info: (fence[1] ?? "").trim(), line: at + 1, body: [] };
    } else {
      fences.push(open);
      open = undefined;
    }
  }
  return fences;
}
