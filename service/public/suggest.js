/** An answer of the service that is an error, or none at all (status 0). */
export class AutocompleteError extends Error {
  name = 'AutocompleteError'

  constructor(status, code, message) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** Asks for suggestions while somebody types; `suggest` resolves with undefined when a later call has taken its place. */
export function createAutocompleteClient({ url, limit, debounceMs, parameters }) {
  let running
  return {
    async suggest(text) {
      running?.abort()
      running = new AbortController()
      const { signal } = running
      try {
        await new Promise((resolve) => setTimeout(resolve, debounceMs))
        signal.throwIfAborted()
        const response = await fetch(`${url}?${new URLSearchParams({ q: text, limit, ...parameters })}`, { signal })
        const answer = await response.json()
        if (!response.ok) throw new AutocompleteError(response.status, answer.error.code, answer.error.message)
        return answer
      } catch (error) {
        if (signal.aborted) return undefined
        throw error instanceof AutocompleteError ? error : new AutocompleteError(0, 'unreachable', error.message)
      }
    },
  }
}
