import cluster, { type Worker } from 'node:cluster'
import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Readiness } from './readiness.ts'

/** An HTTP process as the primary process sees it. */
class FakeProcess extends EventEmitter {
  /** The dataset version. Undefined if the process is not ready, and null if it gives no answer. */
  version: string | undefined | null = 'v1'

  send(question: object): boolean {
    const { version } = this
    if (version !== null) queueMicrotask(() => cluster.emit('message', this, { ...question, version }))
    return true
  }

  listen(): void {
    cluster.emit('listening', this as unknown as Worker)
  }

  /** @param event the only event that the primary process gets */
  die(event: 'disconnect' | 'exit' = 'disconnect'): void {
    this.emit(event)
    cluster.emit(event, this as unknown as Worker)
  }
}

const NEVER_MS = 60_000
let readiness: Readiness
let first: FakeProcess
let second: FakeProcess
beforeEach(() => {
  readiness = new Readiness(2, NEVER_MS)
  first = new FakeProcess()
  second = new FakeProcess()
})
afterEach(() => void cluster.removeAllListeners())

it('several HTTP processes are ready once all of them listen and are ready', async () => {
  await expect(readiness.all()).rejects.toThrow('not all HTTP processes are listening (0 of 2)')
  first.listen()
  await expect(readiness.all()).rejects.toThrow('not all HTTP processes are listening (1 of 2)')
  second.version = undefined
  second.listen()
  await expect(readiness.all()).rejects.toThrow('not all HTTP processes are ready (1 of 2)')
  second.version = 'v1'
  expect(await readiness.all()).toBe('v1')
})

it('an HTTP process that is being replaced does not count', async () => {
  first.listen()
  second.listen()
  second.die()
  expect(await readiness.all()).toBe('v1')
  const replacement = new FakeProcess()
  replacement.version = undefined
  replacement.listen()
  await expect(readiness.all()).rejects.toThrow('not all HTTP processes are ready (1 of 2)')
  first.die()
  replacement.die()
  await expect(readiness.all()).rejects.toThrow('no HTTP process is listening')
})

it.each([
  'disconnect',
  'exit',
] as const)('an HTTP process that dies without an answer does not count (%s)', async (event) => {
  first.listen()
  second.version = null
  second.listen()
  const asked = readiness.all()
  second.die(event)
  expect(await asked).toBe('v1')
  expect(await readiness.all()).toBe('v1')
})

it('an HTTP process that gives no answer in time is not ready', async () => {
  const withShortTimeout = new Readiness(2, 20)
  second.version = null
  first.listen()
  second.listen()
  await expect(withShortTimeout.all()).rejects.toThrow('not all HTTP processes are ready (1 of 2)')
})
