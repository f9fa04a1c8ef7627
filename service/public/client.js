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
  const { url = '/autocomplete', limit = 10, debounceMs = 80, cacheEntries = 200, parameters = {} } = options
  const request = options.fetch ?? globalThis.fetch.bind(globalThis)
  /** Answers by their address, those that were wanted last at the end; all are of one version of the data. */
  const answers = new Map()
  let version
  let running

  async function suggest(text, { signal } = {}) {
    running?.abort()
    signal?.throwIfAborted()
    const own = new AbortController()
    running = own
    const address = `${url}?${new URLSearchParams({ q: text, limit: String(limit), ...parameters })}`
    const known = answers.get(address)
    if (known) {
      remember(address, known)
      return known
    }
    const either = signal ? AbortSignal.any([own.signal, signal]) : own.signal
    try {
      await pause(debounceMs, either)
      const answer = await ask(address, either)
      if (answer.version !== version) answers.clear()
      version = answer.version
      remember(address, answer)
      return answer
    } catch (error) {
      signal?.throwIfAborted()
      if (own.signal.aborted) return undefined
      throw error
    } finally {
      if (running === own) running = undefined
    }
  }

  async function ask(address, either) {
    let response
    let body
    try {
      response = await request(address, { signal: either })
      body = await response.json()
    } catch (cause) {
      const status = response?.status ?? 0
      throw new AutocompleteError(status, 'unreachable', 'the service gave no answer that can be read', { cause })
    }
    if (response.ok) return body
    throw new AutocompleteError(
      response.status,
      body.error?.code ?? 'unknown',
      body.error?.message ?? response.statusText,
    )
  }

  function remember(address, answer) {
    answers.delete(address)
    answers.set(address, answer)
    if (answers.size > cacheEntries) answers.delete(answers.keys().next().value)
  }

  function clear() {
    answers.clear()
  }

  return { suggest, clear }
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
