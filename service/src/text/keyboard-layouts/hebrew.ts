import type { KeyboardLayout } from './layout.ts'

/** The standard layout (SI-1452). */
export const hebrew: KeyboardLayout = {
  name: 'hebrew',
  rows: [
    ['`qwertyuiop', ";/'קראטוןםפ"],
    ["asdfghjkl;'", 'שדגכעיחלךף,'],
    ['zxcvbnm,./', 'זסבהנמצתץ.'],
  ],
}
