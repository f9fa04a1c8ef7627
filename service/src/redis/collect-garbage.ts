import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Long enough for queries that still use what is garbage soon, in milliseconds. */
const DELAY_MS = 1000

/**
 * Collects the garbage of this thread in a while. V8 does not know how large shared memory is, so without this an index that nobody
 * uses any more would stay for hours.
 */
export function collectGarbageSoon(): void {
  setTimeout(() => garbageCollector()(), DELAY_MS).unref()
}

/** V8 gives access to it by a flag only. */
function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}
