/**
 * How people type a word key by key: without a mistake, with one or two mistakes, by initials, or on the wrong layout.
 * The shares are our own estimates, not from a log of real queries. Only the share of misspelled queries, one in ten,
 * is from Cucerzan and Brill (2004), Spelling correction as an iterative process that exploits the collective knowledge
 * of web users.
 */
import { convertHangulToQwerty, getChoseong } from 'es-hangul'
import type { Entry } from '../../service/src/dataset/entries.ts'
import { randomFrom } from '../../tools/support/random.ts'
import { bySpelling, drawer } from '../queries.ts'
import { keysOf, type Layout, neighbors, shown } from './keyboard.ts'

/** The kinds of noise, and their shares. */
export const MIXTURE = {
  none: 0.8,
  oneEdit: 0.09,
  twoEdits: 0.02,
  initials: 0.03,
  mixed: 0.01,
  hangulOnLatin: 0.025,
  latinOnHangul: 0.025,
} as const
export type Noise = keyof typeof MIXTURE
export const NOISES = Object.keys(MIXTURE) as Noise[]

/**
 * The kind of a text in the search box. Without noise, the text is a prefix of the word (`clean`), or it ends with a
 * half-typed syllable.
 */
export type Kind = Exclude<Noise, 'none'> | 'clean' | 'halfTyped'
export const KINDS: readonly Kind[] = ['clean', 'halfTyped', ...NOISES.filter((noise) => noise !== 'none')]

/** The minimum number of letters (keys in Hangul) of a word with one or two edits. */
const MIN_LETTERS = { oneEdit: 4, twoEdits: 8 } as const
/** Seeds of samples. Neither the service nor the other systems are tuned with the sample `report`. */
export const SEEDS = { tuning: 1, report: 2, load: 3 } as const
/** For each word with a given kind of noise, the sample has this many words without noise. */
export const CLEAN_FACTOR = 4
/** If the noise does not fit a word, another word is drawn, up to this many times. */
const MAX_DRAWS = 1000

/** A word that a user may intend to type. */
export interface Target {
  /** Its spelling, which identifies it among suggestions. */
  key: string
  weight: number
  keys: string
  layout: Layout
}

/** The text in the search box after the given number of keys. */
export interface State {
  kind: Kind
  length: number
  text: string
}

/** One word, typed once. */
export interface Typing {
  noise: Noise
  target: Target
  states: State[]
}

/**
 * Returns the entries that can be typed on one of the layouts. If several entries have the same spelling, only the one
 * with the highest weight is returned.
 */
export function targetsOf(entries: readonly Entry[]): Target[] {
  return [...bySpelling(entries)].flatMap(([key, { weight }]) => {
    const typed = keysOf(key)
    return typed && weight > 0 ? [{ key, weight, ...typed }] : []
  })
}

/** For each kind of noise, the layouts whose words can have it. */
const LAYOUTS: Readonly<Record<Noise, readonly Layout[]>> = {
  none: ['latin', 'hangul'],
  oneEdit: ['latin', 'hangul'],
  twoEdits: ['latin', 'hangul'],
  initials: ['hangul'],
  mixed: ['hangul'],
  hangulOnLatin: ['hangul'],
  latinOnHangul: ['latin'],
}

/**
 * Draws words by weight, alternating between English and Korean if both can have the noise. The same seed gives the
 * same words.
 * @param count the number of words for each kind of noise. The number without noise is {@link CLEAN_FACTOR} times this
 * number
 */
export function sampleTypings(targets: readonly Target[], count: number, seed: number): Typing[] {
  const random = randomFrom(seed)
  const ofLayout = (layout: Layout) => targets.filter((target) => target.layout === layout)
  const draw = { latin: drawer(ofLayout('latin'), random), hangul: drawer(ofLayout('hangul'), random) }
  return NOISES.flatMap((noise) => {
    const layouts = LAYOUTS[noise]
    const length = noise === 'none' ? count * CLEAN_FACTOR : count
    return Array.from({ length }, (_, at) => typed(noise, draw[layouts[at % layouts.length] as Layout], random))
  })
}

function typed(noise: Noise, draw: () => Target, random: () => number): Typing {
  for (let draws = 0; draws < MAX_DRAWS; draws++) {
    const target = draw()
    const states = statesOf(noise, target, random)
    if (states.length > 0) return { noise, target, states }
  }
  throw new Error(`no word can have the noise ${noise}`)
}

/**
 * Returns the text in the search box after each key, except for texts that do not show the noise yet. Returns an empty
 * list if the noise does not fit the word.
 */
