import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { docsOf, readResult } from './docs.ts'
import { SUBJECTS } from './subjects.ts'

describe.each(SUBJECTS)('the docs of $name', (subject) => {
  it('show the committed result', async () => {
    const result = await readResult(subject)
    if (result === undefined) return
    for (const [file, text] of await docsOf(subject, result)) expect(await readFile(file, 'utf8')).toBe(text)
  })
})
