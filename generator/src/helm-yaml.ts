/**
 * Reads and writes YAML as Helm does: with the scalars of YAML 1.1, in the dialect of the Go package go-yaml 2, which
 * sigs.k8s.io/yaml uses. The package `yaml` parses and prints the syntax.
 */
import {
  type Alias,
  Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type Node,
  type ParsedNode,
  parseAllDocuments,
  Scalar,
  visit,
} from 'yaml'
import { isObject, merge } from './merge.ts'
import { shownInError } from './preset-error.ts'

/** Thrown if Helm cannot read a file as YAML. The message is one line. */
export class YamlError extends Error {
  override name = 'YamlError'
}

/** Strings that some YAML 1.1 readers take for a number, a time, or a special key (`<<`, `=`). */
const AMBIGUOUS_STRING = /^(<<|=|[-+._]*[0-9][-+.:_0-9a-fotxz ]*)$/i
/** Characters that YAML readers reject, or read as line breaks. */
const UNSAFE_CHARACTERS = /(?![\t\n])[\p{Cc}\u2028\u2029\ufeff\ufffe\uffff]/u
/** Strings with line breaks, tabs, or leading or trailing spaces. Plain and block scalars treat these specially. */
const WHITE_SPACE = /[\t\n]|^ | $/

/** Creates a document for {@link printYaml}. */
export const createDocument = (value: unknown): Document =>
  new Document(value, { compat: 'yaml-1.1', aliasDuplicateObjects: false })

