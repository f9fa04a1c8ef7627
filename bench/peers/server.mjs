/**
 * Suggests titles over HTTP. Arguments: the module of an engine in this folder; a file with a title, a tab, and a weight
 * on each line; the port of the engine and a command, if it is a separate program. Prints a line with the port and the
 * costs of the index in this process.
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

const [engine, file, ...more] = process.argv.slice(2)
const heap = () => {
  globalThis.gc()
  return process.memoryUsage().heapUsed
}
const { load } = await import(`./${engine}`)

const empty = heap()
const started = performance.now()
const suggest = await load(readTitles(), ...more)
const seconds = (performance.now() - started) / 1000
const bytes = heap() - empty

function readTitles() {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  return lines.map((line, id) => {
    const [text, weight] = line.split('\t')
    return { id, text, score: Number(weight) }
  })
}

const server = createServer(async ({ url }, response) => {
  const query = new URL(url, 'http://localhost').searchParams.get('q')
  const body = JSON.stringify(query === null ? {} : { suggestions: await suggest(query) })
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) })
  response.end(body)
})
server.listen(0, '127.0.0.1', () =>
  console.log(`listening on ${server.address().port}; ${bytes} bytes; ${seconds.toFixed(3)} s`),
)
