/**
 * How people type a word key by key: without a mistake, with one or two, by initials, or on the wrong layout. None of
 * these figures comes from a log of real queries. They are our own, except that one query in ten is misspelled: see
 * Cucerzan and Brill (2004), Spelling correction as an iterative process that exploits the collective knowledge of web
 * users.
 */
import { convertHangulToQwerty, getChoseong } from 'es-hangul'
import type { Entry } from '../../service/src/dataset/entries.ts'
import { spelling } from '../../service/src/text/spelling.ts'
import { randomFrom } from '../../tools/support/random.ts'
import { drawer } from '../queries.ts'
import { keysOf, type Layout, neighbors, shown } from './keyboard.ts'

/** What can happen to a word, and how often it does. */
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

/** What is in the search box at one moment. Without noise, it is the beginning of the word or a half-typed syllable. */
export type Kind = Exclude<Noise, 'none'> | 'clean' | 'halfTyped'
export const KINDS: readonly Kind[] = ['clean', 'halfTyped', ...NOISES.filter((noise) => noise !== 'none')]

/** The fewest letters (keys in Hangul) of a word that gets one edit or two. */
const MIN_LETTERS = { oneEdit: 4, twoEdits: 8 } as const
/**
 * Seeds of samples. Nothing is tuned with the sample of the report, neither the service nor what it is compared with.
 */
export const SEEDS = { tuning: 1, report: 2, load: 3 } as const
/** There are so many times more words without noise than with each noise. */
export const PLAIN_FACTOR = 4
/** If noise does not fit a word, another one is drawn, at most so often. */
const MAX_DRAWS = 1000

/** A word that a user can mean. */
export interface Target {
  /** Its spelling, by which it is recognized among suggestions. */
  key: string
  weight: number
  keys: string
  layout: Layout
}

/** What is in the search box after so many keys. */
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

/** The entries that can be typed on one of the keyboards. Of entries with the same spelling the heaviest counts. */
export function targetsOf(entries: readonly Entry[]): Target[] {
  const targets = new Map<string, Target>()
  for (const { text, weight } of entries) {
    const key = spelling(text).trimEnd()
    const typed = keysOf(key)
    if (typed && weight > (targets.get(key)?.weight ?? 0)) targets.set(key, { key, weight, ...typed })
  }
  return [...targets.values()]
}

/** The layouts of the words that noise can happen to. */
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
 * Words drawn by weight, English and Korean in turn where both can have the noise. The same seed gives the same words.
 * @param count words for each noise; without noise there are {@link PLAIN_FACTOR} times as many
 */
export function sampleTypings(targets: readonly Target[], count: number, seed: number): Typing[] {
  const random = randomFrom(seed)
  const ofLayout = (layout: Layout) => targets.filter((target) => target.layout === layout)
  const draw = { latin: drawer(ofLayout('latin'), random), hangul: drawer(ofLayout('hangul'), random) }
  return NOISES.flatMap((noise) => {
    const layouts = LAYOUTS[noise]
    const length = noise === 'none' ? count * PLAIN_FACTOR : count
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

/** What is in the box from key to key where the noise has happened; empty if it does not fit the word. */
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

/** Some syllables complete and of the others the initial, where an input method does not join them. */
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

/** The keys with so many mistakes after the first key; undefined if there is no room for them. */
export function withEdits(keys: string, edits: number, random: () => number): string | undefined {
  for (let tries = 0; tries < 20; tries++) {
    let mistyped = keys
    for (let edit = 0; edit < edits; edit++) mistyped = withEdit(mistyped, random)
    // Two edits may undo each other, and one at the end may be none.
    if (prefixDistance(mistyped, keys) === edits) return mistyped
  }
  return undefined
}

/** One of four mistakes, all equally likely, at any place but the first. */
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
      // A finger that hits two keys at once.
      return before + pick(neighbors(here)) + here + behind
    default:
      return before + behind.slice(0, 1) + here + behind.slice(1)
  }
}

/**
 * The fewest edits between what was typed and any beginning of the word: insertions, deletions, substitutions, and
 * swaps of neighboring letters, none of which touch another (optimal string alignment).
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
