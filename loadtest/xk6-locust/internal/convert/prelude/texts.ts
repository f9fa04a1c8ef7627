// Strings, formats, and regular expressions.

// biome-ignore-all lint: Python values can have any type

import { pyAt, pyDict, pyIsTuple, pyTuple } from './collections.ts'
import { PyError, PyRefusal } from './errors.ts'
import { pyFormat } from './formats.ts'
import { pyInt, pyModulo, pyNumber } from './numbers.ts'
import { pyIsDict, pyRepr, pyStr } from './values.ts'

/** Returns the value of a decimal digit in any script, or -1 for other characters. */
export function pyDigit(letter: string): number {
  // The code points of the zeros. JavaScript's \d matches only ASCII digits, and k6 does not support \p{Nd}.
  const zeros = `30
    660 6f0 7c0 966 9e6 a66 ae6 b66 be6 c66 ce6 d66 de6 e50 ed0 f20 1040 1090 17e0 1810 1946 19d0 1a80 1a90 1b50 1bb0 1c40
    1c50 a620 a8d0 a900 a9d0 a9f0 aa50 abf0 ff10 104a0 10d30 11066 110f0 11136 111d0 112f0 11450 114d0 11650 116c0 11730
    118e0 11950 11c50 11d50 11da0 16a60 16ac0 16b50 1d7ce 1d7d8 1d7e2 1d7ec 1d7f6 1e140 1e2f0 1e950 1fbf0`
  const code = letter.codePointAt(0) as number
  const zero = zeros
    .split(/\s+/)
    .find((start) => code - Number.parseInt(start, 16) < 10 && code >= Number.parseInt(start, 16))
  return zero === undefined ? -1 : code - Number.parseInt(zero, 16)
}

/** Implements str.isdigit(), which also accepts superscripts and circled digits. */
export function pyIsdigit(text: string): boolean {
  const others = `
    b2-b3 b9 1369-1371 19da 2070 2074-2079 2080-2089 2460-2468 2474-247c 2488-2490 24ea 24f5-24fd 24ff 2776-277e 2780-2788
    278a-2792 10a40-10a43 10e60-10e68 11052-1105a 1f100-1f10a`
  const isOther = (code: number) =>
    others
      .trim()
      .split(/\s+/)
      .map((range) => range.split('-').map((end) => Number.parseInt(end, 16)))
      .some(([first = 0, last = first]) => code >= first && code <= last)
  const isDigit = (letter: string) =>
    pyDigit(letter) >= 0 || (letter > '\x7f' && isOther(letter.codePointAt(0) as number))
  return text !== '' && [...text].every(isDigit)
}

/**
 * Returns the characters of a string. The caller must not change the list. For a long string, the function remembers its
 * last result, because a loop may read the characters one by one.
 */
export function pyLetters(text: string): string[] {
  if (text.length < 100) return [...text]
  const last = pyLetters as any
  if (last.text !== text) Object.assign(last, { text, letters: [...text] })
  return last.letters
}

/**
 * Converts an index in Python, which counts characters, to an index in JavaScript, which counts UTF-16 code units.
 * Returns undefined for an index outside of the string. The end of the string counts as inside. Unlike pyLetters(), this
 * takes time only for the characters on one side of the index.
 */
export function pyUnitIndex(text: string, index: number): number | undefined {
  const lengthAt = (at: number) => ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1)
  let at = index < 0 ? text.length : 0
  for (let left = Math.abs(index); left > 0; left--) {
    if (at === (index < 0 ? 0 : text.length)) return undefined
    at += index < 0 ? -lengthAt(Math.max(0, at - 2)) : lengthAt(at)
  }
  return at
}

/** Returns x if it is a string. Otherwise, throws an AttributeError, as a call to a string method does in Python. */
export function pyText(x: any): string {
  if (typeof x !== 'string') throw new PyError('AttributeError', `${pyRepr(x)} is not a string`)
  return x
}

