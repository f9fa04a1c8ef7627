/** A keyboard layout, as data: to support another one, add a file like `russian.ts` and list it in `index.ts`. */
export interface KeyboardLayout {
  name: string
  /**
   * Rows of keys: what a US QWERTY keyboard types with them, and what this layout does, one UTF-16 unit per key. Letters are
   * lower case. A capital that is not listed types what its lower-case key does. If several keys type the same, the first one
   * is used to read back.
   */
  rows: readonly (readonly [qwerty: string, layout: string])[]
}
