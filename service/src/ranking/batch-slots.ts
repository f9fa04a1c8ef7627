/**
 * The maximum number of batches that a ranking thread holds but has not searched: the batch that it is searching, and
 * the next batch. Searched batches that wait for Redis are not counted, so a thread can hold more batches if Redis is
 * slow.
 */
const UNSEARCHED_PER_THREAD = 2
/** The maximum number of batches per ranking thread, including batches that wait for Redis. Limits memory use. */
export const BATCHES_PER_THREAD = 32

/**
 * The slots of running batches, in memory that the ranking threads share. After a thread has searched a batch, it sets
 * the batch's slot to 1.
 */
export class BatchSlots {
  /** For each slot, whether the batch in it has been searched: 0 or 1. */
  readonly searched: Int32Array<SharedArrayBuffer>
  readonly #free: number[]
  /** The slots of batches that had not been searched at the last check. */
  readonly #unsearched = new Set<number>()
  /** The slots of bulk batches that had not been searched at the last check. */
  readonly #unsearchedBulk = new Set<number>()
  readonly #maxUnsearched: number

  /** @param threads the number of ranking threads */
  constructor(threads: number) {
    const slots = threads * BATCHES_PER_THREAD
    this.searched = new Int32Array(new SharedArrayBuffer(slots * Int32Array.BYTES_PER_ELEMENT))
    this.#free = Array.from({ length: slots }, (_, slot) => slot)
    this.#maxUnsearched = threads * UNSEARCHED_PER_THREAD
  }

  /** The number of running batches. */
  get used(): number {
    return this.searched.length - this.#free.length
  }

  /** Whether another batch may start. */
  canStart(): boolean {
    return this.#free.length > 0 && this.#count(this.#unsearched) < this.#maxUnsearched
  }

  /**
   * Whether another batch of expensive queries may start. Half of the slots are reserved for other batches.
   * @param maxBulk the maximum number of bulk batches that have not been searched
   */
  canStartExpensive(maxBulk: number): boolean {
    return this.#free.length > this.searched.length / 2 && this.#count(this.#unsearchedBulk) < maxBulk
  }

  /**
   * Returns a slot for a batch that starts now. Call it only if {@link canStart} allows it.
   * @param isBulk whether it is a bulk batch. The thread of a bulk batch does not count as busy, because other batches
   * go first
   */
  take(isBulk: boolean): number {
    const slot = this.#free.pop() as number
    Atomics.store(this.searched, slot, 0)
    if (isBulk) this.#unsearchedBulk.add(slot)
    else this.#unsearched.add(slot)
    return slot
  }

  /** Frees the slot of a batch that has ended. */
  release(slot: number): void {
    this.#unsearched.delete(slot)
    this.#unsearchedBulk.delete(slot)
    this.#free.push(slot)
  }

  /** Removes the slots of batches that have been searched, and returns how many are left. */
  #count(unsearched: Set<number>): number {
    for (const slot of unsearched) if (Atomics.load(this.searched, slot) === 1) unsearched.delete(slot)
    return unsearched.size
  }
}
