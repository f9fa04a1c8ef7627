import { createHmac, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { capture } from '../support/process.ts'

/**
 * Returns the changes from one manifest to another in the unified format of diff. Secrets are shown only as checksums.
 */
export async function differenceOf(from: string, to: string): Promise<string> {
  const key = randomBytes(16)
  const lines = [from, to].map((manifest) =>
    manifest
      .split(/^---$/m)
      .map((text) => {
        if (!hasSecret(text)) return text
        const checksum = createHmac('sha256', key).update(text).digest('hex').slice(0, 8)
        return `\n# A Secret, which is not shown. Checksum: ${checksum}.\n`
      })
      .join('---')
      .trim(),
  )
  if (lines[0] === lines[1]) return 'the upgrade changes no objects'
  const folder = await mkdtemp(join(tmpdir(), 'deploy-'))
  try {
    const files = ['deployed', 'new'].map((name) => join(folder, name))
    for (const [at, file] of files.entries()) await writeFile(file, `${lines[at]}\n`)
    const failed = () => ({ code: 2, stdout: '' })
    const { code, stdout } = await capture('diff', ['-u', '-L', 'deployed', '-L', 'new', ...files]).catch(failed)
    return code === 1 ? stdout.trimEnd() : 'the upgrade changes objects; to see how, install the program diff'
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Returns whether a part of a manifest contains a Secret, alone or in a list. */
const hasSecret = (text: string): boolean =>
  parseAllDocuments(text, { logLevel: 'silent' }).some((document) =>
    document.errors.length > 0 ? text.includes('Secret') : isSecret(document.toJS()),
  )

function isSecret(object: unknown): boolean {
  const { kind, items } = (object ?? {}) as { kind?: unknown; items?: unknown }
  return kind === 'Secret' || (Array.isArray(items) && items.some(isSecret))
}
