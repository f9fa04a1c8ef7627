/**
 * How people type what they mean, key by key: without a mistake, with one or two, by initials, on the wrong layout. No figure here
 * is from a log of real queries. They are ours, but that one query in ten is misspelled: so Cucerzan and Brill (2004), Spelling
 * correction as an iterative process that exploits the collective knowledge of web users, and later work after them.
 */
import { convertHangulToQwerty, getChoseong } from 'es-hangul'
import type { Entry } from '../../../../service/src/dataset/entries.ts'
import { spelling } from '../../../../service/src/text/spelling.ts'
import { randomFrom } from '../load.ts'
import { lowerBound } from '../lower-bound.ts'
import { keysOf, type Layout, neighbours, shown } from './keyboard.ts'

/** What may happen to a word, and how often it does. */
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

/** What stands in the search box at one moment: without noise, the beginning of the word or a syllable that is half typed. */
export type Kind = Exclude<Noise, 'none'> | 'clean' | 'halfTyped'
export const KINDS: readonly Kind[] = ['clean', 'halfTyped', ...NOISES.filter((noise) => noise !== 'none')]

/** Words of so many letters, keys in Hangul, may have an edit, or two. */
export const MIN_LETTERS = { oneEdit: 4, twoEdits: 8 } as const
/** Nothing is tuned by the sample that is reported: neither the service nor what it is compared with. */
export const SEEDS = { tuning: 1, report: 2, load: 3 } as const
/** So many times as many words are typed without noise as with each. */
export const PLAIN_FACTOR = 4
/** Words are drawn anew when noise does not fit them, so often at most. */
const MAX_DRAWS = 1000

/** Something that can be meant. */
export interface Target {
  /** Its spelling, by which it is recognized among suggestions. */
  key: string
  weight: number
  keys: string
  layout: Layout
}

/** What stands in the search box after so many keys. */
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

/** The entries that can be typed on one of the keyboards; of those with one key the heaviest. */
export function targetsOf(entries: readonly Entry[]): Target[] {
  const targets = new Map<string, Target>()
  for (const { text, weight } of entries) {
    const key = spelling(text).trimEnd()
    const typed = keysOf(key)
    if (typed && weight > (targets.get(key)?.weight ?? 0)) targets.set(key, { key, weight, ...typed })
  }
  return [...targets.values()]
}

/**
 * Words drawn by weight, English and Korean in turn where both can have the noise. The same seed gives the same.
 * @param count words for each noise; without noise there are more, as most of what is typed is such
 */
export function sampleTypings(targets: readonly Target[], count: number, seed: number): Typing[] {
  const random = randomFrom(seed)
  const drawFrom = (layout: Layout) =>
    drawer(
      targets.filter((target) => target.layout === layout),
      random,
    )
  const draw = { latin: drawFrom('latin'), hangul: drawFrom('hangul') }
  return NOISES.flatMap((noise) => {
    const layouts = LAYOUTS[noise]
    const length = noise === 'none' ? count * PLAIN_FACTOR : count
    return Array.from({ length }, (_, at) => typed(noise, draw[layouts[at % layouts.length] as Layout], random))
  })
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

/** Draws one of the items by weight. */
export function drawer<T extends { weight: number }>(items: readonly T[], random: () => number): () => T {
  let total = 0
  const shares = items.map(({ weight }) => {
    total += weight
    return total
  })
  return () => {
    const wanted = random() * total
    return items[lowerBound(items.length, (at) => (shares[at] as number) > wanted)] as T
  }
}

function typed(noise: Noise, draw: () => Target, random: () => number): Typing {
  for (let draws = 0; draws < MAX_DRAWS; draws++) {
    const target = draw()
    const states = statesOf(noise, target, random)
    if (states.length > 0) return { noise, target, states }
  }
  throw new Error(`no word can have the noise ${noise}`)
}

/** What stands in the box from key to key where the noise has happened; nothing when it does not fit the word. */
export function statesOf(noise: Noise, target: Target, random: () => number): State[] {
  const { key, keys, layout } = target
  switch (noise) {
    case 'none':
      return keyByKey(keys, layout, (text) => (key.startsWith(text) ? 'clean' : 'halfTyped'))
    case 'oneEdit':
    case 'twoEdits': {
      const edits = noise === 'oneEdit' ? 1 : 2
      if (keys.length < MIN_LETTERS[noise]) return []
      const mistyped = withEdits(keys, edits, random)
      if (mistyped === undefined) return []
      const states = keyByKey(mistyped, layout, () => noise)
      return states.filter(({ length }) => prefixDistance(mistyped.slice(0, length), keys) === edits)
    }
    case 'initials':
      return key.length < 2 ? [] : byCharacter([...getChoseong(key)], noise)
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

function byCharacter(characters: readonly string[], kind: Kind): State[] {
  return characters.map((_, at) => ({ kind, length: at + 1, text: characters.slice(0, at + 1).join('') }))
}

/** Some syllables whole and of the others the initial, where an input method does not join them; seen whenever one is complete. */
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

/** The keys with so many mistakes behind the first; nothing when they do not have room for them. */
export function withEdits(keys: string, edits: number, random: () => number): string | undefined {
  for (let tries = 0; tries < 20; tries++) {
    let mistyped = keys
    for (let edit = 0; edit < edits; edit++) mistyped = withEdit(mistyped, random)
    // Two may undo each other, and one at the end may be none.
    if (prefixDistance(mistyped, keys) === edits) return mistyped
  }
  return undefined
}

/** One of four mistakes, each as likely, at any place but the first. */
function withEdit(keys: string, random: () => number): string {
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)] as T
  const at = 1 + Math.floor(random() * (keys.length - 1))
  const [before, here, behind] = [keys.slice(0, at), keys[at] as string, keys.slice(at + 1)]
  switch (Math.floor(random() * 4)) {
    case 0:
      return before + pick(neighbours(here)) + behind
    case 1:
      return before + behind
    case 2:
      // A finger that hits two keys at once.
      return before + pick(neighbours(here)) + here + behind
    default:
      return before + behind.slice(0, 1) + here + behind.slice(1)
  }
}

/**
 * The least edits between what was typed and any beginning of the word: insertions, deletions, substitutions and exchanges of two
 * letters side by side, none touching another (optimal string alignment).
 */
export function prefixDistance(typed: string, word: string): number {
  let before: number[] = []
  let last = Array.from({ length: word.length + 1 }, (_, at) => at)
  for (let row = 1; row <= typed.length; row++) {
    const current = [row]
    for (let column = 1; column <= word.length; column++) {
      const isSame = typed[row - 1] === word[column - 1]
      let least = Math.min(
        (last[column - 1] as number) + (isSame ? 0 : 1),
        (last[column] as number) + 1,
        (current[column - 1] as number) + 1,
      )
      const isExchange = typed[row - 1] === word[column - 2] && typed[row - 2] === word[column - 1]
      if (row > 1 && column > 1 && isExchange) least = Math.min(least, (before[column - 2] as number) + 1)
      current.push(least)
    }
    before = last
    last = current
  }
  return Math.min(...last)
}
