import type { KeyboardLayout } from './layout.ts'

/** The ЙЦУКЕН layout of Windows and Linux. */
export const russian: KeyboardLayout = {
  name: 'russian',
  rows: [
    ['`qwertyuiop[]', 'ёйцукенгшщзхъ'],
    ["asdfghjkl;'", 'фывапролджэ'],
    ['zxcvbnm,./', 'ячсмитьбю.'],
    ['~{}:"<>?', 'ёхъжэбю,'],
  ],
}
