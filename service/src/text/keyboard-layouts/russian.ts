import type { KeyboardLayout } from './layout.ts'

/** ЙЦУКЕН as on Windows and Linux. */
export const russian: KeyboardLayout = {
  name: 'russian',
  rows: [
    ['`qwertyuiop[]', 'ёйцукенгшщзхъ'],
    ["asdfghjkl;'", 'фывапролджэ'],
    ['zxcvbnm,./', 'ячсмитьбю.'],
    ['~{}:"<>?', 'ёхъжэбю,'],
  ],
}
