/**
 * Says why a body is not the answer to a query, or undefined when it is.
 * @param body the body of a 200 of `/autocomplete`
 * @param query what was asked
 */
export function answerProblem(body: unknown, query: string): string | undefined {
  let answer: { query?: unknown; suggestions?: unknown; version?: unknown } | null
  try {
    answer = JSON.parse(String(body))
  } catch {
    return 'the body is not JSON'
  }
  if (typeof answer !== 'object' || answer === null) return 'the body is not a JSON object'
  if (answer.query !== query) return `the answer is for the query ${JSON.stringify(answer.query)}`
  if (!Array.isArray(answer.suggestions)) return 'suggestions is not an array'
  if (typeof answer.version !== 'string' || answer.version === '') return 'version is missing'
  return undefined
}
