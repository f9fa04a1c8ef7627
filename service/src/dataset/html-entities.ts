import type { Entry } from './entry.ts'

/** A character reference such as `&amp;`, `&uuml;`, `&#39;`, or `&#x27;`. */
const ENTITY = /&(?:[a-z]{2,8}\d{0,2}|#\d{1,7}|#x[\da-f]{1,6});/i

/** Notes entries with HTML entities, which users would see as they are. */
export class HtmlEntities {
  #entries = 0
  #first = ''

  /** Notes an entry whose text, aliases, or contexts contain an entity. `line` is the line on which its row starts. */
  note({ text, aliases, contexts }: Entry, line: number): void {
    let entity = entityIn(text)
    for (const alias of aliases ?? []) entity ??= entityIn(alias)
    for (const values of Object.values(contexts ?? {})) for (const value of values) entity ??= entityIn(value)
    if (entity === undefined) return
    if (this.#entries === 0) this.#first = `${entity} in line ${line}`
    this.#entries += 1
  }

  /** Returns the advice to replace the entities, if there are any. */
  hints(): string[] {
    if (this.#entries === 0) return []
    const [contain, first] = this.#entries === 1 ? ['entry contains', ''] : ['entries contain', 'first: ']
    return [
      `${this.#entries} ${contain} HTML entities, which are not decoded (${first}${this.#first}); replace them with their characters`,
    ]
  }
}

const entityIn = (text: string) => (text.includes('&') ? ENTITY.exec(text)?.[0] : undefined)
