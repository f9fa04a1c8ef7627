import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { expect, it, onTestFinished, vi } from 'vitest'
import { CURRENT_KEY } from '../redis/dataset-keys.ts'
import { TestRedis } from '../testing/redis.ts'
import { TestService, WITH_CACHE } from '../testing/service.ts'
import { buildDataset, type Dataset } from './build.ts'
import type { Entry } from './entry.ts'
import { LOCK_KEY, PUBLISHER_RIGHTS, type PublishOptions, publishDataset } from './publish.ts'

const README = fileURLToPath(new URL('../../README.md', import.meta.url))
const CLI = fileURLToPath(new URL('../../dist/dataset/cli.js', import.meta.url))

/** Returns entries whose weight identifies their version. Every third entry is only in versions with an even number. */
const entriesOf = (version: number): Entry[] =>
  Array.from({ length: 3000 }, (_, at) => ({
    text: `word${at.toString(36)} ${at % 7}`,
    weight: version * 10_000 + at,
  })).filter((_, at) => at % 3 > 0 || version % 2 === 0)

/** Returns entries that are sent in several chunks. */
const largeEntriesOf = (version: number): Entry[] =>
  entriesOf(version).map((entry) => ({ ...entry, payload: 'x'.repeat(1000) }))

/** Starts Redis with the first version, and opens a connection that has all rights. The default user may only read. */
async function writable(...options: string[]): Promise<{ redis: TestRedis; client: Redis; connect: () => Redis }> {
  const redis = await TestRedis.start(entriesOf(0))
  onTestFinished(() => redis.close())
  await redis.kill()
  await redis.run(['--port', String(redis.port), '--user', 'publisher', 'on', 'nopass', '~*', '+@all', ...options])
  const connect = () => {
    const client = new Redis(redis.port, '127.0.0.1', { username: 'publisher', password: 'none' })
    onTestFinished(() => client.disconnect())
    return client
  }
  return { redis, client: connect(), connect }
}

/** Returns the keys that Redis should contain after a dataset has been published. */
const keysOf = (dataset: Dataset) => [...dataset.keys()].map(([key]) => key).sort()
const keysIn = async (client: Redis) => (await client.keys('*')).sort()

/** Publishes, and removes the old version without delay. */
const publish = (client: Redis, dataset: Dataset, options: PublishOptions = {}) =>
  publishDataset(client, dataset, { keepOldMs: 0, ...options })

/** Publishes, and keeps the old version until all services use the new one and `isSeen` returns true. */
async function publishTo(
  services: readonly TestService[],
  client: Redis,
  dataset: Dataset,
  { isSeen = () => true, ...options }: PublishOptions & { isSeen?: () => boolean } = {},
): Promise<void> {
  const kept = new AbortController()
  const isUsed = async (service: TestService) =>
    ((await (await service.get('/ready')).json()) as Answer).version === dataset.meta.version
  const onSwitched = async () => {
    for (const service of services) await until(() => isUsed(service))
    await until(isSeen)
    kept.abort(new Error('all services use the new version'))
  }
  await publish(client, dataset, {
    ...options,
    onSwitched: () => void onSwitched(),
    signal: kept.signal,
    keepOldMs: 120_000,
  })
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 25))
}

interface Answer {
  version: string
  suggestions: { text: string; score: number }[]
}

it('a new version takes over under load, without failed or mixed answers', async () => {
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
  // These queries match by prefix, by words in any order, and with a typo.
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
  while (seen.size === 0) await new Promise((resolve) => setTimeout(resolve, 10))
  for (const [at, dataset] of datasets.slice(1).entries()) {
    await publishTo(services, client, dataset, { isSeen: () => seen.has(at + 1) })
  }
  stopped = true
  await Promise.all(users)
  const log = services.flatMap((service) => service.log)
  expect([wrong.length, ...wrong.slice(0, 3)], log.join('\n')).toEqual([0])
  expect([...seen].sort()).toEqual([0, 1, 2, 3])
  for (const service of services) {
    const answer = (await (await service.get('/autocomplete?q=word0')).json()) as Answer
    expect(answer.version).toBe(datasets[3]?.meta.version)
    expect(answer.suggestions.map(({ text }) => text)).not.toContain('word0 0')
  }
  expect(await keysIn(client)).toEqual(keysOf(datasets[3] as Dataset))
}, 600_000)

