import { describe, expect, it } from 'vitest'
import { parseQuery } from './query.ts'

describe('parseQuery', () => {
  it.each([
    ['q=App', { query: 'App', limit: 10 }],
    ['q=app&limit=3', { query: 'app', limit: 3 }],
    ['limit=50&q=new+y', { query: 'new y', limit: 50 }],
    ['q=%EC%82%AC', { query: '사', limit: 10 }],
    ['q=a%26b%3Dc%2B', { query: 'a&b=c+', limit: 10 }],
    ['q=a&q=%ff', { query: 'a', limit: 10 }],
    ['q=a&q=b', { query: 'a', limit: 10 }],
    ['%71=a&l%69mit=3', { query: 'a', limit: 3 }],
    ['%71=a&q=b', { query: 'a', limit: 10 }],
    ['%ff=1&%=2&q=a', { query: 'a', limit: 10 }],
    ['_=1&utm_source=%ff&q=a', { query: 'a', limit: 10 }],
    [`q=${'%F0%9F%98%80'.repeat(64)}`, { query: '😀'.repeat(64), limit: 10 }],
  ])('reads %s', (search, expected) => {
    expect(parseQuery(search)).toEqual(expected)
  })

  it.each([
    ['', 'missing_query'],
    ['limit=5', 'missing_query'],
    ['Q=a', 'missing_query'],
    ['q=', 'empty_query'],
    ['q', 'empty_query'],
    ['q=%20+%09', 'empty_query'],
    [`q=${'a'.repeat(65)}`, 'query_too_long'],
    [`q=${'%F0%9F%98%80'.repeat(65)}`, 'query_too_long'],
    ['q=%ff', 'bad_encoding'],
    ['q=%E0%A4', 'bad_encoding'],
    ['q=%ED%A0%80', 'bad_encoding'],
    ['q=%zz', 'bad_encoding'],
    ['q=100%', 'bad_encoding'],
    ['q=a&limit=%ff', 'bad_encoding'],
    ['q=a&limit=0', 'bad_limit'],
    ['q=a&limit=51', 'bad_limit'],
    ['q=a&limit=', 'bad_limit'],
    ['q=a&limit=5.0', 'bad_limit'],
    ['q=a&limit=-1', 'bad_limit'],
    ['q=a&limit=1e1', 'bad_limit'],
    ['q=a&limit=ten', 'bad_limit'],
  ])('rejects %s with %s', (search, code) => {
    expect(() => parseQuery(search)).toThrow(expect.objectContaining({ name: 'BadRequestError', code }))
  })

  it('reads the values of filters and boosts in NFC', () => {
    const typed = encodeURIComponent('category:Crème 한국'.normalize('NFD'))
    const context = { name: 'category', value: 'Crème 한국' }
    expect(parseQuery(`q=a&filter=${typed}&boost=${typed}:2`).options).toMatchObject({
      filters: [context],
      boosts: [{ ...context, factor: 2 }],
    })
  })

  const name = 'a name begins with a lower-case letter and has up to 32 lower-case letters, digits, -, and _'
  const value = 'a value has 1 to 64 characters, and no control characters'
  it.each([
    ['filter=Tenant:a', `the parameter filter has the invalid name "Tenant"; ${name}`],
    ['boost=Tenant:a:2', `the parameter boost has the invalid name "Tenant"; ${name}`],
    [`filter=${'n'.repeat(33)}:a`, `the parameter filter has the invalid name "${'n'.repeat(32)}…"; ${name}`],
    [
      `filter=${encodeURIComponent(`${'n'.repeat(31)}😀`)}:a`,
      `the parameter filter has the invalid name "${'n'.repeat(31)}…"; ${name}`,
    ],
    ['filter=tenant', `the parameter filter must be name:value, such as category:fruit; ${value}`],
    [`filter=tenant:${'v'.repeat(65)}`, `the parameter filter must be name:value, such as category:fruit; ${value}`],
    [
      'boost=tenant:a:0',
      `the parameter boost must be name:value:factor, such as category:fruit:2, with a factor from 1 to 1000; ${value}`,
    ],
  ])('says what is wrong with %s', (parameter, message) => {
    expect(() => parseQuery(`q=a&${parameter}`)).toThrow(expect.objectContaining({ message }))
  })
})
