/** Checksums in the headers of generated files, so that edited files are recognized and not overwritten. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'

const MARK = 'do not edit.'
const HEADER_LINES = 3
const SEALED = /do not edit\. Checksum: ([0-9a-f]{8})\./

const checksumOf = (content: string) => createHash('sha256').update(content).digest('hex').slice(0, 8)

const headerOf = (content: string) => content.split('\n', HEADER_LINES).join('\n')

/** Adds the checksum of a generated file to its header. Content without such a header stays as it is. */
export function seal(content: string): string {
  if (!headerOf(content).includes(MARK)) return content
  return content.replace(MARK, `${MARK} Checksum: ${checksumOf(content)}.`)
}

/** Whether generated content was edited, as a wrong or missing checksum shows. */
function isEdited(content: string): boolean {
  const text = content.replaceAll('\r\n', '\n')
  const [, checksum] = SEALED.exec(headerOf(text)) ?? []
  return checksum !== checksumOf(text.replace(SEALED, MARK))
}

/** A generated file was edited. The message is one line. */
export class EditedFileError extends Error {
  override name = 'EditedFileError'

  constructor(path: string) {
    super(`${path} was edited; undo the change or delete the file, and run the command again`)
  }
}

/**
 * Checks that a file may be replaced by generated content.
 * @throws {EditedFileError} if it exists and was edited
 */
export async function requireUnedited(file: string, content: string, shown = file): Promise<void> {
  if (!SEALED.test(headerOf(content))) return
  const current = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (current !== undefined && isEdited(current)) throw new EditedFileError(shown)
}
