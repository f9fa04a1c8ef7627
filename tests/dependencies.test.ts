/** Checks that imports follow the solid arrows in the diagrams of docs/architecture.md. */
import { readFile } from 'node:fs/promises'
import { dirname, join, normalize, sep } from 'node:path'
import { describe, expect, it } from 'vitest'
import { inRoot, ROOT } from '../tools/support/paths.ts'
import { runOrThrow } from '../tools/support/process.ts'

const WORKSPACES = ['generator', 'service', 'loadtest', 'tools', 'bench', 'tests']

interface Import {
  from: string
  to: string
}

/** All imports between the project's own files, with paths relative to the root. */
const imports: Import[] = []
const { stdout } = await runOrThrow('git', ['ls-files', '-co', '--exclude-standard', ...WORKSPACES], { cwd: ROOT })
for (const from of stdout.split('\n').filter((file) => /\.(ts|mjs)$/.test(file))) {
  const text = await readFile(inRoot(from), 'utf8').catch(() => '')
  for (const [, target] of text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.\.?\/[^']+)'/g)) {
    const to = normalize(join(dirname(from), target as string))
    imports.push({ from, to: to.split(sep).join('/') })
  }
}

/** Returns the solid arrows in the diagram below a heading. The name of a node is its label if it has one. */
async function arrowsBelow(heading: string): Promise<[from: string, to: string][]> {
  const page = await readFile(inRoot('docs', 'architecture.md'), 'utf8')
  const [, diagram = ''] = new RegExp(`^## ${heading}\\n[^]*?\`\`\`mermaid\\n([^]*?)\`\`\``, 'm').exec(page) ?? []
  return [...diagram.matchAll(/^ +(\w+) -->(?:\|[^|]*\|)? (\w+)(?:\["([^"]*)"\])?$/gm)].map(([, from, to, label]) => [
    from as string,
    label ?? (to as string),
  ])
}

/** Returns all nodes that can be reached from a node along the arrows. */
function reachable(from: string, arrows: [from: string, to: string][]): Set<string> {
  const found = new Set<string>()
  const visit = (node: string) => {
    for (const [, to] of arrows.filter(([start]) => start === node)) {
      if (found.has(to)) continue
      found.add(to)
      visit(to)
    }
  }
  visit(from)
  return found
}

const describeImport = ({ from, to }: Import) => `${from} imports ${to}`

describe('imports between the top folders', async () => {
  const arrows = await arrowsBelow('Folders')
  const between = imports.filter(({ from, to }) => from.split('/')[0] !== to.split('/')[0])
  const isWithin = (path: string, node: string) => path === node || path.startsWith(`${node}/`)

  it('are found', () => {
    expect(arrows).toContainEqual(['tests', 'tools'])
    expect(between.length).toBeGreaterThan(50)
  })

  it.each(WORKSPACES)('of %s follow the arrows', (folder) => {
    const allowed = [...reachable(folder, arrows)]
    const wrong = between.filter(
      ({ from, to }) => from.startsWith(`${folder}/`) && !allowed.some((node) => isWithin(to, node)),
    )
    expect(wrong.map(describeImport)).toEqual([])
  })

  it('exist for every arrow', () => {
    for (const [folder, node] of arrows) {
      const some = between.some(({ from, to }) => from.startsWith(`${folder}/`) && isWithin(to, node))
      expect(some, `${folder} --> ${node}`).toBe(true)
    }
  })
})

describe('imports between the folders of the service', async () => {
  const arrows = await arrowsBelow('Inside the service')
  const folderOf = (path: string) => /^service\/src\/(\w+)\//.exec(path)?.[1]
  const between = imports.filter(({ from, to }) => {
    const [a, b] = [folderOf(from), folderOf(to)]
    const isTest = from.endsWith('.test.ts') || a === 'testing'
    return a && b && a !== b && !isTest
  })

  it('follow the arrows', () => {
    expect(between.length).toBeGreaterThan(50)
    const wrong = between.filter(
      ({ from, to }) => !reachable(folderOf(from) as string, arrows).has(folderOf(to) as string),
    )
    expect(wrong.map(describeImport)).toEqual([])
  })

  it('exist for every arrow', () => {
    expect(arrows.length).toBeGreaterThan(5)
    for (const [a, b] of arrows) {
      const some = between.some(({ from, to }) => folderOf(from) === a && folderOf(to) === b)
      expect(some, `${a} --> ${b}`).toBe(true)
    }
  })
})
