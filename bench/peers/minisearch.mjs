import MiniSearch from 'minisearch'
import { fold, LIMIT } from './text.mjs'

const EXACT = {
  combineWith: 'AND',
  prefix: (_term, at, terms) => at === terms.length - 1,
}

/** Suggests the titles with the highest weights. MiniSearch sorts by relevance, so its results must be sorted again. */
export function load(titles) {
  const index = new MiniSearch({ fields: ['text'], tokenize: (text) => text.split(' '), processTerm: fold })
  index.addAll(titles)
  return (query) => {
    let found = index.search(query, EXACT)
    if (found.length === 0) found = index.search(query, { ...EXACT, fuzzy: 0.2 })
    const matches = found.map(({ id }) => titles[id]).sort((a, b) => b.score - a.score)
    return matches.slice(0, LIMIT).map(({ text, score }) => ({ text, score }))
  }
}
