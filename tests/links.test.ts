/** Tests all Markdown links to files and headings in this repository. */
import { access, readFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { expect, it } from 'vitest'
import { inRoot, ROOT } from '../tools/support/paths.ts'
import { capture } from '../tools/support/process.ts'

/** Returns the anchor that GitHub creates for a heading. */
const anchorOf = (heading: string) =>
  heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
    .replaceAll(' ', '-')

it('all links lead to existing files and headings', async () => {
  const { stdout } = await capture('git', ['ls-files', '*.md'], { cwd: ROOT })
  const pages = stdout.split('\n').filter((page) => page !== '')
  const texts = new Map(
    await Promise.all(pages.map(async (page) => [page, await readFile(inRoot(page), 'utf8')] as const)),
  )
  const broken: string[] = []
  for (const [page, text] of texts) {
    for (const [, target = ''] of text.replaceAll(/```.*?```/gs, '').matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^(?:https?|mailto):/.test(target)) continue
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? page : normalize(join(dirname(page), path))
      const exists = await access(inRoot(file)).then(
        () => true,
        () => false,
      )
      const headings = [...(texts.get(file)?.matchAll(/^#+ (.*)$/gm) ?? [])].map(([, heading = '']) =>
        anchorOf(heading),
      )
      if (!exists || (anchor !== undefined && texts.has(file) && !headings.includes(anchor))) {
        broken.push(`${page}: ${target}`)
      }
    }
  }
  expect(pages.length).toBeGreaterThan(20)
  expect(broken).toEqual([])
})
