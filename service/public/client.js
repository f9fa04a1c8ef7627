/**
 * A client for search boxes. It waits for a pause in typing, cancels requests when the text changes, retries when the
 * service is overloaded, and caches answers. The types are in client.d.ts.
 */

/** Maximum length of a query, in code points. The service rejects longer queries, so longer texts are truncated. */
const MAX_QUERY_LENGTH = 64
/** HTTP status after which the client sends a query again. */
const OVERLOADED = 503
/** Longest `Retry-After`, in seconds, for which the client waits. A person would not wait longer for suggestions. */
const MAX_RETRY_AFTER = 10
/** Longest delay of a timer. With a longer delay, browsers fire the timer immediately. */
const MAX_TIMER_MS = 2 ** 31 - 1
/** Text that consists only of white space, control characters, and invisible characters. */
const EMPTY_TEXT = /^[\s\p{Cc}\p{Default_Ignorable_Code_Point}]*$/u

/** Thrown if the service responds with an error, or sends no readable answer. See client.d.ts. */
export class AutocompleteError extends Error {
  name = 'AutocompleteError'

  constructor(status, code, message, { retryAfter = 0, ...options } = {}) {
    super(message, options)
    this.retryAfter = retryAfter
    this.status = status
    this.code = code
  }
}

export function createAutocompleteClient(options = {}) {
  const { url = '/autocomplete', popularUrl, limit, debounceMs = 80, parameters = {} } = options
  const { cacheEntries = 200, maxAgeSeconds, retries = 2, retryMs = 500, timeoutMs = 10_000 } = options
  const request = options.fetch ?? globalThis.fetch.bind(globalThis)
  /** Answers with their expiry times, by URL, most recently used last. All answers have the same data version. */
  const answers = new Map()
  let version
  let running

  async function suggest(typed, { signal } = {}) {
    // Some frameworks set a cleared input to null, and an input for numbers to a number.
    const text = String(typed ?? '')
    running?.abort()
    signal?.throwIfAborted()
    const isEmpty = EMPTY_TEXT.test(text)
    if (isEmpty && popularUrl === undefined) return { query: text, suggestions: [], version: version ?? '' }
    const own = new AbortController()
    running = own
    const address = isEmpty ? addressOf(popularUrl) : addressOf(url, firstCodePoints(text, MAX_QUERY_LENGTH))
    const known = answers.get(address)
    if (known && Date.now() < known.until) {
      remember(address, known)
      return known.answer
    }
    const combined = signal ? AbortSignal.any([own.signal, signal]) : own.signal
    try {
      await pause(debounceMs, combined)
      let found = known ? undefined : await askWithRetries(address, { signal: combined })
      // The browser's cache may return an answer whose data version differs from that of the last answer.
      const isCurrent = found && (version === undefined || found.answer.version === version)
      if (!isCurrent) found = await askWithRetries(address, { signal: combined, cache: 'no-cache' })
      // Check the signal, because an abort has no effect on a response that has been received completely.
      combined.throwIfAborted()
      if (found.answer.version !== version) answers.clear()
      version = found.answer.version
      remember(address, found)
      return found.answer
    } catch (error) {
      signal?.throwIfAborted()
      if (own.signal.aborted) return undefined
      throw error
    } finally {
      if (running === own) running = undefined
    }
  }

  /** Adds the parameters of a query to those in the URL. The URL may be relative. */
  function addressOf(target, text) {
    const [, path, search] = /^([^?#]*)\??([^#]*)/.exec(String(target))
    const query = new URLSearchParams(search)
    if (text !== undefined) query.set('q', text)
    if (limit !== undefined || !query.has('limit')) query.set('limit', String(limit ?? 10))
    for (const [name, value] of Object.entries(parameters)) {
      if (value === undefined) continue
      query.delete(name)
      for (const one of [value].flat()) query.append(name, one)
    }
    return `${path}?${query}`
  }

  /**
   * Sends a request. Repeats it up to `retries` times while the service is overloaded, unless the signal is aborted.
   */
  async function askWithRetries(address, init) {
    for (let attempt = 0; ; attempt++) {
      try {
        return await ask(...(attempt === 0 ? [address, init] : markAsRetry(address, init)))
      } catch (error) {
        if (error.status !== OVERLOADED || attempt >= retries || error.retryAfter > MAX_RETRY_AFTER) throw error
        // The delay is random, so that clients that were rejected at the same time retry at different times.
        const shortest = Math.max(1000 * error.retryAfter, retryMs * 2 ** attempt)
        await pause(shortest * (1 + Math.random()), init.signal)
      }
    }
  }

  async function ask(address, init) {
    let response
    let body
    const { signal, end } = withTimeout(init.signal, timeoutMs)
    try {
      response = await request(address, { ...init, signal })
      body = await response.json()
    } catch (cause) {
      throw unreadableAnswer(response, cause)
    } finally {
      end()
    }
    if (!response.ok) {
      const { code = 'unknown', message = response.statusText } = body?.error ?? {}
      throw new AutocompleteError(response.status, code, message, { retryAfter: retryAfterOf(response) })
    }
    if (!Array.isArray(body?.suggestions)) throw unreadableAnswer(response)
    return { answer: body, until: Date.now() + 1000 * (maxAgeSeconds ?? maxAgeOf(response.headers)) }
  }

  function remember(address, found) {
    answers.delete(address)
    answers.set(address, found)
    if (answers.size > cacheEntries) answers.delete(answers.keys().next().value)
  }

  function clear() {
    answers.clear()
  }

  return { suggest, clear }
}

/**
 * Marks a request as a retry, because the service rejects retries before typed queries. A header is better than a
 * parameter: caches use the URL as the key, and a header does not change the URL. For other origins, however, a header
 * would require a preflight request.
 */
function markAsRetry(address, init) {
  const { href, origin } = globalThis.location ?? {}
  const base = globalThis.document?.baseURI ?? href
  if (origin === undefined || new URL(address, base).origin === origin) {
    return [address, { ...init, headers: { Priority: 'u=5' } }]
  }
  return [`${address}&criticality=retry`, init]
}

function firstCodePoints(text, count) {
  if (text.length <= count) return text
  // A code point has at most two units, so only the beginning of a long text must be split. Leading white space has no
  // meaning. If it were kept, the truncated text could consist only of white space.
  return [...text.trimStart().slice(0, 2 * count)].slice(0, count).join('')
}

function unreadableAnswer(response, cause) {
  const message = 'the service sent no readable answer'
  return new AutocompleteError(response?.status ?? 0, 'unreachable', message, {
    cause,
    retryAfter: retryAfterOf(response),
  })
}

/**
 * Returns a signal that is aborted when the given signal is aborted, or after a timeout. Calling `end` removes the
 * timeout and the listener. `AbortSignal.any` requires newer browsers, so it is used only if the caller has a signal.
 */
function withTimeout(parent, milliseconds) {
  const controller = new AbortController()
  const abort = () => controller.abort(parent.reason)
  const expire = () => controller.abort(new DOMException('no answer within the timeout', 'TimeoutError'))
  const timer = setTimeout(expire, Math.min(milliseconds, MAX_TIMER_MS))
  parent.addEventListener('abort', abort)
  // A signal that is already aborted emits no event.
  if (parent.aborted) abort()
  const end = () => {
    clearTimeout(timer)
    parent.removeEventListener('abort', abort)
  }
  return { signal: controller.signal, end }
}

/** Returns how long an answer may be used, in seconds. `Age` is the time that the answer has spent in proxies. */
function maxAgeOf(headers) {
  const [, seconds = 0] = /\bmax-age=(\d+)/.exec(headers.get('cache-control')) ?? []
  return Number(seconds) - Number(headers.get('age'))
}

/** Returns the seconds in `Retry-After`, or 0 if the header is missing or contains a date. Only proxies send dates. */
function retryAfterOf(response) {
  return Number(response?.headers.get('retry-after')) || 0
}

async function pause(milliseconds, signal) {
  // A signal that is already aborted emits no event.
  signal.throwIfAborted()
  await new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      // A signal with listeners stays in memory as long as the signals that it depends on.
      signal.removeEventListener('abort', stop)
      resolve()
    }, milliseconds)
    signal.addEventListener('abort', stop)
  })
}
