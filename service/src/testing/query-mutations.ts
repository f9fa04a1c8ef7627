/** Mutations that turn the text of an entry into a query. */
import { digraphForm } from '../text/digraphs.ts'
import { fold } from '../text/fold.ts'
import { initials, keystrokes, syllables } from '../text/hangul.ts'
import { otherLayouts } from '../text/keyboard-layouts/index.ts'
import { spelling } from '../text/spelling.ts'

/**
 * Changes a text as a typing user might.
 * @param at non-negative integer that selects the position or another detail of the change
 * @param letter used by mutations that add or replace a letter
 */
export type Mutation = (text: string, at: number, letter: string) => string

const WORD_BREAKS = /[\s\p{P}]+/gu

/** All mutations by name. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  none: (text) => text,
  prefix: (text, at) => characters(text, (all) => all.slice(0, 1 + (at % all.length))),
  suffix: (text, at) => characters(text, (all) => all.slice(at % all.length)),
  trailingSpace: (text) => `${text} `,
  dropSpaces: (text) => text.replaceAll(' ', ''),
  dropSpace: (text, at) =>
    words(text, (all) => {
      const from = at % all.length
      return all.toSpliced(from, 2, all.slice(from, from + 2).join(''))
    }),
  joinWords: (text, at) =>
    words(text, (all) => {
      const from = at % all.length
      return [all.slice(from, from + 2 + (at % 5)).join('')]
    }),
  addSpace: (text, at) => insert(text, at, ' '),
  addPunctuation: (text, at) => insert(text, at, ['-', '.', "'", '/', '’', '&', '_', '+'][at % 8] as string),
  spaceForPunctuation: (text) => text.replaceAll(WORD_BREAKS, ' '),
  swapWords: (text, at) => words(text, (all) => [...all.slice(at % all.length), ...all.slice(0, at % all.length)]),
  wordPrefixes: (text, at) => words(text, (all) => all.map((word) => [...word].slice(0, 1 + (at % 4)).join(''))),
  doubleWord: (text, at) => words(text, (all) => all.toSpliced(at % all.length, 0, all[at % all.length] as string)),
  leaveOutWord: (text, at) => words(text, (all) => (all.length > 1 ? all.toSpliced(at % all.length, 1) : all)),
  addWord: (text, at, letter) => words(text, (all) => all.toSpliced(at % (all.length + 1), 0, `x${letter}zzy`)),
  lastWords: (text, at) => words(text, (all) => all.slice(at % all.length)),
  insertLetter: insert,
  deleteLetter: (text, at) => characters(text, (all) => all.toSpliced(at % all.length, 1)),
  replaceLetter: (text, at, letter) => characters(text, (all) => all.with(at % all.length, letter)),
  swapLetters: (text, at) =>
    characters(text, (all) =>
      all.toSpliced(
        at % all.length,
        2,
        ...all
          .slice(at % all.length)
          .slice(0, 2)
          .reverse(),
      ),
    ),
  editKeystroke: (text, at) => {
    const all = [...keystrokes(text)]
    return all.length === 0 ? text : syllables(all.toSpliced(at % all.length, 1).join(''))
  },
  typeKeystrokes: (text, at) => {
    const all = [...keystrokes(text)]
    return syllables(all.slice(0, 1 + (at % (all.length || 1))).join(''))
  },
  spaceKeystroke: (text, at) => {
    const all = [...keystrokes(text)]
    return syllables(all.toSpliced(1 + (at % (all.length || 1)), 0, ' ').join(''))
  },
  initials: (text) => initials(text),
  lastInitials: (text, at) => characters(text, (all) => [initials(all.slice(at % all.length).join(''))]),
  mixedInitials: (text, at) =>
    characters(text, (all) => all.map((one, place) => ((at >> place) & 1 ? initials(one) : one))),
  otherLayout: (text, at) => {
    const readings = otherLayouts(text)
    return readings[at % (readings.length || 1)] ?? text
  },
  foldMarks: (text) => fold(text.toLowerCase()),
  digraphs: (text) => digraphForm(spelling(text)) ?? text,
  upperCase: (text) => text.toUpperCase(),
  decompose: (text) => text.normalize('NFD'),
  plural: (text, at) => text + (['s', 'es', 'ies'][at % 3] as string),
  wordForAmpersand: (text, at) => text.replaceAll('&', [' and ', ' und ', ' y '][at % 3] as string),
  ampersandForWord: (text) => text.replaceAll(/ (?:and|und|y) /g, '&'),
}

function characters(text: string, change: (all: string[]) => string[]): string {
  const all = [...text]
  return all.length === 0 ? text : change(all).join('')
}

function words(text: string, change: (all: string[]) => string[]): string {
  return change(text.split(' ')).join(' ')
}

function insert(text: string, at: number, letter: string): string {
  return characters(text, (all) => all.toSpliced(at % (all.length + 1), 0, letter))
}
