/** What became of the points of a write, and how 1.x tells it. */

/** Bytes of told faults; the lines after that are only counted. */
const FAULT_BYTES_MAX = 1024 * 1024;

export class WriteReport {
  /** Points that were stored. */
  stored = 0;
  /** Points that could be read. */
  read = 0;
  readonly #faults: string[] = [];
  #faultBytes = 0;
  #untold = 0;
  #reason: string | undefined;
  #dropped = 0;
  #beyondRetention = 0;

  /** A line that cannot be read. */
  fault(line: string, reason: string): void {
    const text = `unable to parse '${line}': ${reason}`;
    this.#faultBytes += text.length;
    if (this.#faultBytes > FAULT_BYTES_MAX && this.#faults.length > 0) this.#untold++;
    else this.#faults.push(text);
  }

  /** A point that was read and not stored. */
  drop(reason: string): void {
    this.#reason ??= reason;
    this.#dropped++;
  }

  /** A point that is older than the policy keeps. */
  dropBeyondRetention(): void {
    this.#beyondRetention++;
  }

  /** Points that were read and not stored. */
  get dropped(): number {
    return this.#dropped + this.#beyondRetention;
  }

  /** Lines that could not be read. */
  get unreadable(): number {
    return this.#faults.length + this.#untold;
  }

  /** What the client is told; undefined: all is stored. */
  get message(): string | undefined {
    if (this.#reason !== undefined) return partial(this.#reason, this.#dropped);
    if (this.#beyondRetention > 0) {
      return partial("points beyond retention policy", this.#beyondRetention);
    }
    if (this.#faults.length === 0) return undefined;
    const more = this.#untold === 0 ? [] : [`and ${this.#untold} more lines`];
    const faults = [...this.#faults, ...more].join("\n");
    return this.read === 0 ? faults : partial(faults, 0);
  }
}

function partial(reason: string, dropped: number): string {
  return `partial write: ${reason} dropped=${dropped}`;
}
