/**
 * Whatever stands in Redis under the dataset's keys: the service answers what is right or 503, lives on, and is as before when the data
 * is. What cannot be told from data, such as another weight, is no matter here.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildDataset } from '../dataset/build.ts'
import { CURRENT_KEY, decodeLines, encodeLines, indexKey, metaKey, trieKey } from '../dataset/layout.ts'
import { Random } from '../testing/random.ts'
import { TestRedis } from '../testing/redis.ts'
import { TestService, WITH_CACHE } from '../testing/service.ts'

const SECONDS = Number(process.env.FUZZ_SECONDS ?? 3)
const random = new Random()

/** Enough for ready lists, and for corrections, words, Hangul and contexts. */
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

/** Puts the datasets there as they should be; the one that is in use last. */
async function putRight(...datasets: (typeof FIRST)[]): Promise<void> {
  const pipeline = admin.pipeline()
  for (const dataset of datasets) for (const [key, value] of dataset.keys()) pipeline.set(key, value)
  await pipeline.exec()
}

/** Waits until all is answered from the dataset; gives the answers. */
async function rightAnswers(service: TestService, { meta }: typeof FIRST): Promise<string[]> {
  const until = performance.now() + 20_000
  for (;;) {
    const answers = await Promise.all(QUERIES.map((path) => service.get(path)))
    const bodies = await Promise.all(answers.map((answer) => answer.text()))
    if (bodies.every((body) => body.includes(`"version":"${meta.version}"`))) return bodies
    if (performance.now() > until) throw new Error(`it does not recover: ${service.log.slice(-3).join('\n')}`)
    await sleep(50)
  }
}

