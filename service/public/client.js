/**
 * A client for search boxes: waits until somebody pauses, drops what a newer text has replaced, and remembers answers.
 * client.d.ts tells the types.
 */

/** An answer of the service that is an error, or none at all (status 0, code `unreachable`). */
export class AutocompleteError extends Error {
  name = 'AutocompleteError'

  constructor(status, code, message, options) {
    super(message, options)
    this.status = status
    this.code = code
  }
}

export function createAutocompleteClient(options = {}) {
  const { url = '/autocomplete', limit = 10, debounceMs = 80, parameters = {} } = options
  const { cacheEntries = 200, maxAgeSeconds } = options
  const request = options.fetch ?? globalThis.fetch.bind(globalThis)
  /** Answers and how long they may be used, by their address, those wanted last at the end; all are of one version of the data. */
  const answers = new Map()
  let version
  let running

  async function suggest(text, { signal } = {}) {
    running?.abort()
    signal?.throwIfAborted()
    const own = new AbortController()
    running = own
    const address = addressOf(text)
    const known = answers.get(address)
    if (known && Date.now() < known.until) {
      remember(address, known)
      return known.answer
    }
    const either = signal ? AbortSignal.any([own.signal, signal]) : own.signal
    try {
      await pause(debounceMs, either)
      let found = known ? undefined : await ask(address, { signal: either })
      // What is too old here, or of another version than the last, may come from the browser's own cache.
      const isSure = found && (version === undefined || found.answer.version === version)
      if (!isSure) found = await ask(address, { signal: either, cache: 'no-cache' })
      // An answer that was all here already is no longer stopped by giving up its request.
      either.throwIfAborted()
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

  function addressOf(text) {
    const query = new URLSearchParams({ q: text, limit: String(limit) })
    for (const [name, value] of Object.entries(parameters)) {
      query.delete(name)
      for (const one of [value].flat()) query.append(name, one)
    }
    return `${url}?${query}`
  }

  async function ask(address, init) {
    let response
    let body
    try {
      response = await request(address, init)
      body = await response.json()
    } catch (cause) {
      throw unreadable(response, cause)
    }
    if (!response.ok) {
      const { code = 'unknown', message = response.statusText } = body?.error ?? {}
      throw new AutocompleteError(response.status, code, message)
    }
    if (!Array.isArray(body?.suggestions)) throw unreadable(response)
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

function unreadable(response, cause) {
  const message = 'the service gave no answer that can be read'
  return new AutocompleteError(response?.status ?? 0, 'unreachable', message, { cause })
}

/** How many seconds the service lets an answer be used; `Age` is what a proxy in between has used up of them. */
function maxAgeOf(headers) {
  const [, seconds = 0] = /\bmax-age=(\d+)/.exec(headers.get('cache-control')) ?? []
  return Number(seconds) - Number(headers.get('age'))
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
}
