/** A keyboard layout. To support another one, add a file such as `russian.ts`, and list it in `index.ts`. */
export interface KeyboardLayout {
  name: string
  /**
   * Rows of keys. Each row has the characters that a US QWERTY keyboard types, and the characters that this layout
   * types, with one UTF-16 code unit per key. The letters of the layout are lower case. A capital that is not listed
   * types the same character as its lower-case key. If several keys type the same character, it is converted back to
   * the first of them.
   */
  rows: readonly (readonly [qwerty: string, layout: string])[]
  /** The keys that type several characters, and these characters. Other keys can type these one by one. */
  sequences?: Readonly<Record<string, string>>
}
