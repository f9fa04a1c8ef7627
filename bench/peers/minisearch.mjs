/**
 * Suggests titles with MiniSearch over HTTP. The argument is a file with a weight, a tab, and a title on each line. Prints
 * a line with the port and the costs of the index.
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import MiniSearch from 'minisearch'

const LIMIT = 10
const heap = () => {
  globalThis.gc()
  return process.memoryUsage().heapUsed
}
const fold = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
const EXACT = {
  combineWith: 'AND',
  prefix: (_term, at, terms) => at === terms.length - 1,
}

const empty = heap()
const started = performance.now()
const { index, titles } = load(process.argv[2])
const seconds = (performance.now() - started) / 1000
const bytes = heap() - empty

function load(file) {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  const titles = lines.map((line, id) => {
    const [weight, text] = line.split('\t')
    return { id, text, score: Number(weight) }
  })
  const index = new MiniSearch({ fields: ['text'], tokenize: (text) => text.split(' '), processTerm: fold })
  index.addAll(titles)
  return { index, titles }
}

/** Returns the heaviest titles. MiniSearch sorts by relevance, so its results must be sorted again. */
function suggest(query) {
  let found = index.search(query, EXACT)
  if (found.length === 0) found = index.search(query, { ...EXACT, fuzzy: 0.2 })
  const matches = found.map(({ id }) => titles[id]).sort((a, b) => b.score - a.score)
  return matches.slice(0, LIMIT).map(({ text, score }) => ({ text, score }))
}

const server = createServer(({ url }, response) => {
  const query = new URL(url, 'http://localhost').searchParams.get('q')
  const body = JSON.stringify(query === null ? {} : { suggestions: suggest(query) })
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) })
  response.end(body)
})
server.listen(0, '127.0.0.1', () =>
  console.log(`listening on ${server.address().port}; ${bytes} bytes; ${seconds.toFixed(3)} s`),
)