/** Prints a document so that YAML 1.1 and 1.2 readers get the same values. */
export function printYaml(document: Document): string {
  visit(document, {
    Scalar(_, node) {
      const { value } = node
      if (typeof value !== 'string') return
      if (AMBIGUOUS_STRING.test(value) || UNSAFE_CHARACTERS.test(value) || WHITE_SPACE.test(value)) {
        node.type = Scalar.QUOTE_DOUBLE
      }
    },
  })
  const text = document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER })
  // Quoted strings are written as in JSON, which allows characters that YAML readers reject. Escape these characters.
  return text.replaceAll(
    new RegExp(UNSAFE_CHARACTERS, 'gu'),
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/**
 * Reads a values file as Helm does. Helm 3 reads only the first document of a file, and Helm 4 merges all of them.
 * Unlike Helm, this function does not silently ignore lines. It throws an error if an indentation or a directive ends
 * the document early, or if a map contains a key twice.
 * @param onDuplicateKey called with a sentence for each key that occurs twice. The last value is then used. By default,
 * such a key causes an error
 * @returns the values for Helm 3 and, if there are several documents, those for Helm 4
 * @throws {YamlError} if Helm 3 or Helm 4 rejects the file
 */
export function readValues(file: Uint8Array, onDuplicateKey: OnDuplicateKey = fail): Record<string, unknown>[] {
  const text = decode(file)
  const [separator] = /^---[ \t]*[^\s#].*/m.exec(text) ?? []
  if (separator !== undefined) throw new YamlError(`only a comment may follow ---, got ${shownInError(separator)}`)
  const chunks = text.split(/^---.*\n?/m)
  // A file may begin or end with a separator.
  if (chunks[0] === '') chunks.shift()
  if (chunks.at(-1) === '') chunks.pop()
  const first = readDocument(text, onDuplicateKey)
  if (chunks.length < 2) return [first]
  return [first, chunks.map((chunk) => readDocument(chunk, onDuplicateKey)).reduce((base, over) => merge(base, over))]
}

type OnDuplicateKey = (sentence: string) => void

function fail(sentence: string): never {
  throw new YamlError(sentence)
}

function decode(file: Uint8Array): string {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(file)
  } catch {
    throw new YamlError('the file must be UTF-8')
  }
  const [wrong] = /(?![\t\n\r\u0085])[\p{Cc}\ufffe\uffff]/u.exec(text) ?? []
  // In YAML 1.1, the characters replaced here are line breaks.
  if (wrong === undefined) return text.replaceAll(/\r\n?|\u0085/g, '\n')
  const code = wrong.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
  throw new YamlError(`control characters are not allowed, got U+${code}`)
}

/** Returns the first document of a file. */
function readDocument(text: string, onDuplicateKey: OnDuplicateKey): Record<string, unknown> {
  checkStart(text)
  checkTabs(text)
  const documents = parseAllDocuments(text, {
    version: '1.1',
    schema: 'failsafe',
    uniqueKeys: false,
    keepSourceTokens: true,
    logLevel: 'silent',
  })
  const document = 'empty' in documents ? undefined : documents[0]
  const error = document?.errors.find(({ message }) => !message.startsWith('Comments must be separated'))
  if (error) throw new YamlError((error.message.split('\n')[0] as string).replace(/:$/, ''))
  if (!document?.contents) return {}
  const value = new Reader(document, onDuplicateKey).read(document.contents)
  if (value === null) return {}
  if (!isObject(value)) throw new YamlError(`the file must contain a map of values, got ${shown(value)}`)
  return value
}

/**
 * Checks the lines before the document as Helm does. Helm 4 rejects directives, such as `%YAML 1.1`. Helm 3 and 4
 * reject the end of a document (`...`), and a byte order mark after comments. A second mark at the start is an error
 * only if `---` follows.
 */
function checkStart(text: string): void {
  const [, mark, start = ''] = /^(\ufeff?)(?:[ \t]*(?:#.*)?\n)*(.*)/.exec(text) ?? []
  if (start.startsWith('%')) throw new YamlError(`directives are not accepted, got ${start}`)
  if (/^\.\.\.(\s|$)/.test(start)) throw new YamlError('the file begins with the end of a document (...)')
  if (start.startsWith('\ufeff') || (mark && start.startsWith('---'))) {
    throw new YamlError('a byte order mark (U+FEFF) may occur only once, at the start of the file')
  }
}

/**
 * Checks tabs as Helm does: outside of brackets and strings, the white space at the start of a line, and after `-` or
 * `?`, must not contain tabs.
 */
function checkTabs(text: string): void {
  let depth = 0
  let line = 1
  let before = '\n'
  for (const lexeme of new Lexer().lex(text)) {
    if (lexeme === '[' || lexeme === '{') depth += 1
    else if (lexeme === ']' || lexeme === '}') depth -= 1
    if (/^[ \t]+$/.test(lexeme)) {
      if (depth === 0 && lexeme.includes('\t') && /^(.*\n|[-?])$/s.test(before)) {
        throw new YamlError(`line ${line} is indented with a tab; use spaces`)
      }
      // An indentation of spaces and tabs can consist of several lexemes, so keep `before`.
      continue
    }
    // Lexemes that consist of a single control character mark the start of a document or of a scalar.
    if (!/^(?!\n)[\p{Cc}\ufeff]$/u.test(lexeme)) before = lexeme
    line += lexeme.split('\n').length - 1
  }
}

const shown = (value: unknown) => (Array.isArray(value) ? 'a list' : shownInError(value))

/** Converts the nodes of a document to values. */
class Reader {
  readonly #document: Document.Parsed
  readonly #onDuplicateKey: OnDuplicateKey
  readonly #open = new Set<Node>()

  constructor(document: Document.Parsed, onDuplicateKey: OnDuplicateKey) {
    this.#document = document
    this.#onDuplicateKey = onDuplicateKey
  }

  /** @param path the keys above the node, for errors */
  read(node: ParsedNode | null, path: readonly string[] = []): unknown {
    const value = this.#resolve(node, path)
    if (typeof value === 'number' && !Number.isFinite(value)) throw new YamlError(`${value} is not a value in JSON`)
    return value
  }

  #resolve(node: ParsedNode | null, path: readonly string[]): unknown {
    if (node === null) return null
    if (isAlias(node)) return this.#follow(node, (target) => this.read(target, path))
    if (isScalar(node)) return resolveScalar(node)
    if (isSeq(node)) return node.items.map((item, at) => this.read(item as ParsedNode, [...path, String(at)]))
    const map = new Map<string, unknown>()
    this.#addTo(map, node, path)
    return Object.fromEntries(map)
  }

  #follow<T>(alias: Alias, then: (target: ParsedNode) => T): T {
    const target = alias.resolve(this.#document) as ParsedNode | undefined
    if (!target) throw new YamlError(`unknown anchor ${alias.source}`)
    if (this.#open.has(target)) throw new YamlError(`the anchor ${alias.source} contains itself`)
    this.#open.add(target)
    const result = then(target)
    this.#open.delete(target)
    return result
  }

  /** Adds the entries of a map. The last entry with a key wins, even if it comes from a merge key. */
  #addTo(map: Map<string, unknown>, node: ParsedNode, path: readonly string[]): void {
    if (isAlias(node)) {
      this.#follow(node, (target) => this.#addTo(map, target, path))
      return
    }
    if (!isMap(node)) throw new YamlError('the value of a merge key (<<) must be a map or a list of maps')
    const keys = new Set<string>()
    for (const { key, value } of node.items as { key: ParsedNode; value: ParsedNode | null }[]) {
      if (isMergeKey(key)) {
        // In a list, earlier maps take precedence.
        for (const part of isSeq(value) ? value.items.toReversed() : [value]) {
          this.#addTo(map, (part ?? new Scalar(null)) as ParsedNode, path)
        }
        continue
      }
      const name = keyOf(this.#resolve(key, path))
      const whole = [...path, name]
      if (keys.has(name)) {
        this.#onDuplicateKey(`the key ${whole.join('.')} occurs twice, and Helm ignores the first one; keep only one`)
      }
      keys.add(name)
      map.set(name, this.read(value, whole))
    }
  }
}

const isMergeKey = (key: unknown) =>
  isScalar(key) && key.source === '<<' && (key.type === Scalar.PLAIN || key.tag === `${TAG}merge`)

/** Returns a key as text. */
function keyOf(key: unknown): string {
  if (typeof key === 'string' || typeof key === 'boolean') return String(key)
  if (typeof key === 'number') {
    if (!Number.isFinite(key)) return Number.isNaN(key) ? '.nan' : key > 0 ? '.inf' : '-.inf'
    return String(key)
  }
  throw new YamlError(`a key must be a string, a number, or a boolean, got ${shown(key)}`)
}

const TAG = 'tag:yaml.org,2002:'
const RESOLVABLE = ['str', 'bool', 'int', 'float', 'null', 'timestamp']
const CONSTANTS = new Map<string, boolean | null | number>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((text) => [text, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((text) => [text, false] as const),
  ...['', '~', 'null', 'Null', 'NULL'].map((text) => [text, null] as const),
  ...['.nan', '.NaN', '.NAN'].map((text) => [text, Number.NaN] as const),
  ...['', '+'].flatMap((sign) =>
    ['.inf', '.Inf', '.INF'].map((text) => [`${sign}${text}`, Number.POSITIVE_INFINITY] as const),
  ),
  ...['.inf', '.Inf', '.INF'].map((text) => [`-${text}`, Number.NEGATIVE_INFINITY] as const),
])

/** Rejects the two kinds of JSON escapes that Helm does not accept: `\/` and surrogate pairs. */
function checkEscapes(source: string): void {
  const escapes = [...source.matchAll(/\\(?:u[0-9a-f]{4}|.)/gis)].map(([text]) => text)
  const wrong = escapes.find((text) => /^\\(?:\/|ud[89a-f])/i.test(text))
  if (wrong !== undefined) throw new YamlError(`the escape ${wrong} is not accepted`)
}

function resolveScalar({ tag, type, value, srcToken }: Scalar): unknown {
  if (type === Scalar.QUOTE_DOUBLE && srcToken && 'source' in srcToken) checkEscapes(srcToken.source)
  const text = String(value ?? '')
  const name = tag?.startsWith(TAG) ? tag.slice(TAG.length) : tag
  const hasIndicator =
    srcToken?.type === 'block-scalar' &&
    srcToken.props.some((prop) => 'source' in prop && /^[|>].?\d/.test(prop.source))
  if (srcToken?.type === 'block-scalar' && !hasIndicator && /^\n*\t/.test(text)) {
    throw new YamlError('a text block is indented with a tab; use spaces')
  }
  if (name === undefined) return type === Scalar.PLAIN ? resolvePlain(text) : text
  if (name === 'binary') {
    const base64 = text.replaceAll('\n', '')
    if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64))
      throw new YamlError('!!binary must be base64')
    return Buffer.from(base64, 'base64').toString()
  }
  if (!RESOLVABLE.includes(name) || name === 'str') return text
  const resolved = resolvePlain(text)
  const actual =
    resolved === null
      ? ['null']
      : typeof resolved === 'number'
        ? [/^[-+]?(0[xXoObB]?)?[0-9a-fA-F_]+$/.test(text) ? 'int' : 'float', 'float']
        : [typeof resolved === 'boolean' ? 'bool' : 'str']
  if (name !== 'timestamp' && !actual.includes(name))
    throw new YamlError(`cannot read ${shownInError(text)} as !!${name}`)
  return resolved
}

const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/
/** Integers: hexadecimal, octal in two notations, binary, and decimal. */
const INTEGER = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[oO]?([0-7]+)|0[bB]([01]+)|(0|[1-9][0-9]*))$/

