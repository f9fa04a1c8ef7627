import { describe, expect, it } from 'vitest'
import { readFileOf } from '../../testing/dataset-file.ts'

const GENERAL =
  'no row is an entry: each row must begin with a text and a weight, or the first row must name the columns, including text and weight'
const WEIGHT_FIRST =
  'the weights seem to come first: put the texts first, or name the columns in the first row, such as weight and text'
const ONE_COLUMN = 'the rows have only one column: add a weight to each, such as 1, in a second column'
const QUOTED = 'each line is in quotes as a whole, and thus has only one column: remove these quotes'
const separatedBy = (separator: string, advice: string) => `the columns seem to be separated by ${separator}: ${advice}`

describe('a file in which no row is an entry', () => {
  it.each([
    ['shop.csv', 'Handle,Title,Vendor\nred-shirt,Red Shirt,Acme\n', GENERAL],
    ['cities.txt', '1\tSeoul\tKR\n2\tBusan\tKR\n', GENERAL],
    ['swapped.tsv', '3\tapple\n2\tpear\n', WEIGHT_FIRST],
    ['uniq.txt', '     12 apple\n      3 pear\n', WEIGHT_FIRST],
    ['words.txt', 'apple\npear\n', ONE_COLUMN],
    ['titles.csv', 'page title\n!!!\nWeird Al\n', ONE_COLUMN],
    ['comma.txt', 'apple,3\npear,2\nred, green,5\n', separatedBy('","', 'rename the file to .csv')],
    ['semicolon.tsv', 'apple;3\npear;2\n', separatedBy('";"', 'rename the file to .csv')],
    ['pipe.csv', 'apple | 3\npear | 2\n', separatedBy('"|"', 'separate them by tabs')],
    ['hive.txt', 'apple\x013\npear\x012\n', separatedBy('"\\u0001"', 'separate them by tabs')],
    ['settings.txt', 'apple = 3\npear=2\n', separatedBy('"="', 'separate them by tabs')],
    ['spaces.txt', 'red apple 3\npear  2\n', separatedBy('spaces', 'separate them by tabs')],
    ['quoted.csv', '"apple,3"\n"pear,2"\n', QUOTED],
    ['quoted.tsv', '"apple\t3"\n"""pear""\t2"\n', QUOTED],
    ['empty.csv', '', 'it has no rows'],
    ['header.csv', '\uFEFFtext,weight\n', 'it has no rows'],
  ])('is reported with advice: %s', async (name, content, advice) => {
    const { entries, hints } = await readFileOf(name, content)
    expect([entries, hints]).toEqual([[], [advice]])
  })

  it('is not reported if the columns are named, or if a row is an entry', async () => {
    expect((await readFileOf('named.csv', 'text,weight\napple,many\n')).hints).toEqual([])
    expect((await readFileOf('some.txt', 'apple\npear\nfig\t1\n')).hints).toEqual([])
  })
})
