/** The first of the numbers from 0 to before `end` for which a condition holds that holds for all behind it; `end` if there is none. */
export function lowerBound(end: number, isIt: (at: number) => boolean): number {
  let low = 0
  let high = end
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isIt(middle)) high = middle
    else low = middle + 1
  }
  return low
}
