import { access, constants, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { overwriteProblem } from '../../service/src/dataset/output-file.ts'
import { UserError } from './errors.ts'

/**
 * Checks that a command can write its JSON to `file`. Call it before work that takes minutes.
 * @throws {UserError} if the file cannot be written, or must not be overwritten
 */
export async function requireJsonFile(file: string): Promise<void> {
  await access(dirname(file), constants.W_OK).catch((error: Error) => cannotWrite(file, error.message))
  let problem: string | undefined
  try {
    problem = overwriteProblem(file, '{', 'a JSON object')
  } catch (error) {
    cannotWrite(file, (error as Error).message)
  }
  if (problem !== undefined) cannotWrite(file, problem)
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
