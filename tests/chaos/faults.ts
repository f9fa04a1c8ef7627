import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { CURRENT_KEY, indexKey, metaKey, textsKey } from '../../service/src/redis/dataset-keys.ts'
import { processTree } from '../../tools/support/processes.ts'
import type { Mode } from '../../tools/support/redis-proxy.ts'
import type { Judge, Outcome } from './judge.ts'
import type { KnownData } from './known-data.ts'
import { type ChaosRedis, type ChaosStack, type Order, SHUTDOWN_DELAY_MS } from './stack.ts'
import { DEADLINE_MS, type Users } from './users.ts'

/**
 * Time in ms for which answers may still come from the old version once every Redis has the new one: the service checks
 * for a new version every second, and loading takes time. Includes an allowance for a busy machine.
 */
const SWITCH_GRACE_MS = 2500 + 3500
const ALL = [0, 1, 2]
/**
 * Time in ms from the moment when the first new HTTP process is ready until all other processes have been replaced,
 * too.
 */
const SETTLE_MS = 4000
/** Time without any Redis, in ms, after which cached answers are marked as possibly old. */
const STALE_AFTER_MS = 3500

/** Time between two requests from the client that sends expensive requests, in ms. */
const EXPENSIVE_EVERY_MS = 125

/** The objects that a fault uses. */
export interface Scene {
  stack: ChaosStack
  judge: Judge
  /** The loaded version of the data, and another version. */
  current: KnownData
  other: KnownData
  users: Users
  /** The duration of a fault, in milliseconds. */
  holdMs: number
}

export interface Fault {
  name: string
  /** Description of the fault, for the table in docs/reliability.md. */
  injected: string
  promised: string
  /**
   * The outcomes, besides correct answers, that are allowed from the start of the fault until {@link RECOVERY_MS} after
   * its end.
   */
  allowed: readonly Outcome[]
  /** Whether the service is restarted. A restart resets its memory and open files. */
  restartsService?: true
  /**
   * Injects the fault, keeps it in place for a while, and undoes it. Then the service has {@link RECOVERY_MS} to
   * recover.
   */
  run(scene: Scene): Promise<void>
}

/** The time to recover from a fault, in ms. */
export const RECOVERY_MS = 5000

const NO_FAILURE = 'no failed requests'
const ALL_LOST = `cached answers are marked stale after ${STALE_AFTER_MS / 1000} s; other queries get 503 within the timeout; back to normal within ${RECOVERY_MS / 1000} s, without a restart`
const DETECTABLE: readonly Outcome[] = ['stale', 'rejected']

const first = ({ stack }: Scene) => stack.redis[0] as ChaosRedis

/**
 * Forbids answers from a version after {@link SWITCH_GRACE_MS}, and waits until then, so that a late answer is
 * attributed to this fault.
 */
async function retireAndWait(judge: Judge, data: KnownData): Promise<void> {
  judge.retire(data, SWITCH_GRACE_MS)
  await sleep(SWITCH_GRACE_MS)
}

/** Returns a fault that switches the proxy of one Redis to this mode. */
const proxyFault = (name: string, injected: string, mode: Mode): Fault => ({
  name,
  injected,
  promised: NO_FAILURE,
  allowed: [],
  async run(scene) {
    first(scene).proxy.set(mode)
    await sleep(scene.holdMs)
    first(scene).proxy.set({ kind: 'pass' })
  },
})

/** Returns a fault that restarts one Redis with different data or without data, and later with its original data. */
const restarted = (name: string, injected: string, rdbOf: (scene: Scene) => string | undefined): Fault => ({
  name,
  injected,
  promised: NO_FAILURE,
  allowed: [],
  async run(scene) {
    const { stack, judge, current, other, holdMs } = scene
    judge.allow(other)
    await first(scene).kill()
    await first(scene).start(rdbOf(scene))
    await sleep(holdMs)
    await first(scene).kill()
    await first(scene).start(stack.rdbOf(current))
    await retireAndWait(judge, other)
  },
})