export function statesOf(noise: Noise, { key, keys, layout }: Target, random: () => number): State[] {
  switch (noise) {
    case 'none':
      return keyByKey(keys, layout, (text) => (key.startsWith(text) ? 'clean' : 'halfTyped'))
    case 'oneEdit':
    case 'twoEdits': {
      const edits = noise === 'oneEdit' ? 1 : 2
      const mistyped = keys.length < MIN_LETTERS[noise] ? undefined : withEdits(keys, edits, random)
      if (mistyped === undefined) return []
      const states = keyByKey(mistyped, layout, () => noise)
      return states.filter(({ length }) => prefixDistance(mistyped.slice(0, length), keys) === edits)
    }
    case 'initials': {
      const letters = key.length < 2 ? [] : [...getChoseong(key)]
      return letters.map((_, at) => ({ kind: noise, length: at + 1, text: letters.slice(0, at + 1).join('') }))
    }
    case 'mixed':
      return mixedStates(key, random)
    case 'hangulOnLatin':
      return keyByKey(keys, 'latin', () => noise)
    case 'latinOnHangul':
      return keyByKey(keys, 'hangul', () => noise)
  }
}

function keyByKey(keys: string, layout: Layout, kindOf: (text: string) => Kind): State[] {
  return Array.from(keys, (_, at) => {
    const text = shown(keys.slice(0, at + 1), layout)
    return { kind: kindOf(text), length: at + 1, text }
  })
}

/**
 * Types some complete syllables, and only the initials of the rest. Returns an empty list if an input method would
 * combine them differently.
 */
function mixedStates(key: string, random: () => number): State[] {
  const initials = [...getChoseong(key)]
  const isWhole = initials.map(() => random() < 0.5)
  const typed = [...key].map((syllable, at) => (isWhole[at] ? syllable : (initials[at] as string)))
  const states: State[] = []
  let keys = ''
  for (const [at, letters] of typed.entries()) {
    keys += convertHangulToQwerty(letters)
    const text = typed.slice(0, at + 1).join('')
    if (shown(keys, 'hangul') !== text) return []
    if (new Set(isWhole.slice(0, at + 1)).size === 2) states.push({ kind: 'mixed', length: keys.length, text })
  }
  return states
}

/**
 * Returns the keys with exactly `edits` mistakes after the first key. Returns undefined if all attempts fail, for
 * example because the word is too short.
 */
export function withEdits(keys: string, edits: number, random: () => number): string | undefined {
  for (let tries = 0; tries < 20; tries++) {
    let mistyped = keys
    for (let edit = 0; edit < edits; edit++) mistyped = withEdit(mistyped, random)
    // Two edits may cancel each other out, and an edit at the end may have no effect.
    if (prefixDistance(mistyped, keys) === edits) return mistyped
  }
  return undefined
}

/** Makes one of four equally likely mistakes, at any place except the first. */
function withEdit(keys: string, random: () => number): string {
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)] as T
  const at = 1 + Math.floor(random() * (keys.length - 1))
  const [before, here, behind] = [keys.slice(0, at), keys[at] as string, keys.slice(at + 1)]
  switch (Math.floor(random() * 4)) {
    case 0:
      return before + pick(neighbors(here)) + behind
    case 1:
      return before + behind
    case 2:
      // A finger hits two keys at once.
      return before + pick(neighbors(here)) + here + behind
    default:
      return before + behind.slice(0, 1) + here + behind.slice(1)
  }
}

/**
 * Returns the minimum number of edits between the typed text and any prefix of the word: insertions, deletions,
 * substitutions, and swaps of neighboring letters that do not overlap (optimal string alignment).
 */
export function prefixDistance(typed: string, word: string): number {
  let before: number[] = []
  let last = Array.from({ length: word.length + 1 }, (_, at) => at)
  for (let row = 1; row <= typed.length; row++) {
    const current = [row]
    for (let column = 1; column <= word.length; column++) {
      const change = (last[column - 1] as number) + (typed[row - 1] === word[column - 1] ? 0 : 1)
      let least = Math.min(change, (last[column] as number) + 1, (current[column - 1] as number) + 1)
      const isSwap = typed[row - 1] === word[column - 2] && typed[row - 2] === word[column - 1]
      if (row > 1 && column > 1 && isSwap) least = Math.min(least, (before[column - 2] as number) + 1)
      current.push(least)
    }
    before = last
    last = current
  }
  return Math.min(...last)
}
