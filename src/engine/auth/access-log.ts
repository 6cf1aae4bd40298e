/** The newest denials and wrong passwords, for an administrator to look at: in memory alone. */
import type { WallTimeMs } from "../../base/ids.ts";
import type { Denial } from "./access-request.ts";

const ENTRIES_MAX = 128;
/** Entries that say the same within this time are one. */
const SAME_MS = 60_000;

export interface AccessLogEntry {
  readonly reason: Denial["reason"] | "auth";
  readonly context: "toplevel" | "multi";
  readonly object: string;
  readonly user: string;
  /** What is known of the client. */
  readonly client: string;
  readonly at: WallTimeMs;
}

export class AccessLog {
  #entries: { readonly entry: AccessLogEntry; readonly count: number }[] = [];

  /** Newest first. */
  get entries(): readonly { readonly entry: AccessLogEntry; readonly count: number }[] {
    return this.#entries;
  }

  add(entry: AccessLogEntry): void {
    const same = this.#entries.findIndex(({ entry: known }) => {
      return (
        known.reason === entry.reason &&
        known.context === entry.context &&
        known.object === entry.object &&
        known.user === entry.user &&
        entry.at - known.at < SAME_MS
      );
    });
    const [known] = same < 0 ? [] : this.#entries.splice(same, 1);
    this.#entries.unshift({ entry, count: (known?.count ?? 0) + 1 });
    this.#entries.splice(ENTRIES_MAX);
  }

  clear(): void {
    this.#entries = [];
  }
}