/** Returns a fault that damages blocks of texts in one Redis. */
const corrupted = (
  name: string,
  injected: string,
  breakBlock: (client: Redis, key: string, scene: Scene, block: number) => Promise<unknown>,
): Fault => ({
  name,
  injected,
  promised: NO_FAILURE,
  allowed: [],
  async run(scene) {
    const { stack, current, holdMs } = scene
    const blocks = blockCount(current)
    await first(scene).asAdmin(async (client) => {
      for (let block = 0; block < blocks; block += 2) {
        await breakBlock(client, textsKey(current.version, block), scene, block)
      }
    })
    await sleep(holdMs)
    await first(scene).kill()
    await first(scene).start(stack.rdbOf(current))
  },
})

const blockCount = ({ dataset: { meta } }: KnownData) => Math.ceil(meta.entries / meta.blockEntries)

/** Returns a fault that makes one thread of the service crash, hang, or leak memory; see preload.mjs. */
const threadFault = (name: Order, injected: string): Fault => ({
  name,
  injected,
  promised: 'only queries of its HTTP process get 503, and only until the thread is replaced',
  allowed: DETECTABLE,
  async run({ stack }) {
    if (!(await stack.replaced('thread', () => stack.order(name)))) throw new BrokenPromise('no thread took its place')
  },
})

/** Returns a fault that stops an HTTP process of the service. */
const processFault = (name: string, injected: string, disrupt: (stack: ChaosStack) => Promise<void> | void): Fault => ({
  name,
  injected,
  promised: 'only requests on its connections, or on connections being passed to it, are lost; the process is replaced',
  // A connection that is being handed over may time out instead of being closed; see docs/reliability.md.
  allowed: ['stale', 'rejected', 'reset', 'late'],
  async run({ stack }) {
    if (!(await stack.replaced('process', () => disrupt(stack)))) throw new BrokenPromise('no process took its place')
    await sleep(DEADLINE_MS)
  },
})

