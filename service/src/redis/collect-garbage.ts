import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Delay in milliseconds. It lets running queries that use the old index finish first. */
const DELAY_MS = 1000

/**
 * Runs the garbage collector of this thread after a delay. V8 does not take the size of shared memory into account, so
 * an unused index could otherwise stay in memory for hours.
 */
export function collectGarbageSoon(): void {
  setTimeout(() => garbageCollector()(), DELAY_MS).unref()
}

/** Returns V8's `gc` function, which is only available with a flag. */
function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}
