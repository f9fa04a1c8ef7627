import type { KeyboardLayout } from './layout.ts'

/**
 * The layout that Windows and Linux use. The keys for accents type an invisible character, because accents do not
 * matter.
 */
export const greek: KeyboardLayout = {
  name: 'greek',
  rows: [
    ['qwertyuiop', ';ςερτυθιοπ'],
    ['asdfghjkl;', 'ασδφγηξκλ\u200B'],
    ['zxcvbnm', 'ζχψωβνμ'],
    ['Q:', ':\u200B'],
  ],
}
