import { describe, expect, it } from 'vitest'
import { isEnglishFragment, isKoreanFragment } from './fragments.ts'

describe('isEnglishFragment', () => {
  it.each([
    'don',
    'didn',
    'Isn',
    'couldn',
    'ain',
    'shan',
    'll',
    're',
    've',
    's',
    't',
    'D',
    'mon',
    'til',
    'Mr',
    'hmm',
  ])('recognizes %s as a fragment', (text) => {
    expect(isEnglishFragment(text)).toBe(true)
  })

  it.each([
    'a',
    'I',
    'do',
    'Oh',
    'can',
    'won',
    'haven',
    'man',
    'down',
    'main',
    'sky',
    'rhythm',
  ])('recognizes %s as a word', (text) => {
    expect(isEnglishFragment(text)).toBe(false)
  })
})

describe('isKoreanFragment', () => {
  it.each(['에서', '습니다', '는데', '한다고'])('recognizes %s as a fragment', (text) => {
    expect(isKoreanFragment(text)).toBe(true)
  })

  it.each(['사람', '안녕', '장바구니', '대로'])('recognizes %s as a word', (text) => {
    expect(isKoreanFragment(text)).toBe(false)
  })
})
