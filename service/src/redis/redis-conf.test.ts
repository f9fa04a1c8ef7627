import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { expect, it, onTestFinished } from 'vitest'
import { buildDataset } from '../dataset/build.ts'
import { TestRedis } from '../testing/redis.ts'
import { textsKey } from './dataset-keys.ts'

const MIB = 2 ** 20
const TEXTS = Array.from({ length: 200 }, (_, at) => ({ text: `word ${at}`, weight: at + 1, payload: 'x'.repeat(900) }))

it('Redis disconnects a client whose reply would take too much memory', async () => {
  const redis = await TestRedis.start(TEXTS)
  const client = new Redis({ port: redis.port })
  onTestFinished(async () => {
    client.disconnect()
    await redis.close()
  })
  const key = textsKey(buildDataset(TEXTS).meta.version, 0)
  const times = Math.ceil((200 * MIB) / ((await client.getBuffer(key)) as Buffer).length)
  const attacker = connect(redis.port, '127.0.0.1').pause()
  attacker.on('error', () => {})
  const closed = once(attacker, 'close')
  const request = `*${times + 1}\r\n$4\r\nMGET\r\n${`$${key.length}\r\n${key}\r\n`.repeat(times)}`
  await new Promise((resolve) => attacker.write(request, resolve))
  // Reading only later makes Redis buffer the reply.
  await sleep(500)
  attacker.resume()
  await closed
  const peak = /used_memory_peak:(\d+)/.exec(await client.info('memory'))?.[1]
  expect(Number(peak) / MIB).toBeLessThan(100)
})
