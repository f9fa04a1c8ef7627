/** Orders strings by UTF-16 code units, the order of `<`, in which all strings with one prefix stand together. */
export function compareCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Whether `text` has more than `max` Unicode code points. */
export function exceedsCodePoints(text: string, max: number): boolean {
  if (text.length <= max) return false
  let count = 0
  for (const _ of text) {
    count += 1
    if (count > max) return true
  }
  return false
}

/** A text whose characters are its UTF-8 bytes, as Node.js writes it together with headers. Only {@link toBinary} makes one. */
export type BinaryText = string & { readonly [isBinary]: true }
declare const isBinary: unique symbol

const NOT_ASCII = /\P{ASCII}/u

/** The UTF-8 bytes of a text, one in each character: text that is all ASCII stays as it is. */
export function toBinary(text: string): BinaryText {
  return (NOT_ASCII.test(text) ? Buffer.from(text).toString('latin1') : text) as BinaryText
}

/** The text whose UTF-8 bytes a binary text holds. */
export function fromBinary(binary: BinaryText): string {
  return Buffer.from(binary, 'latin1').toString()
}
