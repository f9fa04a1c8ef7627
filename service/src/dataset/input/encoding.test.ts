import { describe, expect, it } from 'vitest'
import { apple, readFileOf, rowsOf } from '../../testing/dataset-file.ts'
import { CHUNK_BYTES } from './bytes.ts'
import { guessEncoding } from './encoding.ts'

/** Encodes text in a single-byte or two-byte encoding, by looking for the bytes that are decoded as each character. */
function encode(composed: string, encoding: string): Buffer {
  // In windows-1258, tones are separate characters.
  const tones = (letters: string) =>
    letters.normalize('NFD').replace(/([aeouAEOU])(\u0323?)([\u0302\u0306\u031B])/g, '$1$3$2')
  const text =
    encoding === 'windows-1258'
      ? tones(composed).replace(/.[\u0302\u0306\u031B]/g, (part) => part.normalize('NFC'))
      : composed
  const decoder = new TextDecoder(encoding)
  const codes = new Map<string, number[]>()
  for (let byte = 0x80; byte < 0x100; byte++) {
    codes.set(decoder.decode(Uint8Array.of(byte)), [byte])
    for (let second = 0x40; second < 0x100; second++) {
      const decoded = decoder.decode(Uint8Array.of(byte, second))
      if ([...decoded].length === 1) codes.set(decoded, [byte, second])
    }
  }
  return Buffer.from([...text].flatMap((letter) => codes.get(letter) ?? letter.charCodeAt(0)))
}

/** Encodes a string in big-endian UTF-16. */
const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16()

describe('guessEncoding', () => {
  it.each([
    ['windows-1252', 'Crème brûlée\nÉclair\nforêt\ngarçon\n'],
    ['windows-1252', 'Müller\nStraße\nÄpfel\n'],
    ['windows-1252', 'São Paulo\ncoração\nmaçã\navô\n'],
    ['windows-1252', 'Malmö\nÅrhus\nsmørrebrød\nblåbær\n'],
    ['windows-1252', 'Þórshöfn\nReykjavík\næfing\n'],
    ['windows-1252', 'Häagen-Dazs\nCrème\nJalapeño\nSmörgås\nCafé “Été” – 5 €\n'],
    ['windows-1252', 'It’s fine\n“quoted” – dash…\nNokia® 3310™\n20° angle\n'],
    ['windows-1250', 'Žluťoučký kůň\nPlzeň\nDvořák\n'],
    ['windows-1250', 'Łódź\nGdańsk\nżółw\n'],
    ['windows-1250', 'Győr\nSzeged\nűrhajó\nkenyér\n'],
    ['windows-1250', 'ţară\nIaşi\nTimişoara\nbrânză\n'],
    ['windows-1250', 'Čakovec\nšuma\nĐakovo\nćevapi\n'],
    ['windows-1250', 'Łódź\nDvořák\nGyőr\nPlzeň\nświat\nIaşi\n'],
    ['iso-8859-2', 'Žluťoučký kůň\nPlzeň\nDvořák\n'],
    ['windows-1254', 'İstanbul\nIğdır\nŞişli\nçiğ köfte\n'],
    ['windows-1257', 'Šiauliai\nŽemaitija\nąžuolas\nįmonė\n'],
    ['windows-1251', 'Москва\nпривет\nхлеб бородинский\n'],
    ['windows-1251', 'МОСКВА\nХЛЕБ\nМОЛОКО\n'],
    ['windows-1251', 'Київ\nЛьвів\nїжак\n'],
    ['koi8-r', 'Москва\nСанкт-Петербург\nпривет\n'],
    ['iso-8859-5', 'Москва\nСанкт-Петербург\nпривет\n'],
    ['ibm866', 'Москва\nСанкт-Петербург\nпривет\n'],
    ['windows-1253', 'Αθήνα\nΘεσσαλονίκη\nκαλημέρα\n'],
    ['windows-1255', 'שלום\nירושלים\nתל אביב\n'],
    ['windows-1256', 'القاهرة\nمكتبة\nمرحبا بالعالم\n'],
    ['windows-874', 'กรุงเทพ\nเชียงใหม่\nข้าวผัด\n'],
    ['shift_jis', '東京タワー\nラーメン\n大阪\nおにぎり\n'],
    ['euc-jp', '東京タワー\nラーメン\nおにぎり\n'],
    ['gb18030', '北京大学\n上海\n手机\n'],
    ['gb18030', '苹果手机\n华为笔记本电脑\n'],
    ['big5', '臺灣大學\n臺北\n手機\n電腦\n'],
    ['euc-kr', '삼성전자\n장바구니\n사과\n'],
    ['windows-1258', 'Đường\nTiếng Việt\nnước mắm\nphở bò\n'],
    ['macintosh', 'Crème brûlée\nÉclair\nforêt\ngarçon\n'],
    ['macintosh', 'Müller\nStraße\nÄpfel\nschön\n'],
    ['macintosh', 'Peñíscola\n¿qué?\nCamión\n'],
    ['windows-1252', '\x00\x01'],
  ])('recognizes %s by %j', (encoding, text) => {
    const bytes = encode(text, encoding)
    expect(new TextDecoder(encoding).decode(bytes).normalize('NFC')).toBe(text)
    expect(guessEncoding(bytes)).toBe(encoding)
  })

  it.each([
    ['CP850', 'M\x81ller\nSch\x94n\nStra\xE1e\n'],
    ['CP850', 'Cr\x8Ame br\x96l\x82e\nfor\x88t\n'],
    ['CP437', 'caf\x82\n'],
    ['CP850', 'Espa\xA4a\nCami\xA2n\nm\xA0s\n'],
    ['no encoding', '\x81\x8D\x8F\xFF\xFE\xFD'],
  ])('does not guess another encoding for text in %s: %j', (_, text) => {
    expect(guessEncoding(Buffer.from(text, 'latin1'))).toBeUndefined()
  })
})

