import type { KeyboardLayout } from './layout.ts'

/** Arabic (101), the layout that Windows uses. */
export const arabic: KeyboardLayout = {
  name: 'arabic',
  rows: [
    ['`qwertyuiop[]', 'ذضصثقفغعهخحجد'],
    ["asdfghjkl;'", 'شسيبلاتنمكط'],
    ['zxcvnm,./', 'ئءؤرىةوزظ'],
    ['~QWERYUIOP', '\u0651\u064E\u064B\u064F\u064Cإ\u2018÷×؛'],
    ['ASDFHJKL', '\u0650\u064D][أـ،/'],
    ['ZXCVNM<>?', '~\u0652}{آ\u2019,.؟'],
  ],
  sequences: { b: 'لا', B: 'لآ', G: 'لأ', T: 'لإ' },
}
