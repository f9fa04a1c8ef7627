import { readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { buildDataset } from '../dataset/build.ts'
import { TestRedis } from '../testing/redis.ts'
import { textsKey } from './dataset-keys.ts'

const MIB = 2 ** 20
const TEXTS = Array.from({ length: 200 }, (_, at) => ({ text: `word ${at}`, weight: at + 1, payload: 'x'.repeat(900) }))
/** The number of clients that attack at the same time. */
const ATTACKERS = 3

let redis: TestRedis
let client: Redis
const attackers: Socket[] = []
beforeEach(async () => {
  redis = await TestRedis.start(TEXTS)
  client = new Redis({ port: redis.port })
})
afterEach(async () => {
  for (const attacker of attackers.splice(0)) attacker.destroy()
  client.disconnect()
  await redis.close()
})

const infoOf = async (section: string, name: string) =>
  Number(new RegExp(`${name}:(\\d+)`).exec(await client.info(section))?.[1])

/** Sends a request from several clients that read nothing, and waits until Redis has disconnected them. */
async function attack(request: string): Promise<void> {
  for (let count = 0; count < ATTACKERS; count++) {
    const attacker = connect(redis.port, '127.0.0.1').pause()
    attackers.push(attacker)
    attacker.on('error', () => {})
    await new Promise((resolve) => attacker.once('connect', resolve))
    attacker.write(request)
  }
  while ((await infoOf('stats', 'total_connections_received')) <= ATTACKERS) await sleep(20)
  while ((await infoOf('clients', 'connected_clients')) > 1) await sleep(20)
}

async function limitIn(pattern: RegExp): Promise<number> {
  const conf = await readFile(new URL('../../redis-with-data/redis.conf', import.meta.url), 'utf8')
  return Number(pattern.exec(conf)?.[1]) * MIB
}

it('Redis disconnects clients whose replies would take too much memory, and answers others', async () => {
  const before = await infoOf('memory', 'used_memory_peak')
  const key = textsKey(buildDataset(TEXTS).meta.version, 0)
  const value = (await client.getBuffer(key)) as Buffer
  const times = Math.ceil((200 * MIB) / value.length)
  await attack(`*${times + 1}\r\n$4\r\nMGET\r\n${`$${key.length}\r\n${key}\r\n`.repeat(times)}`)
  const limit = await limitIn(/^client-output-buffer-limit normal (\d+)mb 0 0$/m)
  expect((await infoOf('memory', 'used_memory_peak')) - before).toBeLessThan(ATTACKERS * (limit + 60 * MIB))
  expect(await client.getBuffer(key)).toEqual(value)
})

it('Redis disconnects clients whose requests would take too much memory, and answers others', async () => {
  const before = await infoOf('memory', 'used_memory_peak')
  await attack(`*2\r\n$3\r\nGET\r\n$${100 * MIB}\r\n${'x'.repeat(100 * MIB)}`)
  const limit = await limitIn(/^proto-max-bulk-len (\d+)mb$/m)
  expect((await infoOf('memory', 'used_memory_peak')) - before).toBeLessThan(ATTACKERS * 2 * limit)
  expect(await client.get('autocomplete:current')).toBe(buildDataset(TEXTS).meta.version)
})
