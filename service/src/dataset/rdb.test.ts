import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { TestRedis } from '../testing/redis.ts'
import { Crc64, encodeLength, writeRdb } from './rdb.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rdb-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('Crc64', () => {
  it('gives the check value in the Redis source', () => {
    const crc = new Crc64()
    crc.update(Buffer.from('1234'))
    crc.update(Buffer.from('56789'))
    expect(crc.digest().readBigUInt64LE()).toBe(0xe9c6d914c4b8d9can)
  })
})

describe('encodeLength', () => {
  it.each([
    [0, '00'],
    [63, '3f'],
    [64, '4040'],
    [16383, '7fff'],
    [16384, '8000004000'],
    [4294967295, '80ffffffff'],
  ])('writes %i as %s', (length, hex) => {
    expect(encodeLength(length).toString('hex')).toBe(hex)
  })
})

describe('writeRdb', () => {
  it('writes a file that redis-check-rdb accepts, with keys and values of various lengths', async () => {
    const file = join(folder, 'dump.rdb')
    const pairs = Array.from({ length: 300 }, (_, i) => [`key:${i}`, '가x'.repeat(i * i)] as [string, string])
    const size = await writeRdb(file, pairs, pairs.length)
    expect((await stat(file)).size).toBe(size)
    // The program redis-server acts as redis-check-rdb if it is called by that name.
    const check = join(folder, 'redis-check-rdb')
    await symlink(inject('redisServer'), check)
    const { stdout } = await promisify(execFile)(check, [file])
    expect(stdout).toContain('Checksum OK')
    expect(stdout).toContain('300 keys read')
  })

  it('reports progress, ends at the total, and leaves only the file', async () => {
    const steps: [number, number][] = []
    const pairs = Array.from({ length: 50 }, (_, i) => [`k${i}`, 'v'.repeat(100_000)] as [string, string])
    await writeRdb(join(folder, 'dump.rdb'), pairs, 50, (...step) => steps.push(step))
    expect(steps.length).toBeGreaterThan(2)
    expect(steps.at(-1)).toEqual([50, 50])
    expect(await readdir(folder)).toEqual(['dump.rdb'])
  })

  it('leaves no file behind if it fails halfway', async () => {
    function* broken(): Generator<[string, string]> {
      yield ['a', 'x'.repeat(2_000_000)]
      throw new Error('out of data')
    }
    await expect(writeRdb(join(folder, 'dump.rdb'), broken(), 2)).rejects.toThrow('out of data')
    expect(await readdir(folder)).toEqual([])
  })

  it('leaves no file behind if it is aborted halfway', async () => {
    const interrupt = new AbortController()
    function* interrupted(): Generator<[string, string]> {
      for (let i = 0; i < 20; i++) {
        if (i === 10) interrupt.abort(new Error('enough'))
        yield [`k${i}`, 'x'.repeat(1_000_000)]
      }
    }
    const writing = writeRdb(join(folder, 'dump.rdb'), interrupted(), 20, undefined, interrupt.signal)
    await expect(writing).rejects.toThrow('enough')
    expect(await readdir(folder)).toEqual([])
  })

  it('rejects if the folder does not exist', async () => {
    await expect(writeRdb(join(folder, 'no', 'dump.rdb'), [], 0)).rejects.toThrow('ENOENT')
  })
})

describe('redis-with-data', () => {
  it('serves the data and rejects all other commands', async () => {
    const redis = await TestRedis.start([{ text: 'apple', weight: 1 }])
    const client = new Redis({ port: redis.port, maxRetriesPerRequest: 0 })
    try {
      expect(await client.get('autocomplete:current')).toMatch(/^[0-9a-f]{16}$/)
      expect(await client.mget('autocomplete:current', 'autocomplete:none')).toHaveLength(2)
      for (const forbidden of [
        'SET autocomplete:current x',
        'DEL autocomplete:current',
        'LCS autocomplete:current autocomplete:current',
        'GETRANGE autocomplete:current 0 1',
        'SORT autocomplete:current',
        'SORT_RO autocomplete:current',
        'SCAN 0',
        'RANDOMKEY',
        'CLIENT LIST',
        'CLIENT KILL ID 1',
        'CLIENT PAUSE 1',
        'MONITOR',
        'SUBSCRIBE autocomplete:current',
        'FUNCTION LIST',
        'SHUTDOWN',
      ]) {
        const [command, ...args] = forbidden.split(' ') as [string, ...string[]]
        await expect(client.call(command, ...args), forbidden).rejects.toThrow('NOPERM')
      }
      await expect(client.get('other')).rejects.toThrow('NOPERM')
      await expect(client.keys('*')).rejects.toThrow('NOPERM')
      await expect(client.config('SET', 'maxmemory', '1')).rejects.toThrow('NOPERM')
      await expect(client.flushall()).rejects.toThrow('NOPERM')
      await expect(client.eval('return 1', 0)).rejects.toThrow('NOPERM')
    } finally {
      client.disconnect()
      await redis.close()
    }
  })
})
