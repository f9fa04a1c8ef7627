/** A JSON body whose parts can be read one by one. */
export interface JsonBody {
  /**
   * Returns the part at a GJSON path, or undefined if there is none.
   * @throws if the body is not JSON
   */
  json(path: string): unknown
}

/**
 * Returns why a body does not answer a query, or undefined if it does. Reads only the parts that are checked, because
 * parsing the whole body would take more CPU time than the request.
 * @param answer body of a response from `/autocomplete` with status 200
 * @param query query of the request
 */
export function answerProblem(answer: JsonBody, query: string): string | undefined {
  let echo: unknown
  try {
    echo = answer.json('query')
  } catch {
    return 'the body is not JSON'
  }
  if (echo !== query) return 'the answer is for another query'
  // Only arrays have an element count.
  if (typeof answer.json('suggestions.#') !== 'number') return 'suggestions is not an array'
  const version = answer.json('version')
  if (typeof version !== 'string' || version === '') return 'version is missing'
  return undefined
}
