/** Sets of small integers, stored as one bit each in arrays of 32-bit integers. */

/** Returns the length of an array that holds `count` bits. */
export const bitsLength = (count: number): number => (count + 31) >>> 5

export const hasBit = (bits: Uint32Array, at: number): boolean => (((bits[at >>> 5] as number) >>> (at & 31)) & 1) === 1

export function setBit(bits: Uint32Array, at: number): void {
  bits[at >>> 5] = (bits[at >>> 5] as number) | (1 << (at & 31))
}

/** Counts the bits that are set in a 32-bit integer. */
export function bitCount(bits: number): number {
  let count = 0
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1
  return count
}
