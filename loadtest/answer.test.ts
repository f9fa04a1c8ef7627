import { describe, expect, it } from 'vitest'
import { answerProblem } from './answer.ts'

describe('answerProblem', () => {
  it('accepts the answer to the query', () => {
    expect(answerProblem('{"query":"a","suggestions":[],"version":"v"}', 'a')).toBeUndefined()
  })

  it.each([
    ['<html>', 'the body is not JSON'],
    [null, 'the body is not a JSON object'],
    ['null', 'the body is not a JSON object'],
    ['{"query":"b","suggestions":[],"version":"v"}', 'the answer is for the query "b"'],
    ['{"query":"a","version":"v"}', 'suggestions is not an array'],
    ['{"query":"a","suggestions":[]}', 'version is missing'],
  ])('says what is wrong with %s', (body, problem) => {
    expect(answerProblem(body, 'a')).toBe(problem)
  })
})
