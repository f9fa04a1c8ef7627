import { rename, rm, writeFile } from 'node:fs/promises'

/** Writes a file completely or not at all. Readers never see an incomplete file. */
export async function writeAtomically(file: string, content: string): Promise<void> {
  const partial = `${file}.${process.pid}.partial`
  try {
    await writeFile(partial, content)
    await rename(partial, file)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}
