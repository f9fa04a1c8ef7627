import { expect, it } from 'vitest'
import { readFileOf } from '../testing/dataset-file.ts'

it.each([
  ['R&amp;D', 'R&D', '&amp;'],
  ['M&uuml;ller', 'M&M; Müller', '&uuml;'],
  ['Levi&#39;s', 'A & B; C', '&#39;'],
  ['Levi&#x2019;s', 'A&; B&#; C', '&#x2019;'],
  ['1&frac12; l', '&quot', '&frac12;'],
])('advises to replace HTML entities: %s', async (bad, good, entity) => {
  const hint = (entries: string, first: string) =>
    `${entries} HTML entities, which are not decoded (${first}${entity} on line 2); replace them with their characters`
  const one = await readFileOf('one.tsv', `${good}\t1\n${bad}\t2\n`)
  expect([one.entries.length, one.hints]).toEqual([2, [hint('1 entry contains', '')]])
  const aliases = ['text\tweight\taliases\tcategory', `a\t1\tx|${bad}\t`, `b\t1\t\t${bad}`, `c\t1\t${good}\t`]
  expect((await readFileOf('aliases.tsv', aliases.join('\n'))).hints).toEqual([hint('2 entries contain', 'first: ')])
  const json = [{ text: good }, { text: bad }].map((row) => JSON.stringify({ ...row, weight: 1 }))
  expect((await readFileOf('a.jsonl', json.join('\n'))).hints).toEqual([hint('1 entry contains', '')])
})

it.each([
  ['<b>Apple</b>', 'a < b', 'HTML tags, which are not removed (</b> on line 2); remove them'],
  ['red<br>apple', '<3 you', 'HTML tags, which are not removed (<br> on line 2); remove them'],
  [
    'red\\tapple',
    'C:\\new',
    'escape sequences, which are not decoded (\\t on line 2); replace them with their characters',
  ],
  ["Levi\\'s", '5\\10', "escape sequences, which are not decoded (\\' on line 2); replace them with their characters"],
  ...['caf\\u00e9', 'caf\\xC3\\xA9', 'red\\', 'red\\, blue', 'red%20shoes', 'caf%C3%A9'].map((bad) => [
    bad,
    '50% cacao, 20%-30% off',
    expect.stringMatching(/^1 entry contains escape sequences, which are not decoded \([\\%].* on line 2\)/),
  ]),
  ...[
    ['StraÃŸe', 'GROß”'],
    ['Ãœber', 'Über ‚Äpfel‘'],
    ['WrocÅ‚aw', 'SPÅ”'],
    ['kitabÄ±', 'BLÄ…'],
    ['Ñ‚ÑƒÑ„Ð»Ð¸', '«CAFÉ»'],
    ['С‚СѓС„Р»Рё', 'СІРІ Січ'],
    ['ì‚¼ì„±', 'voilà…”'],
    ['ã‚¢ãƒƒãƒ—ãƒ«', 'è – à'],
    ['Î‘Î¸Î®Î½Î±', '3×½'],
    ['à¸ à¸²à¸©à¸²', 'à “è ”'],
  ].map(([bad, good]) => [
    bad,
    good,
    expect.stringMatching(/^1 entry contains characters that were decoded incorrectly \(.* on line 2\); export/),
  ]),
  [
    "'red shoes'",
    "'n' roll",
    "single quotes or backticks around texts, which are not removed ('red shoes' on line 2); remove them, or use double quotes",
  ],
  ...['"a" and "b"', '5" pipe', '"a" 5'].map((good) => [
    '"1/2" pipe"',
    good,
    'double quotes around texts with another quote, which are not removed ("1/2" pipe" on line 2); double the quotes inside quoted values',
  ]),
  [
    "b'red shoes'",
    'b’ball',
    "single quotes or backticks around texts, which are not removed (b'red shoes' on line 2); remove them, or use double quotes",
  ],
  ['CafÃ©', 'SÃO PAULO', 'characters that were decoded incorrectly (Ã© on line 2); export the data again as UTF-8'],
  ['LEÃ‰S', 'Âge', 'characters that were decoded incorrectly (Ã‰ on line 2); export the data again as UTF-8'],
  ['Leviâ€™s', 'â€ x', 'characters that were decoded incorrectly (â€™ on line 2); export the data again as UTF-8'],
  ['="00123"', '=) smile', 'spreadsheet formulas or errors (="00123" on line 2); export the values'],
  [
    '=HYPERLINK("https://shop.example/apples/red-apples","Red apple")',
    'E = mc²',
    'spreadsheet formulas or errors (=HYPERLINK("https://shop.example/apples/… on line 2); export the values',
  ],
  ['#NAME?', '#NULL', 'spreadsheet formulas or errors (#NAME? on line 2); export the values'],
])('reports texts that the source would show differently: %s', async (bad, good, hint) => {
  const { entries, hints } = await readFileOf('a.tsv', `${good}\t1\n${bad}\t2\n`)
  expect([entries.length, hints]).toEqual([2, [typeof hint === 'string' ? `1 entry contains ${hint}` : hint]])
})

