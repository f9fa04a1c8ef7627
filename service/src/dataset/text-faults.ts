import { truncate } from '../text/strings.ts'
import type { Entry } from './entry.ts'

/** Maximum length of a text in a hint, in UTF-16 code units. */
const MAX_SHOWN = 40

/** A pattern in texts that users would see unchanged, although it stands for something else, such as `&amp;`. */
interface Fault {
  pattern: RegExp
  /** What the entries contain, and what to do, as parts of a sentence. */
  name: string
  advice: string
  /** Set if only aliases and contexts, or only contexts, can have this fault. */
  isIn?: 'lists' | 'contexts'
}

/** UTF-8 that was read as windows-1252: é becomes Ã©, and ’ becomes â€™. */
const MISREAD: Fault = {
  pattern: /[ÂÃ](?:[\u0080-\u00BF]|[€‚„…†‡ˆ‰‹‘’“”•–—˜™›])|â€(?:[™œž¦¢˜\u009D“”]|$)/,
  name: 'characters that were decoded incorrectly',
  advice: 'export the data again as UTF-8',
}
const FAULTS: readonly Fault[] = [
  {
    // Entities such as &amp;, &uuml;, &#39;, or &#x27;.
    pattern: /&(?:[a-z]{2,8}\d{0,2}|#\d{1,7}|#x[\da-f]{1,6});/i,
    name: 'HTML entities, which are not decoded',
    advice: 'replace them with their characters',
  },
  { pattern: /<\/[a-z][a-z\d]*>|<br\s*\/?>/i, name: 'HTML tags, which are not removed', advice: 'remove them' },
  {
    // Databases and jq write tabs, line breaks, and backslashes in this way. File names such as C:\new do not match.
    pattern: /\\[tnr\\"](?<!^[a-z]:.*)/i,
    name: 'escape sequences, which are not decoded',
    advice: 'replace them with their characters',
  },
  MISREAD,
  {
    // Cells such as ="00123", =HYPERLINK("…"), or #NAME?.
    pattern: /^=(?:"|[A-Z][A-Z.]*\().*|^#(?:N\/A|REF!|NAME\?|VALUE!|DIV\/0!|NUM!|NULL!)$/,
    name: 'spreadsheet formulas or errors',
    advice: 'export the values',
  },
  {
    // Lists as Python and PostgreSQL write them: ['fruit', 'food'], ('fruit', 'food'), or {fruit,food}.
    pattern: /^(?:\[(?:['"].*|.*,.*)\]|\(['"].*\)|\{.*\})$/,
    name: 'aliases or contexts in brackets, which are read as one value',
    advice: 'separate values by |, or write them as a JSON array',
    isIn: 'lists',
  },
  {
    // Lists of tags, such as `fruit, food`. Names such as `Shoes, Bags & Belts` and numbers such as 1,5 are not lists.
    pattern: /^(?![[({]|.*(?:&|\band\b|\d[,;]\d))[^,;]+(?:[,;][^,;]+)+$/,
    name: 'commas or semicolons in contexts, which do not separate values',
    advice: 'if they should, use | instead',
    isIn: 'contexts',
  },
]
/** The characters with which a fault begins. Most texts contain none of them. */
const SUSPECTS = /[&<\\ÂÃâ]|^[=#]/
/** Like {@link SUSPECTS}, for aliases, and for contexts with several values. */
const SUSPECTS_IN_LISTS = /[&<\\ÂÃâ]|^[=#[({]/
/** Like {@link SUSPECTS}, for contexts with one value. */
const SUSPECTS_IN_CONTEXTS = /[&<\\ÂÃâ,;]|^[=#[({]/

/** Records entries that contain any of the {@link FAULTS}. */
export class TextFaults {
  readonly #found = new Map<Fault, { entries: number; first: string }>()

  /** Notes an entry whose text, aliases, or contexts contain a fault. `line` is the line on which its row starts. */
  note({ text, aliases, contexts }: Entry, line: number): void {
    const inTexts = SUSPECTS.test(text) ? [text] : []
    const inAliases: string[] = []
    for (const alias of aliases ?? []) if (SUSPECTS_IN_LISTS.test(alias)) inAliases.push(alias)
    const inContexts: string[] = []
    for (const name in contexts) {
      const values = contexts[name] ?? []
      // If the values are already separated, a comma in one of them is no separator.
      const suspect = values.length === 1 ? SUSPECTS_IN_CONTEXTS : SUSPECTS_IN_LISTS
      for (const value of values) if (suspect.test(value)) inContexts.push(value)
    }
    if (inTexts.length + inAliases.length + inContexts.length === 0) return
    const inLists = [...inAliases, ...inContexts]
    for (const fault of FAULTS) {
      const suspects =
        fault.isIn === 'contexts' ? inContexts : fault.isIn === 'lists' ? inLists : [...inTexts, ...inLists]
      const match = suspects.map((one) => fault.pattern.exec(one)?.[0]).find((one) => one !== undefined)
      if (match === undefined) continue
      const found = this.#found.get(fault)
      if (found) found.entries += 1
      else this.#found.set(fault, { entries: 1, first: `${truncate(match, MAX_SHOWN)} on line ${line}` })
    }
  }

  /** Discards the notes about incorrectly decoded characters. Called if the option `--encoding` is their cause. */
  ignoreDecoding(): void {
    this.#found.delete(MISREAD)
  }

  /** Returns the advice on each fault that was found. */
  hints(): string[] {
    return [...this.#found].map(([{ name, advice }, { entries, first }]) =>
      entries === 1
        ? `1 entry contains ${name} (${first}); ${advice}`
        : `${entries} entries contain ${name} (first: ${first}); ${advice}`,
    )
  }
}
