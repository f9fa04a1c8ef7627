import { truncate } from '../text/strings.ts'
import type { Entry } from './entry.ts'
import { parseJson } from './entry-details.ts'

/** Maximum length of a text in a hint, in UTF-16 code units. */
const MAX_SHOWN = 40

/** A pattern in texts that users would see unchanged, although it stands for something else, such as `&amp;`. */
interface Fault {
  pattern: RegExp
  /** What the entries contain, and what to do, as parts of a sentence. */
  name: string
  advice: string
  /**
   * Set if only some values can have this fault. `lists` are aliases and contexts, and `singles` are aliases and
   * contexts with a single value.
   */
  isIn?: 'texts' | 'lists' | 'singles' | 'payloads'
}

/** The characters of the bytes 0xA0 to 0xBF and 0x80 to 0x9F in windows-1252, and in windows-1251. */
const LATIN = '\u00A0-\u00BF€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ'
const CYRILLIC = 'ЎўЈ¤Ґ¦§Ё©Є«¬®Ї°±Ііґµ¶·ё№є»јЅѕїЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—™љ›њќћџ'
/**
 * UTF-8 that was read as windows-1252 or windows-1251: é becomes Ã©, ł becomes Å‚, ’ becomes â€™, and при becomes
 * РїСЂРё. In many languages, one such sequence may be correct, such as an É before a closing quote.
 */
const MISREAD: Fault = {
  pattern: new RegExp(
    [
      `[ÂÃ][${LATIN}]`,
      '[ÄÅ][¡-¦±-¶¹¼-¾€‚ƒ„†‡ˆ‰ŠŒŽ™šœžŸ]',
      'â€(?:[™œž¦¢˜“”]|$)',
      `(?:[À-ß][${LATIN}]){2}`,
      `(?:[à-ï][${LATIN}]{2}){2}`,
      `(?:[РС][${CYRILLIC}]){3}`,
    ].join('|'),
  ),
  name: 'characters that were decoded incorrectly',
  advice: 'export the data again as UTF-8',
}
/** Matches objects, and arrays that have several values or contain a string. Does not match titles such as `[REC] 2`. */
const NESTED = /^\s*(?:\{|\[.*[,'"]).*/s
/** Missing values as programs write them: None, nan, null, <NA>, NA, N/A, -, or a dot. */
const MISSING = /^(?:null|none|nan|n\/?a|[[(<](?:null|na)[\])>]|[-–—.?]+)$/i
const FAULTS: readonly Fault[] = [
  {
    // Entities such as &amp;, &uuml;, &#39;, or &#x27;.
    pattern: /&(?:[a-z]{2,8}\d{0,2}|#\d{1,7}|#x[\da-f]{1,6});/i,
    name: 'HTML entities, which are not decoded',
    advice: 'replace them with their characters',
  },
  { pattern: /<\/[a-z][a-z\d]*>|<br\s*\/?>/i, name: 'HTML tags, which are not removed', advice: 'remove them' },
  {
    // Escape sequences that databases, jq, and logs write for tabs, quotes, separators, and other characters: \t, \',
    // \u00e9, \xE9, %20, or %C3%A9. A backslash at the end comes from an escaped separator. File names such as C:\new
    // do not match.
    pattern: /\\(?:[tnr\\"',;|]|u[\da-f]{4}|x[\da-f]{2}|$)(?<!^[a-z]:.*)|%2[\da-f]|%[c-e][\da-f]%[89ab][\da-f]/i,
    name: 'escape sequences, which are not decoded',
    advice: 'replace them with their characters',
  },
  MISREAD,
  {
    // Cells such as ="00123", =HYPERLINK("…"), or #NAME?.
    pattern: /^=(?:"|[A-Z][A-Z.]*\().*|^#(?:N\/A|NV|REF!|NAME\?|VALUE!|DIV\/0!|NUM!|NULL!|SPILL!|CALC!|ERROR!)$/,
    name: 'spreadsheet formulas or errors',
    advice: 'export the values',
  },
  {
    // Texts as SQLite, MySQL, and Python write them: 'apple', `apple`, or b'apple'.
    pattern: /^(?:b?'.*'|`.*`)$/,
    name: 'single quotes or backticks around texts, which are not removed',
    advice: 'remove them, or use double quotes',
    isIn: 'texts',
  },
  {
    // Quoted cells in which quotes are not doubled: "1/2" pipe". Texts such as "a" and "b" have an even number of quotes.
    pattern: /^"[^"]*(?:"[^"]*"[^"]*)*"[^"]*"$/,
    name: 'double quotes around texts with another quote, which are not removed',
    advice: 'double the quotes inside quoted values',
    isIn: 'texts',
  },
  {
    pattern: MISSING,
    name: 'aliases or contexts that may stand for missing values',
    advice: 'if they do, leave them empty',
    isIn: 'lists',
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
    name: 'commas or semicolons in aliases or contexts, which do not separate values',
    advice: 'if they should, use | instead',
    isIn: 'singles',
  },
  {
    // Objects as Python writes them: {'id': 1}. Also JSON that was split at its commas.
    pattern: NESTED,
    name: 'payloads that are not valid JSON, which are read as strings',
    advice: 'write objects and arrays as JSON',
    isIn: 'payloads',
  },
]
/** Matches the beginnings of faults. Most texts contain none of them. */
const BEGINNINGS = `[&<\\\\%]|[À-ï][${LATIN}]|[РС][${CYRILLIC}]|^[=#"]|^b?['\`]`
const SUSPECTS = new RegExp(BEGINNINGS)
/** Like {@link SUSPECTS}, for aliases and contexts with several values. */
const SUSPECTS_IN_LISTS = new RegExp(`${BEGINNINGS}|^[[({]`)
/** Like {@link SUSPECTS}, for aliases and contexts with a single value. */
const SUSPECTS_IN_SINGLES = new RegExp(`${BEGINNINGS}|^[[({]|[,;]`)

/** Records entries that contain any of the {@link FAULTS}. */
export class TextFaults {
  readonly #found = new Map<Fault, { entries: number; first: string }>()

  /**
   * Notes an entry whose text, aliases, contexts, or payload contain a fault. `line` is the line on which its row
   * starts.
   */
  note({ text, aliases, contexts, payload }: Entry, line: number): void {
    const texts = SUSPECTS.test(text) ? [text] : []
    const lists: string[] = []
    const singles: string[] = []
    const add = (values: readonly string[], mayBeSplit: boolean) => {
      // In a list of several values, commas inside a value do not separate values.
      const isSingle = mayBeSplit && values.length === 1
      for (const value of values) {
        const suspects = isSingle ? SUSPECTS_IN_SINGLES : SUSPECTS_IN_LISTS
        if (!suspects.test(value) && !MISSING.test(value)) continue
        lists.push(value)
        if (isSingle) singles.push(value)
      }
    }
    // If the text has commas, as in `Paris, France`, an alias may have commas, too.
    if (aliases) add(aliases, !/[,;]/.test(text))
    for (const name in contexts) add(contexts[name] ?? [], true)
    const isBroken = typeof payload === 'string' && NESTED.test(payload) && parseJson(payload) === payload
    const payloads = isBroken ? [payload.replaceAll(/\s+/g, ' ')] : []
    if (texts.length + lists.length + payloads.length === 0) return
    const all = { texts, lists, singles, payloads }
    for (const fault of FAULTS) {
      const suspects = fault.isIn === undefined ? [...texts, ...lists] : all[fault.isIn]
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
