import { access, constants, open, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { UserError } from './errors.ts'

/**
 * Checks that a command may write its JSON to `file`, before it works for minutes. An existing file must be empty or
 * begin like such JSON, so that a mistyped name overwrites no other file.
 * @throws {UserError} if it may not
 */
export async function requireJsonFile(file: string): Promise<void> {
  await access(dirname(file), constants.W_OK).catch((error: Error) => cannotWrite(file, error.message))
  const stats = await stat(file).catch(() => undefined)
  if (stats?.isDirectory()) cannotWrite(file, 'it is a folder, not a file')
  if (!stats?.isFile() || stats.size === 0) return
  const opened = await open(file).catch((error: Error) => cannotWrite(file, error.message))
  const { buffer } = await opened.read(Buffer.alloc(1), 0, 1).finally(() => opened.close())
  if (buffer.toString() !== '{')
    cannotWrite(file, 'it exists and is not a JSON object; remove it, or choose another name')
}

/**
 * Writes the JSON of a command.
 * @throws {UserError} if the file cannot be written
 */
export async function writeJsonFile(file: string, json: string): Promise<void> {
  await writeFile(file, json).catch((error: Error) => cannotWrite(file, error.message))
}

function cannotWrite(file: string, reason: string): never {
  throw new UserError(`cannot write ${file}: ${reason}`)
}
