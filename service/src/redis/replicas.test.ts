/**
 * Covers cases that main-redis.test.ts cannot create, such as changing DNS records, indexes that load slowly, and TLS
 * connections.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { LRUCache } from 'lru-cache'
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { buildDataset, type Dataset } from '../dataset/build.ts'
import { entriesOfBlock, TextBlock } from '../index/text-blocks.ts'
import { readSettings } from '../read-settings.ts'
import { DIRECT_SOURCE, TestRedis } from '../testing/redis.ts'
import { TestService } from '../testing/service.ts'
import { CURRENT_KEY, indexKey, metaKey, textsKey } from './dataset-keys.ts'
import { type DatasetSource, Replicas } from './replicas.ts'

// Replace this function, because there is no other way to change DNS answers.
const { lookup } = vi.hoisted(() => ({ lookup: vi.fn() }))
vi.mock('node:dns/promises', () => ({ lookup }))

const run = promisify(execFile)
const hasOpenssl = (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'openssl')))

const entriesOf = (weight: number) =>
  Array.from({ length: 200 }, (_, at) => ({ text: `word${at}`, weight: weight + at }))
const [FIRST, SECOND] = [buildDataset(entriesOf(1)), buildDataset(entriesOf(1000))]

describe('a host name whose addresses change', () => {
  const [ONE, TWO] = [{ address: '127.0.0.1' }, { address: '127.0.0.2' }]

  /** Starts Redis at both addresses, on the same port, with different datasets. */
  async function startTwo(): Promise<[TestRedis, TestRedis]> {
    const first = await TestRedis.start([{ text: 'first', weight: 1 }])
    const second = await TestRedis.start([{ text: 'second', weight: 1 }])
    onTestFinished(() => Promise.all([first.close(), second.close()]).then(() => {}))
    await second.kill()
    await second.run(['--bind', '127.0.0.2', '--port', String(first.port)])
    return [first, second]
  }

  it('switches to the new addresses without a gap in availability', async () => {
    const [first] = await startTwo()
    lookup.mockResolvedValue([ONE])
    const used: string[][] = []
    const keepOnly = (versions: ReadonlySet<string>) => void used.push([...versions])
    const settings = readSettings({ REDIS_NODES: `redis.test:${first.port}` })
    const replicas = new Replicas(settings, { ...DIRECT_SOURCE, keepOnly }, 0, () => {})
    onTestFinished(() => replicas.close())
    await replicas.ready(10_000)
    const before = await versionOf(replicas)
    lookup.mockResolvedValue([TWO])
    while ((await versionOf(replicas)) === before) await sleep(1)
    await first.kill()
    const after = await versionOf(replicas)
    expect(after).not.toBe(before)
    await vi.waitFor(() => expect(used.at(-1)).toEqual([after]), 5000)
  })

  it('reconnects to an address that it left without a failure', async () => {
    const [first] = await startTwo()
    lookup.mockResolvedValue([TWO])
    const settings = readSettings({ REDIS_NODES: `redis.test:${first.port}`, REDIS_CONNECTION_POOL_SIZE: '1' })
    const log: string[] = []
    const replicas = new Replicas(settings, DIRECT_SOURCE, 0, (_, message) => log.push(message))
    onTestFinished(() => replicas.close())
    await replicas.ready(10_000)
    const left = await versionOf(replicas)
    // The thread connects only to the first address, because its pool has one connection.
    lookup.mockResolvedValue([ONE, TWO])
    await vi.waitFor(() => expect(log).toContain('replica left'), 10_000)
    await first.kill()
    await vi.waitFor(async () => expect(await versionOf(replicas)).toBe(left), 10_000)
  })
})