/** Returns the value of a plain scalar: null, a boolean, a number, or else its text. Helm reads times as text. */
function resolvePlain(text: string): unknown {
  const constant = CONSTANTS.get(text)
  if (constant !== undefined) return constant
  if (!/^[-+.0-9]/.test(text)) return text
  // Like go-yaml, ignore underscores in numbers. If a number begins with a point, underscores must be between digits.
  const digits = text.startsWith('.') ? text.replaceAll(/(?<=\d)_(?=\d)/g, '') : text.replaceAll('_', '')
  const [, sign, hexadecimal, octal, binary, decimal] = INTEGER.exec(digits) ?? []
  if (sign !== undefined) {
    const whole = BigInt(
      hexadecimal ? `0x${hexadecimal}` : octal ? `0o${octal}` : binary ? `0b${binary}` : (decimal as string),
    )
    // An integer beyond 64 bits is a float if it consists only of decimal digits, and text otherwise.
    if (whole < 2n ** (sign === '-' ? 63n : 64n) + (sign === '-' ? 1n : 0n) && !(sign === '+' && whole >= 2n ** 63n)) {
      return Number(whole) * (sign === '-' ? -1 : 1)
    }
  }
  const number = FLOAT.test(digits) ? Number(digits) : Number.NaN
  return Number.isFinite(number) ? number : text
}
