import type { KeyboardLayout } from './layout.ts'

/**
 * The layout that Windows and Linux use. In this table, the dead keys for accents type an invisible character, because
 * the search ignores both accents and invisible characters.
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