/** All faults. Those that restart the service are injected first, and then the others in this order. */
export const FAULTS: readonly Fault[] = [
  {
    name: 'redis-killed',
    injected: 'one replica is killed (SIGKILL), then started again',
    promised: NO_FAILURE,
    allowed: [],
    async run(scene) {
      await first(scene).kill()
      await sleep(scene.holdMs)
      await first(scene).start(scene.stack.rdbOf(scene.current))
    },
  },
  {
    name: 'redis-stalled',
    injected: 'one replica is paused (SIGSTOP), then resumed (SIGCONT)',
    promised: NO_FAILURE,
    allowed: [],
    async run(scene) {
      first(scene).signal('SIGSTOP')
      await sleep(scene.holdMs)
      first(scene).signal('SIGCONT')
    },
  },
  restarted('redis-empty', 'one replica is restarted without data', () => undefined),
  restarted('redis-other-version', 'one replica is restarted with another version of the data', ({ stack, other }) =>
    stack.rdbOf(other),
  ),
  {
    name: 'version-switch',
    injected: 'a new version is published to the replicas one by one, and then the original version again',
    promised: `${NO_FAILURE}; no answer mixes versions; ${SWITCH_GRACE_MS / 1000} s later, no answer is from the old version`,
    allowed: [],
    async run({ stack, judge, current, other, holdMs }) {
      for (const [to, from] of [
        [other, current],
        [current, other],
      ] as const) {
        judge.allow(to)
        await stack.publish(to)
        await retireAndWait(judge, from)
        await sleep(Math.max(holdMs / 2 - SWITCH_GRACE_MS, 500))
      }
    },
  },
  {
    name: 'switch-to-and-fro',
    injected: 'every replica switches between two stored versions every 20 ms',
    promised: `${NO_FAILURE}; no answer mixes versions`,
    allowed: [],
    async run({ stack, judge, current, other, holdMs }) {
      judge.allow(other)
      await Promise.all(
        stack.redis.map((redis) =>
          redis.asAdmin(async (client) => {
            for (const [key, value] of other.dataset.keys()) if (key !== CURRENT_KEY) await client.set(key, value)
            const until = performance.now() + holdMs
            for (let version = other.version; performance.now() < until; ) {
              await client.set(CURRENT_KEY, version)
              version = version === other.version ? current.version : other.version
              await sleep(20)
            }
            await client.set(CURRENT_KEY, current.version)
          }),
        ),
      )
      await retireAndWait(judge, other)
    },
  },
  {
    name: 'all-killed',
    injected: 'all three replicas are killed (SIGKILL), then started again',
    promised: ALL_LOST,
    allowed: DETECTABLE,
    async run({ stack, judge, current, holdMs }) {
      await Promise.all(stack.redis.map((redis) => redis.kill()))
      judge.retire(current, STALE_AFTER_MS)
      await sleep(Math.max(holdMs, STALE_AFTER_MS + 1000))
      judge.allow(current)
      await Promise.all(stack.redis.map((redis) => redis.start(stack.rdbOf(current))))
    },
  },
  {
    name: 'all-stalled',
    injected: 'all three replicas are paused (SIGSTOP), then resumed (SIGCONT)',
    promised: ALL_LOST,
    allowed: DETECTABLE,
    async run({ stack, judge, current, holdMs }) {
      for (const redis of stack.redis) redis.signal('SIGSTOP')
      judge.retire(current, STALE_AFTER_MS)
      await sleep(Math.max(holdMs, STALE_AFTER_MS + 1000))
      judge.allow(current)
      for (const redis of stack.redis) redis.signal('SIGCONT')
    },
  },
  proxyFault('half-open', 'connections to one replica are half-open: they stay open, but no answers arrive', {
    kind: 'freeze',
  }),
  proxyFault('slow', 'one replica answers 200 ms late', { kind: 'slow', delayMs: 200 }),
  proxyFault('loading', 'one replica answers -LOADING', {
    kind: 'answer',
    line: '-LOADING Redis is loading the dataset in memory',
  }),
  proxyFault('oom', 'one replica answers -OOM', {
    kind: 'answer',
    line: "-OOM command not allowed when used memory > 'maxmemory'.",
  }),
  proxyFault('cut', 'all connections to one replica are closed, and so is every new one', { kind: 'cut' }),
  corrupted('wrong-type', 'half of the text blocks of one replica are lists instead of strings', (client, key) =>
    client.multi().del(key).lpush(key, 'x').exec(),
  ),
  corrupted(
    'corrupt-block',
    'half of the text blocks of one replica are missing, truncated, or replaced by other blocks',
    async (client, key, { current, other }, block) => {
      const value = (await client.getBuffer(key)) as Buffer
      const at = (block / 2) % 4
      if (at === 0) await client.del(key)
      else if (at === 1) await client.set(key, value.subarray(0, value.lastIndexOf('\n')))
      else if (at === 2) await client.set(key, other.valueOf(textsKey(other.version, (block + 1) % blockCount(other))))
      else await client.copy(textsKey(current.version, block - 1), key, 'REPLACE')
    },
  ),
  {
    name: 'corrupt-index',
    injected: 'another version is published; in one replica, its index is truncated, and then its metadata is deleted',
    promised: NO_FAILURE,
    allowed: [],
    async run(scene) {
      const { stack, judge, current, other, holdMs } = scene
      const [broken, ...others] = stack.redis as [ChaosRedis, ...ChaosRedis[]]
      judge.allow(other)
      await broken.asAdmin(async (client) => {
        for (const [key, value] of other.dataset.keys()) if (key !== CURRENT_KEY) await client.set(key, value)
        const key = indexKey(other.version, 0)
        await client.set(key, (other.valueOf(key) as Buffer).subarray(0, -1))
        await client.set(CURRENT_KEY, other.version)
        await sleep(holdMs / 2)
        await client.del(metaKey(other.version))
      })
      await stack.publish(other, others)
      judge.retire(current, SWITCH_GRACE_MS)
      await sleep(holdMs / 2)
      judge.allow(current)
      await broken.kill()
      await broken.start(stack.rdbOf(current))
      await stack.publish(current, others)
      await retireAndWait(judge, other)
    },
  },
  {
    name: 'dns',
    injected: 'the host name of Redis resolves to one replica, then to the two others, to none, and to all',
    promised: NO_FAILURE,
    allowed: [],
    async run({ stack, holdMs }) {
      await stack.resolveTo([0])
      await sleep(holdMs / 3)
      await stack.resolveTo([1, 2])
      await sleep(holdMs / 3)
      await stack.resolveTo([])
      await sleep(holdMs / 3)
      await stack.resolveTo(ALL)
    },
  },
  threadFault('thread-crash', 'a ranking thread throws an error outside of a task'),
  threadFault('thread-hang', 'a ranking thread enters an endless loop'),
  threadFault('thread-leak', 'a ranking thread allocates memory until it reaches its limit'),
  {
    name: 'thread-start',
    injected: 'all three replicas are killed, ranking threads fail at start, and the replicas start again',
    promised:
      'until the HTTP process without threads is replaced, cached answers are marked stale and other queries get 503; only requests on its connections, or on connections being passed to it, are lost',
    allowed: ['stale', 'rejected', 'unreachable', 'reset', 'late'],
    async run({ stack, current }) {
      await Promise.all(stack.redis.map((redis) => redis.kill()))
      const isReplaced = await stack.replaced('process', async () => {
        // A new thread waits some seconds for a replica, so it gets the next order to crash before it is ready.
        for (let times = 0; times < 4; times++) {
          await stack.order('thread-crash')
          await sleep(1000)
        }
        await Promise.all(stack.redis.map((redis) => redis.start(stack.rdbOf(current))))
      })
      if (!isReplaced) throw new BrokenPromise('no process took its place')
      await sleep(SETTLE_MS)
    },
  },
  processFault('memory-limit', 'an HTTP process allocates memory until it reaches its limit', (stack) =>
    stack.order('http-leak'),
  ),
  processFault('http-killed', 'an HTTP process is killed (SIGKILL) while it answers queries', (stack) => {
    process.kill(processTree(stack.servicePid)[1] as number, 'SIGKILL')
  }),
  {
    name: 'expensive-client',
    injected: 'a client sends 8 requests per second, each with 50 queries that are expensive to rank',
    promised: 'no failed requests of others',
    allowed: [],
    async run({ stack, holdMs }) {
      const requests: Promise<number>[] = []
      for (const until = performance.now() + holdMs; performance.now() < until; ) {
        requests.push(sendExpensive(stack.url, requests.length))
        await sleep(EXPENSIVE_EVERY_MS)
      }
      const statuses = await Promise.all(requests)
      const unexpected = statuses.find((status) => status !== 200 && status !== 503)
      if (unexpected !== undefined) throw new BrokenPromise(`a request with many queries got status ${unexpected}`)
    },
  },
  {
    name: 'sigterm',
    injected: 'the service gets SIGTERM while it answers queries, and is then started again',
    promised: 'no failed requests if clients stop sending within SHUTDOWN_DELAY_SECONDS; exit code 0',
    allowed: [],
    restartsService: true,
    async run({ stack, users }) {
      const ended = stack.endService('SIGTERM')
      await sleep(SHUTDOWN_DELAY_MS / 2)
      // Stop sending requests, as a load balancer does once the pod is no longer ready.
      await users.pause()
      const how = await ended
      try {
        if (!how.includes('(code 0)')) throw new BrokenPromise(how)
      } finally {
        await stack.startService()
        users.resume()
      }
    },
  },
  {
    name: 'sigkill',
    injected: 'the service is killed (SIGKILL) while it answers queries, and is then started again',
    promised:
      'requests in flight are cut off; no process is left; nothing listens on the port until the service is started again',
    allowed: ['stale', 'rejected', 'reset', 'unreachable'],
    restartsService: true,
    async run({ stack }) {
      const processes = processTree(stack.servicePid)
      await stack.endService('SIGKILL')
      await sleep(1000)
      const left = processes.filter(isRunning)
      await stack.startService()
      if (left.length > 0) throw new BrokenPromise(`${left.length} processes of the service still ran a second later`)
    },
  },
]

/**
 * Sends a request with 50 queries whose answers are not cached. Resolves with the status, or with 0 if there was no
 * answer.
 */
async function sendExpensive(url: string, count: number): Promise<number> {
  const queries = Array.from({ length: 50 }, (_, at) => ({
    q: 's t',
    limit: 50,
    highlight: true,
    boost: [`none:${count}-${at}:2`],
  }))
  const headers = { 'Content-Type': 'application/json' }
  try {
    const response = await fetch(`${url}/autocomplete`, { method: 'POST', headers, body: JSON.stringify({ queries }) })
    await response.arrayBuffer()
    return response.status
  } catch {
    return 0
  }
}

/** A broken promise about something other than an answer. */
export class BrokenPromise extends Error {
  override name = 'BrokenPromise'
}

function isRunning(pid: number): boolean {
  try {
    // An exited process remains as a zombie until its parent collects its exit status.
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
