import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest'
import { NO_PROGRESS } from '../../support/progress.ts'
import { runLoad } from './load.ts'
import { connectionsFor, findWrk, parseWrk, parseWrkVersion, runWrk } from './wrk.ts'

const wrk = await findWrk(NO_PROGRESS).catch(() => undefined)

/** wrk's options to type `/a?q=1` and `/a?q=2` at a server. */
async function typing({ skip }: TestContext, listener: RequestListener) {
  if (wrk === undefined) return skip('wrk cannot be had here')
  const folder = await mkdtemp(join(tmpdir(), 'wrk-test-'))
  const paths = join(folder, 'paths.txt')
  await writeFile(paths, '/a?q=1\n/a?q=2')
  const server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(async () => {
    server.close()
    await rm(folder, { recursive: true })
  })
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  return { wrk, url, paths, warmUpSeconds: 0, seconds: 1, signal: new AbortController().signal }
}

describe('the output of wrk', () => {
  it('becomes numbers', () => {
    const line =
      '{"requests":23675,"micros":6037399,"p50":899,"p90":1850,"p95":2900,"p99":4820,"p999":13498,"status":3,"connect":1,"read":2,"write":4,"timeout":8}'
    expect(parseWrk(line)).toEqual({
      requests: 23675,
      seconds: 6.037399,
      p50Ms: 0.899,
      p90Ms: 1.85,
      p95Ms: 2.9,
      p99Ms: 4.82,
      p999Ms: 13.498,
      statusErrors: 3,
      socketErrors: 15,
    })
  })

  it.each([
    ['wrk debian/4.1.0-3+b2 [epoll] Copyright (C) 2012 Will Glozer\nUsage: wrk <options> <url>\n', '4.1.0'],
    ['wrk 4.2.0 [kqueue] Copyright (C) 2012 Will Glozer\n', '4.2.0'],
    ['', 'unknown'],
  ])('%j is version %s', (text, version) => {
    expect(parseWrkVersion(text)).toBe(version)
  })
})

it.each([
  [1, 1],
  [100, 13],
  [8000, 1000],
])('%d requests/s take %d connections', (rate, connections) => {
  expect(connectionsFor(rate)).toBe(connections)
})

describe('wrk', () => {
  it('types the paths in turn on its connections, and samples at both ends', async (context) => {
    const asked: string[] = []
    const ports = new Set<number | undefined>()
    const options = await typing(context, ({ url, socket }, response) => {
      asked.push(url as string)
      ports.add(socket.remotePort)
      response.end('{}')
    })
    const run = await runWrk({ ...options, pace: 'typing', connections: 5, sample: () => asked.length })
    // It asks the script for one request before it begins.
    expect(asked.slice(0, 4)).toEqual(['/a?q=2', '/a?q=1', '/a?q=2', '/a?q=1'])
    expect(ports.size).toBe(5)
    expect(run.result).toMatchObject({ statusErrors: 0, socketErrors: 0 })
    // A few are still under way at the end.
    expect(asked.length - run.result.requests).toBeLessThanOrEqual(5)
    expect(run.before).toBeLessThan(run.after)
    expect(run.seconds).toBeGreaterThan(0.9)
    const { p50Ms, p90Ms, p99Ms, p999Ms } = run.result
    expect([p50Ms, p90Ms, p99Ms, p999Ms]).toEqual([p50Ms, p90Ms, p99Ms, p999Ms].sort((a, b) => a - b))
  })

  it('asks again as soon as it is answered when it hurries, from a line on', async (context) => {
    const asked: string[] = []
    const options = await typing(context, ({ url }, response) => {
      asked.push(url as string)
      response.end('{}')
    })
    await runWrk({ ...options, pace: 'hurried', startLine: 1, connections: 1, sample: () => 0 })
    expect(asked.slice(0, 2)).toEqual(['/a?q=1', '/a?q=2'])
    // With pauses there would be 5 to 20.
    expect(asked.length).toBeGreaterThan(50)
  })

  it('answers that are errors refuse the measurement', async (context) => {
    let refused = 0
    const options = await typing(context, (_, response) => {
      refused += 1
      response.writeHead(503).end()
    })
    const run = runLoad({ ...options, requestsPerSecond: 40, sample: () => 0 })
    const { message } = await run.then(
      () => new Error('it was not refused'),
      (error: Error) => error,
    )
    const [, answers] = /^at 40 requests\/s (\d+) answers were errors and 0 requests got none, .*$/.exec(message) ?? []
    expect(Math.abs(Number(answers) - refused)).toBeLessThanOrEqual(5)
  })

  it('connections that break refuse the measurement', async (context) => {
    const options = await typing(context, ({ socket }) => socket.destroy())
    await expect(runLoad({ ...options, requestsPerSecond: 40, sample: () => 0 })).rejects.toThrow(
      /^at 40 requests\/s 0 answers were errors and [1-9]\d* requests got none/,
    )
  })

  it('an address where nobody listens is one line', async (context) => {
    const options = await typing(context, () => {})
    const run = runWrk({ ...options, pace: 'typing', url: 'http://127.0.0.1:1', connections: 1, sample: () => 0 })
    await expect(run).rejects.toThrow(/^wrk ended \(code 1\): unable to connect to 127\.0\.0\.1:1 Connection refused$/)
  })

  it('stops when it is told to', async (context) => {
    const options = await typing(context, (_, response) => response.end())
    const reason = new Error('enough')
    const stop = new AbortController()
    const sample = () => stop.abort(reason)
    await expect(
      runWrk({ ...options, pace: 'typing', seconds: 60, connections: 1, sample, signal: stop.signal }),
    ).rejects.toBe(reason)
  })
})
