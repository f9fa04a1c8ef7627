import { readFile } from 'node:fs/promises'
import { main as generate } from '../../generator/src/cli.ts'
import { renderWords, WORDS_FILE } from '../commands/gen-words.ts'

/** Names every committed file that is not as its source would make it now; 1 when there is one. */
export async function generatedFilesAreFresh(): Promise<number> {
  const code = await generate(['--check'])
  if ((await readFile(WORDS_FILE, 'utf8')) === (await renderWords())) return code
  console.error('stale: loadtest/words.gen.txt; run npm run gen-words')
  return 1
}
