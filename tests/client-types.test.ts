/** Compares the types of the browser client with the OpenAPI document and with real answers. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { OPENAPI } from '../service/src/http/openapi.ts'
import { TestRedis } from '../service/src/testing/redis.ts'
import { TestService } from '../service/src/testing/service.ts'
import { inRoot } from '../tools/support/paths.ts'
import { capture } from '../tools/support/process.ts'

const CLIENT = inRoot('service', 'public', 'client.js')
const TSC = inRoot('node_modules', 'typescript', 'bin', 'tsc')

/** The parts of JSON Schema that the document uses for answers. */
interface Schema {
  $ref?: string
  description?: string
  type?: string
  enum?: readonly string[]
  items?: Schema
  minItems?: number
  maxItems?: number
  required?: readonly string[]
  properties?: Record<string, Schema>
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'client-types-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Returns the type that a schema describes, in TypeScript. */
function typeOf(schema: Schema): string {
  const { $ref, type, items = {}, minItems, maxItems, required = [], properties = {} } = schema
  if ($ref) return typeOf(OPENAPI.components.schemas[$ref.split('/').pop() as keyof typeof OPENAPI.components.schemas])
  if (schema.enum) return schema.enum.map((word) => JSON.stringify(word)).join(' | ')
  switch (type) {
    case undefined:
      return 'unknown'
    case 'integer':
      return 'number'
    case 'array':
      if (minItems !== undefined && minItems === maxItems)
        return `[${Array.from({ length: minItems }, () => typeOf(items))}]`
      return `(${typeOf(items)})[]`
    case 'object': {
      const lines = Object.entries(properties).map(
        ([name, property]) => `${name}${required.includes(name) ? '' : '?'}: ${typeOf(property)}`,
      )
      return `{ ${lines.join('; ')} }`
    }
    default:
      return type
  }
}

/** Compiles a program that uses the client. Returns the compiler's messages. */
async function compile(name: string, program: string): Promise<string> {
  const file = join(folder, `${name}.ts`)
  await writeFile(file, `import type { Answer, Suggestion } from ${JSON.stringify(CLIENT)}\n${program}\n`)
  const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--module', 'nodenext', '--types', '']
  const { stdout } = await capture(process.execPath, [TSC, ...options, file], { cwd: folder })
  return stdout
}

it('the types match the OpenAPI document in every property', async () => {
  const { Answer, Suggestion } = OPENAPI.components.schemas
  const same = `
    type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
    export const suggestion: Same<Suggestion, ${typeOf(Suggestion)}> = true
    export const answer: Same<Answer, ${typeOf(Answer)}> = true`
  expect(await compile('same', same)).toBe('')
  expect(await compile('other', same.replace('corrected?:', 'corrected:'))).toContain("'true' is not assignable")
})

it('the types have every property of real answers, and real answers have every required property', async () => {
  const redis = await TestRedis.start([
    { text: 'apple', weight: 9, contexts: { category: ['fruit'] }, payload: { sku: 1 } },
    { text: 'New York', weight: 8, aliases: ['NYC'] },
    { text: '장바구니', weight: 7, pinned: true },
  ])
  try {
    const service = await TestService.start({ REDIS_NODES: redis.node })
    const queries = ['q=app', 'q=aplpe', 'q=york', 'q=ny', 'q=nyc', 'q=ppl', 'q=ㅈㅂㄱㄴ', 'q=wkdqkrnsl', 'q=zzz']
    const options = ['', '&highlight=1', '&explain=1&boost=category:fruit:2']
    const answers = await Promise.all(
      queries.flatMap((query) =>
        options.map(async (option) => (await service.get(`/autocomplete?${query}${option}`)).json()),
      ),
    ).finally(() => service.stop())
    const text = JSON.stringify(answers)
    for (const word of [
      'corrected',
      'payload',
      'highlight',
      'explain',
      'exact',
      'alias',
      'layout',
      'typo',
      'infix',
      'initials',
      'word',
    ])
      expect(text).toContain(`"${word}"`)
    // Compile the answers as an object literal, in which the compiler rejects properties that the types do not declare.
    expect(await compile('answers', `export const answers: Answer<{ sku: number }>[] = ${text}`)).toBe('')
  } finally {
    await redis.close()
  }
})
