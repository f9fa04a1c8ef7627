/** Assigns the parts of a query to different places in a name. */
import { MAX_EDITS } from './corrections.ts'
import type { Place } from './name-places.ts'

/** The maximum number of steps of a search for places. Only queries that repeat one word many times would need more. */
const MAX_STEPS = 2000

/** Chooses one place from each list; see {@link Assignment}. Returns undefined if no choice was found. */
export function assignPlaces(lists: readonly Place[][]): Place[] | undefined {
  if (lists.length === 0 || lists.some((places) => places.length === 0)) return undefined
  const { best } = new Assignment(lists)
  return best && assignedPlaces(best)
}

/** A place for each list, or undefined for a list that is left out. */
export type Chosen = readonly (Place | undefined)[]

export const assignedPlaces = (chosen: Chosen) => chosen.filter((place) => place !== undefined)

/**
 * Chooses one place from each list so that no two share a word, with the fewest edits in total. If lists have to be
 * left out, leaves out as few as possible.
 */
export class Assignment {
  readonly #lists: readonly Place[][]
  /** The order in which lists are tried: lists with fewer places first, then lists with longer places. */
  readonly #order: readonly number[]
  readonly #mayLeaveOut: ((chosen: Chosen) => boolean) | undefined
  readonly #chosen: (Place | undefined)[] = []
  #steps = 0
  #cost = Number.POSITIVE_INFINITY
  #best: Chosen | undefined

  /** @param mayLeaveOut returns whether the lists without a chosen place may be left out; by default, none may be */
  constructor(lists: readonly Place[][], mayLeaveOut?: (chosen: Chosen) => boolean) {
    this.#lists = lists
    this.#mayLeaveOut = mayLeaveOut
    const covered = (at: number) => {
      const place = lists[at]?.[0]
      return place ? place.end - place.start : 0
    }
    this.#order = [...lists.keys()].sort(
      (a, b) => (lists[a] as Place[]).length - (lists[b] as Place[]).length || covered(b) - covered(a),
    )
    this.#choose(0, 0, 0)
  }

  /** Undefined if no choice was found. */
  get best(): Chosen | undefined {
    return this.#best
  }

  #choose(depth: number, edits: number, leftOut: number): void {
    const cost = leftOut * (MAX_EDITS + 1) + edits
    if (this.#steps++ > MAX_STEPS || edits > MAX_EDITS || cost >= this.#cost) return
    const list = this.#order[depth]
    if (list === undefined) {
      if (this.#mayLeaveOut && !this.#mayLeaveOut(this.#chosen)) return
      this.#cost = cost
      this.#best = [...this.#chosen]
      return
    }
    for (const place of this.#lists[list] as Place[]) {
      if (this.#steps++ > MAX_STEPS) return
      if (this.#chosen.some((other) => other && place.first <= other.last && other.first <= place.last)) continue
      this.#chosen[list] = place
      this.#choose(depth + 1, edits + place.edits, leftOut)
      this.#chosen[list] = undefined
    }
    if (this.#mayLeaveOut) this.#choose(depth + 1, edits, leftOut + 1)
  }
}
