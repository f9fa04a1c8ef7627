/**
 * Loads the index of a dataset as a service process does, searches it, and prints the measurements as JSON. This script
 * runs in a separate process with the compiled service. The argument is JSON: `port` of a Redis on this machine,
 * `version`, and optionally `queries` (a file with a list of `{ kind, match, query }`) and `rounds` (the number of
 * searches for each query).
 */
import { readFileSync } from 'node:fs'
import { Redis } from 'ioredis'
import { readIndex } from '../../service/dist/redis/dataset-reader.js'
import { datasetOf } from '../../service/dist/redis/thread-indexes.js'

const { port, version, queries: file, rounds = 1 } = JSON.parse(process.argv[2])
const memory = (field) =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024

const redis = new Redis({ port })
await redis.ping()
const before = memory('VmRSS')
const loaded = await readIndex(redis, version)
redis.disconnect()
const { searcher } = datasetOf(version, loaded)
const indexBytes = searcher.index.bytes
// Subtract the index from the peak, because the index stays in memory after loading.
const loadingBytes = Math.max(0, memory('VmHWM') - before - indexBytes)
console.log(JSON.stringify({ indexBytes, loadingBytes, kinds: file ? timesOf(file) : [] }))

function timesOf(file) {
  // Measure only queries that find a match of the wanted kind.
  const asked = JSON.parse(readFileSync(file, 'utf8')).filter(({ match, query }) => {
    const found = searcher.search(query)
    return match === undefined || found.some((one) => one.match === match)
  })
  // V8 compiles the code during the first searches.
  for (const { query } of asked) searcher.search(query)
  const micros = new Map()
  for (let round = 0; round < rounds; round++) {
    for (const { kind, query } of asked) {
      const begun = performance.now()
      searcher.search(query)
      const took = (performance.now() - begun) * 1000
      if (!micros.has(kind)) micros.set(kind, [])
      micros.get(kind).push(took)
    }
  }
  return [...micros].map(([kind, times]) => {
    times.sort((a, b) => a - b)
    const mean = times.reduce((sum, time) => sum + time, 0) / times.length
    const at = (share) => times[Math.min(times.length - 1, Math.floor(share * times.length))]
    return { kind, queries: times.length / rounds, medianMicros: at(0.5), meanMicros: mean, p99Micros: at(0.99) }
  })
}
