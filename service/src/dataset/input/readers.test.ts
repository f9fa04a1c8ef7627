import { describe, expect, it } from 'vitest'
import { apple, pear, rowsOf } from '../../testing/dataset-file.ts'

describe('JSON', () => {
  it('lines may end with commas, and objects may span several lines or share one', async () => {
    const lines = '{"text":"apple","weight":3},\n\n{"text":"pear","weight":2.5} , \n'
    expect(await rowsOf('commas.jsonl', lines)).toEqual({ entries: [apple, pear], skipped: 0, problems: [] })
    const objects = [apple, pear].map((entry) => JSON.stringify(entry, undefined, 2)).join('\n')
    expect(await rowsOf('objects.jsonl', objects)).toEqual({ entries: [apple, pear], skipped: 0, problems: [] })
    const joined = [apple, pear].map((entry) => JSON.stringify(entry)).join('')
    expect(await rowsOf('joined.jsonl', joined)).toEqual({ entries: [apple, pear], skipped: 0, problems: [] })
  })

  it.each([
    ['a.csv', JSON.stringify(apple)],
    ['a.txt', `\n[\n ${JSON.stringify(apple)}]`],
  ])('must be in a file with a name for JSON: %s', async (name, content) => {
    await expect(rowsOf(name, content)).rejects.toThrow(
      `${name}: it contains JSON: its name must end in .json or .jsonl`,
    )
    expect((await rowsOf(name, `{"a"}\t5\n{"b"}\t4\n`)).entries).toHaveLength(2)
  })

  const array = [apple, { text: '가', weight: 1, tenant: 42 }, 'text', pear]
  const expected = {
    entries: [apple, { text: '가', weight: 1, contexts: { tenant: ['42'] } }, pear],
    skipped: 1,
  }

  it.each([
    ['an array', 'a.json', JSON.stringify(array), '1: element 3'],
    ['an indented array', 'a.json', `\uFEFF${JSON.stringify(array, undefined, 2)}`, '11: element 3'],
    ['an array that claims to be lines', 'a.jsonl', JSON.stringify(array), '1: element 3'],
    ['an indented array that claims to be lines', 'a.ndjson', JSON.stringify(array, undefined, 2), '11: element 3'],
    ['lines that claim to be an array', 'a.json', array.map((value) => JSON.stringify(value)).join('\r\n'), '3'],
  ])('is read as %s', async (_, name, content, place) => {
    expect(await rowsOf(name, content)).toEqual({
      ...expected,
      problems: [`${place}: it is not a JSON object, such as {"text":"apple","weight":3}`],
    })
  })

  it('reports the number of an invalid array element', async () => {
    const many = Array.from({ length: 20 }, (_, at) => ({ text: 'a', weight: at === 16 ? -1 : 1 }))
    expect((await rowsOf('element.json', JSON.stringify(many))).problems).toEqual([
      '1: element 17: the weight must be a number that is at least 0, got -1',
    ])
  })

  it.each([
    ['a.json', { total: 1, items: [apple] }, 'items'],
    ['a.jsonl', { items: [apple] }, 'items'],
    ['a.json', { total: 1, meta: { pages: [1] }, items: [apple] }, 'items'],
    ['a.json', { took: 1, hits: { total: 1, hits: [{ _source: apple }] } }, 'hits'],
    ['a.json', { 'the data': Array.from({ length: 10_000 }, () => apple) }, 'the data'],
  ])('explains that the array is inside an object: %s', async (name, content, inside) => {
    for (const indent of name === 'a.json' ? [0, 2] : [0]) {
      const { entries, problems } = await rowsOf(name, `\n ${JSON.stringify(content, undefined, indent)}`)
      expect(entries).toEqual([])
      expect(problems).toEqual([
        `2: it is not an entry, but has an array "${inside}": if this array contains the entries, the file must contain only this array`,
      ])
    }
  })

  it('does not mistake the arrays of an entry for a list of entries', async () => {
    const long = Array.from({ length: 10_000 }, () => apple)
    expect(
      (await rowsOf('payload.json', JSON.stringify({ text: 'a', weight: 1, note: [apple] }))).entries,
    ).toHaveLength(1)
    for (const entry of [
      { text: 'a', weight: 1, note: long },
      { payload: long, text: 'a', weight: 1 },
    ]) {
      expect((await rowsOf('payload.json', JSON.stringify(entry))).problems).toEqual([
        '1: the JSON value is longer than 65536 characters: write each entry as its own object',
      ])
    }
  })

  it('with a large array takes bounded memory, and is read to its end', async () => {
    const many = Array.from({ length: 50_000 }, (_, at) => ({ text: `word ${at}`, weight: at }))
    const { entries, problems } = await rowsOf('large.json', JSON.stringify(many))
    expect([entries, problems]).toEqual([many, []])
  })

  it.each(['[1]', '[[[[', '["a"]', '[]', 'nonsense'])('lines may begin with a bad line: %s', async (line) => {
    const { entries, skipped } = await rowsOf('lines.jsonl', `${line}\n{"text":"apple","weight":3}\n`)
    expect([entries, skipped]).toEqual([[apple], 1])
  })

  it('that is truncated is rejected', async () => {
    const content = JSON.stringify([apple, pear])
    await expect(rowsOf('cut.json', content.slice(0, -1))).rejects.toThrow(
      /^cannot read dataset .*cut\.json: the JSON array that starts on line 1 is not closed; the file may be truncated$/,
    )
    await expect(rowsOf('cut.json', content.slice(0, -5))).rejects.toThrow(
      /: the JSON value that starts on line 1 is not/,
    )
  })
})