it.each([
  ['different data', 2],
  ['the same data', 1],
])('two concurrent publishers of %s work one after the other, and no query fails', async (_, other) => {
  const { redis, client, connect } = await writable()
  const service = await TestService.start({ REDIS_NODES: redis.node })
  onTestFinished(() => void service.signal('SIGKILL'))
  const datasets = [1, other].map((version) => buildDataset(largeEntriesOf(version)))
  let isDone = false
  const statuses = new Set<number>()
  const user = (async () => {
    while (!isDone) statuses.add((await service.get('/autocomplete?q=word1')).status)
  })()
  let waited = 0
  const onWait = () => {
    waited += 1
  }
  await Promise.all(
    datasets.map((dataset) => publishTo([service], connect(), dataset, { onWait, isSeen: () => waited > 0 })),
  )
  const version = await client.get('autocomplete:current')
  await vi.waitFor(async () => expect(await (await service.get('/ready')).json()).toMatchObject({ version }), 60_000)
  isDone = true
  await user
  expect([...statuses]).toEqual([200])
  expect(waited).toBe(1)
  const dataset = datasets.find(({ meta }) => meta.version === version) as Dataset
  expect(await keysIn(client)).toEqual(keysOf(dataset))
})

it('the lock of a dead publisher expires, and the next publisher removes its keys', async () => {
  const { client } = await writable()
  await client.set(LOCK_KEY, 'of one that died', 'PX', 500)
  await client.set('autocomplete:0123456789abcdef:texts:0', 'half-written')
  const dataset = buildDataset(entriesOf(1))
  await publish(client, dataset)
  expect(await keysIn(client)).toEqual(keysOf(dataset))
})

it('a publisher that lost its lock does not switch to its version or remove keys', async () => {
  const { client } = await writable()
  const before = await client.get('autocomplete:current')
  const half = 'autocomplete:0123456789abcdef:texts:0'
  // Use the same connection, so that Redis runs this command before the remaining ones.
  const onProgress = () => void client.mset(LOCK_KEY, 'of another', half, 'half-written')
  await expect(publish(client, buildDataset(entriesOf(1)), { onProgress })).rejects.toThrow('its lock expired')
  expect(await client.mget('autocomplete:current', LOCK_KEY, half)).toEqual([before, 'of another', 'half-written'])
})

it('a version does not take over if some of its keys were removed', async () => {
  const { client } = await writable()
  const before = await keysIn(client)
  const dataset = buildDataset(entriesOf(1))
  const onProgress = () => void client.unlink(`autocomplete:${dataset.meta.version}:texts:3`)
  await expect(publish(client, dataset, { onProgress })).rejects.toThrow(
    'keys missing right after they were written: 1;',
  )
  expect(await keysIn(client)).toEqual(before)
})

it('a version that does not fit into Redis leaves no keys behind', async () => {
  const { client } = await writable()
  const before = await keysIn(client)
  await client.config('SET', 'maxmemory', '3mb')
  await expect(publish(client, buildDataset(largeEntriesOf(1)))).rejects.toThrow('OOM')
  expect(await keysIn(client)).toEqual(before)
})

it('a readiness check reports the new version once the old one is removed', async () => {
  const { redis, client } = await writable()
  const service = await TestService.start({ REDIS_NODES: redis.node })
  onTestFinished(() => void service.signal('SIGKILL'))
  const dataset = buildDataset(entriesOf(1))
  await publish(client, dataset)
  // The old version has been removed, so the service must use the new one.
  expect(await (await service.get('/ready')).json()).toMatchObject({ version: dataset.meta.version })
})

