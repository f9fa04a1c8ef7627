import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished, vi } from 'vitest'
import { buildIndex } from '../index/build-index.ts'
import { type DatasetMeta, FORMAT } from '../index/dataset-meta.ts'
import { DEFAULT_MATCH_SETTINGS } from '../index/match-settings.ts'
import { toIndexArrays } from '../index/search-index.ts'
import type { Address } from './connect.ts'
import type { LoadedIndex } from './dataset-reader.ts'
import { IndexBroker } from './index-broker.ts'
import { ThreadIndexes } from './thread-indexes.ts'

const addressOf = (host: string): Address => ({ host, port: 6379, name: host })
const [A, B] = [addressOf('127.0.0.1'), addressOf('127.0.0.2')]

function loadedIndex(version: string): LoadedIndex {
  const arrays = toIndexArrays(buildIndex([{ names: ['apple'], score: 1, isPinned: false, contexts: [] }]))
  const meta: DatasetMeta = {
    format: FORMAT,
    version,
    entries: 1,
    blockEntries: 1,
    indexParts: 1,
    indexBytes: 1,
    meanScore: 1,
    match: DEFAULT_MATCH_SETTINGS,
  }
  return { meta, arrays }
}

/** A load that the broker started. */
interface Load {
  version: string
  host: string
  succeed(): void
  fail(reason: string): void
}

/** Starts a broker whose loads the test completes, with threads that can be added and removed. */
function startBroker() {
  const loads: Load[] = []
  const indexes = new Map<string, WeakRef<LoadedIndex>>()
  const threadIds = new Set<number>()
  const broker = new IndexBroker(
    (version, { host }, signal) =>
      new Promise((resolve, reject) => {
        const fail = (reason: string) => reject(new Error(reason))
        const stop = () => fail('stopped')
        signal.addEventListener('abort', stop)
        const succeed = () => {
          const index = loadedIndex(version)
          indexes.set(version, new WeakRef(index))
          signal.removeEventListener('abort', stop)
          resolve(index)
        }
        loads.push({ version, host, succeed, fail })
      }),
    () => [...threadIds],
  )
  onTestFinished(() => broker.close())
  const addThread = (threadId: number) => {
    threadIds.add(threadId)
    const thread = new ThreadIndexes(broker.channelName, threadId, 0)
    onTestFinished(() => thread.close())
    return thread
  }
  const endThread = (threadId: number, thread: ThreadIndexes) => {
    threadIds.delete(threadId)
    thread.close()
  }
  const begun = (count: number) => vi.waitFor(() => expect(loads).toHaveLength(count))
  return { broker, loads, indexes, addThread, endThread, begun }
}

/** Waits long enough for pending messages to arrive. */
const settle = () => sleep(100)

it('loads an index once and shares its memory with all threads', async () => {
  const { loads, addThread, begun } = startBroker()
  const [first, second] = [addThread(1), addThread(2)]
  const wanted = [first.get('v1', A), first.get('v1', A), second.get('v1', A)]
  await begun(1)
  await settle()
  loads[0]?.succeed()
  const datasets = await Promise.all(wanted)
  const third = await addThread(3).get('v1', A)
  expect(loads).toHaveLength(1)
  for (const { version } of datasets) expect(version).toBe('v1')
  const memory = [...datasets, third].map(({ searcher }) => searcher.index.arrays.forward)
  expect(datasets[0]).toBe(datasets[1])
  for (const { buffer } of memory) expect(buffer).toBeInstanceOf(SharedArrayBuffer)
  const [changed, ...others] = memory as [Uint32Array, ...Uint32Array[]]
  changed[0] = 0xabcdef
  for (const other of others) expect(other[0]).toBe(0xabcdef)
})

it('gives the index to a replacement thread without loading it again', async () => {
  const { loads, addThread, endThread, begun } = startBroker()
  const first = addThread(1)
  const wanted = first.get('v1', A)
  await begun(1)
  loads[0]?.succeed()
  await wanted
  endThread(1, first)
  expect((await addThread(2).get('v1', A)).version).toBe('v1')
  expect(loads).toHaveLength(1)
})

it('gives a replacement thread the index that its predecessor was waiting for', async () => {
  const { loads, addThread, endThread, begun } = startBroker()
  const first = addThread(1)
  void first.get('v1', A)
  await begun(1)
  endThread(1, first)
  const wanted = addThread(2).get('v1', A)
  await settle()
  loads[0]?.succeed()
  expect((await wanted).version).toBe('v1')
  expect(loads).toHaveLength(1)
})