/** White space in Python. In JavaScript, \s also matches the byte order mark, but not some control characters. */
export const pySpaces = /[ \t-\r\x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/

export function pySplit(text: string, separator?: any, count = -1): string[] {
  if (separator === undefined || separator === null) {
    const parts = text.split(pySpaces).filter((part) => part !== '')
    if (count < 0 || parts.length <= count) return parts
    // The last part keeps its white space, except at the start.
    let end = 0
    for (const part of parts.slice(0, count)) end = text.indexOf(part, end) + part.length
    return [...parts.slice(0, count), pyStrip(text.slice(end), null, 1)]
  }
  if (separator === '') throw new PyError('ValueError', 'empty separator')
  return pySplitFirst(text, pyText(separator), count)
}

export function pySplitlines(text: string): string[] {
  const lines = text.split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}

export function pyReplaceText(text: string, old: any, added: any, count: any): string {
  return pySplitFirst(text, pyText(old), count).join(pyText(added))
}

/**
 * Splits at the first `count` separators, or at all of them if the count is negative. An empty separator matches before
 * each character and at the end.
 */
export function pySplitFirst(text: string, separator: string, count: number): string[] {
  const parts = separator === '' ? ['', ...text, ''] : text.split(separator)
  return count < 0 || parts.length <= count + 1 ? parts : [...parts.slice(0, count), parts.slice(count).join(separator)]
}

/** Implements str.startswith() and str.endswith(), whose argument may be a tuple. */
export function pyHasEnd(text: string, ends: any, method: 'startsWith' | 'endsWith'): boolean {
  return (Array.isArray(ends) ? ends : [ends]).some((end: any) => text[method](pyText(end)))
}

/** Pads a string with zeros on the left. The zeros follow the sign, if there is one. */
export function pyZfill(text: string, width: number): string {
  const sign = /^[+-]/.exec(text)?.[0] ?? ''
  return sign + text.slice(sign.length).padStart(width - sign.length, '0')
}

export function pyStrip(text: string, letters?: any, sides = 3): string {
  const isOuter = (letter: string) => ((letters ?? null) === null ? pySpaces.test(letter) : letters.includes(letter))
  let [start, end] = [0, text.length]
  if (sides & 1) while (start < end && isOuter(text.charAt(start))) start++
  if (sides & 2) while (end > start && isOuter(text.charAt(end - 1))) end--
  return text.slice(start, end)
}

export function pyCapitalize(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1).toLowerCase()
}

export function pyTitle(text: string): string {
  const isLetter = (letter = '') => letter.toLowerCase() !== letter.toUpperCase()
  const letters = [...text]
  return letters.map((letter, i) => (isLetter(letters[i - 1]) ? letter.toLowerCase() : letter.toUpperCase())).join('')
}

export function pyCount(text: string, part: any): number {
  return pyText(part) === '' ? [...text].length + 1 : text.split(part).length - 1
}

export function pyRemoveprefix(text: string, prefix: any): string {
  return text.startsWith(pyText(prefix)) ? text.slice(prefix.length) : text
}

export function pyRemovesuffix(text: string, suffix: any): string {
  return suffix !== '' && text.endsWith(pyText(suffix)) ? text.slice(0, -suffix.length) : text
}

/** A match of a regular expression, like Python's re.Match. */
export class PyMatch {
  constructor(
    readonly found: RegExpExecArray,
    readonly names: string[],
  ) {}
  group(key: any = 0): any {
    const index = typeof key === 'string' ? this.names.indexOf(key) : key
    if (index < 0 || index >= this.found.length) throw new PyError('IndexError', 'no such group')
    return this.found[index] ?? null
  }
  groupdict(): any {
    return pyDict(this.names.flatMap((name, i) => (name === '' ? [] : [[name, this.found[i] ?? null] as const])))
  }
  start(): number {
    return [...this.found.input.slice(0, this.found.index)].length
  }
  end(): number {
    return this.start() + [...this.found[0]].length
  }
  span(): any[] {
    return pyTuple([this.start(), this.end()])
  }
  groups(): any[] {
    return pyTuple([...this.found].slice(1).map((group) => group ?? null))
  }
}

