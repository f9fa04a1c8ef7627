// Functions that run alongside the task that starts them.

// biome-ignore-all lint: Python values can have any type

import { clearTimeout, setTimeout } from 'k6/timers'
import { StopUser } from 'k6/x/locust'
import { PyError, PyRefusal } from './errors.ts'
import { pyEach } from './iterators.ts'
import { pyNumber } from './numbers.ts'
import { pyRepr } from './values.ts'

/** The result of gevent.spawn(). The function starts at the next `await` of the task. */
export class PyGreenlet {
  value: any = null
  exception: any = null
  isReady = false
  readonly ended: Promise<void>
  constructor(run: () => any) {
    const finish = async () => {
      try {
        this.value = (await run()) ?? null
      } catch (error: any) {
        this.exception = error
        if (!this.isStop()) console.error(String(error))
      }
      this.isReady = true
    }
    this.ended = Promise.resolve().then(finish)
  }
  /** Whether the function ended because the user stops, or because the script cannot do what the locustfile does. */
  isStop(): boolean {
    const error = this.exception
    return error instanceof StopUser || error instanceof PyRefusal || (error !== null && !(error instanceof Error))
  }
  isSuccessful(): boolean {
    return this.isReady && this.exception === null
  }
  async join(seconds: any = null): Promise<void> {
    await pyWithin(this.ended, seconds)
    if (this.isReady && this.isStop()) throw this.exception
  }
  async get(): Promise<any> {
    await this.join()
    if (this.exception !== null) throw this.exception
    return this.value
  }
}

/** Waits for a promise, but at most for a number of seconds. If `seconds` is null, the wait has no limit. */
export async function pyWithin(ended: Promise<any>, seconds: any): Promise<void> {
  if ((seconds ?? null) === null) {
    await ended
    return
  }
  let timer: any
  const pause = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, pyNumber(seconds) * 1000)
  })
  await Promise.race([ended, pause])
  clearTimeout(timer)
}

/** Returns x if it is a greenlet. Otherwise, throws an AttributeError, as Python does if x lacks a field. */
export function pyGreenletOf(x: any): PyGreenlet {
  if (!(x instanceof PyGreenlet)) throw new PyError('AttributeError', `${pyRepr(x)} is not a greenlet`)
  return x
}

/** Implements gevent.joinall(). Returns the greenlets that have ended. */
export async function pyJoinAll(x: any, seconds: any = null, raises: any = false): Promise<any[]> {
  const greenlets = [...pyEach(x)].map(pyGreenletOf)
  await pyWithin(Promise.all(greenlets.map(({ ended }) => ended)), seconds)
  const failed = greenlets.find((greenlet) => greenlet.exception !== null && (raises || greenlet.isStop()))
  if (failed) throw failed.exception
  return greenlets.filter(({ isReady }) => isReady)
}

/** The result of gevent.pool.Pool() or ThreadPoolExecutor(), or of gevent.pool.Group(), which has no size. */
export class PyPool {
  greenlets: PyGreenlet[] = []
  constructor(readonly size: any = null) {}
  add(greenlet: PyGreenlet): void {
    this.greenlets.push(greenlet)
    greenlet.ended.then(() => {
      this.greenlets = this.greenlets.filter((other) => other !== greenlet)
    })
  }
  /** Waits until the pool has room for another function, and starts that function. */
  async spawn(run: () => any): Promise<PyGreenlet> {
    while (this.greenlets.length >= (this.size ?? Infinity))
      await Promise.race(this.greenlets.map(({ ended }) => ended))
    const greenlet = new PyGreenlet(run)
    this.add(greenlet)
    return greenlet
  }
  async join(seconds: any = null, raises: any = false): Promise<void> {
    await pyJoinAll(this.greenlets, seconds, raises)
  }
  /** Calls a function with each item, and returns the results in the order of the items. */
  async map(run: (item: any) => any, items: any): Promise<any[]> {
    const greenlets: PyGreenlet[] = []
    for (const item of pyEach(items)) greenlets.push(await this.spawn(() => run(item)))
    const results: any[] = []
    for (const greenlet of greenlets) results.push(await greenlet.get())
    return results
  }
}
