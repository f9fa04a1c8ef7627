/**
 * Tests that each request gets the answer to its own query, although a batch contains queries from many requests, some
 * of which are canceled.
 */
import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, it, onTestFinished } from 'vitest'
import { randomFrom } from '../../tools/support/random.ts'
import { KnownData, makeWords, prefixesOf, weighted } from './known-data.ts'
import { ChaosStack } from './stack.ts'

const QUERIES = 30_000
const CONNECTIONS = 200
const CANCELLED_SHARE = 0.1

it.skipIf(process.platform !== 'linux')(
  'each of tens of thousands of concurrent queries gets its own answer',
  async () => {
    const random = randomFrom(7)
    const words = makeWords(2000, random)
    const data = new KnownData(weighted(words, 1))
    const stack = await ChaosStack.start(inject('redisServer'), [data])
    onTestFinished(() => stack.stop())
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
    onTestFinished(() => agent.destroy())
    const prefixes = prefixesOf(words)
    // Each combination of a query and a limit occurs only once. So no two requests have the same correct answer.
    const queries = Array.from({ length: QUERIES }, (_, at) => ({
      query: prefixes[at % prefixes.length] as string,
      limit: 1 + Math.floor(at / prefixes.length),
    }))
    const counts = { correct: 0, cancelled: 0 }
    const wrong: string[] = []
    let next = 0

    /** Sends a query and checks the answer. Resolves with false if the service rejects it, as on a busy machine. */
    const ask = ({ query, limit }: (typeof queries)[number]) =>
      new Promise<boolean>((resolve) => {
        const isCancelled = random() < CANCELLED_SHARE
        const request = get(`${stack.url}/autocomplete?q=${query}&limit=${limit}`, { agent }, (response) => {
          let body = ''
          response.setEncoding('utf8').on('data', (text: string) => {
            body += text
          })
          response.on('error', () => resolve(true))
          response.on('end', () => {
            if (response.statusCode === 503) return resolve(false)
            if (body === data.bodyOf(query, limit)) counts.correct += 1
            else wrong.push(`${query} ${limit}: ${response.statusCode} ${body}`)
            resolve(true)
          })
        })
        request.on('error', () => {
          counts.cancelled += 1
          resolve(true)
        })
        if (isCancelled) setTimeout(() => request.destroy(), random() * 10)
      })

    await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        for (let query = queries[next++]; query; query = queries[next++]) while (!(await ask(query))) await sleep(20)
      }),
    )
    expect(wrong).toEqual([])
    expect(counts.cancelled).toBeGreaterThan(0)
    expect(counts.correct).toBeGreaterThan(QUERIES / 2)
  },
  240_000,
)
