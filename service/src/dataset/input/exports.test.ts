/** Tests files as other systems export them. */
import { expect, it } from 'vitest'
import { apple, pear, readFileOf } from '../../testing/dataset-file.ts'

const both = [apple, pear]

it.each([
  ['Google Analytics', 'a.csv', '# ----\n# All Data\n# 20261101-20261130\n# ----\n\ntext,weight\napple,3\npear,2.5\n'],
  ['a report with a comment', 'a.csv', '# exported 2026\ntext,weight\napple,3\npear,2.5\n'],
  ['a commented list', 'a.tsv', '# text and weight\n\napple\t3\n# more\npear\t2.5\n'],
  ['joined exports', 'a.csv', 'text,weight\napple,3\ntext,weight\npear,2.5\n'],
  [
    'joined exports with byte order marks',
    'a.csv',
    '\uFEFFtext,weight\r\napple,3\r\n\uFEFFtext,weight\r\npear,2.5\r\n',
  ],
  ['joined exports with names in another case', 'a.csv', 'text,weight\napple,3\n"Text", Weight\npear,2.5\n'],
  ['joined exports without names', 'a.csv', '\uFEFF"apple",3\r\n\uFEFF"pear",2.5\r\n'],
  ['joined JSON lines', 'a.jsonl', both.map((row) => `\uFEFF${JSON.stringify(row)}\n`).join('')],
  ['joined JSON', 'a.json', both.map((row) => `\uFEFF[${JSON.stringify(row)}]\n`).join('')],
  ['invisible characters in the header', 'a.csv', '\u200Btext,\u200Eweight\napple,3\npear,2.5\n'],
  ['MySQL with NULL', 'a.tsv', 'text\tweight\tcategory\tpinned\napple\t3\tNULL\tNULL\npear\t2.5\t\\N\t\\N\n'],
  ['spaces after commas', 'a.csv', '"text", "weight"\n"apple", "3"\n"pear" , "2.5"\n'],
  [
    'MongoDB',
    'a.json',
    '{"text":"apple","weight":{"$numberInt":"3"}}\n{"text":"pear","weight":{"$numberDouble":"2.5"}}\n',
  ],
  [
    'Elasticsearch bulk',
    'a.ndjson',
    both.map((row, at) => `{"index":{"_id":"${at}"}}\n${JSON.stringify(row)}\n`).join(''),
  ],
  ['names in capitals', 'a.jsonl', '{"Text":"apple","Weight":3}\n{"TEXT":"pear","WEIGHT":2.5}\n'],
  ['jq', 'a.json', both.map((row) => JSON.stringify(row, undefined, 2)).join('\n')],
  ['a JSON text sequence', 'a.json', both.map((row) => `\x1E${JSON.stringify(row)}\n`).join('')],
  ['a JSON text sequence in lines', 'a.jsonl', both.map((row) => `\x1E${JSON.stringify(row)}\n`).join('')],
  ['Spark', 'a.csv', 'text,weight\n"apple",3.0\n"pear",2.5\n'],
  ['Excel in Unicode', 'a.txt', Buffer.from('\uFEFFtext\tweight\r\napple\t3\r\n"pear"\t2.5\r\n', 'utf16le')],
])('reads a file of %s', async (_, name, content) => {
  const { entries, problems, hints } = await readFileOf(name, content)
  expect([entries, problems, hints]).toEqual([both, [], []])
})

it('finds the header below a title, whose lines are left out', async () => {
  for (const separator of [',', ';']) {
    const rows = ['Products of Acme,,,', ',,,', 'id,text,weight,category', '1,apple,3,fruit', '2,pear,2,fruit']
    const { entries, problems } = await readFileOf('a.csv', rows.join('\n').replaceAll(',', separator))
    expect(entries).toEqual([
      { text: 'apple', weight: 3, contexts: { category: ['fruit'] } },
      { text: 'pear', weight: 2, contexts: { category: ['fruit'] } },
    ])
    expect(problems.map(({ line }) => line)).toEqual([1])
  }
})

it('reads dates of MongoDB', async () => {
  const dates = ['"2026-11-01T00:00:00Z"', '{"$numberLong":"1793491200000"}']
  const rows = dates.map((date) => `{"text":"apple","weight":3,"updated":{"$date":${date}}}`)
  for (const row of rows) {
    expect((await readFileOf('a.json', row)).entries).toEqual([{ ...apple, updated: Date.UTC(2026, 10, 1) }])
  }
})

it('keeps an action of Elasticsearch that is a field of an entry, and objects in payloads', async () => {
  const row = { ...apple, payload: { $oid: 'x' } }
  expect((await readFileOf('a.jsonl', JSON.stringify(row))).entries).toEqual([row])
  const { unknownColumns, entries } = await readFileOf('a.jsonl', JSON.stringify({ ...apple, index: {} }))
  expect([entries, unknownColumns]).toEqual([[apple], ['index']])
})