describe('the encoding of a file', () => {
  const content = 'text,weight\napple,3\ncafé,2\n한국어,1\n'
  const expected = {
    entries: [apple, { text: 'café', weight: 2 }, { text: '한국어', weight: 1 }],
    skipped: 0,
    problems: [],
  }

  it.each([
    ['UTF-8', Buffer.from(content)],
    ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${content}`)],
    ['UTF-16, lower byte first', Buffer.from(`\uFEFF${content}`, 'utf16le')],
    ['UTF-16, higher byte first', utf16be(`\uFEFF${content}`)],
    ['UTF-16 without a byte order mark', Buffer.from(content, 'utf16le')],
    ['UTF-16 without a byte order mark, higher byte first', utf16be(content)],
  ])('is detected: %s', async (_, bytes) => {
    expect(await rowsOf('encoded.csv', bytes)).toEqual(expected)
    expect(await rowsOf('encoded.csv', bytes, { encoding: 'utf-8' })).toEqual(expected)
  })

  it('may be UTF-16 of any length', async () => {
    const lines = Array.from({ length: 100_000 }, (_, at) => `가나${at}\t${at}`)
    const { entries, problems } = await rowsOf('long.tsv', Buffer.from(`\uFEFF${lines.join('\r\n')}`, 'utf16le'))
    expect(problems).toEqual([])
    expect(entries).toHaveLength(lines.length)
    expect(entries.at(-1)).toEqual({ text: '가나99999', weight: 99_999 })
  })

  it.each([
    ['windows-1252', 'caf\xE9 \x80\t2\n', 'café €'],
    ['latin1', 'caf\xE9\t2\n', 'café'],
    ['windows-1251', '\xCC\xEE\xF1\xEA\xE2\xE0\t2\n', 'Москва'],
    ['euc-kr', '\xC7\xD1\xB1\xB9\t2\n', '한국'],
    ['utf-16le', 'a\0\t\x002\0', 'a'],
  ])('may be specified: %s', async (encoding, bytes, text) => {
    expect((await rowsOf('given.tsv', Buffer.from(bytes, 'latin1'), { encoding })).entries).toEqual([
      { text, weight: 2 },
    ])
  })

  it('must be known', async () => {
    await expect(rowsOf('given.tsv', 'apple\t3\n', { encoding: 'klingon' })).rejects.toThrow(
      /: the encoding "klingon" is unknown: use a name such as utf-8, utf-16le, windows-1252, or euc-kr$/,
    )
  })

  it.each([
    ['windows-1252', 'text\tweight\ncaf\xE9\t2\nna\xEFve\t1\nd\xE9j\xE0 vu\t1\n', 'byte 0xE9 on line 2'],
    ['windows-1251', '\xCC\xEE\xF1\xEA\xE2\xE0\t2\n\xEF\xF0\xE8\xE2\xE5\xF2\t1\n', 'byte 0xCC on line 1'],
    ['macintosh', 'M\x9Fller\t2\nSch\x9An\t1\n', 'byte 0x9F on line 1'],
    ['euc-kr', 'apple\t3\n\xC7\xD1\xB1\xB9\t2\n\xC7\xD1\xB1\xB9\xBE\xEE\t1\n', 'byte 0xC7 on line 2'],
    ['shift_jis', '\x83\x89\x81\x5B\x83\x81\x83\x93\t1\n\x82\xB7\x82\xB5\t1\n', 'byte 0x83 on line 1'],
    ['gb18030', '\xB1\xB1\xBE\xA9\xB4\xF3\xD1\xA7\t1\n\xC9\xCF\xBA\xA3\t1\n', 'byte 0xB1 on line 1'],
  ])('is guessed if the whole file is in a different encoding: %s', async (encoding, bytes, where) => {
    await expect(rowsOf('other.tsv', Buffer.from(bytes, 'latin1'))).rejects.toThrow(
      `other.tsv: it is not UTF-8 (${where}); it looks like ${encoding}: pass --encoding ${encoding}, or convert it with iconv`,
    )
  })

  it('is not guessed if it is unclear', async () => {
    await expect(rowsOf('dos.tsv', Buffer.from('M\x81ller\t2\nSch\x94n\t1\n', 'latin1'))).rejects.toThrow(
      'dos.tsv: it is not UTF-8 (byte 0x81 on line 1); its encoding is unclear: pass --encoding NAME, or convert it with iconv',
    )
  })

  it('is guessed in a single hint if only some lines are in a different encoding', async () => {
    const good = Array.from({ length: 100 }, (_, at) => `été ${at}\t1\n`).join('')
    const bad = Buffer.from('caf\xE9\t2\n\xE9t\xE9\t2\n', 'latin1')
    const { entries, problems, hints } = await readFileOf('some.tsv', Buffer.concat([Buffer.from(good), bad]))
    expect(entries).toHaveLength(100)
    expect(problems.map(({ line, reason }) => `${line}: ${reason}`)).toEqual([
      '101: the text is not valid UTF-8',
      '102: the text is not valid UTF-8',
    ])
    expect(hints).toEqual([
      '2 lines are not valid UTF-8 (first: byte 0xE9 on line 101); if the file is in windows-1252, ' +
        'pass --encoding windows-1252, or convert it with iconv',
    ])
    expect((await readFileOf('good.tsv', good)).hints).toEqual([])
  })

  it.each([
    ['\xE9', CHUNK_BYTES - 1],
    ['\xE9', CHUNK_BYTES - 2],
    ['\xE9', CHUNK_BYTES],
    ['\xA0', CHUNK_BYTES - 1],
    ['\xF0\x9F\x98', CHUNK_BYTES - 2],
  ])('is guessed if the only invalid bytes are next to the boundary of a chunk: %j at %i', async (invalid, at) => {
    const rows = 'apple\t3\n'.repeat(CHUNK_BYTES / 8 - 3)
    const last = `${'x'.repeat(at - rows.length)}${invalid}m\t1\n`
    const { problems, hints } = await readFileOf('some.tsv', Buffer.from(rows + last, 'latin1'))
    expect(problems).toHaveLength(1)
    const byte = invalid.charCodeAt(0).toString(16).toUpperCase()
    expect(hints).toEqual([
      expect.stringMatching(`^1 line is not valid UTF-8 \\(byte 0x${byte} on line ${CHUNK_BYTES / 8 - 2}\\)`),
    ])
  })

  it('is not reported because of valid replacement characters', async () => {
    const { problems, hints } = await readFileOf('replaced.tsv', 'apple\t3\na\uFFFDb\t1\nc\uFFFDd\t1\n')
    expect([problems.length, hints]).toEqual([2, []])
  })

  it.each([
    ['windows-1252', 'Crème\t3\nβ\t1\n'],
    ['latin1', '東京\t3\n'],
    ['cp1252', 'กรุงเทพ\t3\n'],
    ['cp932', 'Crème brûlée\t3\n'],
    ['euc-kr', '장바구니\t3\n'],
    ['windows-1252', `${'ascii only\t1\n'.repeat(100_000)}é\t1\n`],
    ['windows-1252', `a${'é'.repeat(90)}\t1\n`.repeat(5000)],
  ])('is reported once if the file is valid UTF-8: %s', async (encoding, content) => {
    const { hints } = await readFileOf('utf8.tsv', content, { encoding })
    expect(hints).toEqual([`the file is valid UTF-8; --encoding ${encoding} decodes it incorrectly`])
  })

  it.each([
    ['windows-1252', 'apple\t3\n'],
    ['windows-1252', '\uFEFFCrème\t3\n'],
    ['utf8', 'Crème\t3\n'],
    ['windows-1252', Buffer.from('Crème\t3\n', 'latin1')],
    ['utf-16le', Buffer.from('Crème\t3\n', 'utf16le')],
    ['windows-1252', Buffer.concat([Buffer.from('Crème\t3\nfa'), Buffer.from([0xe7, 0x09, 0x31, 0x0a])])],
  ])('is not reported if it is right, or may be: %s', async (encoding, content) => {
    const { hints } = await readFileOf('other.tsv', content, { encoding })
    expect(hints.filter((hint) => hint.includes('valid UTF-8'))).toEqual([])
  })

  it('may be specified by other usual names', async () => {
    const bytes = Buffer.from('\x8E\x73\t3\n', 'latin1')
    expect((await rowsOf('given.tsv', bytes, { encoding: 'cp932' })).entries).toEqual([{ text: '市', weight: 3 }])
  })

  it('is reported if it does not fit the specified one', async () => {
    const { hints } = await readFileOf('bad.tsv', Buffer.from('apple\t3\n\xFF\xFF\t1\n', 'latin1'), {
      encoding: 'euc-kr',
    })
    expect(hints).toEqual(['1 line is not valid euc-kr (line 2)'])
  })
})
