import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isSameFile } from './same-file.ts'

let folder: string
const path = (name: string) => join(folder, name)
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'same-file-'))
  for (const name of ['a', 'b']) writeFileSync(path(name), 'x')
  mkdirSync(path('folder'))
  linkSync(path('a'), path('hard'))
  symlinkSync('a', path('soft'))
  symlinkSync('soft', path('soft-soft'))
  symlinkSync('folder', path('folder-link'))
  symlinkSync('new', path('to-new'))
  symlinkSync('folder-link/new', path('to-new-in-folder'))
  symlinkSync('loop', path('loop'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('isSameFile', () => {
  it.each([
    ['a', 'a', true],
    ['a', './folder/../a', true],
    ['a', 'hard', true],
    ['a', 'soft', true],
    ['hard', 'soft-soft', true],
    ['a', 'b', false],
    ['soft', 'b', false],
    ['new', 'new', true],
    ['new', './new', true],
    ['new', 'to-new', true],
    ['new', 'newer', false],
    ['a', 'new', false],
    ['folder/new', 'folder-link/new', true],
    ['folder/new', 'to-new-in-folder', true],
    ['folder/new', 'new', false],
    ['missing/new', 'missing/new', true],
    ['loop', 'a', false],
    ['a/b', 'a', false],
  ])('of %s and %s: %s', (a, b, isSame) => {
    expect(isSameFile(path(a), path(b))).toBe(isSame)
    expect(isSameFile(path(b), path(a))).toBe(isSame)
    expect(isSameFile(relative(process.cwd(), path(a)), path(b))).toBe(isSame)
  })
})
