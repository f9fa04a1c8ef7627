/** Reads and writes the numbers and strings of the stored index as bytes. */

const FIRST_SIZE = 1 << 16
/** The maximum width for which 32-bit operators suffice: at most 23 bits are pending when the next 8 are added. */
const MAX_SMALL_WIDTH = 24
/** The place value of the last 7-bit group of a number below 2^53, and the end of the values of this group. */
const [LARGEST_UNIT, LAST_GROUP_END] = [2 ** 49, 2 ** 4]

/** Collects bytes in a buffer that grows as needed. */
export class ByteWriter {
  #bytes = new Uint8Array(FIRST_SIZE)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Writes an integer from 0 to 2^53 - 1 in 7-bit groups, the lowest first. */
  varint(value: number): void {
    this.#reserve(8)
    let rest = value
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#bytes[this.#length++] = rest
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  bytes(values: Uint8Array): void {
    this.#reserve(values.length)
    this.#bytes.set(values, this.#length)
    this.#length += values.length
  }

  /**
   * Writes strings, which must not contain line feeds. To read them, pass the number of strings to
   * {@link ByteReader.strings}.
   */
  strings(values: readonly string[]): void {
    const bytes = Buffer.from(values.join('\n'))
    this.varint(bytes.length)
    this.bytes(bytes)
  }

  /** Writes numbers below `2^width` in `width` bits (1 to 32) each. */
  packed(values: Uint32Array, width: number): void {
    this.#reserve(Math.ceil((values.length * width) / 8) + 8)
    let pending = 0
    let bits = 0
    for (const value of values) {
      // At most 7 bits are pending, so they fit into a double together with a 32-bit number.
      pending += value * 2 ** bits
      bits += width
      while (bits >= 8) {
        this.#bytes[this.#length++] = pending % 256
        pending = Math.floor(pending / 256)
        bits -= 8
      }
    }
    if (bits > 0) this.#bytes[this.#length++] = pending
  }

  /** Returns the bytes written so far. */
  done(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #reserve(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
}

/** Reads bytes that {@link ByteWriter} wrote. */
export class ByteReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  /** @throws {RangeError} if the bytes end early or the number is 2^53 or more */
  varint(): number {
    let value = 0
    let unit = 1
    for (;;) {
      const byte = this.byte()
      if (unit === LARGEST_UNIT && byte >= LAST_GROUP_END) {
        throw new RangeError('the index has a number above 2^53 - 1')
      }
      if (byte < 0x80) return value + byte * unit
      value += (byte - 0x80) * unit
      unit *= 0x80
    }
  }

  /** @throws {RangeError} if no byte is left */
  byte(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw new RangeError('the index ends early')
    return byte
  }

  /** @throws {RangeError} if fewer than `count` bytes are left */
  bytes(count: number): Uint8Array {
    const end = this.#at + count
    if (end > this.#bytes.length) throw new RangeError('the index ends early')
    const part = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return part
  }

  /** @throws {RangeError} if the bytes end early or the number of strings is not `count` */
  strings(count: number): string[] {
    const bytes = this.bytes(this.varint())
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
    const values = count === 0 ? [] : text.split('\n')
    if (values.length !== count) throw new RangeError(`the index has ${values.length} strings, expected ${count}`)
    return values
  }

  /**
   * Fills an array with numbers of `width` bits.
   * @throws {RangeError} if the bytes end early
   */
  packed(into: Uint32Array, width: number): void {
    const bytes = this.bytes(Math.ceil((into.length * width) / 8))
    // Narrow numbers can be read with 32-bit operators, which takes half the time.
    if (width <= MAX_SMALL_WIDTH) readSmall(bytes, into, width)
    else readLarge(bytes, into, width)
  }
}

function readSmall(bytes: Uint8Array, into: Uint32Array, width: number): void {
  const mask = 2 ** width - 1
  let pending = 0
  let bits = 0
  let at = 0
  for (let index = 0; index < into.length; index++) {
    while (bits < width) {
      pending |= (bytes[at++] as number) << bits
      bits += 8
    }
    into[index] = pending & mask
    pending >>>= width
    bits -= width
  }
}

function readLarge(bytes: Uint8Array, into: Uint32Array, width: number): void {
  const unit = 2 ** width
  let pending = 0
  let bits = 0
  let at = 0
  for (let index = 0; index < into.length; index++) {
    while (bits < width) {
      pending += (bytes[at++] as number) * 2 ** bits
      bits += 8
    }
    into[index] = pending % unit
    pending = Math.floor(pending / unit)
    bits -= width
  }
}

/** Returns the number of bits that numbers below `limit` need. The result is at least 1. */
export function bitsFor(limit: number): number {
  return Math.max(1, Math.ceil(Math.log2(Math.max(2, limit))))
}
