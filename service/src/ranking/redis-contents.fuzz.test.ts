/**
 * Stores invalid data in Redis under the dataset's keys. The service must keep running, answer correctly or with 503,
 * and recover when the data is restored. Changes after which the data is still valid, such as a different weight, are
 * out of scope.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildDataset } from '../dataset/build.ts'
import { toIndexParts } from '../index/index-parts.ts'
import { CURRENT_KEY, indexKey, metaKey, textsKey } from '../redis/dataset-keys.ts'
import { Random } from '../testing/random.ts'
import { TestRedis } from '../testing/redis.ts'
import { TestService, WITH_CACHE } from '../testing/service.ts'

const SECONDS = Number(process.env.FUZZ_SECONDS ?? 3)
const random = new Random()

/**
 * Returns entries that can be found by prefix, by words in any order, despite typos, by Hangul initials, and with a
 * filter.
 */
const entriesOf = (weight: number) =>
  Array.from({ length: 600 }, (_, at) => ({
    text: `${['apple', 'banana', 'new york', '장바구니'][at % 4]} ${at.toString(36)}`,
    weight: weight + at,
    contexts: { category: [`c${at % 3}`] },
    ...(at % 50 === 0 && { payload: { at } }),
  }))
const [FIRST, SECOND] = [buildDataset(entriesOf(1)), buildDataset(entriesOf(1000))]
const QUERIES = [
  '/autocomplete?q=a',
  '/autocomplete?q=app&limit=50',
  '/autocomplete?q=apple%20c',
  '/autocomplete?q=bnaana',
  '/autocomplete?q=york%20new',
  '/autocomplete?q=%E3%85%88%E3%85%82%E3%84%B1%E3%84%B4',
  '/autocomplete?q=b&filter=category:c1&highlight=1&explain=1',
  '/autocomplete?q=a&boost=category:c2:10',
  '/autocomplete?q=zebra',
  '/popular',
]

let redis: TestRedis
let admin: Redis
beforeAll(async () => {
  redis = await TestRedis.start()
  await redis.kill()
  await redis.run(['--port', String(redis.port), '--user', 'admin', 'on', '>secret', '~*', '+@all'])
  admin = new Redis(redis.port, '127.0.0.1', { username: 'admin', password: 'secret' })
})
afterAll(async () => {
  admin.disconnect()
  await redis.close()
})

/** Stores intact datasets. The last dataset becomes the current one. */
async function restore(...datasets: (typeof FIRST)[]): Promise<void> {
  const pipeline = admin.pipeline()
  for (const dataset of datasets) for (const [key, value] of dataset.keys()) pipeline.set(key, value)
  await pipeline.exec()
}

/** Waits until all queries are answered from a dataset, and returns the answers. */
async function rightAnswers(service: TestService, { meta }: typeof FIRST): Promise<string[]> {
  const until = performance.now() + 20_000
  for (;;) {
    const answers = await Promise.all(QUERIES.map((path) => service.get(path)))
    const bodies = await Promise.all(answers.map((answer) => answer.text()))
    if (bodies.every((body) => body.includes(`"version":"${meta.version}"`))) return bodies
    if (performance.now() > until) throw new Error(`the service does not recover: ${service.log.slice(-3).join('\n')}`)
    await sleep(50)
  }
}

/** Sends all queries. Each must get a correct answer or 503. Returns the number of correct answers. */
async function expectRightOrRejected(service: TestService, ...right: string[][]): Promise<number> {
  const asked = QUERIES.map(async (path, at) => {
    const response = await service.get(path)
    const body = await response.text()
    if (response.status === 503) expect(JSON.parse(body).error.code).toMatch(/^(unavailable|timeout)$/)
    else expect([path, response.status, right.map((of) => of[at]).includes(body) || body]).toEqual([path, 200, true])
    return response.status
  })
  return (await Promise.all(asked)).filter((status) => status === 200).length
}

const expectNoErrors = (service: TestService) =>
  expect(service.log.filter((line) => /"level":(50|60)/.test(line))).toEqual([])

