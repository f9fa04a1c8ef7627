import { describe, expect, it } from 'vitest'
import { answerProblem, type JsonBody } from './answer.ts'

/** Creates a body like those of the extension. It supports only the paths `name` and `name.#`. */
function body(text: string): JsonBody {
  return {
    json(path) {
      const [name, count] = path.split('.') as [string, string | undefined]
      const part = (JSON.parse(text) as Record<string, unknown> | null)?.[name]
      return count === '#' ? (Array.isArray(part) ? part.length : undefined) : part
    },
  }
}

describe('answerProblem', () => {
  it('accepts the answer to the query', () => {
    expect(answerProblem(body('{"query":"a","suggestions":[],"version":"v"}'), 'a')).toBeUndefined()
  })

  it.each([
    ['<html>', 'the body is not JSON'],
    ['null', 'the answer is for another query'],
    ['{"query":"b","suggestions":[],"version":"v"}', 'the answer is for another query'],
    ['{"query":"a","version":"v"}', 'suggestions is not an array'],
    ['{"query":"a","suggestions":{},"version":"v"}', 'suggestions is not an array'],
    ['{"query":"a","suggestions":[]}', 'version is missing'],
  ])('describes the problem of %s', (text, problem) => {
    expect(answerProblem(body(text), 'a')).toBe(problem)
  })
})
