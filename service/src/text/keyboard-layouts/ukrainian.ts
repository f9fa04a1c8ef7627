import type { KeyboardLayout } from './layout.ts'

/** The layout that Windows and Linux use. */
export const ukrainian: KeyboardLayout = {
  name: 'ukrainian',
  rows: [
    ['`qwertyuiop[]\\', "'йцукенгшщзхїґ"],
    ["asdfghjkl;'", 'фівапролджє'],
    ['zxcvbnm,./', 'ячсмитьбю.'],
    ['~{}|:"<>?', "'хїґжєбю,"],
  ],
}
