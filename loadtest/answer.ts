/** A body of JSON that is asked for its parts. */
export interface JsonBody {
  /**
   * The part that a GJSON path names; undefined where there is none.
   * @throws when the body is not JSON
   */
  json(path: string): unknown
}

/**
 * Says why a body is not the answer to a query, or undefined when it is. Only what is looked at is read: to read all of it would cost
 * more than the request.
 * @param answer the body of a 200 of `/autocomplete`
 * @param query what was asked
 */
export function answerProblem(answer: JsonBody, query: string): string | undefined {
  let echo: unknown
  try {
    echo = answer.json('query')
  } catch {
    return 'the body is not JSON'
  }
  if (echo !== query) return 'the answer is for another query'
  // The number of elements, which only an array has.
  if (typeof answer.json('suggestions.#') !== 'number') return 'suggestions is not an array'
  const version = answer.json('version')
  if (typeof version !== 'string' || version === '') return 'version is missing'
  return undefined
}