it('drops an index when the last thread has dropped it or ended', async () => {
  const { broker, loads, addThread, endThread, begun } = startBroker()
  const [first, second] = [addThread(1), addThread(2)]
  for (const [at, version] of ['v1', 'v2'].entries()) {
    const wanted = [first.get(version, A), second.get(version, A)]
    await begun(at + 1)
    loads[at]?.succeed()
    await Promise.all(wanted)
  }
  expect(broker.versions).toEqual(['v1', 'v2'])
  first.keepOnly(new Set(['v2']))
  await settle()
  expect(broker.versions).toEqual(['v1', 'v2'])
  second.keepOnly(new Set(['v2']))
  await vi.waitFor(() => expect(broker.versions).toEqual(['v2']))

  const wanted = first.get('v3', A)
  await begun(3)
  endThread(2, second)
  loads[2]?.succeed()
  await wanted
  first.keepOnly(new Set(['v3']))
  await vi.waitFor(() => expect(broker.versions).toEqual(['v3']))
})

it('frees the memory of a dropped index', async () => {
  const { loads, indexes, addThread, begun } = startBroker()
  const thread = addThread(1)
  for (const version of ['v1', 'v2']) {
    const wanted = thread.get(version, A)
    await begun(1)
    // The load object holds a reference to the index, so remove it from the list.
    loads.pop()?.succeed()
    await wanted
  }
  thread.keepOnly(new Set(['v2']))
  // A failed expectation would keep a reference to its argument, so pass only a boolean.
  const isThere = (version: string) => indexes.get(version)?.deref() !== undefined
  await vi.waitFor(() => expect(isThere('v1')).toBe(false), { timeout: 10_000, interval: 100 })
  expect(isThere('v2')).toBe(true)
})

it('drops an index that no thread is waiting for anymore', async () => {
  const { broker, loads, addThread, endThread, begun } = startBroker()
  const first = addThread(1)
  void first.get('v1', A)
  await begun(1)
  endThread(1, first)
  loads[0]?.succeed()
  await settle()
  expect(broker.versions).toEqual([])
})

it('keeps an index that one thread is waiting for while another reports its needs', async () => {
  const { broker, loads, addThread, begun } = startBroker()
  const [first, second] = [addThread(1), addThread(2)]
  const old = first.get('v1', A)
  await begun(1)
  loads[0]?.succeed()
  await old
  const wanted = second.get('v2', A)
  await begun(2)
  first.keepOnly(new Set())
  loads[1]?.succeed()
  first.keepOnly(new Set())
  await wanted
  await settle()
  expect(broker.versions).toEqual(['v2'])
})

it('loads two versions in parallel', async () => {
  const { loads, addThread, begun } = startBroker()
  const thread = addThread(1)
  const wanted = [thread.get('v1', A), thread.get('v2', B)]
  await begun(2)
  for (const load of loads.toReversed()) load.succeed()
  expect((await Promise.all(wanted)).map(({ version }) => version)).toEqual(['v1', 'v2'])
})

it('tries another replica that holds the version if one fails', async () => {
  const { loads, addThread, begun } = startBroker()
  const [first, second] = [addThread(1), addThread(2)]
  const wanted = [first.get('v1', A), first.get('v1', B), second.get('v1', B)]
  await begun(1)
  await settle()
  loads[0]?.fail('Connection is closed.')
  await begun(2)
  loads[1]?.succeed()
  for (const { version } of await Promise.all(wanted)) expect(version).toBe('v1')
  expect(loads.map(({ host }) => host)).toEqual([A.host, B.host])
})

it('reports why each replica failed, and tries again on the next request', async () => {
  const { broker, loads, addThread, begun } = startBroker()
  const thread = addThread(1)
  const wanted = Promise.allSettled([thread.get('v1', A), thread.get('v1', B)])
  await begun(1)
  await settle()
  loads[0]?.fail('gone')
  await begun(2)
  loads[1]?.fail('damaged')
  const reasons = (await wanted).map((result) => (result as PromiseRejectedResult).reason.message)
  expect(reasons).toEqual(['gone', 'damaged'])
  expect(broker.versions).toEqual([])

  const again = thread.get('v1', A)
  await begun(3)
  loads[2]?.succeed()
  expect((await again).version).toBe('v1')
})

it('aborts loads when it is closed', async () => {
  const { broker, loads, addThread, begun } = startBroker()
  void addThread(1).get('v1', A)
  void addThread(2).get('v2', B)
  await begun(2)
  await broker.close()
  expect(broker.versions).toEqual([])
  expect(loads).toHaveLength(2)
})
