/**
 * Additional load of a thread that has a bulk batch, as a number of batches. Other batches on this thread wait until a
 * small part of the bulk batch is done.
 */
const BULK_LOAD = 2

/** A ranking thread, as Piscina describes it. */
export interface ThreadLoad {
  id: number
  /** The number of batches of this thread. */
  currentUsage: number
}

/**
 * Returns the thread with the lowest load, or null if all threads have the maximum number of batches. A thread with a
 * bulk batch counts as busier, so that other batches use it only if the other threads are busy, too.
 * @param bulkThreads the ids of the threads with bulk batches
 */
export function chooseThread<T extends ThreadLoad>(
  threads: readonly T[],
  bulkThreads: ReadonlySet<number | undefined>,
  maxBatches: number,
): T | null {
  let best: T | null = null
  let lowest = Number.POSITIVE_INFINITY
  for (const thread of threads) {
    const batches = thread.currentUsage
    const load = batches + (bulkThreads.has(thread.id) ? BULK_LOAD : 0)
    if (batches >= maxBatches || load >= lowest) continue
    best = thread
    lowest = load
  }
  return best
}
