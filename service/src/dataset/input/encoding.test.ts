import { describe, expect, it } from 'vitest'
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
