import type { KeyboardLayout } from './layout.ts'

/** The ЙЦУКЕН layout that Windows and Linux use. */
export const russian: KeyboardLayout = {
  name: 'russian',
  rows: [
    ['`qwertyuiop[]', 'ёйцукенгшщзхъ'],
    ["asdfghjkl;'", 'фывапролджэ'],
    ['zxcvbnm,./', 'ячсмитьбю.'],
    ['~{}:"<>?', 'ёхъжэбю,'],
  ],
}