describe('a host name that cannot be resolved', () => {
  it('does not keep other hosts from being used, and is logged again after it has been resolved', async () => {
    const redis = await TestRedis.start([{ text: 'apple', weight: 1 }])
    onTestFinished(() => redis.close())
    const calls = { failed: 0, resolved: 0 }
    let fails = true
    lookup.mockImplementation(async (host: string) => {
      if (host === 'gone.test') calls[fails ? 'failed' : 'resolved'] += 1
      if (host === 'gone.test' && fails) throw new Error('getaddrinfo ENOTFOUND gone.test')
      return [{ address: '127.0.0.1' }]
    })
    const settings = readSettings({ REDIS_NODES: `gone.test:${redis.port},redis.test:${redis.port}` })
    const log: string[] = []
    const replicas = new Replicas(settings, DIRECT_SOURCE, 0, (_, message) => log.push(message))
    onTestFinished(() => replicas.close())
    await vi.waitFor(() => expect(versionOf(replicas)).resolves.toMatch(/^\w{16}$/), 10_000)
    const problems = () => log.filter((line) => line === 'host gone.test: getaddrinfo ENOTFOUND gone.test')
    await vi.waitFor(() => expect(calls.failed).toBeGreaterThan(1), 10_000)
    expect(problems()).toHaveLength(1)
    fails = false
    await vi.waitFor(() => expect(calls.resolved).toBeGreaterThan(1), 10_000)
    fails = true
    await vi.waitFor(() => expect(problems()).toHaveLength(2), 10_000)
  })
})

describe('a host name for which DNS does not answer', () => {
  const SLOW = 'slow.test'
  async function start() {
    const redis = await TestRedis.start([{ text: 'apple', weight: 1 }])
    onTestFinished(() => redis.close())
    const settings = readSettings({ REDIS_NODES: `${SLOW}:${redis.port},redis.test:${redis.port}` })
    const log: string[] = []
    const replicas = new Replicas(settings, DIRECT_SOURCE, 0, (_, message) => log.push(message))
    onTestFinished(() => replicas.close())
    return { redis, replicas, log }
  }

  it('does not keep other hosts from being used, and is looked up only once at a time', async () => {
    let lookups = 0
    lookup.mockImplementation((host: string) => {
      if (host !== SLOW) return Promise.resolve([{ address: '127.0.0.1' }])
      lookups += 1
      return new Promise(() => {})
    })
    const { redis, replicas, log } = await start()
    await vi.waitFor(() => expect(versionOf(replicas)).resolves.toMatch(/^\w{16}$/), 10_000)
    // A new version of the data is noticed, too.
    await redis.kill()
    const version = await redis.setData([{ text: 'banana', weight: 1 }])
    await redis.run()
    await vi.waitFor(async () => expect(await versionOf(replicas)).toBe(version), 10_000)
    await sleep(2500)
    expect(lookups).toBe(1)
    expect(log.filter((line) => line === `host ${SLOW}: DNS does not answer`)).toHaveLength(1)
  })

  it('is used even if every lookup takes longer than the service waits', async () => {
    lookup.mockImplementation(async (host: string) => {
      if (host !== SLOW) throw new Error(`getaddrinfo ENOTFOUND ${host}`)
      await sleep(1500)
      return [{ address: '127.0.0.1' }]
    })
    const { replicas } = await start()
    await vi.waitFor(() => expect(versionOf(replicas)).resolves.toMatch(/^\w{16}$/), 10_000)
  })
})