const { version } = SECOND.meta
const stored = new Map(SECOND.keys())
const part = stored.get(indexKey(version, 0)) as Buffer
const index = inflateRawSync(part.subarray(4))
const metaWith = (changes: object) => JSON.stringify({ ...SECOND.meta, ...changes })
/** Encodes arbitrary bytes as an index part with a valid checksum. */
const partOf = (bytes: Buffer) => toIndexParts(bytes)[0] as Buffer
const flipped = (bytes: Buffer) => {
  const copy = Buffer.from(bytes)
  const at = random.below(copy.length)
  copy[at] = (copy[at] as number) ^ (1 << random.below(8))
  return copy
}
/** A part that decompresses to more than the maximum size. */
const bomb = Buffer.concat([Buffer.alloc(4), deflateRawSync(Buffer.alloc(64 * 2 ** 20))])

/** Invalid values for the keys that threads read when they load a version. */
const WRONG_INDEXES: [what: string, key: string, value: string | Buffer | string[] | undefined][] = [
  ['no meta', metaKey(version), undefined],
  ['a list as meta', metaKey(version), ['a']],
  ['a meta that is not JSON', metaKey(version), '{"format":7,'],
  ['a meta that is null', metaKey(version), 'null'],
  ['a meta that is a number', metaKey(version), '4'],
  ['a meta with huge numbers', metaKey(version), metaWith({ entries: 2 ** 52, indexParts: 2 ** 52 })],
  ['a meta with infinite numbers', metaKey(version), metaWith({}).replace(/"entries":\d+/, '"entries":1e999')],
  ['a meta with negative numbers', metaKey(version), metaWith({ blockEntries: -1 })],
  ['a meta without the mean score', metaKey(version), metaWith({ meanScore: undefined })],
  ['a meta without settings', metaKey(version), metaWith({ match: undefined })],
  ['a meta with invalid settings', metaKey(version), metaWith({ match: { infix: 1, correct: 'all', exact: null } })],
  ['a meta of another format', metaKey(version), metaWith({ format: 99 })],
  ['a meta of another version', metaKey(version), metaWith({ version: FIRST.meta.version })],
  ['a meta whose version injects a header', metaKey(version), metaWith({ version: '"\r\nX-Injected: 1' })],
  ['a meta without a version', metaKey(version), metaWith({ version: undefined })],
  ['a meta with too many parts', metaKey(version), metaWith({ indexParts: 2 })],
  ['a meta with a wrong length', metaKey(version), metaWith({ indexBytes: SECOND.meta.indexBytes + 1 })],
  ['no index', indexKey(version, 0), undefined],
  ['a list as index', indexKey(version, 0), ['a']],
  ['an empty index', indexKey(version, 0), ''],
  ['an index of three bytes', indexKey(version, 0), part.subarray(0, 3)],
  ['half an index', indexKey(version, 0), part.subarray(0, part.length / 2)],
  ['an index without its last byte', indexKey(version, 0), part.subarray(0, -1)],
  ['an index with a flipped bit', indexKey(version, 0), flipped(part)],
  ['an index with a wrong checksum', indexKey(version, 0), Buffer.concat([Buffer.alloc(4), part.subarray(4)])],
  ['an index of random bytes', indexKey(version, 0), random.bytes(5000)],
  ['an index of random bytes with a valid checksum', indexKey(version, 0), partOf(random.bytes(index.length))],
  ['an index of zeros with a valid checksum', indexKey(version, 0), partOf(Buffer.alloc(index.length))],
  ['an index of ones with a valid checksum', indexKey(version, 0), partOf(Buffer.alloc(index.length, 255))],
  ['half an index with a valid checksum', indexKey(version, 0), partOf(index.subarray(0, index.length / 2))],
  ['an index that is much too long', indexKey(version, 0), bomb],
  ['a version that does not exist', CURRENT_KEY, '0123456789abcdef'],
  ['a malformed version', CURRENT_KEY, 'a"b\r\nX-Injected: 1\r\n\r\n'],
  ['a list as version', CURRENT_KEY, ['a']],
]

async function put(key: string, value: string | Buffer | string[] | undefined): Promise<void> {
  await admin.del(key)
  if (Array.isArray(value)) await admin.rpush(key, ...value)
  else if (value !== undefined) await admin.set(key, value)
}

