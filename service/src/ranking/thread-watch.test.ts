import type { Worker } from 'node:worker_threads'
import { expect, it, onTestFinished, vi } from 'vitest'
import { newHeartbeats, ThreadWatch } from './thread-watch.ts'

const thread = (threadId: number) => ({ threadId }) as Worker

it('reports a thread once if it has no heartbeat for several checks in a row', () => {
  const heartbeats = newHeartbeats()
  const watch = new ThreadWatch(heartbeats, 1500)
  const [busy, hung] = [thread(1), thread(2)]
  watch.hung([busy, hung])
  Atomics.add(heartbeats, 2, 1)
  const looks = Array.from({ length: 6 }, () => {
    Atomics.add(heartbeats, 1, 1)
    return watch.hung([busy, hung])
  })
  expect(looks).toEqual([[], [], [], [hung], [], []])
})

it('starts counting again after a heartbeat', () => {
  const heartbeats = newHeartbeats()
  const watch = new ThreadWatch(heartbeats, 1000)
  const slow = thread(1025)
  watch.hung([slow])
  Atomics.add(heartbeats, 1, 1)
  watch.hung([slow])
  watch.hung([slow])
  Atomics.add(heartbeats, 1, 1)
  expect(watch.hung([slow])).toEqual([])
  expect(watch.hung([slow])).toEqual([])
  expect(watch.hung([slow])).toEqual([slow])
})

it('ignores threads that have not started or have ended', () => {
  const watch = new ThreadWatch(newHeartbeats(), 1000)
  const looks = Array.from({ length: 10 }, () => watch.hung([thread(3), thread(-1)]))
  expect(looks.flat()).toEqual([])
})

it('reports once that missing threads are not replaced', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const watch = new ThreadWatch(newHeartbeats(), 1000)
  onTestFinished(() => watch.stop())
  let threads = [thread(1)]
  const onLost = vi.fn()
  watch.start(
    () => threads,
    1,
    () => {},
    onLost,
  )
  threads = []
  vi.advanceTimersByTime(500)
  threads = [thread(2)]
  vi.advanceTimersByTime(1000)
  expect(onLost).not.toHaveBeenCalled()
  threads = []
  vi.advanceTimersByTime(5000)
  expect(onLost).toHaveBeenCalledTimes(1)
})