it('prefers a field in lower case to the same field in capitals', async () => {
  const row = { TEXT: 'APPLE', ...apple, Weight: 9 }
  const { entries, unknownColumns } = await readFileOf('a.jsonl', JSON.stringify(row))
  expect([entries, unknownColumns]).toEqual([[apple], ['TEXT', 'Weight']])
})

it('does not join rows of TSV whose texts each contain one unpaired quote', async () => {
  const { entries, problems } = await readFileOf(
    'food.tsv',
    'code\ttext\tbrand\tweight\n1\t"Foo\tX\t3\n2\tBar\tX\t3\n3\tBaz"\tX\t4\n',
  )
  expect(entries.map(({ text }) => text)).toEqual(['Bar', 'Baz"'])
  expect(problems.map(({ line, reason }) => `${line}: ${reason}`)).toEqual(['2: a quoted field is not closed'])
})

const HEADER = 'if this is a header, name the columns text and weight'
const WEIGHT = 'the weight must be a number that is at least 0'

it.each([
  [
    'Algolia',
    'a.json',
    '[{"objectID":"1","name":"Apple"}]',
    'it has no field "text"; its fields are "objectID", "name"',
  ],
  [
    'a map',
    'a.json',
    '{"a":{"text":"apple","weight":3}}',
    'it has no field "text", but its field "a" is an object that has one: write only these objects to the file',
  ],
  ['pandas, values', 'a.json', '[["apple",3]]', 'it is not a JSON object, such as {"text":"apple","weight":3}'],
  [
    'pandas, table',
    'a.json',
    '{"schema":{"fields":[{"name":"text"}]},"data":[{"text":"apple"}]}',
    'it is not an entry, but has an array "data": if this array contains the entries, the file must contain only this array',
  ],
  [
    'pandas, missing values',
    'a.jsonl',
    '{"text":"apple","weight":NaN}',
    'it is not valid JSON, because it contains NaN',
  ],
  [
    'many fields',
    'a.jsonl',
    JSON.stringify(Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`field${at}`, at]))),
    'it has no field "text"; its fields are "field0", "field1", "field2", "field3", "field4", "field5", "field6", "field7", "field8", "field9", …',
  ],
  ['an empty object', 'a.jsonl', '{}', 'it has no field "text"'],
  ['a word list without words', 'a.csv', 'word,count\n', `${WEIGHT}, got "count"; ${HEADER}`],
  ['a German spreadsheet', 'a.txt', 'text\tweight\na\t3,5\n', `${WEIGHT}, with a dot as the decimal mark, got "3,5"`],
  ['a percentage', 'a.csv', 'text,weight\na,12%\n', `${WEIGHT}, without a currency or a unit, got "12%"`],
  ['a price', 'a.csv', 'text,weight\na,$12.50\n', `${WEIGHT}, without a currency or a unit, got "$12.50"`],
])('says why a row is left out: %s', async (_, name, content, reason) => {
  const { problems } = await readFileOf(name, content)
  expect(problems.map((problem) => problem.reason)).toEqual([expect.stringContaining(reason)])
})

it('advises about a header only once, and only before the first entry', async () => {
  const { problems } = await readFileOf('a.csv', 'word,count\nfoo,bar\napple,3\nfig,x\n')
  expect(problems.map(({ reason }) => reason.includes(HEADER))).toEqual([true, false, false])
})

