import { writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { findWrk } from '../tools/programs/wrk.ts'
import { NO_PROGRESS } from '../tools/support/progress.ts'
import { randomFrom } from '../tools/support/random.ts'
import { ownTemporaryFolder } from '../tools/support/temporary-folder.ts'
import { connectionsFor, measureLoad, parseWrk, runLoad } from './load.ts'
import { readWords, typedPaths, uniformPaths, wordsByWeight, zipfPaths } from './queries.ts'

const context = { effort: { rounds: 1 }, signal: new AbortController().signal }
const wrk = await findWrk(NO_PROGRESS).catch(() => undefined)

/** Starts a server. Returns the options of a load on it with the paths `/a?q=1` and `/a?q=2`. */
async function load(listener: RequestListener) {
  const paths = join(await ownTemporaryFolder(), 'paths.txt')
  await writeFile(paths, '/a?q=1\n/a?q=2')
  const server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  return { url, paths, seconds: 1 }
}

it('reads figures from the output of wrk', () => {
  const line = '{"requests":100,"micros":2000000,"p50":899,"p95":2900,"p99":4820,"p999":13498,"status":0,"socket":0}'
  const figures = { requestsPerSecond: 50, p50Ms: 0.899, p95Ms: 2.9, p99Ms: 4.82, p999Ms: 13.498 }
  expect(parseWrk(line, 'load')).toEqual(figures)
  expect(() => parseWrk(line.replace('"status":0,"socket":0', '"status":3,"socket":4'), '2 connections')).toThrow(
    '2 connections: 3 error responses and 4 requests without a response, so nothing was measured',
  )
})

it('the number of connections for typing users follows from the rate and their mean pause', () => {
  expect([1, 100, 8000].map(connectionsFor)).toEqual([1, 13, 1000])
})

describe.skipIf(!wrk)('wrk', () => {
  it('requests the paths in order over all connections, and takes samples at the beginning and the end', async () => {
    const asked: string[] = []
    const ports = new Set<number | undefined>()
    const options = await load(({ url, socket }, response) => {
      asked.push(url as string)
      ports.add(socket.remotePort)
      response.end('{}')
    })
    const run = await runLoad(context, { ...options, requestsPerSecond: 40 }, () => asked.length)
    // The first request is not `/a?q=1`, because wrk takes one request from the script before it starts, and does not
    // send it.
    expect(asked.slice(0, 4)).toEqual(['/a?q=2', '/a?q=1', '/a?q=2', '/a?q=1'])
    expect(ports.size).toBe(5)
    expect(run.before).toBeLessThan(run.after)
    expect(run.seconds).toBeGreaterThan(0.9)
    const { p50Ms, p95Ms, p99Ms, p999Ms } = run.figures
    expect([p50Ms, p95Ms, p99Ms, p999Ms]).toEqual([p50Ms, p95Ms, p99Ms, p999Ms].sort((a, b) => a - b))
  })

  it('starts at a given line, does not pause with nonstop users, and measures the CPU time of a request', async () => {
    const asked: string[] = []
    const options = await load(({ url }, response) => {
      asked.push(url as string)
      response.end('{}')
    })
    let seconds = 0
    const figures = await measureLoad(
      context,
      { ...options, startLine: 1, connections: 1 },
      { app: () => (seconds += 0.5) },
    )
    expect(asked.slice(0, 2)).toEqual(['/a?q=1', '/a?q=2'])
    // With pauses, there would be 5 to 20 requests.
    expect(asked.length).toBeGreaterThan(50)
    // The function above reports 0.5 s of CPU time for the measurement of one second. On a slow machine, the
    // measurement takes longer.
    expect(figures.app * figures.requestsPerSecond).toBeGreaterThan(0.3 * 500_000)
    expect(figures.app * figures.requestsPerSecond).toBeLessThan(1.2 * 500_000)
  })

  it('starts typing users one after another after all have connected, and counts requests only after all have started', async () => {
    const first = new Map<number | undefined, number>()
    let asked = 0
    const options = await load(({ socket }, response) => {
      asked++
      if (!first.has(socket.remotePort)) first.set(socket.remotePort, performance.now())
      response.end('{}')
    })
    const before = performance.now()
    const { figures } = await runLoad(context, { ...options, warmUpSeconds: 1, requestsPerSecond: 400 }, () => 0)
    const starts = [...first.values()]
    expect(starts).toHaveLength(50)
    expect(Math.min(...starts) - before).toBeGreaterThan(500)
    expect(Math.max(...starts) - Math.min(...starts)).toBeGreaterThan(300)
    expect(figures.requestsPerSecond).toBeLessThan(asked * 0.9)
  })

  it.each([
    ['error responses', /^5 connections to http\S+: [1-9]\d* error responses and 0 requests/, 503],
    ['broken connections', /^5 connections to http\S+: 0 error responses and [1-9]\d* requests/, undefined],
  ])('reports %s instead of a measurement', async (_, message, status) => {
    const options = await load(({ socket }, response) => {
      if (status === undefined) socket.destroy()
      else response.writeHead(status).end()
    })
    await expect(runLoad(context, { ...options, requestsPerSecond: 40 }, () => 0)).rejects.toThrow(message)
  })

  it('reports an unreachable address in one line', async () => {
    const options = await load(() => {})
    const run = runLoad(context, { ...options, url: 'http://127.0.0.1:1', connections: 1 }, () => 0)
    await expect(run).rejects.toThrow(/^wrk ended \(code 1\): unable to connect to 127\.0\.0\.1:1 Connection refused$/)
  })

  it('stops on abort', async () => {
    const options = await load((_, response) => response.end())
    const [reason, stop] = [new Error('enough'), new AbortController()]
    const run = runLoad({ ...context, signal: stop.signal }, { ...options, seconds: 60, connections: 1 }, () =>
      stop.abort(reason),
    )
    await expect(run).rejects.toBe(reason)
  })
})

describe('paths', () => {
  it('are the encoded prefixes of words, and may end in the middle of a word', () => {
    const paths = ['a', 'am', '%EC%82%AC', '%EC%82%AC%EA%B3%BC'].map((text) => `/autocomplete?q=${text}`)
    expect(typedPaths(['am', '사과'], 4, () => 0.99)).toEqual(paths)
    expect(typedPaths(['apple'], 7, () => 0)).toHaveLength(7)
    expect(zipfPaths(['am'], 3, () => 0)).toEqual([paths[0], paths[1], paths[0]])
  })

  it('have an order that depends only on the seed', () => {
    const words = [...'abcdefghijklmnop']
    const [first, second] = [typedPaths(words, 16, randomFrom(1)), typedPaths(words, 32, randomFrom(1))]
    expect(second.slice(0, 16)).toEqual(first)
    expect(second.slice(16)).not.toEqual(first)
    expect(second.slice(16).sort()).toEqual(first.sort())
  })

  it("follow Zipf's law: the first word is typed twice as often as the second", () => {
    const paths = zipfPaths(['a', 'b', 'c', 'd'], 10_000, randomFrom(1))
    const count = (letter: string) => paths.filter((path) => path.endsWith(`=${letter}`)).length
    expect(count('a') / count('b')).toBeCloseTo(2, 0)
    expect(count('a') / count('d')).toBeCloseTo(4, 0)
  })

  it('are uniform over prefixes, regardless of the number of words with a prefix', () => {
    const paths = uniformPaths(['am', 'an', 'as'], 10_000, randomFrom(1))
    for (const prefix of ['a', 'am', 'an', 'as']) {
      const count = paths.filter((path) => path.endsWith(`=${prefix}`)).length
      expect(Math.abs(count - 2500)).toBeLessThan(200)
    }
  })

  it('use English and Korean words, highest weight first', async () => {
    const [typed, weighed] = [await readWords(), await wordsByWeight()]
    expect(typed.length).toBeGreaterThan(2900)
    expect(typed.filter((word) => /[\s#]/.test(word))).toEqual([])
    expect(typed.some((word) => /^[가-힣]+$/.test(word))).toBe(true)
    expect(weighed.length).toBeGreaterThan(90_000)
    expect(weighed.slice(0, 5)).toContain('you')
  })
})