/**
 * Returns the text to which a regular expression is applied. Refuses a text whose matches depend on \w or \b outside
 * of ASCII: in Python, letters of all scripts belong to words, unlike in JavaScript.
 */
export function pySubject(pattern: RegExp, x: any): string {
  const text = pyText(x)
  if (!/[^\x00-\x7f]/.test(text) || !/\\[wWbB]/.test(pattern.source)) return text
  // In Python, too, symbols and punctuation do not belong to words.
  const isSign =
    /[\x00-\xa9\xab-\xb1\xb4\xb6-\xb8\xbb\xbf\xd7\xf7\u2000-\u206f\u20a0-\u20cf\u2190-\u245f\u2500-\u2bff\u3000-\u3004\u3008-\u3020\ud83c-\udfff]/
  const inWords = text.replace(/[^\x00-\x7f]/g, (letter) =>
    isSign.test(letter) || pattern.source.includes(letter) ? letter : 'x',
  )
  const matches = (subject: string) =>
    JSON.stringify(
      [...subject.matchAll(new RegExp(pattern.source, `${pattern.flags.replace(/[gy]/g, '')}g`))].map((found) => [
        found.index,
        ...[...found].map((group) => group?.length),
      ]),
    )
  if (matches(text) !== matches(inWords))
    throw new PyRefusal(`the words in ${pyRepr(text.slice(0, 50))} contain letters outside of ASCII`)
  return text
}

/** Implements re.split(). Unlike in JavaScript, an empty match at the start or the end also splits the text. */
export function pyResplit(pattern: RegExp, text: any): any[] {
  const parts: any[] = []
  let end = 0
  for (const { found } of pyFinditer(pattern, text)) {
    parts.push(text.slice(end, found.index), ...[...found].slice(1).map((group) => group ?? null))
    end = found.index + found[0].length
  }
  return [...parts, text.slice(end)]
}

/** Matches a string, or returns null. `names` contains the name of each group, or '' for an unnamed group. */
export function pyMatch(pattern: RegExp, text: any, ...names: string[]): any {
  const found = pattern.exec(pySubject(pattern, text))
  return found ? new PyMatch(found, names) : null
}

/** Returns x if it is a match. Otherwise, throws an AttributeError, as a call to its methods does in Python. */
export function pyMatchOf(x: any): any {
  if (!(x instanceof PyMatch)) throw new PyError('AttributeError', `${pyRepr(x)} is not a match`)
  return x
}

export function pyFinditer(pattern: RegExp, text: any, ...names: string[]): any[] {
  return [...pySubject(pattern, text).matchAll(pattern)].map((found) => new PyMatch(found as RegExpExecArray, names))
}

/** Implements re.sub(). The replacement may be a function. */
export function pySub(pattern: RegExp, added: any, text: any, count = 0, ...names: string[]): string {
  const parts: string[] = []
  let end = 0
  for (const match of pyFinditer(pattern, text, ...names).slice(0, count || undefined)) {
    const { found } = match
    parts.push(
      text.slice(end, found.index),
      pyText(typeof added === 'function' ? added(match) : pyExpand(match, added)),
    )
    end = found.index + found[0].length
  }
  return parts.join('') + text.slice(end)
}

/** Replaces references to groups, such as \1 and \g<name>. */
export function pyExpand(match: PyMatch, added: any): string {
  return pyText(added).replace(/\\(?:(\d)|g<(\w+)>|(.))/gs, (_whole, digit, name, escaped) => {
    if (escaped === '\\') return '\\'
    if (escaped === 'n') return '\n'
    if (escaped !== undefined) throw new PyRefusal(`the replacement ${pyRepr(added)} is not supported`)
    return match.group(digit ? Number(digit) : /^\d+$/.test(name) ? Number(name) : name) ?? ''
  })
}

