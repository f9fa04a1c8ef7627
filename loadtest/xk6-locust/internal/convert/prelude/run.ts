// The environment of the run.

// biome-ignore-all lint: Python values can have any type

import { setTimeout } from 'k6/timers'
import locust from 'k6/x/locust'
import { PyError } from './errors.ts'
import { pyRepr } from './values.ts'

/** Implements lru_cache(). Returns a function that calls `compute` once for each list of arguments. */
export function pyCached(compute: (...args: any[]) => any): (...args: any[]) => any {
  const results: Record<string, any> = {}
  return (...args) => {
    const key = pyRepr(args)
    if (!(key in results)) results[key] = compute(...args)
    return results[key]
  }
}

export function pyEnv(name: string): string {
  const value = __ENV[name]
  if (value === undefined) throw new PyError('KeyError', pyRepr(name))
  return value
}

/** Whether an environment variable of Locust is set to true. */
export function pyIsOn(name: string): boolean {
  return ['true', 'yes', '1', 'on'].includes((__ENV[name] ?? '').toLowerCase())
}

/** The state of the run. `isOver` is true when the users have stopped. */
export const pyRun = { isOver: false }

/** Runs a function alongside the users until they have stopped. */
export function pyWatch(run: (environment: any) => Promise<any>): void {
  locust.events.testStart.addListener(({ environment }) => {
    run(environment).catch((error: any) => console.error(String(error)))
  })
  locust.events.testStop.addListener(() => {
    pyRun.isOver = true
  })
}

/** Pauses a function that runs alongside the users. If the users stop, the function never continues. */
export function pyPause(seconds: number): Promise<void> {
  const end = Date.now() + seconds * 1000
  return new Promise((resolve) => {
    const wait = () => {
      if (pyRun.isOver) return
      const rest = end - Date.now()
      if (rest <= 0) resolve()
      else setTimeout(wait, Math.min(rest, 200))
    }
    wait()
  })
}
