import { Redis } from 'ioredis'
import { fold, LIMIT } from './text.mjs'

/** The number of titles that are sent at once. */
const CHUNK = 1000
/**
 * Folds a text and escapes its punctuation. RediSearch does not fold accents, and would separate words at punctuation
 * that is not escaped.
 */
const toIndexed = (text) => fold(text).replace(/[^\p{L}\p{N} ]/gu, '\\$&')
const KEY = 'suggestions'

/**
 * Loads titles into Redis. Returns a function that suggests titles for a query.
 * @param command FT.SEARCH or FT.SUGGET
 */
export async function load(titles, port, command) {
  const redis = new Redis(Number(port), { protocol: 2 })
  return command === 'FT.SEARCH' ? search(redis, titles) : suggest(redis, titles)
}

async function addAll(redis, titles, add) {
  for (let at = 0; at < titles.length; at += CHUNK) {
    const pipeline = redis.pipeline()
    for (const title of titles.slice(at, at + CHUNK)) pipeline.call(...add(title))
    const [error] = (await pipeline.exec()).find(([error]) => error) ?? []
    if (error) throw error
  }
}

/** Finds all words in any order, the last one as a prefix, and sorts by weight. */
async function search(redis, titles) {
  const words = ['words', 'TEXT', 'NOSTEM']
  // These options leave out what sorting by weight does not need.
  const options = ['NOOFFSETS', 'NOHL', 'NOFREQS', 'NOFIELDS', 'STOPWORDS', 0]
  await redis.call('FT.CREATE', 'titles', ...options, 'SCHEMA', ...words, 'score', 'NUMERIC', 'SORTABLE')
  await addAll(redis, titles, ({ text, score }) => ['HSET', text, 'words', toIndexed(text), 'score', score])
  const sorted = ['SORTBY', 'score', 'DESC', 'RETURN', 1, 'score', 'LIMIT', 0, LIMIT, 'DIALECT', 2]
  const find = async (query) => {
    const [, ...found] = await redis.call('FT.SEARCH', 'titles', query, ...sorted)
    return found.flatMap((text, at) => (at % 2 === 0 ? { text, score: Number(found[at + 1][1]) } : []))
  }
  return async (query) => {
    const typed = toIndexed(query)
    const found = await find(`${typed}*`)
    return found.length > 0 ? found : find(fuzzy(typed))
  }
}

/**
 * Returns a query that allows one edit per word, or two if the word has at least 5 letters. The last word may also be a
 * prefix.
 */
function fuzzy(typed) {
  const words = typed.split(' ').map((word) => {
    const edits = '%'.repeat(word.length < 5 ? 1 : 2)
    return `${edits}${word}${edits}`
  })
  return [...words.slice(0, -1), `(${words.at(-1)}|${typed.split(' ').at(-1)}*)`].join(' ')
}

/**
 * Finds titles that begin with the query, in a trie. FT.SUGGET divides the weight of a title by the square root of the
 * length of its remaining part.
 */
async function suggest(redis, titles) {
  await addAll(redis, titles, ({ text, score }) => ['FT.SUGADD', KEY, text, score])
  const find = async (query, ...options) => (await redis.call('FT.SUGGET', KEY, query, ...options, 'MAX', LIMIT)) ?? []
  return async (query) => {
    const found = await find(query)
    const texts = found.length > 0 ? found : await find(query, 'FUZZY')
    return texts.map((text) => ({ text }))
  }
}