/** The result of re.compile(). */
export class PyPattern {
  readonly names: string[]
  readonly variants = new Map<string, RegExp>()
  constructor(
    readonly pattern: RegExp,
    ...names: string[]
  ) {
    this.names = names
  }
  /** Returns a variant of the pattern: with the flag g or y, or for whole texts only. Compiles each variant once. */
  variant(kind: 'g' | 'y' | 'whole'): RegExp {
    const { source, flags } = this.pattern
    const known = this.variants.get(kind)
    const found = known ?? (kind === 'whole' ? new RegExp(`^(?:${source})$`, flags) : new RegExp(source, flags + kind))
    this.variants.set(kind, found)
    found.lastIndex = 0
    return found
  }
  search(text: any): any {
    return pyMatch(this.pattern, text, ...this.names)
  }
  match(text: any): any {
    return pyMatch(this.variant('y'), text, ...this.names)
  }
  fullmatch(text: any): any {
    if (this.pattern.flags.includes('m')) throw new PyRefusal('re.M is not supported in fullmatch()')
    return pyMatch(this.variant('whole'), text, ...this.names)
  }
  findall(text: any): any[] {
    return pyFindAll(this.variant('g'), text)
  }
  finditer(text: any): any[] {
    return pyFinditer(this.variant('g'), text, ...this.names)
  }
  sub(added: any, text: any, count = 0): string {
    return pySub(this.variant('g'), added, text, count, ...this.names)
  }
}

export function pyFindAll(pattern: RegExp, text: any): any[] {
  return [...pySubject(pattern, text).matchAll(pattern)].map((found) =>
    found.length === 1
      ? found[0]
      : found.length === 2
        ? (found[1] ?? '')
        : pyTuple([...found].slice(1).map((group) => group ?? '')),
  )
}

/** Whether a character is a letter. Refuses non-ASCII characters without upper and lower case. */
export function pyIsLetter(letter: string): boolean {
  if (letter.toLowerCase() !== letter.toUpperCase()) return true
  if (letter > '\x7f') throw new PyRefusal(`k6 does not know whether ${pyRepr(letter)} is a letter`)
  return false
}

export function pyIsalpha(text: string): boolean {
  return text !== '' && [...text].every(pyIsLetter)
}

export function pyIsalnum(text: string): boolean {
  return text !== '' && [...text].every((letter) => pyIsdigit(letter) || pyIsLetter(letter))
}

export function pyIsnumeric(text: string): boolean {
  if (/[^\x00-\x7f]/.test(text)) throw new PyRefusal(`k6 does not know whether ${pyRepr(text)} is numeric`)
  return /^\d+$/.test(text)
}

export function pyIsdecimal(text: string): boolean {
  return text !== '' && [...text].every((letter) => pyDigit(letter) >= 0)
}

export function pyIsupper(text: string): boolean {
  return text === text.toUpperCase() && text !== text.toLowerCase()
}

export function pyIslower(text: string): boolean {
  return text === text.toLowerCase() && text !== text.toUpperCase()
}

export function pyIsspace(text: string): boolean {
  return pySpaces.exec(text)?.[0] === text
}

export function pyCasefold(text: string): string {
  return text.replaceAll('\u00df', 'ss').toLowerCase()
}

export function pySwapcase(text: string): string {
  return [...text]
    .map((letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()))
    .join('')
}

export function pyPartition(text: string, separator: any): any[] {
  const at = text.indexOf(pyText(separator))
  return pyTuple(at < 0 ? [text, '', ''] : [text.slice(0, at), separator, text.slice(at + separator.length)])
}

export function pyRpartition(text: string, separator: any): any[] {
  const at = text.lastIndexOf(pyText(separator))
  return pyTuple(at < 0 ? ['', '', text] : [text.slice(0, at), separator, text.slice(at + separator.length)])
}

export function pyFind(text: string, part: any): number {
  const at = text.indexOf(pyText(part))
  return at < 0 ? -1 : [...text.slice(0, at)].length
}

