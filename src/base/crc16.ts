/**
 * CRC16/XMODEM (polynomial 0x1021, nothing reflected, start 0) and the hash slot of a key made of
 * it, as clients of Redis Cluster compute it.
 */

/** Slots that keys are spread over. */
export const SLOTS = 16_384;

const POLYNOMIAL = 0x1021;
const OPEN = 0x7b;
const CLOSE = 0x7d;

const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) {
    crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ POLYNOMIAL;
  }
  return crc;
});

/** The checksum, from 0 to 0xffff. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc = ((crc << 8) & 0xffff) ^ (table[(crc >> 8) ^ byte] as number);
  }
  return crc;
}

/**
 * The slot of a key. Of a key with braces only what is between the first { and the next } counts,
 * unless that is nothing: so keys can be kept together.
 */
export function keySlot(key: Uint8Array): number {
  return crc16(hashTag(key)) % SLOTS;
}

function hashTag(key: Uint8Array): Uint8Array {
  const open = key.indexOf(OPEN);
  if (open < 0) return key;
  const close = key.indexOf(CLOSE, open + 1);
  return close <= open + 1 ? key : key.subarray(open + 1, close);
}