it.each([
  [
    'lines in quotes',
    'a.csv',
    '"text,weight"\n"apple,3"\n',
    'each line is in quotes as a whole, and thus has only one column: remove these quotes',
  ],
  [
    'an invalid context',
    'a.csv',
    'text,weight,context.Brand Name\na,1,x\n',
    'the column "context.brand name" is invalid: the name of a context may contain only lower-case letters, digits, -, and _, got "brand name"',
  ],
  [
    'the same column twice',
    'a.csv',
    'text,weight,text\na,1,x\n',
    'it names the column text twice: rename or remove one of them',
  ],
  [
    'a shop',
    'a.csv',
    'id,price,title\n17,19.99,Red\n',
    'line 1 looks like a header, but has no columns "text" and "weight": rename the columns with the texts and the weights; its columns are "id", "price", "title"',
  ],
  [
    'Shopify, with texts in the second column',
    'a.csv',
    'Handle,Title,Body (HTML),Option1 Name,Variant Price\np-0,Red Shirt,"<p>Red,\nnice</p>",Size,9.99\np-0,,,,9.99\np-1,1984,,,5\n',
    'line 1 looks like a header, but has no columns "text" and "weight": rename the columns with the texts and the weights; its columns are "Handle", "Title", "Body (HTML)", "Option1 Name", "Variant Price"',
  ],
  [
    'a shop in which no title is a number',
    'a.csv',
    'id,name,price\n17,Shirt,"1,299.00"\n18,Sock,€5\n',
    'line 1 looks like a header, but has no columns "text" and "weight": rename the columns with the texts and the weights; its columns are "id", "name", "price"',
  ],
  [
    'joined exports with other columns',
    'a.csv',
    'text,weight,category\napple,3,fruit\ntext,weight,locale\npear,2,en\n',
    'line 3 names other columns than the header: put each table in its own file',
  ],
  [
    'a report with several tables',
    'a.csv',
    '# GA4\nNth day,Users\n0000,3\n0001,2\n\n# Searches\ntext,weight\napple,3\n',
    'line 7 names columns, but is below the first entry: put each table in its own file',
  ],
  [
    'a report with several tables, none of which has the names of columns',
    'a.csv',
    '# GA4\nNth day,Users\n0000,3\n0001,2\n\n# Searches\nSearch term,Users\napple,3\n',
    'line 7 seems to begin another table: put each table in its own file',
  ],
  [
    'a column without a name after two others',
    'a.csv',
    'id,price,\n17,19.99,Red\n',
    'line 1 looks like a header, but has no columns "text" and "weight": rename the columns with the texts and the weights; its columns are "id", "price", ""',
  ],
  [
    'a shop with empty titles',
    'a.csv',
    'id,price,title\n17,19.99,\n',
    'line 1 looks like a header, but has no columns "text" and "weight": rename the columns with the texts and the weights; its columns are "id", "price", "title"',
  ],
  [
    'pandas, with an index',
    'a.csv',
    ',name,price\n0,Shirt,19.99\n',
    'line 1 looks like a header, but has no columns "text" and "weight": rename the columns with the texts and the weights; its columns are "", "name", "price"',
  ],
  [
    'ranks, in a column named #',
    'a.csv',
    '#,Clicks,Query\n1,34,red shoes\n2,20,blue shoes\n',
    'line 1 looks like a header, but has no columns "text" and "weight": rename the columns with the texts and the weights; its columns are "#", "Clicks", "Query"',
  ],
  [
    'ranks, in a column named №',
    'a.csv',
    '№;Запрос;Показы\n1;обувь;34\n2;сапоги;20\n',
    'line 1 looks like a header, but has no columns "text" and "weight": rename the columns with the texts and the weights; its columns are "№", "Запрос", "Показы"',
  ],
  [
    'weights before texts',
    'a.tsv',
    'Price 2026\tTitle\n19.99\tShirt\n',
    'line 1 looks like a header, but has no columns "text" and "weight": rename the columns with the texts and the weights; its columns are "Price 2026", "Title"',
  ],
  [
    'columns in a JSON file',
    'a.json',
    'text,weight\napple,3\n',
    'it contains no JSON: the name of a file with columns must end in .csv or .tsv',
  ],
  ['mysqldump', 'a.sql', '-- MySQL dump 10.13\n--\n', 'it is an SQL dump: export the table as CSV'],
  ['pg_dump', 'a.txt', '--\n-- PostgreSQL database dump\n--\n', 'it is an SQL dump: export the table as CSV'],
  ['SQL', 'a.csv', "INSERT INTO `t` VALUES (1,'a');\n", 'it is an SQL dump: export the table as CSV'],
  ['a word processor', 'a.txt', '{\\rtf1 apple}', 'it is an RTF document: save it as plain text'],
  ['a web table', 'a.csv', '<table><tr><td>apple</td></tr></table>', 'it is a web page: download the data itself'],
])('says why a file cannot be read: %s', async (_, name, content, reason) => {
  await expect(readFileOf(name, content)).rejects.toThrow(`${name}: ${reason}`)
})

it('does not mistake texts for dumps or headers', async () => {
  const named = ['id,text,weight,tag,tag', '1,apple,3,text,weight', '2,pear,2.5,weight,text', '3,text,x,,']
  expect((await readFileOf('a.csv', named.join('\n'))).entries).toEqual([apple, pear])
  const texts = ['SET', 'INSERT INTO guide', '-- a dash', 'PRAGMA', 'text of weight', '%PDF']
  const { entries, problems } = await readFileOf('a.tsv', texts.map((text) => `${text}\t1\n`).join(''))
  expect([entries.map(({ text }) => text), problems]).toEqual([texts, []])
  for (const row of ['apple\t3 kg', 'apple\t\\N', 'apple\tNULL', 'apple\t-']) {
    const { problems: found, hints: none } = await readFileOf('a.tsv', `${row}\npear\t2.5\n`)
    expect([found.map(({ line }) => line), none]).toEqual([[1], []])
  }
  // Only the first line has the shape of a header, but the second line has fewer cells.
  expect((await readFileOf('a.csv', 'New York,USA,city\napple,3\n')).entries).toEqual([apple])
  // A line with a missing value is not a header.
  for (const missing of ['\\N', 'NULL']) {
    expect((await readFileOf('a.tsv', `fig\t${missing}\tfruit\napple\t3\tfruit\n`)).entries).toEqual([apple])
  }
  // No line has the shape of a header, because each contains a number or repeats a cell.
  const { hints } = await readFileOf('a.csv', '1,Shirt,19.99\nfoo,foo,bar\n2,Sock,5\n')
  expect(hints).toEqual([expect.stringContaining('no row is an entry')])
})