export function pyRfind(text: string, part: any): number {
  const at = text.lastIndexOf(pyText(part))
  return at < 0 ? -1 : [...text.slice(0, at)].length
}

export function pyRindex(text: string, part: any): number {
  if (!text.includes(pyText(part))) throw new PyError('ValueError', 'substring not found')
  return pyRfind(text, part)
}

export function pyLjust(text: string, width: number, fill = ' '): string {
  return text + fill.repeat(Math.max(0, width - [...text].length))
}

export function pyRjust(text: string, width: number, fill = ' '): string {
  return fill.repeat(Math.max(0, width - [...text].length)) + text
}

export function pyCenter(text: string, width: number, fill = ' '): string {
  const missing = Math.max(0, width - [...text].length)
  const left = Math.floor(missing / 2) + (missing & width & 1)
  return fill.repeat(left) + text + fill.repeat(missing - left)
}

export function pyRsplit(text: string, separator?: any, count = -1): string[] {
  if (count < 0) return pySplit(text, separator)
  if ((separator ?? null) === null) throw new PyRefusal('rsplit() with a count needs a separator')
  const parts = text.split(separator)
  const rest = Math.max(1, parts.length - count)
  return [parts.slice(0, rest).join(separator), ...parts.slice(rest)]
}

export function pyEscape(text: any): string {
  return pyText(text).replace(/[\s#$&()*+\-.?[\\\]^{|}~]/g, (letter) => `\\${letter}`)
}

export function pyBasename(path: any): string {
  return pyText(path).replace(/^.*\//, '')
}

/** Implements textwrap.dedent(). */
export function pyDedent(text: any): string {
  const lines = pyText(text)
    .split('\n')
    .map((line) => (/^[ \t]*$/.test(line) ? '' : line))
  const margins = lines.filter((line) => line !== '').map((line) => /^[ \t]*/.exec(line)?.[0] ?? '')
  let margin = margins[0] ?? ''
  for (const other of margins) while (!other.startsWith(margin)) margin = margin.slice(0, -1)
  return lines.map((line) => line.slice(line === '' ? 0 : margin.length)).join('\n')
}

/** Implements `format % values` if the format is not a literal. If `format` is a number, returns the remainder. */
export function pyPercent(format: any, values: any): any {
  if (typeof format !== 'string') return pyModulo(format, values)
  const args = pyIsTuple(values) ? [...values] : [values]
  const take = () => {
    if (args.length === 0) throw new PyError('TypeError', 'not enough arguments for format string')
    return args.shift()
  }
  const isNamed = /%\(/.test(format)
  const text = format.replace(
    /%(?:\((\w+)\))?([-+0 #]*)(\d*)(\.\d+)?(.)/gs,
    (_whole, name, flags, width, precision = '', kind) => {
      if (kind === '%') return '%'
      if (!'sdirfFxXoeEgG'.includes(kind))
        throw new PyError('ValueError', `unsupported format character ${pyRepr(kind)}`)
      const value = name === undefined ? take() : pyAt(values, name)
      if (kind === 's' || kind === 'r')
        return pyFormat(
          kind === 's' ? pyStr(value) : pyRepr(value),
          (flags.includes('-') ? '<' : '>') + width + precision,
        )
      const isInteger = kind === 'd' || kind === 'i'
      return pyFormat(
        isInteger ? pyInt(pyNumber(value)) : value,
        flags.replaceAll('-', '<') + width + (isInteger ? 'd' : precision + kind),
      )
    },
  )
  if (args.length > 0 && !isNamed && !pyIsDict(values))
    throw new PyError('TypeError', 'not all arguments converted during string formatting')
  return text
}

/** Implements str.index(). */
export function pyTextIndex(text: string, part: any): number {
  if (!text.includes(pyText(part))) throw new PyError('ValueError', 'substring not found')
  return [...text.slice(0, text.indexOf(part))].length
}