/** Asks everything; what is not 503 has to be one of the right answers. Returns how many are not 503. */
async function expectRightOrRefused(service: TestService, ...right: string[][]): Promise<number> {
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

const ofLength = (length: number, meta: object) => JSON.stringify({ ...SECOND.meta, ...meta, blocks: length })
const { version } = SECOND.meta
const stored = new Map(SECOND.keys())
const index = Buffer.from(stored.get(indexKey(version)) as string)
const firstKeys = (decodeLines(index, 'utf8') as string).split('\n')
const trie = stored.get(trieKey(version)) as Buffer
const withEnds = (end: number) => {
  const bytes = Buffer.from(trie)
  for (let node = 1; node < bytes.readUInt32LE(8); node++) bytes.writeUInt32LE(end, 12 + 4 * node)
  return bytes
}

/** What stands in place of what the threads read when they learn of a version. */
const WRONG_INDEXES: [what: string, key: string, value: string | Buffer | string[] | undefined][] = [
  ['no meta', metaKey(version), undefined],
  ['a list as meta', metaKey(version), ['a']],
  ['a meta that is no JSON', metaKey(version), '{"format":3,'],
  ['a meta that is null', metaKey(version), 'null'],
  [
    'a meta of enormous numbers',
    metaKey(version),
    ofLength(firstKeys.length, { blocks: 1e308, entries: 1e308, meanWeight: -1e308 }).replace(
      /"blocks":\d+/,
      '"blocks":1e308',
    ),
  ],
  ['a meta of another format', metaKey(version), JSON.stringify({ ...SECOND.meta, format: 99 })],
  ['a meta of another version', metaKey(version), JSON.stringify({ ...SECOND.meta, version: FIRST.meta.version })],
  [
    'a meta whose version would be a header',
    metaKey(version),
    JSON.stringify({ ...SECOND.meta, version: '"\r\nX-Injected: 1' }),
  ],
  ['a meta without a version', metaKey(version), JSON.stringify({ ...SECOND.meta, version: undefined })],
  ['no index', indexKey(version), undefined],
  ['an index in another order', indexKey(version), encodeLines(firstKeys.toReversed())],
  ['half an index', indexKey(version), encodeLines(firstKeys.slice(0, 10))],
  ['an index that is cut off in its last key', indexKey(version), index.subarray(0, -3)],
  ['an index that is empty', indexKey(version), encodeLines([])],
  ['an index of bytes', indexKey(version), random.bytes(5000)],
  ['no trie', trieKey(version), undefined],
  ['half a trie', trieKey(version), trie.subarray(0, trie.length / 2)],
  ['a trie of bytes', trieKey(version), random.bytes(trie.length)],
  ['a trie that leads back', trieKey(version), withEnds(1)],
  ['a trie that leads to nowhere', trieKey(version), withEnds(0xffffffff)],
  [
    'a trie of enormous length',
    trieKey(version),
    Buffer.concat([trie.subarray(0, 8), Buffer.from([255, 255, 255, 255]), trie.subarray(12)]),
  ],
  ['a version of which nothing is there', CURRENT_KEY, '0123456789abcdef'],
  ['a version that is none', CURRENT_KEY, 'a"b\r\nX-Injected: 1\r\n\r\n'],
  ['a list as version', CURRENT_KEY, ['a']],
]

async function put(key: string, value: string | Buffer | string[] | undefined): Promise<void> {
  await admin.del(key)
  if (Array.isArray(value)) await admin.rpush(key, ...value)
  else if (value !== undefined) await admin.set(key, value)
}

describe('of a version that takes over and is not right', () => {
  let service: TestService
  let first: string[] = []
  let second: string[] = []
  beforeAll(async () => {
    await putRight(FIRST)
    service = await TestService.start({ REDIS_NODES: redis.node })
    first = await rightAnswers(service, FIRST)
    await putRight(SECOND)
    second = await rightAnswers(service, SECOND)
    expect(second).not.toEqual(first)
  })
  afterAll(() => service.stop())

  it.each(WRONG_INDEXES)('%s', async (_, key, value) => {
    await putRight(SECOND, FIRST)
    expect(await rightAnswers(service, FIRST)).toEqual(first)
    await put(CURRENT_KEY, version)
    await put(key, value)
    for (let count = 0; count < 3; count++) await expectRightOrRefused(service, first, second)
    expect((await service.get('/health')).status).toBe(200)
    expect((await service.get('/metrics')).status).toBe(200)
    await putRight(SECOND)
    expect(await rightAnswers(service, SECOND)).toEqual(second)
    expectNoErrors(service)
  })
})

/** Values that are no lines of a dataset, which may end as lines do all the same. */
const WRONG_LINES: [what: string, value: () => string | Buffer | string[] | undefined][] = [
  ['nothing', () => undefined],
  ['a list', () => ['a']],
  ['bytes', () => random.bytes(1 + random.below(3000))],
  ['line ends', () => '\n'.repeat(2000)],
  ['tabs', () => '\t'.repeat(2000)],
  ['one line without an end', () => 'a'.repeat(1_000_000)],
  ['JSON that would go on', () => `a\t1}],"version":"x"}\n`],
]

const followedBy = (value: string | Buffer | string[] | undefined, end: string) =>
  value === undefined || Array.isArray(value) ? value : Buffer.concat([Buffer.from(value), Buffer.from(end)])

describe.each([
  ['without the cache', {}],
  ['with the cache', WITH_CACHE],
])('in place of lines, %s', (_, env) => {
  let service: TestService
  let right: string[] = []
  const keys = [...stored.keys()].filter((key) => /:block:|:top:/.test(key))
  beforeAll(async () => {
    await putRight(SECOND)
    service = await TestService.start({ REDIS_NODES: redis.node, ...env })
    right = await rightAnswers(service, SECOND)
  })
  afterAll(() => service.stop())

  it.each(WRONG_LINES)('%s', async (__, value) => {
    await putRight(SECOND)
    for (const end of ['', encodeLines([])]) {
      for (const key of keys) await put(key, followedBy(value(), end))
      await expectRightOrRefused(service, right)
    }
    await putRight(SECOND)
    expect(await rightAnswers(service, SECOND)).toEqual(right)
    expectNoErrors(service)
  })

  it(`some of some keys (FUZZ_SEED=${random.seed})`, { timeout: 60_000 + 2000 * SECONDS }, async () => {
    const until = performance.now() + 500 * SECONDS
    do {
      await putRight(SECOND)
      for (let count = 1 + random.below(4); count > 0; count--) {
        const value = random.of(WRONG_LINES)[1]()
        await put(random.of(keys), followedBy(value, random.of(['', encodeLines([])])))
      }
      await expectRightOrRefused(service, right)
    } while (performance.now() < until)
    await putRight(SECOND)
    expect(await rightAnswers(service, SECOND)).toEqual(right)
    expectNoErrors(service)
  })

  it('lines that are cut off anywhere, or where one ends', { timeout: 60_000 }, async () => {
    for (const end of ['', '\n', '\n']) {
      await putRight(SECOND)
      for (const key of keys) {
        const value = stored.get(key) as string
        const cut = random.below(value.length)
        await put(key, value.slice(0, end === '' ? cut : value.lastIndexOf(end, cut) + random.below(2)))
      }
      await expectRightOrRefused(service, right)
    }
    await putRight(SECOND)
    expect(await rightAnswers(service, SECOND)).toEqual(right)
    expectNoErrors(service)
  })
})
