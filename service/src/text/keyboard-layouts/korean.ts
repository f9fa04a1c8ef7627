import type { KeyboardLayout } from './layout.ts'

/** Dubeolsik (KS X 5002). */
export const korean: KeyboardLayout = {
  name: 'korean',
  rows: [
    ['qwertyuiop', 'ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ'],
    ['asdfghjkl', 'ㅁㄴㅇㄹㅎㅗㅓㅏㅣ'],
    ['zxcvbnm', 'ㅋㅌㅊㅍㅠㅜㅡ'],
    ['QWERTOP', 'ㅃㅉㄸㄲㅆㅒㅖ'],
  ],
}