describe('survives a switch to a version with', () => {
  let service: TestService
  let first: string[] = []
  let second: string[] = []
  beforeAll(async () => {
    await restore(FIRST)
    service = await TestService.start({ REDIS_NODES: redis.node })
    first = await rightAnswers(service, FIRST)
    await restore(SECOND)
    second = await rightAnswers(service, SECOND)
    expect(second).not.toEqual(first)
  })
  afterAll(() => service.stop())

  it.each(WRONG_INDEXES)('%s', async (_, key, value) => {
    await restore(SECOND, FIRST)
    expect(await rightAnswers(service, FIRST)).toEqual(first)
    await put(CURRENT_KEY, version)
    await put(key, value)
    for (let count = 0; count < 3; count++) await expectRightOrRejected(service, first, second)
    expect((await service.get('/health')).status).toBe(200)
    expect((await service.get('/metrics')).status).toBe(200)
    await restore(SECOND)
    expect(await rightAnswers(service, SECOND)).toEqual(second)
    expectNoErrors(service)
  })
})

/** Values that are not valid blocks of texts. */
const WRONG_BLOCKS: [what: string, value: () => string | Buffer | string[] | undefined][] = [
  ['nothing', () => undefined],
  ['a list', () => ['a']],
  ['random bytes', () => random.bytes(1 + random.below(3000))],
  ['line feeds', () => '\n'.repeat(2000)],
  ['tabs', () => '\t'.repeat(2000)],
  ['one line without an end', () => 'a'.repeat(1_000_000)],
  ['JSON that would extend the answer', () => `a\t1}],"version":"x"}\n`],
  ['details that are not JSON', () => 'a\t1\t{"p":\n'.repeat(100)],
]

type Value = string | Buffer | string[] | undefined

/** Adds the number and the end mark of the key's block to a value. */
function asBlock(key: string, value: Value): Value {
  if (value === undefined || Array.isArray(value)) return value
  return Buffer.concat([Buffer.from(`${key.split(':').at(-1)}\n`), Buffer.from(value), Buffer.from('\0')])
}

describe.each([
  ['without the cache', {}],
  ['with the cache', WITH_CACHE],
])('survives, %s, blocks of texts replaced by', (_, env) => {
  let service: TestService
  let right: string[] = []
  const keys = Array.from(stored.keys()).filter((key) => key.startsWith(textsKey(version, 0).slice(0, -1)))
  beforeAll(async () => {
    await restore(SECOND)
    service = await TestService.start({ REDIS_NODES: redis.node, ...env })
    right = await rightAnswers(service, SECOND)
  })
  afterAll(() => service.stop())

  async function expectToRecover(): Promise<void> {
    await restore(SECOND)
    expect(await rightAnswers(service, SECOND)).toEqual(right)
    expectNoErrors(service)
  }

  it.each(WRONG_BLOCKS)('%s', async (__, value) => {
    for (const wrap of [(_key: string, value: Value) => value, asBlock]) {
      for (const key of keys) await put(key, wrap(key, value()))
      await expectRightOrRejected(service, right)
    }
    await expectToRecover()
  })

  it('other blocks', async () => {
    const values = keys.map((key) => stored.get(key))
    for (const [at, key] of keys.entries()) await put(key, values[(at + 1) % keys.length])
    await expectRightOrRejected(service, right)
    await expectToRecover()
  })

  it(`random invalid values under some keys (FUZZ_SEED=${random.seed})`, {
    timeout: 60_000 + 2000 * SECONDS,
  }, async () => {
    const until = performance.now() + 500 * SECONDS
    do {
      await restore(SECOND)
      for (let count = 1 + random.below(4); count > 0; count--) {
        const key = random.of(keys)
        const value = random.of(WRONG_BLOCKS)[1]()
        await put(key, random.of([value, asBlock(key, value)]))
      }
      await expectRightOrRejected(service, right)
    } while (performance.now() < until)
    await expectToRecover()
  })

  it('blocks cut off anywhere, or at the end of a line', { timeout: 60_000 }, async () => {
    for (const end of ['', '\n', '\n']) {
      await restore(SECOND)
      for (const key of keys) {
        const value = stored.get(key) as Buffer
        const cut = random.below(value.length)
        await put(key, value.subarray(0, end === '' ? cut : value.lastIndexOf(end, cut) + random.below(2)))
      }
      await expectRightOrRejected(service, right)
    }
    await expectToRecover()
  })
})
