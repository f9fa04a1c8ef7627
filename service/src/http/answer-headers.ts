import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { Settings } from '../settings.ts'

type HeaderSettings = Pick<
  Settings,
  'CACHE_CONTROL_MAX_AGE_SECONDS' | 'CACHE_CONTROL_STALE_WHILE_REVALIDATE_SECONDS' | 'CORS_ORIGINS'
>

/** How long a browser may cache the answer to a preflight request, in seconds. Some browsers have a lower limit. */
const PREFLIGHT_MAX_AGE_SECONDS = 7200
/** Lets pages from other origins read these headers. Browsers hide most other headers from such pages. */
const EXPOSED = ['Access-Control-Expose-Headers', 'Age, ETag, Retry-After, X-Autocomplete-Stale'] as const
/** The folder with the code of the service, whether compiled or not. */
const CODE = new URL('../', import.meta.url)
/** The file with the versions of the dependencies. */
const PACKAGE = new URL('../../package.json', import.meta.url)

type CorsHeaders = readonly (readonly [name: string, value: string])[]

/** Computes response headers for caches and browsers. */
export class AnswerHeaders {
  readonly #fixed: readonly string[]
  readonly #origins: ReadonlySet<string>
  readonly #isOpen: boolean
  /** The CORS headers of all responses except the answers of the query routes, by allowed origin. */
  readonly #corsByOrigin: ReadonlyMap<string | undefined, CorsHeaders>
  readonly #defaultCors: CorsHeaders
  readonly #release: string
  #version = ''
  #tag = ''

  /** @param release identifies the code, because two releases may give different answers from the same data */
  constructor(settings: HeaderSettings, release = hashOfCode()) {
    this.#release = release
    const { CACHE_CONTROL_MAX_AGE_SECONDS: maxAge, CACHE_CONTROL_STALE_WHILE_REVALIDATE_SECONDS: stale } = settings
    this.#origins = new Set(settings.CORS_ORIGINS)
    this.#isOpen = this.#origins.has('*')
    const allow = (origin: string) => [['Access-Control-Allow-Origin', origin], EXPOSED] as const
    if (this.#isOpen) this.#defaultCors = allow('*')
    else this.#defaultCors = this.#origins.size > 0 ? [['Vary', 'Origin']] : []
    this.#corsByOrigin = new Map(
      this.#isOpen ? [] : settings.CORS_ORIGINS.map((origin) => [origin, [...this.#defaultCors, ...allow(origin)]]),
    )
    this.#fixed = [
      'Content-Type',
      'application/json; charset=utf-8',
      'X-Content-Type-Options',
      'nosniff',
      'Cache-Control',
      cacheControl(maxAge, stale),
      ...this.#defaultCors.flat(),
    ]
  }

  /**
   * Returns the headers of an answer of a query route, as alternating names and values. The ETag contains only the
   * dataset version and the release, because the URL already identifies the query.
   */
  forAnswer(version: string, origin: string | undefined): string[] {
    const tag = this.#tagOf(version)
    return origin !== undefined && !this.#isOpen && this.#origins.has(origin)
      ? [...this.#fixed, 'ETag', tag, 'Access-Control-Allow-Origin', origin, ...EXPOSED]
      : [...this.#fixed, 'ETag', tag]
  }

  /** Whether a client that sends this `If-None-Match` already has the answer, by the weak comparison of RFC 9110. */
  isKnown(ifNoneMatch: string | undefined, version: string): boolean {
    if (ifNoneMatch === undefined) return false
    const tag = this.#tagOf(version)
    return (
      ifNoneMatch.trim() === '*' ||
      ifNoneMatch.split(',').some((known) => known.trim().replace(/^(W\/)?/, 'W/') === tag)
    )
  }

  /**
   * Returns the CORS headers of all responses except the answers of the query routes, so that pages from allowed
   * origins may read them. Returns the same object for equal headers.
   */
  forOtherResponses(origin: string | undefined): CorsHeaders {
    return this.#corsByOrigin.get(origin) ?? this.#defaultCors
  }

  /**
   * Returns the headers of the answer to a preflight request. The headers allow the request only if its origin is
   * allowed.
   */
  forPreflight(origin: string | undefined): CorsHeaders {
    const allowed = this.forOtherResponses(origin)
    if (!allowed.some(([name]) => name === 'Access-Control-Allow-Origin')) return allowed
    return [
      ...allowed,
      ['Access-Control-Allow-Methods', 'GET, HEAD, POST'],
      ['Access-Control-Allow-Headers', 'Content-Type, If-None-Match, Priority'],
      ['Access-Control-Max-Age', String(PREFLIGHT_MAX_AGE_SECONDS)],
    ]
  }

  #tagOf(version: string): string {
    if (version !== this.#version) {
      this.#version = version
      // The tag is weak, because a proxy may change the bytes of the answer by compressing it.
      this.#tag = `W/"${version}-${this.#release}"`
    }
    return this.#tag
  }
}

function cacheControl(maxAge: number, stale: number): string {
  // Without must-revalidate, a cache that cannot reach the service may continue to use an old answer.
  if (maxAge + stale === 0) return 'public, max-age=0, must-revalidate'
  return `public, max-age=${maxAge}${stale > 0 ? `, stale-while-revalidate=${stale}` : ''}`
}

/** Returns a hash that is the same in all processes of a build, and changes with the code. */
function hashOfCode(): string {
  const hash = createHash('sha256').update(readFileSync(PACKAGE))
  for (const name of readdirSync(CODE, { recursive: true, encoding: 'utf8' }).sort()) {
    if (/\.[jt]s$/.test(name)) hash.update(`${name}\n`).update(readFileSync(new URL(name, CODE)))
  }
  return hash.digest('hex').slice(0, 8)
}