describe('a server that is not a usable replica', () => {
  /**
   * Starts a server that ends every connection. Returns what the replicas log until the server has received six
   * connections.
   */
  async function logOf(end: (socket: Socket, connection: number) => void): Promise<string[]> {
    let connections = 0
    const server = createServer((socket) => {
      connections += 1
      const connection = connections
      socket.on('error', () => {}).once('data', () => end(socket, connection))
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    const settings = readSettings({ REDIS_NODES: `127.0.0.1:${port}` })
    const log: string[] = []
    const replicas = new Replicas(settings, DIRECT_SOURCE, 0, (_, message) => log.push(message))
    onTestFinished(() => {
      replicas.close()
      server.close()
    })
    await vi.waitFor(() => expect(connections).toBeGreaterThanOrEqual(6), 30_000)
    return log.map((line) => line.replace(`replica 127.0.0.1:${port}: `, ''))
  }

  const NOT_READY = 'it is connected, but not ready; Redis may still be loading its data, or does not answer'

  it('is logged while it loads its data, and used soon after that, even if it estimated a longer time', async () => {
    const estimate = 'loading:1\r\nloading_eta_seconds:60\r\n'
    let answers = 0
    const server = createServer((socket) => {
      socket
        .on('error', () => {})
        .on('data', (data) => {
          for (const [, name] of String(data).matchAll(/\b(hello|client|info|get)\r\n/gi)) {
            const info = name === 'info' && answers++ < 4 ? estimate : 'loading:0\r\n'
            socket.write(name === 'info' ? `$${info.length}\r\n${info}\r\n` : name === 'hello' ? '%0\r\n' : '_\r\n')
          }
        })
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    const log: string[] = []
    const settings = readSettings({ REDIS_NODES: `127.0.0.1:${port}` })
    const replicas = new Replicas(settings, DIRECT_SOURCE, 0, (_, message) => log.push(message))
    onTestFinished(() => {
      replicas.close()
      server.close()
    })
    const problems = [NOT_READY, 'it holds no dataset']
    const lines = problems.map((problem) => `replica 127.0.0.1:${port}: ${problem}`)
    await vi.waitFor(() => expect(log).toEqual(lines), 15_000)
  })

  it('is logged if it accepts connections, but does not answer', async () => {
    const server = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    const log: string[] = []
    const settings = readSettings({ REDIS_NODES: `127.0.0.1:${port}`, REDIS_COMMAND_TIMEOUT_MS: '60000' })
    const replicas = new Replicas(settings, DIRECT_SOURCE, 0, (_, message) => log.push(message))
    onTestFinished(() => {
      replicas.close()
      server.close()
    })
    await vi.waitFor(() => expect(log).toEqual([`replica 127.0.0.1:${port}: ${NOT_READY}`]), 15_000)
  })

  const CLOSED = 'Redis closed the connection; it may require TLS (REDIS_TLS), or have too many clients (maxclients)'
  const NO_REDIS = 'it does not speak the protocol of Redis'

  it('is logged once if it resets all connections', async () => {
    expect(await logOf((socket) => socket.resetAndDestroy())).toEqual([CLOSED])
  })

  it('is logged once if it closes all connections', async () => {
    expect(await logOf((socket) => socket.end('-ERR max number of clients reached\r\n'))).toEqual([CLOSED])
  })

  it('is logged once for each problem if different problems alternate', async () => {
    const log = await logOf((socket, connection) => {
      if (connection % 2 === 1) socket.end()
      else socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    })
    expect(log).toEqual([CLOSED, NO_REDIS])
  })
})

it('a replica that does not answer a TLS connection is logged with an explanation', async () => {
  const redis = await TestRedis.start()
  onTestFinished(() => redis.close())
  const log: string[] = []
  const settings = readSettings({ REDIS_NODES: redis.node, REDIS_TLS: 'true', REDIS_CONNECT_TIMEOUT_MS: '200' })
  const replicas = new Replicas(settings, DIRECT_SOURCE, 0, (_, message) => log.push(message))
  onTestFinished(() => replicas.close())
  await sleep(1500)
  expect(log).toEqual([`replica ${redis.node}: connect ETIMEDOUT; it may not use TLS (REDIS_TLS)`])
})

describe('a replica', () => {
  const ADMIN = ['--user', 'admin', 'on', 'nopass', '~*', '+@all']

  async function startRedis(): Promise<{ redis: TestRedis; admin: Redis }> {
    const redis = await TestRedis.start(entriesOf(1))
    await redis.kill()
    await redis.run(['--port', String(redis.port), ...ADMIN])
    const admin = new Redis({ port: redis.port, username: 'admin', password: 'any' })
    onTestFinished(async () => {
      admin.disconnect()
      await redis.close()
    })
    return { redis, admin }
  }

  async function connectTo(all: TestRedis[], source: DatasetSource = DIRECT_SOURCE) {
    const log: string[] = []
    const settings = readSettings({ REDIS_NODES: all.map(({ node }) => node).join(',') })
    const replicas = new Replicas(settings, source, 0, (_, message) => log.push(message))
    onTestFinished(() => replicas.close())
    await replicas.ready(10_000)
    while (log.filter((message) => message === 'replica ready').length < all.length) await sleep(5)
    return { replicas, log }
  }

  /** Stores a dataset next to the current one, except for some keys, and switches to it. */
  async function put(admin: Redis, dataset: Dataset, without: readonly string[] = []): Promise<void> {
    const pipeline = admin.pipeline()
    const keys = [...dataset.keys()].filter(([key]) => key !== CURRENT_KEY && !without.includes(key))
    for (const [key, value] of keys) pipeline.set(key, value)
    await pipeline.set(CURRENT_KEY, dataset.meta.version).exec()
  }

  const remove = (admin: Redis, dataset: Dataset) =>
    admin.del([...dataset.keys()].map(([key]) => key).filter((key) => key !== CURRENT_KEY))

  /** Returns a source that holds back the index of one dataset until `open` is called. */
  function closedFor(dataset: Dataset): { source: DatasetSource; open(): void; asked: string[] } {
    let open = () => {}
    const opened = new Promise<void>((resolve) => {
      open = resolve
    })
    const asked: string[] = []
    const get: DatasetSource['get'] = async (version, address) => {
      asked.push(version)
      if (version === dataset.meta.version) await opened
      return DIRECT_SOURCE.get(version, address)
    }
    return { source: { ...DIRECT_SOURCE, get }, open, asked }
  }

  it('answers from the old version while the new index is loading', async () => {
    const { redis, admin } = await startRedis()
    const { source, open, asked } = closedFor(SECOND)
    const { replicas, log } = await connectTo([redis], source)
    await put(admin, SECOND)
    for (let times = 0; times < 50; times++) expect(await versionOf(replicas)).toBe(FIRST.meta.version)
    open()
    await vi.waitFor(async () => expect(await versionOf(replicas)).toBe(SECOND.meta.version))
    expect(asked).toEqual([FIRST.meta.version, SECOND.meta.version])
    expect(log).toEqual(['replica ready', 'replica ready'])
  })

  it('keeps the version that it has if the data is switched back while the new index is loading', async () => {
    const { redis, admin } = await startRedis()
    const { source, open, asked } = closedFor(SECOND)
    const { replicas, log } = await connectTo([redis], source)
    await put(admin, SECOND)
    await vi.waitFor(() => expect(asked).toContain(SECOND.meta.version), 5000)
    await put(admin, FIRST)
    open()
    // The version of the replica is checked again after the load, and then every second.
    for (const end = performance.now() + 1500; performance.now() < end; await sleep(5)) {
      expect(await versionOf(replicas)).toBe(FIRST.meta.version)
    }
    await put(admin, SECOND)
    await vi.waitFor(async () => expect(await versionOf(replicas)).toBe(SECOND.meta.version), 5000)
    expect(log).toEqual(['replica ready', 'replica ready'])
  })

  it('detects a new version even without queries', async () => {
    const { redis, admin } = await startRedis()
    const { replicas } = await connectTo([redis])
    await put(admin, SECOND)
    await vi.waitFor(() => expect(replicas.anyDataset()?.version).toBe(SECOND.meta.version), 5000)
  })

  it('waits for the new index if the old version is already deleted', async () => {
    const { redis, admin } = await startRedis()
    const { source, open } = closedFor(SECOND)
    const { replicas, log } = await connectTo([redis], source)
    await put(admin, SECOND)
    await remove(admin, FIRST)
    const versions = Promise.all(Array.from({ length: 20 }, () => versionOf(replicas)))
    await sleep(100)
    open()
    expect(new Set(await versions)).toEqual(new Set([SECOND.meta.version]))
    expect(log).toEqual(['replica ready', 'replica ready'])
  })

  it('is skipped in favor of another if its old version is deleted before the new index is loaded', async () => {
    const [old, replaced] = [await startRedis(), await startRedis()]
    const { source } = closedFor(SECOND)
    const { replicas } = await connectTo([old.redis, replaced.redis], source)
    await put(replaced.admin, SECOND)
    await remove(replaced.admin, FIRST)
    for (let times = 0; times < 20; times++) expect(await versionOf(replicas)).toBe(FIRST.meta.version)
  })

  const { version } = SECOND.meta
  const part = [...SECOND.keys()].find(([key]) => key === indexKey(version, 0))?.[1] as Buffer
  const bytes = Buffer.from(part)
  bytes.fill(0, bytes.length / 2)
  it.each<[what: string, key: string, value: string | Buffer | undefined, problem: RegExp]>([
    ['of wrong bytes', indexKey(version, 0), bytes, /cannot be read/],
    ['that is cut off', indexKey(version, 0), part.subarray(0, -5), /cannot be read/],
    ['that is missing', indexKey(version, 0), undefined, /part 0 of the index of dataset \w+ is missing/],
    ['without metadata', metaKey(version), undefined, /the metadata of dataset \w+ is missing/],
    ['of format 3', metaKey(version), JSON.stringify({ ...SECOND.meta, format: 3 }), /format 3, expected format 10/],
    ['of the wrong length', metaKey(version), JSON.stringify({ ...SECOND.meta, indexBytes: 7 }), /bytes, expected 7$/],
    ['with too few entries', metaKey(version), JSON.stringify({ ...SECOND.meta, entries: 7 }), /entries, expected 7$/],
  ])('with an index %s keeps the old one, logs this once, and recovers', async (_, key, value, problem) => {
    const { redis, admin } = await startRedis()
    const { replicas, log } = await connectTo([redis])
    if (value !== undefined) await admin.set(key, value)
    await put(admin, SECOND, [key])
    const end = performance.now() + 2500
    while (performance.now() < end) {
      expect(await versionOf(replicas)).toBe(FIRST.meta.version)
      await sleep(5)
    }
    const problems = log.filter((message) => message !== 'replica ready')
    expect(problems).toEqual([expect.stringMatching(problem)])
    expect(problems[0]).toMatch(/^replica 127\.0\.0\.1:\d+: [^\n]+$/)
    await remove(admin, FIRST)
    await expect(versionOf(replicas)).rejects.toThrow(problem)
    await put(admin, SECOND)
    await vi.waitFor(async () => expect(await versionOf(replicas)).toBe(version), { timeout: 10_000, interval: 100 })
  })

  it('keeps answering after a search has failed', async () => {
    const { redis } = await startRedis()
    const { replicas, log } = await connectTo([redis])
    const failed = replicas.read(() => {
      throw new Error('a bug in the search')
    })
    await expect(failed).rejects.toThrow('a bug in the search')
    expect(await versionOf(replicas)).toBe(FIRST.meta.version)
    expect(log).toEqual(['replica ready'])
  })

  it.each([
    ['wrong bytes', (admin: Redis, key: string) => admin.set(key, 'zebra\t1\u0000')],
    [
      'missing lines',
      async (admin: Redis, key: string) => admin.set(key, ((await admin.get(key)) as string).replace(/\n[^\n]*$/, '')),
    ],
    [
      'another block',
      async (admin: Redis, key: string) => admin.set(key, (await admin.getBuffer(key.replace(/1$/, '0'))) as Buffer),
    ],
    ['another type', (admin: Redis, key: string) => admin.multi().del(key).lpush(key, 'x').exec()],
    ['nothing', (admin: Redis, key: string) => admin.del(key)],
  ])('with %s in a block is not used', async (_, harm) => {
    const [whole, broken] = [await startRedis(), await startRedis()]
    const { replicas, log } = await connectTo([whole.redis, broken.redis])
    const key = textsKey(FIRST.meta.version, 1)
    const expected = (await whole.admin.getBuffer(key)) as Buffer
    await harm(broken.admin, key)
    for (let times = 0; times < 20; times++) {
      const { blocks } = await replicas.read(() => [1])
      expect(blocks.get(1)?.line(0)).toEqual(TextBlock.decode(1, expected, entriesOfBlock(1, FIRST.meta))?.line(0))
    }
    expect(log.filter((message) => message.includes('are missing or damaged'))).toHaveLength(1)
  })

  it('that rejects reads is logged once, and used when it accepts them', async () => {
    const { redis, admin } = await startRedis()
    const { replicas, log } = await connectTo([redis])
    await admin.call('ACL', 'SETUSER', 'default', '-mget')
    await expect(versionOf(replicas)).rejects.toThrow("no permissions to run the 'mget' command")
    // Wait for three more checks: the replica is checked every second.
    await sleep(3500)
    expect(log).toEqual(['replica ready', expect.stringMatching(/: NOPERM /)])
    expect(replicas.states()).toEqual({ ready: 0, connected: 1, disconnected: 0 })
    await admin.call('ACL', 'SETUSER', 'default', '+mget')
    await vi.waitFor(async () => expect(await versionOf(replicas)).toBe(FIRST.meta.version), 20_000)
    expect(log).toHaveLength(3)
  })

  describe('cached texts', () => {
    const WITH_CACHE: DatasetSource = {
      ...DIRECT_SOURCE,
      get: async (version, address) => ({
        ...(await DIRECT_SOURCE.get(version, address)),
        texts: new LRUCache<number, TextBlock>({ max: 10 }),
      }),
    }

    it('are not read again, but other texts and the version are', async () => {
      const { redis, admin } = await startRedis()
      const { replicas } = await connectTo([redis], WITH_CACHE)
      const { version } = FIRST.meta
      const first = (await replicas.read(() => [0])).blocks.get(0)
      await admin.del(textsKey(version, 0))
      const again = await replicas.read(() => [0, 1])
      expect(again.blocks.get(0)).toBe(first)
      expect([...again.blocks.keys()].sort()).toEqual([0, 1])
      await expect(replicas.read(() => [])).rejects.toThrow(`values of dataset ${version} are missing or damaged`)
    })

    it('are given to batches one turn of the event loop later, so that timers and sockets are not held up', async () => {
      const { redis } = await startRedis()
      const { replicas } = await connectTo([redis], WITH_CACHE)
      await replicas.read(() => [0])
      let hasTurned = false
      setImmediate(() => (hasTurned = true))
      await replicas.read(() => [0])
      expect(hasTurned).toBe(true)
    })
  })
})

/** Returns the dataset version that reads use now. */
const versionOf = async (replicas: Replicas) => (await replicas.read(() => [])).dataset.version

// Node.js can read certificates but not create them.
describe.skipIf(!hasOpenssl)('TLS connections', () => {
  let redis: TestRedis
  beforeAll(async () => {
    redis = await TestRedis.start([{ text: 'apple', weight: 1 }])
    await redis.kill()
    const file = (name: string) => join(redis.folder, name)
    const subject = ['-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
    for (const name of ['ca', 'other']) {
      await run('openssl', [
        'req',
        '-x509',
        ...subject,
        '-keyout',
        file(`${name}.key`),
        '-out',
        file(`${name}.crt`),
        '-subj',
        `/CN=${name}`,
        '-days',
        '2',
      ])
    }
    await run('openssl', [
      'req',
      ...subject,
      '-keyout',
      file('redis.key'),
      '-out',
      file('redis.csr'),
      '-subj',
      '/CN=redis',
      '-addext',
      'subjectAltName=DNS:localhost',
    ])
    await run('openssl', [
      'x509',
      '-req',
      '-in',
      file('redis.csr'),
      '-CA',
      file('ca.crt'),
      '-CAkey',
      file('ca.key'),
      '-CAcreateserial',
      '-copy_extensions',
      'copy',
      '-out',
      file('redis.crt'),
      '-days',
      '2',
    ])
    await redis.run([
      ...['--port', '0', '--tls-port', String(redis.port), '--tls-auth-clients', 'no'],
      ...[
        '--tls-cert-file',
        file('redis.crt'),
        '--tls-key-file',
        file('redis.key'),
        '--tls-ca-cert-file',
        file('ca.crt'),
      ],
    ])
    return () => redis.close()
  })

  async function start(host: string, ca: string) {
    const service = await TestService.start(
      { REDIS_NODES: `${host}:${redis.port}`, REDIS_TLS: 'true', REDIS_TLS_CA_FILE: join(redis.folder, ca) },
      'listening',
    )
    onTestFinished(() => void service.signal('SIGKILL'))
    return service
  }

  it('succeed if the certificate matches the name', async () => {
    const service = await start('localhost', 'ca.crt')
    const answer = await service.get('/autocomplete?q=a')
    expect(await answer.json()).toMatchObject({ suggestions: [{ text: 'apple' }] })
  })

  it('succeed after the certificate of the authority was replaced while the service runs', async () => {
    const mounted = join(redis.folder, 'mounted.crt')
    await copyFile(join(redis.folder, 'other.crt'), mounted)
    const service = await start('localhost', 'mounted.crt')
    const failures = () => service.log.filter((line) => line.includes('certificate')).length
    await vi.waitFor(() => expect(failures()).toBeGreaterThan(0), 30_000)
    // An unusable file does not stop the attempts to connect.
    await writeFile(mounted, 'not a certificate')
    await sleep(1500)
    await rm(mounted)
    await sleep(1500)
    await copyFile(join(redis.folder, 'ca.crt'), mounted)
    await vi.waitFor(async () => expect((await service.get('/ready')).status).toBe(200), 30_000)
  })

  it.each([
    ['a certificate from another authority', 'localhost', 'other.crt', /certificate/],
    ['a certificate for another name', '127.0.0.1', 'ca.crt', /altnames/],
  ])('fail with %s', async (_, host, ca, reason) => {
    const service = await start(host, ca)
    await vi.waitFor(() => expect(service.log.join('\n')).toMatch(reason), 30_000)
    expect((await service.get('/ready')).status).toBe(503)
  })
})