it('the command line publishes if the user has the rights', async () => {
  const { redis, client } = await writable()
  const publish = (user: string) =>
    promisify(execFile)(process.execPath, [CLI, '--json', '--publish', `redis://${user}127.0.0.1:${redis.port}`])
  const { stdout } = await publish('publisher:none@')
  expect(await client.get('autocomplete:current')).toBe((JSON.parse(stdout) as { version: string }).version)
  await expect(publish('')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^dataset: cannot publish to 127\.0\.0\.1:\d+: NOPERM .*; the publisher needs the rights ~autocomplete:\* .*\n$/,
    ),
  })
})

it.each([
  ['the URL', 'writer:s%40cret@', {}],
  ['the URL and the environment', 'writer@', { REDIS_PASSWORD: 's@cret' }],
  ['the environment', '', { REDIS_USERNAME: 'writer', REDIS_PASSWORD: 's@cret' }],
])('the command line takes the user and the password from %s', async (_, user, env) => {
  const { redis, client } = await writable('--user', 'writer', 'on', '>s@cret', ...PUBLISHER_RIGHTS.split(' '))
  const file = await fileOf('apple\t1\n')
  const args = [CLI, '--keep-old', '0', '--publish', `redis://${user}127.0.0.1:${redis.port}`, file]
  const { stderr } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...env } })
  expect(stderr).toBe('')
  expect(await keysIn(client)).toEqual(keysOf(buildDataset([{ text: 'apple', weight: 1 }])))
})

it.each([
  ['no password', 'writer@', 'set the password in REDIS_PASSWORD'],
  ['a wrong password', 'writer:other@', 'check the user and the password'],
])('the command line advises on %s', async (_, user, advice) => {
  const { redis } = await writable('--user', 'writer', 'on', '>secret', ...PUBLISHER_RIGHTS.split(' '))
  const args = [CLI, '--publish', `redis://${user}127.0.0.1:${redis.port}`, await fileOf('apple\t1\n')]
  await expect(promisify(execFile)(process.execPath, args)).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(new RegExp(`^dataset: cannot publish to [\\d.:]+: WRONGPASS [^\n]*; ${advice}\n$`)),
  })
})

it('the command line waits for another publisher, and says so', async () => {
  const { redis, client } = await writable()
  await client.set(LOCK_KEY, 'of another', 'PX', 3000)
  const file = await fileOf('apple\t1\n')
  const { stderr } = await promisify(execFile)(process.execPath, [
    CLI,
    '--publish',
    `redis://publisher:none@127.0.0.1:${redis.port}`,
    file,
  ])
  expect(stderr).toBe('dataset: waiting for another publisher to finish\n')
  expect(await client.keys('*')).not.toContain(LOCK_KEY)
})

it('a publisher needs exactly the rights that the README lists', async () => {
  const [, words = ''] = /^ACL SETUSER publisher on '>secret' (.+)$/m.exec(await readFile(README, 'utf8')) ?? []
  const rights = words.replaceAll("'", '').split(' ')
  expect(PUBLISHER_RIGHTS.split(' ')).toEqual(rights)
  const commands = rights.filter((right) => right.startsWith('+'))
  expect(commands.length).toBeGreaterThan(3)
  const { redis, client } = await writable('--user', 'writer', 'on', '>secret', ...rights)
  const file = await fileOf('apple\t1\n')
  const publish = async () => {
    // Create an old key, because the publisher needs UNLINK only if there is a key to remove.
    await client.set('autocomplete:0123456789abcdef:meta', 'half-written')
    const args = [CLI, '--publish', `redis://writer:secret@127.0.0.1:${redis.port}`, file]
    return promisify(execFile)(process.execPath, args).then(
      ({ stderr }) => stderr,
      ({ stderr }: { stderr: string }) => stderr,
    )
  }
  expect(await publish()).toBe('')
  expect(await keysIn(client)).toEqual(keysOf(buildDataset([{ text: 'apple', weight: 1 }])))
  const writer = new Redis(redis.port, '127.0.0.1', { username: 'writer', password: 'secret' })
  onTestFinished(() => writer.disconnect())
  for (const forbidden of [['FLUSHALL'], ['CONFIG', 'GET', '*'], ['SET', 'other', '1'], ['KEYS', '*']] as const) {
    await expect(writer.call(...(forbidden as unknown as [string]))).rejects.toThrow('NOPERM')
  }
  for (const command of commands) {
    await client.call('ACL', 'SETUSER', 'writer', 'reset', 'on', '>secret', ...rights, `-${command.slice(1)}`)
    // Without the right to run INFO, the client only prints a warning, without advice.
    const advice = command === '+info' ? '' : '.*; the publisher needs the rights '
    const message = new RegExp(`(?:NOPERM|can't run this command)${advice}`)
    expect([command, await publish()]).toEqual([command, expect.stringMatching(message)])
    // Remove the lock, because without some rights, the publisher cannot release it.
    await client.unlink(LOCK_KEY)
  }
})

