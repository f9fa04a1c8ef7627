import type { KeyboardLayout } from './layout.ts'

/** Kedmanee (TIS 820-2538). */
export const thai: KeyboardLayout = {
  name: 'thai',
  rows: [
    ['1234567890-=', 'ๅ/-ภถ\u0E38\u0E36คตจขช'],
    ['qwertyuiop[]\\', 'ๆไำพะ\u0E31\u0E35รนยบลฃ'],
    ["asdfghjkl;'", 'ฟหกดเ\u0E49\u0E48าสวง'],
    ['zxcvbnm,./', 'ผปแอ\u0E34\u0E37ทมใฝ'],
    ['!@#$%^&*()_+', '+๑๒๓๔\u0E39฿๕๖๗๘๙'],
    ['QWERTYUIOP{}|', '๐"ฎฑธ\u0E4D\u0E4Aณฯญฐ,ฅ'],
    ['ASDFGHJKL:"', 'ฤฆฏโฌ\u0E47\u0E4Bษศซ.'],
    ['ZXCVBNM<>?', '()ฉฮ\u0E3A\u0E4C?ฒฬฦ'],
  ],
}
