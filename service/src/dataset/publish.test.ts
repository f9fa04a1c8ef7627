import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { expect, it, onTestFinished } from 'vitest'
import { TestRedis } from '../testing/redis.ts'
import { TestService, WITH_CACHE } from '../testing/service.ts'
import { buildDataset } from './build.ts'
import type { Entry } from './entries.ts'
import { publishDataset } from './publish.ts'

const CLI = fileURLToPath(new URL('../../dist/dataset/cli.js', import.meta.url))

/** Entries whose weight says which version they are of; every third is only in one of two versions. */
const entriesOf = (version: number): Entry[] =>
  Array.from({ length: 3000 }, (_, at) => ({
    text: `word${at.toString(36)} ${at % 7}`,
    weight: version * 10_000 + at,
  })).filter((_, at) => at % 3 > 0 || version % 2 === 0)

/** A Redis with the first version, and a connection that may write to it: the usual user may only read. */
async function writable(): Promise<{ redis: TestRedis; client: Redis }> {
  const redis = await TestRedis.start(entriesOf(0))
  onTestFinished(() => redis.close())
  await redis.kill()
  await redis.run(['--port', String(redis.port), '--user', 'publisher', 'on', 'nopass', '~*', '+@all'])
  const client = new Redis(redis.port, '127.0.0.1', { username: 'publisher', password: 'none' })
  onTestFinished(() => client.disconnect())
  return { redis, client }
}

interface Answer {
  version: string
  suggestions: { text: string; score: number }[]
}

it('a new version takes over under load without a failed or mixed answer, and what it lacks is gone', async () => {
  const { redis, client } = await writable()
  const services = await Promise.all([
    TestService.start({ REDIS_NODES: redis.node }),
    TestService.start({ REDIS_NODES: redis.node, ...WITH_CACHE }),
  ])
  onTestFinished(() => services.forEach((service) => void service.signal('SIGKILL')))

  const datasets = [0, 1, 2, 3].map((version) => buildDataset(entriesOf(version)))
  const numberOf = new Map(datasets.map(({ meta }, number) => [meta.version, number]))
  const seen = new Set<number>()
  const wrong: string[] = []
  let stopped = false
  // Beginnings, a beginning that few have, a word inside, two words, and a mistake: one and two round trips.
  const queries = ['word', 'word1', 'wordzz', '3', '4 word2', 'wrod1a']
  const users = services.flatMap((service) =>
    queries.map(async (query) => {
      while (!stopped) {
        const response = await service.get(`/autocomplete?q=${encodeURIComponent(query)}`)
        const answer = (await response.json()) as Answer
        const number = numberOf.get(answer.version)
        const versions = answer.suggestions?.map(({ score }) => Math.floor(score / 10_000))
        if (response.status !== 200 || !versions?.every((version) => version === number)) {
          wrong.push(`${query}: ${JSON.stringify(answer)}`)
        }
        seen.add(number as number)
      }
    }),
  )
  for (const dataset of datasets.slice(1)) {
    await publishDataset(client, dataset)
    await new Promise((resolve) => setTimeout(resolve, 1500))
  }
  stopped = true
  await Promise.all(users)
  expect(wrong.slice(0, 3)).toEqual([])
  expect([...seen].sort()).toEqual([0, 1, 2, 3])
  for (const service of services) {
    const answer = (await (await service.get('/autocomplete?q=word0')).json()) as Answer
    expect(answer.version).toBe(datasets[3]?.meta.version)
    expect(answer.suggestions.map(({ text }) => text)).not.toContain('word0 0')
  }
  const left = new Set((await client.keys('autocomplete:*')).map((key) => key.split(':')[1]))
  expect([...left].sort()).toEqual(['current', datasets[3]?.meta.version].sort())
})

it('whoever asks for the version learns of the new one at once', async () => {
  const { redis, client } = await writable()
  const service = await TestService.start({ REDIS_NODES: redis.node })
  onTestFinished(() => void service.signal('SIGKILL'))
  const dataset = buildDataset(entriesOf(1))
  await publishDataset(client, dataset)
  expect(await (await service.get('/ready')).json()).toMatchObject({ version: dataset.meta.version })
})

it('the command publishes too, where it may', async () => {
  const { redis, client } = await writable()
  const publish = (user: string) =>
    promisify(execFile)(process.execPath, [CLI, '--json', '--publish', `redis://${user}127.0.0.1:${redis.port}`])
  const { stdout } = await publish('publisher:none@')
  expect(await client.get('autocomplete:current')).toBe((JSON.parse(stdout) as { version: string }).version)
  await expect(publish('')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^dataset: cannot publish to 127\.0\.0\.1:\d+: NOPERM .*\n$/),
  })
})

it('one that is not finished changes nothing', async () => {
  const { client } = await writable()
  const before = await client.get('autocomplete:current')
  const signal = AbortSignal.abort(new Error('enough'))
  await expect(publishDataset(client, buildDataset(entriesOf(1)), { signal })).rejects.toThrow('enough')
  expect(await client.get('autocomplete:current')).toBe(before)
})
