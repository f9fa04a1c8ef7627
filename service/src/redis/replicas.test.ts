/** What the tests of the whole service in main.test.ts cannot make: other addresses for a name, and encrypted connections. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { blockKey, decodeLines } from '../dataset/layout.ts'
import { readSettings } from '../settings.ts'
import { TestRedis } from '../testing/redis.ts'
import { TestService } from '../testing/service.ts'
import type { DatasetIndex } from './dataset-index.ts'
import { Replicas } from './replicas.ts'

// What the name server says can be changed in no other way.
const { lookup } = vi.hoisted(() => ({ lookup: vi.fn() }))
vi.mock('node:dns/promises', () => ({ lookup }))

const run = promisify(execFile)
const hasOpenssl = (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'openssl')))

describe('a name that comes to stand for other addresses', () => {
  it('moves to them without a moment in which no replica can be asked', async () => {
    const first = await TestRedis.start([{ text: 'first', weight: 1 }])
    const second = await TestRedis.start([{ text: 'second', weight: 1 }])
    onTestFinished(() => Promise.all([first.close(), second.close()]).then(() => {}))
    await second.kill()
    await second.run(['--bind', '127.0.0.2', '--port', String(first.port)])

    lookup.mockResolvedValue([{ address: '127.0.0.1' }])
    const replicas = new Replicas(readSettings({ REDIS_NODES: `redis.test:${first.port}` }), 0, () => {})
    onTestFinished(() => replicas.close())
    await replicas.ready(10_000)
    const version = async () => (await replicas.read(() => ({ keys: [], starts: [] }))).index.version
    const before = await version()
    lookup.mockResolvedValue([{ address: '127.0.0.2' }])
    while ((await version()) === before) await new Promise((resolve) => setTimeout(resolve, 1))
    await first.kill()
    expect(await version()).not.toBe(before)
  })
})

describe('a replica', () => {
  const ADMIN = ['--user', 'admin', 'on', 'nopass', '~*', '+@all']
  const ENTRIES = Array.from({ length: 200 }, (_, at) => ({ text: `word${at}`, weight: at }))

  async function startRedis(): Promise<{ redis: TestRedis; version: string; admin: Redis }> {
    const redis = await TestRedis.start(ENTRIES)
    const version = await redis.setData(ENTRIES)
    await redis.kill()
    await redis.run(['--port', String(redis.port), ...ADMIN])
    const admin = new Redis({ port: redis.port, username: 'admin', password: 'any' })
    onTestFinished(async () => {
      admin.disconnect()
      await redis.close()
    })
    return { redis, version, admin }
  }

  async function connectTo(...all: TestRedis[]): Promise<{ replicas: Replicas; log: string[] }> {
    const log: string[] = []
    const settings = readSettings({ REDIS_NODES: all.map(({ node }) => node).join(',') })
    lookup.mockResolvedValue([{ address: '127.0.0.1' }])
    const replicas = new Replicas(settings, 0, (_, message) => log.push(message))
    onTestFinished(() => replicas.close())
    await replicas.ready(10_000)
    while (log.filter((message) => message === 'replica ready').length < all.length) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    return { replicas, log }
  }

  it('can be asked at once although its version was replaced while its index was read', async () => {
    const { redis, version } = await startRedis()
    // What was in use when it was asked for is gone when the index is.
    const get = vi.spyOn(Redis.prototype, 'get').mockResolvedValueOnce('replaced')
    onTestFinished(() => get.mockRestore())
    const { replicas, log } = await connectTo(redis)
    expect(get).toHaveBeenCalledTimes(1)
    expect(replicas.anyIndex()?.version).toBe(version)
    expect(log).toEqual(['replica ready'])
  })

  it.each([
    ['other bytes', (admin: Redis, key: string) => admin.set(key, 'zebra\t1\u0000')],
    [
      'whole lines, but not all,',
      async (admin: Redis, key: string) => admin.set(key, ((await admin.get(key)) as string).replace(/\n[^\n]*$/, '')),
    ],
    ['another type', (admin: Redis, key: string) => admin.multi().del(key).lpush(key, 'x').exec()],
    ['nothing', (admin: Redis, key: string) => admin.del(key)],
  ])('with %s under a key is not the one that answers', async (_, harm) => {
    const [whole, broken] = [await startRedis(), await startRedis()]
    const { replicas, log } = await connectTo(whole.redis, broken.redis)
    await harm(broken.admin, blockKey(broken.version, 1))
    const wantedOf = (index: DatasetIndex) => index.locate('word1')
    const expected = decodeLines((await whole.admin.getBuffer(blockKey(whole.version, 1))) as Buffer)
    for (let times = 0; times < 20; times++) {
      expect((await replicas.read(wantedOf)).values.includes(expected as string)).toBe(true)
    }
    expect(log.join()).toContain('or has others')
  })
})

// Node can read certificates but make none.
describe.skipIf(!hasOpenssl)('encrypted connections', () => {
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

  it('are made to the name that the certificate bears', async () => {
    const service = await start('localhost', 'ca.crt')
    const answer = await service.get('/autocomplete?q=a')
    expect(await answer.json()).toMatchObject({ suggestions: [{ text: 'apple' }] })
  })

  it.each([
    ['another authority', 'localhost', 'other.crt', /certificate/],
    ['another name', '127.0.0.1', 'ca.crt', /altnames/],
  ])('are not made with %s', async (_, host, ca, reason) => {
    const service = await start(host, ca)
    expect((await service.get('/ready')).status).toBe(503)
    expect(service.log.join('\n')).toMatch(reason)
  })
})