async function fileOf(content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'publish-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'words.tsv')
  await writeFile(file, content)
  return file
}

it('an aborted publisher changes nothing', async () => {
  const { client } = await writable()
  const before = await keysIn(client)
  const interrupt = new AbortController()
  const onProgress = () => interrupt.abort(new Error('enough'))
  const { signal } = interrupt
  const dataset = buildDataset(largeEntriesOf(1))
  await expect(publish(client, dataset, { onProgress, signal })).rejects.toThrow('enough')
  expect(await keysIn(client)).toEqual(before)
})

it('a waiting publisher can be aborted', async () => {
  const { client } = await writable()
  await client.set(LOCK_KEY, 'of another')
  const interrupt = new AbortController()
  const onWait = () => interrupt.abort(new Error('enough'))
  const { signal } = interrupt
  await expect(publish(client, buildDataset(entriesOf(1)), { onWait, signal })).rejects.toThrow('enough')
  expect(await client.get(LOCK_KEY)).toBe('of another')
})

it('a publisher keeps the old version for some time after the switch, and then removes it', async () => {
  const { client } = await writable()
  const before = await keysIn(client)
  const dataset = buildDataset(entriesOf(1))
  let published: Promise<void> | undefined
  let since = 0
  const kept = await new Promise<[string | null, number]>((resolve) => {
    const onSwitched = () => {
      since = performance.now()
      // Redis gets these commands before those that remove the old version, no matter how slow the machine is.
      resolve(Promise.all([client.get(CURRENT_KEY), client.exists(...before)]))
    }
    published = publish(client, dataset, { onSwitched, keepOldMs: 1000 })
  })
  expect(kept).toEqual([dataset.meta.version, before.length])
  await published
  expect(performance.now() - since).toBeGreaterThanOrEqual(1000)
  expect(await keysIn(client)).toEqual(keysOf(dataset))
})

it('a publisher does not wait if there is no old version', async () => {
  const { client } = await writable()
  const dataset = buildDataset(entriesOf(1))
  await publish(client, dataset)
  const start = performance.now()
  await publish(client, dataset, { keepOldMs: 60_000 })
  await client.flushall()
  await publish(client, dataset, { keepOldMs: 60_000 })
  expect(performance.now() - start).toBeLessThan(60_000)
})

it('an abort after the switch removes the old version immediately', async () => {
  const { client } = await writable()
  const interrupt = new AbortController()
  const dataset = buildDataset(entriesOf(1))
  const onSwitched = () => interrupt.abort(new Error('enough'))
  await publish(client, dataset, { onSwitched, signal: interrupt.signal, keepOldMs: 60_000 })
  expect(await keysIn(client)).toEqual(keysOf(dataset))
})

it('a publisher succeeds even if it loses its lock after the switch', async () => {
  const { client } = await writable()
  const dataset = buildDataset(entriesOf(1))
  const onSwitched = () => void client.set(LOCK_KEY, 'of another')
  await publish(client, dataset, { onSwitched, keepOldMs: 1000 })
  expect(await client.mget(CURRENT_KEY, LOCK_KEY)).toEqual([dataset.meta.version, 'of another'])
})