it.each([
  `['fruit', 'food']`,
  `["fruit", 'food']`,
  '[fruit, food]',
  `('fruit', 'food')`,
  '{fruit,food}',
  `{'fruit'}`,
])('reports a list that is read as one value: %s', async (list) => {
  const rows = (value: string) => {
    const cell = `"${value.replaceAll('"', '""')}"`
    return `text,weight,category,aliases\napple,1,fruit,\npear,1,${cell},\nfig,1,,${cell}\n`
  }
  const advice = 'separate values by |, or write them as a JSON array'
  expect((await readFileOf('a.csv', rows(list))).hints).toEqual([
    `2 entries contain aliases or contexts in brackets, which are read as one value (first: ${list} on line 3); ${advice}`,
  ])
  for (const value of ['(500) Days', '[REC]', ' ["fruit","food"]', '(fruit)']) {
    expect((await readFileOf('a.csv', rows(value))).hints).toEqual([])
  }
  // A text may look like a list.
  expect((await readFileOf('a.tsv', `${list}\t1\n`)).hints).toEqual([])
})

it.each([
  'red, summer',
  'en,de',
  'red; summer;sale',
])('reports aliases and values of contexts that are not separated: %s', async (list) => {
  const rows = (value: string) =>
    `text,weight,category,aliases\napple,1,"${value}",\npear,1,x,"${value}"\n"${value}",1,x,"${value}"\n`
  expect((await readFileOf('a.csv', rows(list))).hints).toEqual([
    `2 entries contain commas or semicolons in aliases or contexts, which do not separate values (first: ${list} on line 2); if they should, use | instead`,
  ])
  for (const value of [
    '1,5 l',
    'Shoes, Bags & Belts',
    'Books, Games, and Music',
    'red,',
    'red|summer',
    'Seoul, Korea|Korea',
    '["a","b"]',
  ]) {
    const cell = value.replaceAll('"', '""')
    expect((await readFileOf('a.csv', `text,weight,category\na,1,"${cell}"\n`)).hints).toEqual([])
  }
})

it.each([
  'None',
  'null',
  'NaN',
  'NA',
  'N/A',
  '[NULL]',
  '<NA>',
  '(null)',
  '-',
  '—',
  '.',
])('reports a missing value that is read as a value: %s', async (missing) => {
  const rows = (value: string) => `text,weight,category,aliases\na,1,${value},\nb,1,,x|${value}\n${value},1,,\n`
  expect((await readFileOf('a.csv', rows(missing))).hints).toEqual([
    `2 entries contain aliases or contexts that may stand for missing values (first: ${missing} on line 2); if they do, leave them empty`,
  ])
  expect((await readFileOf('a.csv', rows(`${missing} x`))).hints).toEqual([])
})

it.each([
  `{'id': 1}`,
  `['a', 'b']`,
  '{"id":1',
  "{'a':\n1}",
])('reports a payload that is not valid JSON: %j', async (payload) => {
  const cell = payload.replaceAll('"', '""')
  expect((await readFileOf('a.csv', `text,weight,payload\na,1,"${cell}"\n`)).hints).toEqual([
    `1 entry contains payloads that are not valid JSON, which are read as strings (${payload.replace('\n', ' ')} on line 2); write objects and arrays as JSON`,
  ])
  const rows = ['[REC] 2', '/a,b', '{"id":1}', '["a"]'].map((good) =>
    JSON.stringify({ text: 'a', weight: 1, payload: good }),
  )
  expect((await readFileOf('a.jsonl', rows.join('\n'))).hints).toEqual([])
})

it('reports each kind once', async () => {
  const texts = ['<i>a</i> &amp; b', '<i>c</i>', 'd']
  const { hints } = await readFileOf('a.tsv', texts.map((text) => `${text}\t1\n`).join(''))
  expect(hints).toEqual([
    expect.stringMatching(/^1 entry contains HTML entities,/),
    expect.stringMatching(/^2 entries contain HTML tags,/),
  ])
})
