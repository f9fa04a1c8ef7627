import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dateOrderOf, toTime } from './date.ts'

const NOON = Date.UTC(2026, 10, 23, 12)
const zone = process.env.TZ

describe('toTime', () => {
  beforeEach(() => {
    process.env.TZ = 'Asia/Seoul'
  })
  afterEach(() => {
    if (zone === undefined) delete process.env.TZ
    else process.env.TZ = zone
  })

  it.each([
    ['2024-02-29', Date.UTC(2024, 1, 29)],
    ['2026/11/23', Date.UTC(2026, 10, 23)],
    ['2026.11.23', Date.UTC(2026, 10, 23)],
    ['2026. 11. 23.', Date.UTC(2026, 10, 23)],
    ['2026. 1. 5. 12:00', Date.UTC(2026, 0, 5, 12)],
    ['23.11.2026', Date.UTC(2026, 10, 23)],
    ['1.2.2026', Date.UTC(2026, 1, 1)],
    ['23/11/2026', Date.UTC(2026, 10, 23)],
    ['23-11-2026 12:00', NOON],
    ['2026-1-5', Date.UTC(2026, 0, 5)],
    ['20261123', Date.UTC(2026, 10, 23)],
    ['20261123T120000', NOON],
    ['20261123T120000Z', NOON],
    ['20261123120000', NOON],
    ['20261123T120000+0900', NOON - 9 * 3_600_000],
    ['2026-11-23T12:00', NOON],
    ['2026-11-23t12:00z', NOON],
    [' 2026-11-23 12:00:00 ', NOON],
    ['2026-11-23 12:00:00.123456', NOON + 123],
    ['2026-11-23 12:00:00,5', NOON + 500],
    ['2026-11-23 12:00:00 UTC', NOON],
    ['2026-11-23 12:00:00+00', NOON],
    ['2026-11-23 12:00:00.5+09', NOON + 500 - 9 * 3_600_000],
    ['2026-11-23 12:00:00 -0330', NOON + 3.5 * 3_600_000],
    ['2026-11-23T12:00+09:00', NOON - 9 * 3_600_000],
    ['2026-11-23 12:00 PM', NOON],
    ['2026-11-23 12:00:00 am', NOON - 12 * 3_600_000],
    ['2026-11-23 1:05 pm', NOON + 65 * 60_000],
    ['2026-11-23, 12:00:00\u202FPM', NOON],
    ['2026-11-23 9:00', NOON - 3 * 3_600_000],
    ['23 Nov 2026', Date.UTC(2026, 10, 23)],
    ['23-Nov-2026 12:00', NOON],
    ['November 23, 2026', Date.UTC(2026, 10, 23)],
    ['Nov. 23, 2026, 12:00 PM', NOON],
    ['Mon, 23 Nov 2026 12:00:00 GMT', NOON],
    ['Mon Nov 23 2026 21:00:00 GMT+0900 (Korean Standard Time)', NOON],
    [NOON, NOON],
    [NOON / 1000, NOON],
    [NOON / 1000 + 0.25, NOON + 250],
    [String(NOON), NOON],
    [String(NOON / 1000), NOON],
    [20261123, Date.UTC(2026, 10, 23)],
    [20261123120000, NOON],
    [-100_000_000, -100_000_000_000],
    ['1813-01-28', Date.UTC(1813, 0, 28)],
    ['0001-01-02', Date.parse('0001-01-02T00:00Z')],
  ])('reads %j, as UTC if it has no time zone', (value, time) => {
    expect(toTime(value)).toBe(time)
  })

  it.each([
    'yesterday',
    '',
    '2026',
    '2026-11',
    '2026-13-45',
    '2026-02-31',
    '20260231',
    '2026-02-29T12:00Z',
    '2026-11-23 25:00:00',
    '2026-11-23 13:00 PM',
    '2026-11-23 0:30 AM',
    '23 Nov',
    '23 Foo 2026',
    '31 Feb 2026',
    'Nov 23, 26',
    '2026-11-23 12:61:00',
    '2026-11/23',
    '11.23.2026',
    '23.11/2026',
    '23/11/20261',
    '31/02/2026',
    '23.11.26',
    '12:00:00',
    '2026-11-23 12:00:00+99:99',
    '1767225600000000',
    1767225600000000,
    2026,
    202611,
    46_349,
    46_349.5,
    20261323,
    0,
    -1,
    1e300,
    -1e300,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    true,
    null,
    {},
    ['2026-11-23'],
  ])('rejects %j', (value) => {
    expect(toTime(value)).toBeUndefined()
  })
})

it('rejects long texts in linear time', () => {
  expect(toTime(`2026-11-23 12:00${' '.repeat(60_000)}x`)).toBeUndefined()
}, 5000)

it('reads dates with the month first, if they are known to be in this order', () => {
  expect(toTime('11/23/2026', 'month-first')).toBe(Date.UTC(2026, 10, 23))
  expect(toTime('23/11/2026', 'month-first')).toBeUndefined()
  expect(toTime('1.2.2026', 'month-first')).toBe(Date.UTC(2026, 1, 1))
})

it.each([
  ['31/12/2026', 'day-first'],
  ['12/31/2026 12:00', 'month-first'],
  ['12-31-2026', 'month-first'],
  ['01/02/2026', 'unknown'],
  ['05/05/2026', undefined],
  ['45/13/2026', undefined],
  ['01.02.2026', undefined],
  ['2026/02/01', undefined],
  [20260102, undefined],
])('the order of %j is %s', (value, order) => {
  expect(dateOrderOf(value)).toBe(order)
})
