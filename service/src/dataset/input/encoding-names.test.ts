import { describe, expect, it } from 'vitest'
import { encodingOf } from './encoding-names.ts'

describe('encodingOf', () => {
  it.each([
    ['utf-8', ['UTF-8', 'utf8', 'utf_8', 'utf-8-sig', 'cp65001']],
    ['utf-16le', ['UTF-16', 'utf16le', 'utf_16_le']],
    ['shift_jis', ['cp932', 'CP932', 'sjis', 'shift-jis', 'ShiftJIS', 'ms932', 'windows-31j', 'sjis-win']],
    ['euc-jp', ['eucjp', 'euc_jp', 'eucJP-ms']],
    ['euc-kr', ['cp949', 'uhc', 'ms949', 'euckr', 'EUC_KR', 'ks_c_5601-1987']],
    ['gbk', ['cp936', 'gb2312']],
    ['big5', ['cp950', 'big5-hkscs', 'big5hkscs']],
    ['windows-1252', ['cp1252', 'latin1', 'latin-1', 'ISO8859-1', 'iso8859_1', 'windows1252', 'ascii']],
    ['iso-8859-15', ['latin9', 'latin-9', 'iso8859_15']],
    ['windows-1251', ['cp1251', 'windows_1251']],
    ['windows-874', ['cp874', 'tis-620']],
    ['koi8-r', ['koi8r', 'koi8_r']],
    ['macintosh', ['mac', 'macroman', 'mac-roman']],
    ['ibm866', ['cp866']],
  ])('knows names of %s', (encoding, names) => {
    expect(names.map(encodingOf)).toEqual(names.map(() => encoding))
  })

  it.each(['', '-', 'klingon', 'cp850', 'constructor', '__proto__'])('does not know %j', (name) => {
    expect(encodingOf(name)).toBeUndefined()
  })
})
