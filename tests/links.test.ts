/** Tests the links and the commands of all Markdown pages in this repository. */
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

const { stdout } = await capture('git', ['ls-files', '*.md'], { cwd: ROOT })
const pages = stdout.split('\n').filter((page) => page !== '')
const texts = new Map(
  await Promise.all(pages.map(async (page) => [page, await readFile(inRoot(page), 'utf8')] as const)),
)

it('all links lead to existing files and headings', async () => {
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

// In an interactive zsh, the default shell of macOS, a # does not begin a comment. The words after it would become arguments
// of the command, and an unmatched quote among them would leave the command incomplete.
it('commands can be pasted into zsh', () => {
  const bad: string[] = []
  for (const [page, text] of texts) {
    for (const [, code = ''] of text.matchAll(/^ *```sh\n(.*?)^ *```$/gms)) {
      for (const line of code.split('\n')) {
        const isComment = line.trimStart().startsWith('#')
        if (isComment ? /['`$&|;<>(){}*?[\]!]/.test(line) : /\s#/.test(line)) bad.push(`${page}: ${line}`)
      }
    }
  }
  expect(bad).toEqual([])
})
