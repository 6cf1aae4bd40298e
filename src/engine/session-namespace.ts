/** The namespace that a session works in; its id is in the keys of every row. */
export interface SessionNamespace {
  readonly id: number;
  readonly name: string;
}

/** Where every session begins. */
export const globalNamespace: SessionNamespace = Object.freeze({ id: 0, name: "global" });
