/** Joins small pieces of a body: each piece that is sent costs a write, or a run of the packer. */

/** Characters of a piece, at least, but for the last one. */
const PIECE_CHARACTERS = 32 * 1024;

export async function* gathered(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let parts: string[] = [];
  let length = 0;
  for await (const piece of pieces) {
    parts.push(piece);
    length += piece.length;
    if (length < PIECE_CHARACTERS) continue;
    yield parts.join("");
    parts = [];
    length = 0;
  }
  if (length > 0) yield parts.join("");
}
