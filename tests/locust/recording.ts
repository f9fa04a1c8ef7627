/** Runs a locustfile in Locust and its converted script in k6, against servers that record the requests. */
import { readFile } from 'node:fs/promises'
import { expect, inject } from 'vitest'
import { capture } from '../../tools/support/process.ts'
import { k6Locust, Running, serve } from './testing.ts'

/** Headers that depend on the client, not on the locustfile. */
const OF_CLIENT = ['accept-encoding', 'connection', 'content-length', 'host', 'user-agent']

/** The answer of a recording server: its body and its headers. */
export interface Answer {
  body: string
  headers: Record<string, string>
}

/** A server that records requests in order. */
interface Recorder {
  url: string
  requests: string[]
  /** Resolves when the given number of requests have arrived. */
  full: Promise<void>
}

/**
 * Serves an answer on a free port, and describes the requests: method, URL, headers, and body. The white space of JSON
 * bodies is left out.
 * @param isKept whether a header is part of the description
 * @returns the base URL
 */
export function describeRequests(
  answer: Answer,
  isKept: (name: string, value: string) => boolean,
  onRequest: (description: string) => void,
): Promise<string> {
  return serve((request, response) => {
    let body = ''
    request.on('data', (part) => {
      body += part
    })
    request.on('end', () => {
      const type = request.headers['content-type'] ?? ''
      const text = type.includes('json') && body !== '' ? JSON.stringify(JSON.parse(body)) : body
      const headers = Object.entries(request.headers)
        .filter(([name, value]) => isKept(name, `${value}`))
        // Remove the character set, which only some clients add.
        .map(([name, value]) => `${name}: ${value}`.replace('; charset=utf-8', ''))
        .sort()
      const description = [`${request.method} ${request.url}`, ...headers, text].join('\n')
      const [, boundary = ''] = /boundary=(\S+)/.exec(type) ?? []
      // Each request has a different boundary.
      onRequest(boundary === '' ? description : description.replaceAll(boundary, 'BOUNDARY'))
      for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value)
      response.end(answer.body)
    })
  })
}

/** Serves on a free port, and records the requests in order. */
async function recorder(answer: Answer, count: number): Promise<Recorder> {
  const requests: string[] = []
  let fill = () => {}
  const full = new Promise<void>((resolve) => {
    fill = resolve
  })
  const isKept = (name: string, value: string) => !OF_CLIENT.includes(name) && !(name === 'accept' && value === '*/*')
  const url = await describeRequests(answer, isKept, (request) => {
    requests.push(request)
    if (requests.length === count) fill()
  })
  return { url, requests, full }
}

/** Converts a locustfile to a script. Returns the path of the script, which is next to the locustfile by default. */
export async function convert(file: string, script = file.replace(/py$/, 'ts')): Promise<string> {
  const { code, stderr } = await capture(inject('k6'), ['x', 'locust', 'convert', file, '-o', script])
  expect(code, stderr).toBe(0)
  expect(await readFile(script, 'utf8')).toContain('k6/x/locust')
  return script
}

/**
 * Runs a locustfile in Locust and in k6 until both have made `count` requests. Returns the first `count` requests of
 * each.
 * @param prepare copies the locustfile for a server, and returns the path of the copy
 * @param options number of users, and the flags with which Locust starts the run
 */
export async function runBoth(
  prepare: (url: string) => Promise<string>,
  answer: Answer,
  count: number,
  { users = 1, start = ['--headless'] } = {},
): Promise<[locust: string[], k6: string[]]> {
  const [expected, actual] = [await recorder(answer, count), await recorder(answer, count)]
  const file = await prepare(expected.url)
  const script = await convert(await prepare(actual.url))
  const args = ['-u', `${users}`, '-r', '10', '--only-summary']
  const locust = [...start, '-f', file, '-H', expected.url, ...args]
  const runs = [
    new Running(inject('locust').current, locust, { API_HOST: expected.url }),
    k6Locust([...args, '-H', actual.url, script], { API_HOST: actual.url }),
  ]
  const ended = runs.map(async (run) => {
    await run.exited
    throw new Error(run.output)
  })
  await Promise.race([Promise.all([expected.full, actual.full]), ...ended])
  for (const run of runs) run.signal('SIGINT')
  await Promise.all(runs.map((run) => run.exited))
  return [expected.requests.slice(0, count), actual.requests.slice(0, count)]
}
