import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { Settings } from '../settings.ts'

type HeaderSettings = Pick<
  Settings,
  'CACHE_CONTROL_MAX_AGE_SECONDS' | 'CACHE_CONTROL_STALE_WHILE_REVALIDATE_SECONDS' | 'CORS_ORIGINS'
>

/** How long a browser may keep the answer to a preflight request, in seconds; some keep it for less. */
const PREFLIGHT_MAX_AGE_SECONDS = 7200
/** The service's own code, compiled or not, and the file that says which versions of others it uses. */
const CODE = new URL('../', import.meta.url)
const PACKAGE = new URL('../../package.json', import.meta.url)

/** The headers of answers that caches and browsers go by, as names and values in turn. All but the tag is known at start. */
export class AnswerHeaders {
  readonly #fixed: readonly string[]
  readonly #origins: ReadonlySet<string>
  readonly #isOpen: boolean
  readonly #release: string
  #version = ''
  #tag = ''

  /** @param release what ranks: another may answer the same question from the same data differently */
  constructor(settings: HeaderSettings, release = hashOfCode()) {
    this.#release = release
    const { CACHE_CONTROL_MAX_AGE_SECONDS: maxAge, CACHE_CONTROL_STALE_WHILE_REVALIDATE_SECONDS: stale } = settings
    this.#origins = new Set(settings.CORS_ORIGINS)
    this.#isOpen = this.#origins.has('*')
    this.#fixed = [
      'Content-Type',
      'application/json; charset=utf-8',
      'X-Content-Type-Options',
      'nosniff',
      'Cache-Control',
      cacheControl(maxAge, stale),
      ...(this.#isOpen ? ['Access-Control-Allow-Origin', '*'] : this.#origins.size > 0 ? ['Vary', 'Origin'] : []),
    ]
  }

  /** Of an answer from data of the version. The tag is that of data and release: what is asked stands in the address. */
  ofAnswer(version: string, origin: string | undefined): string[] {
    const tag = this.#tagOf(version)
    return origin !== undefined && !this.#isOpen && this.#origins.has(origin)
      ? [...this.#fixed, 'ETag', tag, 'Access-Control-Allow-Origin', origin]
      : [...this.#fixed, 'ETag', tag]
  }

  /** Whether a client that sends this `If-None-Match` has the answer already; weak comparison, as RFC 9110 has it. */
  isKnown(ifNoneMatch: string | undefined, version: string): boolean {
    if (ifNoneMatch === undefined) return false
    const tag = this.#tagOf(version)
    return (
      ifNoneMatch.trim() === '*' ||
      ifNoneMatch.split(',').some((known) => known.trim().replace(/^(W\/)?/, 'W/') === tag)
    )
  }

  /** Of everything else: a page of another origin may read it, and an error too. */
  ofOthers(origin: string | undefined): [name: string, value: string][] {
    if (this.#origins.size === 0) return []
    if (this.#isOpen) return [['Access-Control-Allow-Origin', '*']]
    const allowed: [string, string][] =
      origin !== undefined && this.#origins.has(origin) ? [['Access-Control-Allow-Origin', origin]] : []
    return [['Vary', 'Origin'], ...allowed]
  }

  /** Of the answer to a preflight request, where its origin may ask. */
  ofPreflight(origin: string | undefined): [name: string, value: string][] {
    const allowed = this.ofOthers(origin)
    if (!allowed.some(([name]) => name === 'Access-Control-Allow-Origin')) return allowed
    return [
      ...allowed,
      ['Access-Control-Allow-Methods', 'GET, HEAD, POST'],
      ['Access-Control-Allow-Headers', 'Content-Type, If-None-Match'],
      ['Access-Control-Max-Age', String(PREFLIGHT_MAX_AGE_SECONDS)],
    ]
  }

  #tagOf(version: string): string {
    if (version !== this.#version) {
      this.#version = version
      // Weak, as a proxy may compress the answer.
      this.#tag = `W/"${version}-${this.#release}"`
    }
    return this.#tag
  }
}

function cacheControl(maxAge: number, stale: number): string {
  // Else a cache that reaches nobody may go on using an answer.
  if (maxAge + stale === 0) return 'public, max-age=0, must-revalidate'
  return `public, max-age=${maxAge}${stale > 0 ? `, stale-while-revalidate=${stale}` : ''}`
}

/** The same in all processes of one build, and another for every change, so that nobody has to think of it. */
function hashOfCode(): string {
  const hash = createHash('sha256').update(readFileSync(PACKAGE))
  for (const name of readdirSync(CODE, { recursive: true, encoding: 'utf8' }).sort()) {
    if (/\.[jt]s$/.test(name)) hash.update(`${name}\n`).update(readFileSync(new URL(name, CODE)))
  }
  return hash.digest('hex').slice(0, 8)
}
