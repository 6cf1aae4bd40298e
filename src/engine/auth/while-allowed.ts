/** Streams that stay open do not outlive the right to read them. */

/** The items, as long as `check` does not throw, which is asked before each one is given. */
export function whileAllowed<T>(
  items: AsyncIterableIterator<T>,
  check: () => void,
): AsyncIterableIterator<T> {
  return {
    async next() {
      const item = await items.next();
      if (item.done !== true) check();
      return item;
    },
    async return(value) {
      return (await items.return?.(value)) ?? { done: true, value };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
