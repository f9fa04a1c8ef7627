import { expect, it } from 'vitest'
import { readFileOf } from '../testing/dataset-file.ts'

const words = Array.from({ length: 10 }, (_, at) => `word${at}\t${at + 0.1}\n`)
const hintsOf = async (rows: readonly string[]) => (await readFileOf('a.tsv', rows.join(''))).hints

it('a first or last row whose weight is the sum of all others is reported', async () => {
  const hint = 'the weight of "Total" is the sum of all other weights; if it is a total, remove its row'
  expect(await hintsOf([...words, 'Total\t46\n'])).toEqual([hint])
  expect(await hintsOf(['Total\t46\n', ...words])).toEqual([hint])
})

it('other rows, rows without weights, and short lists are not reported', async () => {
  expect(await hintsOf([...words, 'Total\t45\n'])).toEqual([])
  expect(await hintsOf([...words.slice(1), 'Total\t46\n', words[0] as string])).toEqual([])
  expect(await hintsOf(words.map((row) => row.replace(/\t.*/, '\t0')))).toEqual([])
  expect(await hintsOf(['a\t1\n', 'b\t2\n', 'c\t3\n'])).toEqual([])
})
