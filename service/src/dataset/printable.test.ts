import { expect, it } from 'vitest'
import { printable } from './printable.ts'

it.each([
  ['\u001b[31mred', '\\u001b[31mred'],
  ['\u009b31mred\u007f', '\\u009b31mred\\u007f'],
  ['two\r\nlines\u2028or three', 'two\\u000d\\u000alines\\u2028or three'],
  ['\u202egpj.exe', '\\u202egpj.exe'],
  ['می‌خواهم, 사과, 👩‍🍳', 'می‌خواهم, 사과, 👩‍🍳'],
])('%j is printed as %s', (line, expected) => {
  expect(printable(line)).toBe(expected)
})
