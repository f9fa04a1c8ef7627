// Functions that behave as in Python where JavaScript differs. The converter copies the functions that a script needs.

// biome-ignore-all lint: the values of Python have any type

/** A Python exception. The base is the built-in class of the exception. */
class PyError extends Error {
  constructor(
    readonly type: string,
    message: any = '',
    readonly base = type,
  ) {
    super(pyStr(message))
    this.name = type
  }
}

/** The script cannot do what the locustfile does. No `except` clause catches this error. */
class PyRefusal extends Error {}

/** Maps Python exceptions to their base classes. */
const pyBases: Record<string, string> = {
  KeyError: 'LookupError',
  IndexError: 'LookupError',
  JSONDecodeError: 'ValueError',
  ZeroDivisionError: 'ArithmeticError',
}

/** An object of a dataclass. */
class PyRecord {
  pyFields(): any {
    return {}
  }
  toJSON(): any {
    throw new PyError('TypeError', `${this.constructor.name} is not JSON serializable`)
  }
}

/** A named tuple. */
class PyTuple extends PyRecord {
  override toJSON(): any {
    return Object.values(this.pyFields())
  }
  [Symbol.iterator]() {
    return Object.values<any>(this.pyFields())[Symbol.iterator]()
  }
}

/** Converts an object of a dataclass, and all such objects in it, to dicts. */
function pyAsdict(x: any): any {
  if (Array.isArray(x)) return x.map(pyAsdict)
  const fields = typeof x?.pyFields === 'function' ? x.pyFields() : x
  return pyIsDict(fields) ? pyDict(Object.entries(fields).map(([name, value]) => [name, pyAsdict(value)])) : x
}

/** A member of an enumeration. Its text depends on the version of Python. */
class PyMember {
  constructor(
    readonly name: string,
    readonly value: any,
  ) {}
  toString(): never {
    throw new PyRefusal(`use ${this.constructor.name}.${this.name}.value or .name`)
  }
  toJSON(): never {
    return this.toString()
  }
}

/** Returns x if it is a member of an enumeration. */
function pyMember(x: any): any {
  if (!(x instanceof PyMember)) throw new PyError('AttributeError', `${pyRepr(x)} is not a member of an enumeration`)
  return x
}

/** Returns the value of an enumeration's member. A member that is also a string or an integer is its own value. */
function pyValueOf(x: any): any {
  return typeof x === 'string' || typeof x === 'number' ? x : pyMember(x).value
}

/** Returns the member of an enumeration with this value. */
function pyMemberOf(members: any, value: any): any {
  const found = Object.values<any>(members).find((member) => member === value || pyEq(pyValueOf(member), value))
  if (found === undefined) throw new PyError('ValueError', `${pyRepr(value)} is not a valid ${members.name}`)
  return found
}

/** Returns the name of the enumeration's member that is equal to this value. */
function pyNameOf(members: any, value: any): string {
  return Object.keys(members).find((name) => members[name] === value) ?? ''
}

/** Marks an array as a tuple, whose text differs from that of a list. */
function pyTuple(items: any[]): any[] {
  return Object.defineProperty(items, Symbol.for('tuple'), { value: true })
}

function pyIsTuple(x: any): boolean {
  return Array.isArray(x) && (x as any)[Symbol.for('tuple')] === true
}

/** Marks new items as a tuple if they come from one. */
function pyLike(x: any, items: any[]): any[] {
  return pyIsTuple(x) ? pyTuple(items) : items
}

/** Prepares values for JSON, through which k6 passes the result of setup(). Tuples, sets, and whole floats become objects. */
function pyPack(x: any): any {
  const packed = (kind: string, items: any) => ({ pyKind: kind, items })
  if (pyIsTuple(x)) return packed('tuple', x.map(pyPack))
  if (Array.isArray(x) && x.constructor === Array) return x.map(pyPack)
  if (x instanceof Set) return packed('set', [...x].map(pyPack))
  if (x instanceof Number) return packed('float', Number(x))
  if (typeof x !== 'object' || x === null) return pyInteger(x)
  if (!pyIsDict(x) || x[Symbol.for('factory')]) throw new PyRefusal('k6 cannot pass this object from setup() to users')
  return Object.fromEntries(Object.entries(x).map(([key, value]) => [key, pyPack(value)]))
}

/** Restores values that pyPack() prepared. */
function pyRestore(x: any): any {
  if (Array.isArray(x)) return x.map(pyRestore)
  if (typeof x !== 'object' || x === null) return x
  if (x.pyKind === 'float') return pyFloatOf(x.items)
  if (x.pyKind === 'tuple') return pyTuple(pyRestore(x.items))
  if (x.pyKind === 'set') return new Set(pyRestore(x.items))
  return Object.fromEntries(Object.entries(x).map(([key, value]) => [key, pyRestore(value)]))
}

/** Returns the items of a dict as tuples. */
function pyItemsOf(x: any): any[] {
  return Object.entries<any>(x).map(pyTuple)
}

/** Implements `x += y`. A list is changed in place. */
function pyAddTo(x: any, y: any): any {
  if (!Array.isArray(x) || pyIsTuple(x)) return pyAdd(x, y)
  x.push(...pyIter(y))
  return x
}

/** Returns the text of a KeyError. Without a key, it is empty. */
function pyKeyText(key: any): string {
  return key === '' ? '' : pyRepr(key)
}

/** Whether an `except` clause with these types catches the error. */
function pyCatches(error: any, ...types: any[]): boolean {
  let name =
    error instanceof PyError ? error.base : error instanceof SyntaxError ? 'JSONDecodeError' : (error?.name ?? '')
  for (const type of types) if (typeof type === 'function' && error instanceof type) return true
  if (types.includes('Exception')) return true
  if (name === 'TypeError' && types.includes('AttributeError')) return true
  for (; name; name = pyBases[name] ?? '') if (types.includes(name)) return true
  return false
}

function pyAssert(condition: boolean, message?: any): asserts condition {
  if (!condition) throw new PyError('AssertionError', message)
}

/** Whether x is a dict, or the headers of a response. Users, clients, and responses have different prototypes. */
function pyIsDict(x: any): boolean {
  if (typeof x !== 'object' || x === null) return false
  const prototype = Object.getPrototypeOf(x)
  return prototype === Object.prototype || prototype === null
}

function pyTruthy(x: any): boolean {
  if (x instanceof Number) return Number(x) !== 0
  if (Array.isArray(x)) return x.length > 0
  if (x instanceof Set) return x.size > 0
  if (pyIsDict(x)) return Object.keys(x).length > 0
  // In Python, a response is true if its status is below 400.
  if (x instanceof Object && 'statusCode' in x) return x.ok
  return Boolean(x)
}

function pyEq(x: any, y: any): boolean {
  if (x === y) return true
  if (x instanceof Number || y instanceof Number)
    return pyEq(x instanceof Number ? Number(x) : x, y instanceof Number ? Number(y) : y)
  if (x === undefined || y === undefined) return (x ?? null) === (y ?? null)
  if (typeof x === 'boolean' && typeof y === 'number') return Number(x) === y
  if (typeof y === 'boolean' && typeof x === 'number') return Number(y) === x
  if (Array.isArray(x) && Array.isArray(y)) {
    return x.constructor === y.constructor && x.length === y.length && x.every((item, i) => pyEq(item, y[i]))
  }
  if (x?.date instanceof Date && y?.date instanceof Date)
    return x.constructor === y.constructor && x.zone === y.zone && x.date.getTime() === y.date.getTime()
  if (typeof x?.pyFields === 'function' && x.constructor === y?.constructor) return pyEq(x.pyFields(), y.pyFields())
  if (x instanceof Set && y instanceof Set) return x.size === y.size && [...x].every((item) => y.has(item))
  if (pyIsDict(x) && pyIsDict(y)) {
    const keys = Object.keys(x)
    return keys.length === Object.keys(y).length && keys.every((key) => Object.hasOwn(y, key) && pyEq(x[key], y[key]))
  }
  return false
}

function pyLess(x: any, y: any, orEqual: boolean): boolean {
  if (Array.isArray(x) && Array.isArray(y)) {
    for (let i = 0; i < Math.min(x.length, y.length); i++) if (!pyEq(x[i], y[i])) return pyLess(x[i], y[i], false)
    return orEqual ? x.length <= y.length : x.length < y.length
  }
  const isNumber = (value: any) => typeof value === 'number' || typeof value === 'boolean' || value instanceof Number
  if (!(isNumber(x) && isNumber(y)) && !(typeof x === 'string' && typeof y === 'string')) {
    throw new PyError('TypeError', `cannot compare ${pyRepr(x)} and ${pyRepr(y)}`)
  }
  return orEqual ? x <= y : x < y
}

function pyIn(x: any, y: any): boolean {
  if (typeof y === 'string') return y.includes(x)
  if (Array.isArray(y)) return y.some((item) => pyEq(item, x))
  if (y instanceof Set) return y.has(x)
  if (pyIsDict(y)) return pyField(y, x) !== undefined
  throw new PyError('TypeError', `${pyRepr(y)} is not a container`)
}

/** Returns the value of a field, or another value if the field was never set. */
function pyGetattr(value: any, otherwise: any): any {
  return value === undefined ? otherwise : value
}

/** Implements copy.deepcopy(). Parts that occur several times are copied once. */
function pyDeepcopy(x: any, copies = new Map<any, any>()): any {
  if (typeof x !== 'object' || x === null || x instanceof Date || x instanceof Number) return x
  if (copies.has(x)) return copies.get(x)
  if (x instanceof Set) return new Set([...x].map((item) => pyDeepcopy(item, copies)))
  if (Array.isArray(x)) {
    const list = x.constructor === Array ? [] : new (x.constructor as any)([], (x as any).maxlen)
    copies.set(x, list)
    list.push(...x.map((item) => pyDeepcopy(item, copies)))
    return pyLike(x, list)
  }
  const copy = Object.create(Object.getPrototypeOf(x))
  copies.set(x, copy)
  for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(x))) {
    Object.defineProperty(copy, key, { ...property, value: pyDeepcopy(property.value, copies) })
  }
  const factory = Symbol.for('factory')
  if (x[factory]) Object.defineProperty(copy, factory, { value: x[factory] })
  return copy
}

/** Implements copy() of a list, a set, or a dict. */
function pyCopy(x: any): any {
  if (x instanceof Set) return new Set(x)
  if (Array.isArray(x) && !pyIsTuple(x) && x.constructor === Array) return [...x]
  return { ...pyDictOf(x) }
}

/** Reads a field of a dict. Ignores the fields that every JavaScript object has. */
function pyField(dict: any, key: any): any {
  if (typeof key !== 'string') return undefined
  const value = dict[key]
  return value === (Object.prototype as any)[key] ? undefined : value
}

function pyAt(x: any, key: any): any {
  if (typeof x === 'string' || Array.isArray(x)) {
    if (!Number.isInteger(key)) throw new PyError('TypeError', `indices must be integers, got ${pyRepr(key)}`)
    const letters = typeof x === 'string' ? [...x] : x
    const index = key < 0 ? key + letters.length : key
    if (index < 0 || index >= letters.length) {
      throw new PyError('IndexError', `${typeof x === 'string' ? 'string' : 'list'} index out of range`)
    }
    return pyInteger(letters[index])
  }
  if (!pyIsDict(x)) throw new PyError('TypeError', `${pyRepr(x)} has no items`)
  const value = pyField(x, key)
  const factory = value === undefined && x[Symbol.for('factory')]
  if (factory) return (x[pyKey(key)] = factory())
  if (value === undefined) throw new PyError('KeyError', pyRepr(key))
  return pyInteger(value)
}

/** The result of defaultdict(). */
function pyDefaultDict(factory: () => any): any {
  return Object.defineProperty({}, Symbol.for('factory'), { value: factory })
}

function pySlice(x: any, low: any, high: any): any {
  const items = typeof x === 'string' ? [...x] : x
  if (!Array.isArray(items)) throw new PyError('TypeError', `${pyRepr(x)} has no slices`)
  const part = items.slice(low ?? 0, high ?? items.length)
  return typeof x === 'string' ? part.join('') : pyLike(x, part)
}

/** A slice with a step. */
function pyStep(x: any, low: any, high: any, step: any): any {
  const items = pySlice(typeof x === 'string' ? [...x] : x, null, null)
  if (!Number.isInteger(step) || step === 0)
    throw new PyError('ValueError', 'the step of a slice must be an integer other than 0')
  const [first, last] = step > 0 ? [0, items.length] : [-1, items.length - 1]
  const clamp = (bound: any, otherwise: number) =>
    bound === null ? otherwise : Math.min(last, Math.max(first, bound < 0 ? bound + items.length : bound))
  const part = pyRange(clamp(low, step > 0 ? first : last), clamp(high, step > 0 ? last : first), step).map(
    (i) => items[i],
  )
  return typeof x === 'string' ? part.join('') : pyLike(x, part)
}

/** Returns the key of a dict. Refuses keys that look like integers, because JavaScript would sort them. */
function pyKey(key: any): string {
  if (typeof key !== 'string' || /^(0|[1-9]\d*)$/.test(key) || key === '__proto__') {
    throw new PyRefusal(`JavaScript does not keep the order of the key ${pyRepr(key)}`)
  }
  return key
}

function pySet(x: any, key: any, value: any): void {
  if (Array.isArray(x)) {
    const index = key < 0 ? key + x.length : key
    if (!Number.isInteger(index) || index < 0 || index >= x.length)
      throw new PyError('IndexError', 'list assignment index out of range')
    x[index] = value
  } else x[Object.hasOwn(x, key) ? key : pyKey(key)] = value
}

function pyDelete(x: any, key: any): void {
  pyAt(x, key)
  if (Array.isArray(x)) x.splice(key, 1)
  else delete x[key]
}

function pyDict(pairs: Iterable<any>): any {
  const dict: any = {}
  for (const [key, value] of pairs) dict[pyKey(key)] = value
  return dict
}

function pyDictCopy(x: any): any {
  return pyIsDict(x) ? { ...x } : pyDict(pyIter(x))
}

function pyIter(x: any): any[] {
  if (Array.isArray(x)) return x
  if (x?.isEndless) throw new PyRefusal('an endless iterator cannot become a list')
  if (typeof x === 'string' || typeof x?.[Symbol.iterator] === 'function') return [...x]
  if (pyIsDict(x)) return Object.keys(x)
  throw new PyError('TypeError', `${pyRepr(x)} is not iterable`)
}

function pyUnpack(x: any, count: number): any[] {
  const items = pyIter(x)
  if (items.length !== count) throw new PyError('ValueError', `expected ${count} values, got ${items.length}`)
  return items
}

/** Unpacks values to variables. The variable after the first `before` ones gets a list of the values in between. */
function pyUnpackRest(x: any, before: number, after: number): any[] {
  const items = pyIter(x)
  const end = items.length - after
  if (end < before) throw new PyError('ValueError', `expected at least ${before + after} values, got ${items.length}`)
  return [...items.slice(0, before), items.slice(before, end), ...items.slice(end)]
}

function pyLen(x: any): number {
  return pyIter(x).length
}

function pyRange(start: number, stop: number, step = 1): number[] {
  const numbers: number[] = []
  if (step === 0) throw new PyError('ValueError', 'range() with a step of 0')
  for (let i = start; step > 0 ? i < stop : i > stop; i += step) numbers.push(i)
  return numbers
}

function pyZip(...lists: any[]): any[][] {
  const all = lists.map(pyIter)
  return pyRange(0, Math.min(...all.map((list) => list.length))).map((i) => pyTuple(all.map((list) => list[i])))
}

function pyAdd(x: any, y: any): any {
  if (Array.isArray(x) && Array.isArray(y)) return pyLike(x, [...x, ...y])
  if (typeof x === 'string' && typeof y === 'string') return x + y
  return pyResult(pyNumber(x) + pyNumber(y), x, y)
}

function pySubtract(x: any, y: any): any {
  return pyResult(pyNumber(x) - pyNumber(y), x, y)
}

function pyNegate(x: any): any {
  return pyResult(-pyNumber(x), x)
}

function pyAbs(x: any): any {
  return pyResult(Math.abs(pyNumber(x)), x)
}

function pyPower(x: any, y: any): any {
  const power = pyNumber(x) ** pyNumber(y)
  return y < 0 ? pyFloatOf(power) : pyResult(power, x, y)
}

function pyMultiply(x: any, y: any): any {
  if (typeof x === 'string') return x.repeat(Math.max(0, y))
  if (Array.isArray(x))
    return pyLike(
      x,
      pyRange(0, y).flatMap(() => x),
    )
  return typeof y === 'string' || Array.isArray(y) ? pyMultiply(y, x) : pyResult(pyNumber(x) * pyNumber(y), x, y)
}

/** Returns a float. A whole float becomes an object, because JavaScript writes it like an integer. */
function pyFloatOf(x: number): any {
  if (!Number.isInteger(x)) return x
  const refuse = () => {
    throw new PyRefusal(`JavaScript writes ${pyFloatText(x)} as ${x}: use data=json.dumps(…)`)
  }
  return Object.defineProperties(new Number(x), { asText: { value: () => pyFloatText(x) }, toJSON: { value: refuse } })
}

/** Returns the result of an operation, which is a float if an operand is a float. */
function pyResult(result: number, ...operands: any[]): any {
  if (operands.some((x) => x instanceof Number || (typeof x === 'number' && !Number.isInteger(x))))
    return pyFloatOf(result)
  return pyInteger(result)
}

/** Refuses integers that JavaScript may have rounded. Returns all other values. */
function pyInteger(x: any): any {
  if (Number.isInteger(x) && !Number.isSafeInteger(x))
    throw new PyRefusal('the integer is larger than JavaScript supports, 2^53: use strings')
  return x
}

function pyNumber(x: any): number {
  if (typeof x !== 'number' && typeof x !== 'boolean' && !(x instanceof Number))
    throw new PyError('TypeError', `${pyRepr(x)} is not a number`)
  return Number(pyInteger(x))
}

/** Returns a number of seconds as k6/x/locust needs it. */
function pySeconds(x: any): number | undefined {
  return (x ?? null) === null ? undefined : pyNumber(x)
}

function pyDivide(x: any, y: any): number {
  if (pyNumber(y) === 0) throw new PyError('ZeroDivisionError', 'division by zero')
  return pyNumber(x) / Number(y)
}

function pyFloorDivide(x: any, y: any): any {
  return pyResult(Math.floor(pyDivide(x, y)), x, y)
}

function pyModulo(x: any, y: any): any {
  pyDivide(x, y)
  return pyResult(x - y * Math.floor(x / y), x, y)
}

/** Formats a number with the given number of decimals. Rounds halves to even, as in Python. */
function pyFixed(x: number, digits: number): string {
  const exact = x.toFixed(Math.min(100, digits + 40))
  const end = exact.indexOf('.') + 1 + digits
  const kept = exact.slice(0, digits === 0 ? end - 1 : end)
  const isTie = /^50*$/.test(exact.slice(end))
  return isTie && '02468'.includes(kept.slice(-1)) ? kept : x.toFixed(digits)
}

/** Rounds halves to even. */
function pyRound(x: number, digits = 0): number {
  const factor = 10 ** digits
  const scaled = x * factor
  const floor = Math.floor(scaled)
  if (scaled - floor === 0.5 && digits === 0) return floor % 2 === 0 ? floor : floor + 1
  return digits === 0 ? Math.round(x) : Number(pyFixed(x, digits))
}

/** Rounds a number of unknown type. With digits, an integer stays an integer, and a float stays a float. */
function pyRoundAny(x: any, digits: number): any {
  return pyResult(pyRound(pyNumber(x), digits), x)
}

/** Returns the value of a decimal digit of any script, or -1. */
function pyDigit(letter: string): number {
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

/** Implements str.isdigit(), which also accepts superscripts and digits in circles. */
function pyIsdigit(text: string): boolean {
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

function pyInt(x: any): number {
  if (typeof x === 'string') {
    const digits = [...x].map((letter) => (pyDigit(letter) < 0 ? letter : pyDigit(letter))).join('')
    if (!/^\s*[+-]?\d+(_\d+)*\s*$/.test(digits))
      throw new PyError('ValueError', `invalid literal for int() with base 10: ${pyRepr(x)}`)
    return pyInteger(Number(digits.replaceAll('_', '')))
  }
  return pyInteger(Math.trunc(pyNumber(x)))
}

function pyFloat(x: any): number {
  if (typeof x === 'string' && !/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(x)) {
    throw new PyError('ValueError', `could not convert string to float: ${pyRepr(x)}`)
  }
  return typeof x === 'string' ? Number(x) : pyNumber(x)
}

/** Returns the text of a float as in Python: a whole float has a decimal point, too. */
function pyFloatText(x: number): string {
  if (Number.isInteger(x) && Math.abs(x) < 1e16) return `${x}.0`
  if (Number.isFinite(x) && Math.abs(x) >= 1e-4 && Math.abs(x) < 1e16) return String(x)
  if (Number.isFinite(x)) return x.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
  return Number.isNaN(x) ? 'nan' : x > 0 ? 'inf' : '-inf'
}

function pyStr(x: any): string {
  if (typeof x === 'string') return x
  if (x instanceof Error) return x.message
  if (x?.date instanceof Date) return String(x)
  return pyRepr(x)
}

function pyRepr(x: any): string {
  if (x === null || x === undefined) return 'None'
  if (x === true) return 'True'
  if (x === false) return 'False'
  if (typeof x === 'number') return Number.isInteger(x) ? String(pyInteger(x)) : pyFloatText(x)
  if (typeof x === 'string') {
    const quote = x.includes("'") && !x.includes('"') ? '"' : "'"
    const escaped = x.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')
    const hex = (letter: string) => `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`
    return quote + escaped.replaceAll(quote, `\\${quote}`).replace(/[\x00-\x1f\x7f-\xa0\xad]/g, hex) + quote
  }
  if (typeof x.asText === 'function') return x.asText()
  if (pyIsTuple(x)) return x.length === 1 ? `(${pyRepr(x[0])},)` : `(${x.map(pyRepr).join(', ')})`
  if (Array.isArray(x)) return `[${x.map(pyRepr).join(', ')}]`
  if (x instanceof Error) return `${x.name}(${pyRepr(x.message)})`
  if (typeof x.pyFields === 'function') {
    const fields = Object.entries(x.pyFields()).map(([name, value]) => `${name}=${pyRepr(value)}`)
    return `${x.constructor.name}(${fields.join(', ')})`
  }
  if (x instanceof Set) return x.size === 0 ? 'set()' : `{${[...x].map(pyRepr).join(', ')}}`
  if (Object.getPrototypeOf(x) === Object.prototype) {
    return `{${Object.keys(x)
      .map((key) => `${pyRepr(key)}: ${pyRepr(x[key])}`)
      .join(', ')}}`
  }
  return String(x)
}

/** Formats a value as Python's format() does. */
function pyFormat(x: any, spec: string): string {
  const parts = /^(?:(.)?([<>^]))?([+ ])?(0)?(\d+)?(,)?(?:\.(\d+))?([dsfxXobeEg%])?$/u.exec(spec)
  if (!parts) throw new PyError('ValueError', `unknown format ${pyRepr(spec)}`)
  const [, fill = ' ', align, sign = '', zero, width = '0', comma, precision, type] = parts
  if (x instanceof Number && !type && precision === undefined) x = pyFloatText(Number(x))
  if (x instanceof Number) x = Number(x)
  let text: string
  if (typeof x !== 'number' || type === 's')
    text = pyStr(x).slice(0, precision === undefined ? undefined : Number(precision))
  else {
    const size = Math.abs(x)
    if (type === 'f' || type === '%') text = pyFixed(type === '%' ? size * 100 : size, Number(precision ?? 6))
    else if (type === 'x' || type === 'X' || type === 'o' || type === 'b') {
      text = size.toString({ x: 16, X: 16, o: 8, b: 2 }[type])
      if (type === 'X') text = text.toUpperCase()
    } else if (type === 'e' || type === 'E') {
      text = size.toExponential(Number(precision ?? 6)).replace(/e([+-])(\d)$/, 'e$10$2')
      if (type === 'E') text = text.toUpperCase()
    } else if (type === 'g' || precision !== undefined) {
      text = String(Number(size.toPrecision(Math.max(1, Number(precision ?? 6)))))
    } else text = String(size)
    if (comma) text = text.replace(/^\d+/, (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ','))
    if (type === '%') text += '%'
    const prefix = x < 0 || Object.is(x, -0) ? '-' : sign
    if (zero && !align) text = text.padStart(Number(width) - prefix.length, '0')
    text = prefix + text
  }
  const missing = Math.max(0, Number(width) - [...text].length)
  const side = align ?? (typeof x === 'number' ? '>' : '<')
  if (side === '^') return fill.repeat(Math.floor(missing / 2)) + text + fill.repeat(Math.ceil(missing / 2))
  return side === '>' ? fill.repeat(missing) + text : text + fill.repeat(missing)
}

/** Returns x if it is a string. Otherwise, throws an AttributeError, as a call to a string method does in Python. */
function pyText(x: any): string {
  if (typeof x !== 'string') throw new PyError('AttributeError', `${pyRepr(x)} is not a string`)
  return x
}

/** Returns x if it is a list. Otherwise, throws an AttributeError, as a call to a list method does in Python. */
function pyList(x: any): any[] {
  if (!Array.isArray(x)) throw new PyError('AttributeError', `${pyRepr(x)} is not a list`)
  return x
}

/** Returns x if it is a dict. Otherwise, throws an AttributeError, as a call to a dict method does in Python. */
function pyDictOf(x: any): any {
  if (!pyIsDict(x)) throw new PyError('AttributeError', `${pyRepr(x)} is not a dict`)
  return x
}

function pySplit(text: string, separator?: any, count = -1): string[] {
  if (separator === undefined || separator === null)
    return text
      .trim()
      .split(/\s+/)
      .filter((part) => part !== '')
  const parts = text.split(separator)
  if (count < 0 || parts.length <= count + 1) return parts
  return [...parts.slice(0, count), parts.slice(count).join(separator)]
}

/** Pads a string with zeros, after its sign. */
function pyZfill(text: string, width: number): string {
  const sign = /^[+-]/.exec(text)?.[0] ?? ''
  return sign + text.slice(sign.length).padStart(width - sign.length, '0')
}

function pyStrip(text: string, letters?: any, sides = 3): string {
  const isOuter = (letter: string) => (letters === undefined ? /\s/.test(letter) : letters.includes(letter))
  let [start, end] = [0, text.length]
  if (sides & 1) while (start < end && isOuter(text.charAt(start))) start++
  if (sides & 2) while (end > start && isOuter(text.charAt(end - 1))) end--
  return text.slice(start, end)
}

function pyGet(x: any, key: any, otherwise: any = null): any {
  return pyInteger(pyField(pyDictOf(x), key)) ?? (pyIn(key, x) ? null : otherwise)
}

function pyPop(x: any, ...args: any[]): any {
  if (Array.isArray(x)) {
    if (x.length === 0) throw new PyError('IndexError', 'pop from empty list')
    const [index = -1] = args
    pyAt(x, index)
    return x.splice(index, 1)[0]
  }
  if (args.length > 1 && !pyIn(args[0], x)) return args[1]
  const value = pyAt(x, args[0])
  delete x[args[0]]
  return value
}

function pyIndex(list: any[], item: any): number {
  const index = list.findIndex((other) => pyEq(other, item))
  if (index < 0) throw new PyError('ValueError', `${pyRepr(item)} is not in the list`)
  return index
}

function pySorted(x: any, key?: any, reverse = false): any[] {
  const keyOf = key ?? ((item: any) => item)
  const pairs = pyIter(x).map((item) => [keyOf(item), item])
  const sign = reverse ? -1 : 1
  pairs.sort(([a], [b]) => (pyLess(a, b, false) ? -sign : pyLess(b, a, false) ? sign : 0))
  return pairs.map(([, item]) => item)
}

function pySum(x: any, start = 0): any {
  return pyIter(x).reduce((sum, item) => pyAdd(sum, item), start)
}

function pyMin(...args: any[]): any {
  const [first, ...rest] = args.length === 1 ? pyIter(args[0]) : args
  if (first === undefined) throw new PyError('ValueError', 'the list is empty')
  return rest.reduce((min, item) => (pyLess(item, min, false) ? item : min), first)
}

function pyMax(...args: any[]): any {
  const [first, ...rest] = args.length === 1 ? pyIter(args[0]) : args
  if (first === undefined) throw new PyError('ValueError', 'the list is empty')
  return rest.reduce((max, item) => (pyLess(max, item, false) ? item : max), first)
}

/** Returns the first item with the smallest key, or with the largest key if the sign is negative. */
function pyExtreme(x: any, key: any, sign: number): any {
  const [first, ...rest] = pyIter(x).map((item) => [key(item), item])
  if (first === undefined) throw new PyError('ValueError', 'the list is empty')
  const isBetter = (a: any, b: any) => (sign > 0 ? pyLess(a, b, false) : pyLess(b, a, false))
  return rest.reduce((best, pair) => (isBetter(pair[0], best[0]) ? pair : best), first)[1]
}

/** Returns the name of an exception's type. */
function pyTypeName(error: any): string {
  return error instanceof SyntaxError ? 'JSONDecodeError' : error.name
}

function pyCapitalize(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1).toLowerCase()
}

function pyTitle(text: string): string {
  const isLetter = (letter = '') => letter.toLowerCase() !== letter.toUpperCase()
  const letters = [...text]
  return letters.map((letter, i) => (isLetter(letters[i - 1]) ? letter.toLowerCase() : letter.toUpperCase())).join('')
}

function pyCount(text: string, part: any): number {
  return pyText(part) === '' ? [...text].length + 1 : text.split(part).length - 1
}

function pyRemoveprefix(text: string, prefix: any): string {
  return text.startsWith(pyText(prefix)) ? text.slice(prefix.length) : text
}

function pyRemovesuffix(text: string, suffix: any): string {
  return suffix !== '' && text.endsWith(pyText(suffix)) ? text.slice(0, -suffix.length) : text
}

function pySetDefault(dict: any, key: any, value: any): any {
  if (!pyIn(key, dict)) dict[pyKey(key)] = value
  return pyAt(dict, key)
}

function pyRandint(low: number, high: number): number {
  if (high < low) throw new PyError('ValueError', 'the range is empty')
  return low + Math.floor(Math.random() * (high - low + 1))
}

function pyChoice(x: any): any {
  if (!Array.isArray(x) && typeof x !== 'string') throw new PyError('TypeError', `${pyRepr(x)} is not a list`)
  if (x.length === 0) throw new PyError('IndexError', 'cannot choose from an empty list')
  return pyAt(x, pyRandint(0, pyLen(x) - 1))
}

function pyChoices(x: any, weights?: any, cumulative?: any, count = 1): any[] {
  const items = pyIter(x)
  let sum = 0
  const ends = cumulative ?? (weights ?? items.map(() => 1)).map((weight: number) => (sum += weight))
  if (ends.length !== items.length || !(ends.at(-1) > 0)) throw new PyError('ValueError', 'the weights are not valid')
  return pyRange(0, count).map(() => {
    const at = Math.random() * ends.at(-1)
    return items[ends.findIndex((end: number) => at < end)]
  })
}

function pyShuffle(list: any[]): any {
  for (let i = list.length - 1; i > 0; i--) {
    const j = pyRandint(0, i)
    ;[list[i], list[j]] = [list[j], list[i]]
  }
  return list
}

function pySample(x: any, count: number): any[] {
  const items = pyShuffle([...pyIter(x)])
  if (count > items.length || count < 0) throw new PyError('ValueError', 'the sample is larger than the list')
  return items.slice(0, count)
}

/** Returns a number with a normal distribution. */
function pyGauss(mean: number, deviation: number): number {
  return mean + deviation * Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random())
}

function pyUuid4(): string {
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (letter) =>
    (letter === 'x' ? pyRandint(0, 15) : pyRandint(8, 11)).toString(16),
  )
}

const pyFakeFirstNames =
  'Ada Ben Carla David Elena Frank Grace Hugo Ivy Jonas Kira Leo Mona Nils Olga Paul Rosa Sam Tina Viktor'.split(' ')

const pyFakeLastNames =
  'Adler Brooks Carter Dawson Ellis Fisher Gardner Hughes Irwin Jensen Keller Lawson Miller Norton Owens Porter Quinn Reed Sutton Turner'.split(
    ' ',
  )

const pyFakeWordList =
  'apple bridge cloud dance early forest garden house island jungle kitchen lemon market nature ocean paper quiet river stone table under valley window yellow always bright common during every finger ground happy inside junior known letter moment never other people'.split(
    ' ',
  )

function pyFakeInt(min = 0, max = 9999): number {
  return pyRandint(min, max)
}

function pyFakeDigit(): number {
  return pyRandint(0, 9)
}

function pyFakeBoolean(): boolean {
  return Math.random() < 0.5
}

function pyFakeFirstName(): string {
  return pyChoice(pyFakeFirstNames)
}

function pyFakeLastName(): string {
  return pyChoice(pyFakeLastNames)
}

function pyFakeName(): string {
  return `${pyFakeFirstName()} ${pyFakeLastName()}`
}

/** Returns a name with a number, so that few names occur twice. */
function pyFakeUserName(): string {
  return `${pyFakeFirstName()}${pyFakeLastName()}${pyRandint(1, 999_999)}`.toLowerCase()
}

function pyFakeEmail(): string {
  return `${pyFakeUserName()}@example.${pyChoice(['com', 'net', 'org'])}`
}

function pyFakeWord(): string {
  return pyChoice(pyFakeWordList)
}

function pyFakeWords(count = 3): any[] {
  return pyChoices(pyFakeWordList, undefined, undefined, count)
}

/** Returns a number that differs from the given one by at most 40 percent, as Faker chooses the length of texts. */
function pyFakeCount(count: number): number {
  return Math.max(1, Math.trunc((count * pyRandint(60, 140)) / 100))
}

function pyFakeSentence(count = 6): string {
  return `${pyCapitalize(pyFakeWords(pyFakeCount(count)).join(' '))}.`
}

function pyFakeParagraph(count = 3): string {
  return pyRange(0, pyFakeCount(count))
    .map(() => pyFakeSentence())
    .join(' ')
}

/** Returns sentences with at most the given number of characters. */
function pyFakeText(length = 200): string {
  let text = pyFakeSentence()
  for (let next = pyFakeSentence(); text.length + next.length < length; next = pyFakeSentence()) text += ` ${next}`
  return text.length <= length ? text : `${text.slice(0, Math.max(0, length - 1))}.`
}

function pyFakeCompany(): string {
  return `${pyFakeLastName()} ${pyChoice(['Inc', 'Ltd', 'Group', 'PLC', 'LLC'])}`
}

function pyFakeCity(): string {
  return `${pyChoice(['North', 'South', 'East', 'West', 'New', 'Port', 'Lake'])} ${pyFakeFirstName()}`
}

function pyFakeStreet(): string {
  return `${pyRandint(1, 99_999)} ${pyFakeLastName()} ${pyChoice(['Street', 'Road', 'Lane', 'Avenue'])}`
}

function pyFakeAddress(): string {
  const state = pyChoice(['CA', 'CO', 'FL', 'GA', 'NY', 'OH', 'TX', 'WA'])
  return `${pyFakeStreet()}\n${pyFakeCity()}, ${state} ${pyRandint(10_000, 99_999)}`
}

function pyFakePhone(): string {
  return pyFakeForm(pyChoice(['(%##)%##-####', '%##-%##-####', '+1-%##-%##-####', '%##.%##.####']), '#%')
}

function pyFakeUrl(): string {
  return `https://www.${pyFakeLastName().toLowerCase()}.${pyChoice(['com', 'net', 'org'])}/`
}

function pyFakeUri(): string {
  return `${pyFakeUrl()}${pyFakeWords(pyRandint(1, 3)).join('/')}`
}

/** Replaces the marks in a text: # is a digit, % one that is not 0, ! and @ are a digit or nothing, and ? is a letter. */
function pyFakeForm(
  text: any,
  marks: string,
  letters: any = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ',
): string {
  const values: Record<string, () => any> = {
    '#': () => pyRandint(0, 9),
    '%': () => pyRandint(1, 9),
    '!': () => pyChoice([...'0123456789', '']),
    '@': () => pyChoice([...'123456789', '']),
    '?': () => pyChoice(letters),
  }
  return [...pyText(text)].map((letter) => (marks.includes(letter) ? values[letter]?.() : letter)).join('')
}

/** Returns a password that contains at least one character of each selected kind. */
function pyFakePassword(length = 10, hasSpecial = true, hasDigits = true, hasUpper = true, hasLower = true): string {
  const kinds = [
    hasSpecial ? '!@#$%^&*()_+' : '',
    hasDigits ? '0123456789' : '',
    hasUpper ? 'ABCDEFGHIJKLMNOPQRSTUVWXYZ' : '',
    hasLower ? 'abcdefghijklmnopqrstuvwxyz' : '',
  ].filter((kind) => kind !== '')
  if (kinds.length > length) throw new PyError('AssertionError', 'Required length is shorter than required characters')
  const rest = pyRange(kinds.length, length).map(() => pyChoice(kinds.join('')))
  return pyShuffle([...kinds.map(pyChoice), ...rest]).join('')
}

/** Formats JSON as json.dumps does, with spaces after separators and escapes for letters outside of ASCII. */
function pyDumps(x: any, options: any = {}): string {
  const { isSorted = false, isASCII = true, separators = [', ', ': '] } = options
  const format = (value: any): string => {
    if (value instanceof Number) return pyFloatText(Number(value))
    const fields = typeof value?.toJSON === 'function' ? value.toJSON() : value
    if (Array.isArray(fields)) return `[${fields.map(format).join(separators[0])}]`
    if (pyIsDict(fields)) {
      const keys = isSorted ? pySorted(Object.keys(fields)) : Object.keys(fields)
      return `{${keys.map((key) => format(key) + separators[1] + format(fields[key])).join(separators[0])}}`
    }
    if (fields === null || fields === undefined) return 'null'
    const escape = (letter: string) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`
    const text = JSON.stringify(pyInteger(fields))
    return isASCII ? text.replace(/[\u007f-\uffff]/g, escape) : text
  }
  return format(x)
}

/** Returns x, unless it contains an integer that JavaScript may have rounded. */
function pyExact(x: any): any {
  if (Array.isArray(x)) x.forEach(pyExact)
  else if (pyIsDict(x)) Object.values(x).forEach(pyExact)
  return pyInteger(x)
}

/** Converts a dict with Python's names to the options of a request. */
function pyOptions(x: any, url: any, form: (x: any) => any): any {
  const options: any = {}
  for (const [key, value] of Object.entries<any>(x)) {
    if ((value ?? null) === null || key === 'verify' || key === 'context') continue
    const isContent = typeof value === 'string' || value instanceof ArrayBuffer
    if (key === 'allow_redirects') options.allowRedirects = value
    else if (key === 'data' || key === 'params')
      options[key] = isContent ? value : (key === 'data' ? form : pyForm)(value)
    else if (key === 'files') options.files = pyFiles(value)
    else if (key === 'json') options.json = pyExact(value)
    else if (['headers', 'name', 'auth'].includes(key) || (key === 'timeout' && typeof value === 'number'))
      options[key] = value
    else throw new PyRefusal(`the argument ${key} of a request is not supported`)
  }
  if (url !== null && options.params !== undefined && options.name === undefined)
    options.name = pyUrl(pyQuery(url, options.params))
  return options
}

/** Converts form fields as FastHttpUser does, which sends the text of each value. An empty form means no body. */
function pyFastForm(x: any): any {
  if (!pyTruthy(x)) return undefined
  const texts = (pairs: any[]) => pairs.map(([name, value]) => [pyStr(name), pyStr(value)])
  return Array.isArray(x) ? texts(x) : pyIsDict(x) ? texts(Object.entries(x)) : x
}

/** Converts form fields and parameters as Python's requests does, which sends True instead of true. An empty form means no body. */
function pyForm(x: any): any {
  const convert = (value: any): any => {
    if (typeof value === 'boolean' || value instanceof Number) return pyStr(value)
    if (Array.isArray(value)) return value.map(convert)
    if (pyIsDict(value)) return pyDict(Object.keys(value).map((key) => [key, convert(value[key])]))
    return pyInteger(value)
  }
  return pyTruthy(x) ? convert(x) : undefined
}

/** The result of lru_cache. It also keeps the results of functions that make requests. */
function pyCached(compute: (...args: any[]) => any): (...args: any[]) => any {
  const results: Record<string, any> = {}
  return (...args) => {
    const key = pyRepr(args)
    if (!(key in results)) results[key] = compute(...args)
    return results[key]
  }
}

function pyQuote(text: string, safe = '/'): string {
  return [
    ...encodeURIComponent(text).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`),
  ]
    .join('')
    .replace(/%[0-9A-F]{2}/g, (code) => (safe.includes(decodeByte(code)) ? decodeByte(code) : code))
  function decodeByte(code: string): string {
    const byte = Number.parseInt(code.slice(1), 16)
    return byte < 128 ? String.fromCharCode(byte) : '\uffff'
  }
}

function pyUrlencode(x: any): string {
  const pairs = Array.isArray(x) ? x : Object.entries(x)
  const encode = (value: any) => pyQuote(pyStr(value), '').replaceAll('%20', '+')
  return pairs.map(([name, value]: any) => `${encode(name)}=${encode(value)}`).join('&')
}

function pyEnv(name: string): string {
  const value = __ENV[name]
  if (value === undefined) throw new PyError('KeyError', pyRepr(name))
  return value
}

/** A match of a regular expression, like Python's re.Match. */
class PyMatch {
  constructor(
    readonly found: RegExpExecArray,
    readonly names: string[],
  ) {}
  group(key: any = 0): any {
    const index = typeof key === 'string' ? this.names.indexOf(key) : key
    if (index < 0 || index >= this.found.length) throw new PyError('IndexError', 'no such group')
    return this.found[index] ?? null
  }
  groups(): any[] {
    return pyTuple([...this.found].slice(1).map((group) => group ?? null))
  }
}

/** Matches a string. `names` contains the name of each group, or an empty string for a group without a name. */
function pyMatch(pattern: RegExp, text: any, ...names: string[]): any {
  const found = pattern.exec(pyText(text))
  return found ? new PyMatch(found, names) : null
}

function pyFindAll(pattern: RegExp, text: any): any[] {
  return [...pyText(text).matchAll(pattern)].map((found) =>
    found.length === 1
      ? found[0]
      : found.length === 2
        ? (found[1] ?? '')
        : pyTuple([...found].slice(1).map((group) => group ?? '')),
  )
}

/** Writes the JSON of a request as Python does, so that whole floats keep their decimal points. */
function pyJson(client: any, options: any): any {
  const { json, ...others } = options
  if ((json ?? null) === null || pyTruthy(options.data) || options.files !== undefined) return options
  const isTyped = [options.headers, client.headers].some((headers) =>
    Object.keys(headers ?? {}).some((name) => name.toLowerCase() === 'content-type'),
  )
  const headers = isTyped ? options.headers : { ...options.headers, 'Content-Type': 'application/json' }
  return { ...others, data: pyDumps(json), headers }
}

/** Adds the headers that FastHttpUser sends with JSON, and with text or bytes, unless they are set. */
function pyFastOptions(client: any, options: any, type: string): any {
  const isSet = (headers: any, name: string) => Object.keys(headers ?? {}).some((key) => key.toLowerCase() === name)
  const headers = { ...options.headers }
  if (!pyTruthy(options.data) && (options.json ?? null) !== null) {
    if (!isSet(headers, 'content-type')) headers['Content-Type'] = 'application/json'
    if (!isSet(headers, 'accept')) headers.Accept = 'application/json'
  } else if ((typeof options.data === 'string' && options.data !== '') || options.data instanceof ArrayBuffer) {
    const isTyped = isSet(headers, 'content-type') || isSet(client.headers, 'content-type')
    if (!isTyped) headers['Content-Type'] = type
  }
  return { ...options, headers }
}

function pyRaiseForStatus(response: any): void {
  if (!response.ok) throw new PyError('HTTPError', `${response.statusCode} for url: ${response.url}`)
}

/** Implements Locust's rest(), which sends and expects JSON. An error in the block makes the request fail. */
async function pyRest(
  client: any,
  method: string,
  url: string,
  options: any,
  block: (response: any, js: any) => any,
): Promise<void> {
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json', ...options.headers }
  await client.request(method, url, {
    ...options,
    headers,
    catchResponse: async (response: any) => {
      let js: any = null
      if (response.statusCode === 0) response.failure(response.error)
      else if (response.text) {
        try {
          js = response.json()
        } catch {
          response.failure(
            `Could not parse response as JSON. ${response.text.slice(0, 250)}, response code ${response.statusCode}`,
          )
        }
      }
      try {
        await block(response, js)
      } catch (error: any) {
        if (error instanceof StopUser || !(error instanceof Error)) throw error
        const text = error.message || 'Assertion failed'
        response.failure(
          text.endsWith(',') ? `${text.slice(0, -1)}, response was ${response.text.slice(0, 200)}` : text,
        )
      }
    },
  })
}

/** Makes a request in setup(), as Python's requests does. Throws if there is no answer. */
function pyRequest(method: string, url: string, options: any): any {
  const headers: any = { ...options.headers }
  let body = options.data ?? null
  if (body === null && options.json !== undefined && options.json !== null) {
    body = pyDumps(options.json)
    headers['Content-Type'] ??= 'application/json'
  }
  const answer = http.request(method, url, body, {
    headers,
    redirects: method === 'HEAD' ? 0 : 30,
    // Each call to Python's requests has cookies of its own.
    jar: new http.CookieJar(),
  })
  if (answer.status === 0) throw new PyError('ConnectionError', answer.error)
  return {
    statusCode: answer.status,
    ok: answer.status < 400,
    text: answer.body ?? '',
    url: answer.url,
    headers: answer.headers,
    json: () => JSON.parse(answer.body as string),
  }
}

/** The lines of a streamed response, as FastHttpUser's client.iter_lines() returns them: a line may end with \r. */
class PyLines {
  bytes = ''
  constructor(readonly response: any) {
    if (response.statusCode === 0) throw new PyError('ConnectionError', response.error)
  }
  async next(): Promise<string | null> {
    let end = this.bytes.indexOf('\n')
    while (end < 0) {
      const part = await this.response.read(1024)
      if (part === null) {
        const rest = this.bytes
        this.bytes = ''
        return rest === '' ? null : this.decode(rest)
      }
      const start = this.bytes.length
      this.bytes += String.fromCharCode(...new Uint8Array(part))
      end = this.bytes.indexOf('\n', start)
    }
    const line = this.bytes.slice(0, end)
    this.bytes = this.bytes.slice(end + 1)
    return this.decode(line)
  }
  decode(bytes: string): string {
    try {
      return decodeURIComponent(
        bytes.replace(/[^ -$&-~]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`),
      )
    } catch {
      throw new PyRefusal('the line is not UTF-8 text')
    }
  }
}

/** A Python iterator. step() returns undefined at the end. */
class PyIterator {
  step(): any {
    return undefined
  }
  [Symbol.iterator]() {
    return {
      next: () => {
        const value = this.step()
        return { value, done: value === undefined }
      },
    }
  }
}

/** The result of iter(). */
class PyListIterator extends PyIterator {
  index = 0
  constructor(readonly items: any[]) {
    super()
  }
  override step(): any {
    return this.index < this.items.length ? (this.items[this.index++] ?? null) : undefined
  }
}

/** The result of a function that yields values. */
class PyGenerator extends PyIterator {
  constructor(readonly generator: Iterator<any>) {
    super()
  }
  override step(): any {
    const { value, done } = this.generator.next()
    return done ? undefined : (value ?? null)
  }
}

/** The result of itertools.cycle(). */
class PyCycle extends PyIterator {
  readonly isEndless = true
  index = 0
  readonly items: any[]
  constructor(items: any) {
    super()
    this.items = [...pyIter(items)]
  }
  override step(): any {
    return this.items.length > 0 ? (this.items[this.index++ % this.items.length] ?? null) : undefined
  }
}

/** The result of collections.deque(). A full deque drops items at its other end. */
class PyDeque extends Array {
  static override get [Symbol.species]() {
    return Array
  }
  readonly maxlen: any
  constructor(items: any = [], maxlen: any = null) {
    super()
    Object.defineProperty(this, 'maxlen', { value: maxlen })
    this.push(...pyEach(items))
  }
  override push(...items: any[]): number {
    for (const item of items) {
      super.push(item)
      if (this.length > (this.maxlen ?? Infinity)) this.shift()
    }
    return this.length
  }
  override unshift(...items: any[]): number {
    for (const item of items) {
      super.unshift(item)
      if (this.length > (this.maxlen ?? Infinity)) super.pop()
    }
    return this.length
  }
  rotate(steps = 1): void {
    const count = this.length === 0 ? 0 : pyModulo(steps, this.length)
    this.splice(0, 0, ...this.splice(this.length - count))
  }
  count(item: any): number {
    return this.filter((other) => pyEq(other, item)).length
  }
  asText(): string {
    return `deque(${pyRepr([...this])}${this.maxlen === null ? '' : `, maxlen=${this.maxlen}`})`
  }
  toJSON(): any {
    throw new PyError('TypeError', 'Object of type deque is not JSON serializable')
  }
}

/** The result of queue.Queue(). */
class PyQueue {
  readonly items: any[] = []
  put(item: any): void {
    this.items.push(item)
  }
  take(): any {
    if (this.items.length === 0) throw new PyError('Empty', '')
    return this.items.shift()
  }
}

/** Waits until a queue contains an item. */
async function pyTake(queue: PyQueue, pause: () => Promise<any>): Promise<any> {
  while (queue.items.length === 0) await pause()
  return queue.take()
}

/** The result of itertools.count(). */
class PyCount extends PyIterator {
  readonly isEndless = true
  constructor(
    private at = 0,
    readonly by = 1,
  ) {
    super()
  }
  override step(): any {
    this.at += this.by
    return this.at - this.by
  }
}

function pyProduct(...lists: any[][]): any[][] {
  return lists
    .reduce((rows: any[][], list) => rows.flatMap((row) => list.map((item) => [...row, item])), [[]])
    .map(pyTuple)
}

/** A Python text file. Line breaks become \n unless the file is raw. */
class PyFile extends PyIterator {
  position = 0
  readonly text: string
  constructor(
    text: string,
    readonly name: string,
    hasMark = false,
    isRaw = false,
  ) {
    super()
    const content = hasMark ? text.replace(/^\ufeff/, '') : text
    this.text = isRaw ? content : content.replace(/\r\n?/g, '\n')
  }
  override step(): any {
    return this.readline() || undefined
  }
  readline(): string {
    const found = /[^\r\n]*(\r\n|\r|\n)?/y
    found.lastIndex = this.position
    const [line] = found.exec(this.text) as RegExpExecArray
    this.position += line.length
    return line
  }
  readlines(): string[] {
    return [...this]
  }
  read(): string {
    const rest = this.text.slice(this.position)
    this.position = this.text.length
    return rest
  }
  rewind(): void {
    this.position = 0
  }
  close(): void {}
}

/** A file that was opened in binary mode, or bytes in memory without a name. As in Python, each byte is read only once. */
class PyUpload {
  private isRead = false
  constructor(
    private readonly content: ArrayBuffer,
    readonly name = '',
  ) {}
  read(): ArrayBuffer {
    const isRead = this.isRead
    this.isRead = true
    return isRead ? new ArrayBuffer(0) : this.content
  }
  rewind(): void {
    this.isRead = false
  }
  getvalue(): ArrayBuffer {
    return this.content
  }
  close(): void {}
}

/** Joins bytes, which may be texts. */
function pyBytes(...parts: any[]): ArrayBuffer {
  const all = parts.map(
    (part) => new Uint8Array(typeof part === 'string' ? encoding.b64decode(encoding.b64encode(part)) : part),
  )
  const joined = new Uint8Array(all.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of all) {
    joined.set(part, at)
    at += part.length
  }
  return joined.buffer
}

/** Calls open(), and returns null if there is no such file. */
function pyOpenIfAny(open: () => any): any {
  try {
    return open()
  } catch {
    return null
  }
}

/** Returns random bytes. */
function pyRandomBytes(length: number): ArrayBuffer {
  return Uint8Array.from({ length }, () => pyRandint(0, 255)).buffer
}

/** Returns x if it is the content of a file, and not null for a file that is missing. */
function pyExisting(x: any, path: string): any {
  if (x === null) throw new PyError('FileNotFoundError', `[Errno 2] No such file or directory: ${pyRepr(path)}`)
  return x
}

/** Converts the argument `files` of a request. A file without a name is named after the field or its path. */
function pyFiles(x: any): any {
  const contentOf = (value: any) => (typeof value?.read === 'function' ? value.read() : value)
  const convert = (value: any) =>
    Array.isArray(value)
      ? [value[0], contentOf(value[1]), ...value.slice(2)]
      : typeof value?.read === 'function' && value.name !== ''
        ? [value.name, value.read()]
        : contentOf(value)
  if ((x ?? null) === null) return undefined
  return Array.isArray(x)
    ? x.map(([name, value]: any) => [name, convert(value)])
    : Object.fromEntries(Object.entries(x).map(([name, value]) => [name, convert(value)]))
}

/** The result of csv.reader(). A quoted field may contain line breaks. */
class PyReader extends PyIterator {
  readonly lines: any
  constructor(
    lines: any,
    readonly delimiter: string,
    readonly quote: string,
  ) {
    super()
    this.lines = lines instanceof PyIterator ? lines : new PyListIterator(pyIter(lines))
  }
  override step(): any {
    let line = this.lines.step()
    if (line === undefined) return undefined
    const row: string[] = []
    let [field, isQuoted, isStart] = ['', false, true]
    for (;;) {
      for (let i = 0; i < line.length; i++) {
        const letter = line[i]
        if (isQuoted && letter === this.quote && line[i + 1] === this.quote) field += line[i++]
        else if (isQuoted && letter === this.quote) isQuoted = false
        else if (isQuoted) field += letter
        else if (letter === '\n' || letter === '\r') break
        else if (letter === this.delimiter) {
          row.push(field)
          field = ''
          isStart = true
          continue
        } else if (letter === this.quote && isStart) isQuoted = true
        else field += letter
        isStart = false
      }
      if (!isQuoted) break
      line = this.lines.step()
      if (line === undefined) break
    }
    if (row.length > 0 || field !== '' || !isStart) row.push(field)
    return row
  }
}

/** The result of csv.DictReader(). */
class PyDictReader extends PyIterator {
  constructor(
    readonly rows: any,
    public names: any,
  ) {
    super()
  }
  override step(): any {
    this.names ??= this.rows.step()
    let row = this.rows.step()
    while (row?.length === 0) row = this.rows.step()
    if (row === undefined) return undefined
    if (row.length > this.names.length) throw new PyRefusal('the row has more fields than the first row')
    return pyDict(this.names.map((name: any, i: number) => [name, row[i] ?? null]))
  }
}

function pyEach(x: any): Iterable<any> {
  return x instanceof PyIterator ? x : pyIter(x)
}

function pyNext(x: any, ...otherwise: any[]): any {
  if (!(x instanceof PyIterator)) throw new PyError('TypeError', `${pyRepr(x)} is not an iterator`)
  const value = x.step()
  if (value !== undefined) return value
  if (otherwise.length > 0) return otherwise[0]
  throw new PyError('StopIteration')
}

/** A date and time. Without a time zone, the UTC fields of `date` contain the local time. The only time zone is UTC, '+00:00'. */
class PyDatetime {
  constructor(
    readonly date: Date,
    readonly zone = '',
  ) {}
  toString(): string {
    return pyIsoformat(this, ' ')
  }
  asText(): string {
    const { date, zone } = this
    const [seconds, fraction] = [date.getUTCSeconds(), date.getUTCMilliseconds() * 1000]
    const parts: any[] = [
      date.getUTCFullYear(),
      date.getUTCMonth() + 1,
      date.getUTCDate(),
      date.getUTCHours(),
      date.getUTCMinutes(),
      ...(fraction ? [seconds, fraction] : seconds ? [seconds] : []),
      ...(zone === '' ? [] : ['tzinfo=datetime.timezone.utc']),
    ]
    return `datetime.datetime(${parts.join(', ')})`
  }
  toJSON(): any {
    throw new PyError('TypeError', 'Object of type datetime is not JSON serializable')
  }
}

/** A date without a time. */
class PyDate {
  readonly zone = ''
  constructor(readonly date: Date) {}
  toString(): string {
    return this.date.toISOString().slice(0, 10)
  }
  asText(): string {
    const { date } = this
    return `datetime.date(${date.getUTCFullYear()}, ${date.getUTCMonth() + 1}, ${date.getUTCDate()})`
  }
  toJSON(): any {
    throw new PyError('TypeError', 'Object of type date is not JSON serializable')
  }
}

function pyDateOf(x: PyDatetime): PyDate {
  return new PyDate(new Date(Math.floor(x.date.getTime() / 86_400_000) * 86_400_000))
}

function pyDatetime(
  year: number,
  month: number,
  day: number,
  hour = 0,
  minute = 0,
  second = 0,
  microsecond = 0,
  zone = '',
): PyDatetime {
  const parts = [year, month - 1, day, hour, minute, second] as const
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second)
  const found = [
    date.getUTCFullYear(),
    date.getUTCMonth(),
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
  ]
  if (year < 1 || year > 9999 || found.some((part, i) => part !== parts[i]))
    throw new PyError('ValueError', 'a part of the datetime is out of range')
  if (microsecond % 1000 !== 0) throw new PyRefusal('k6 has no microseconds: use multiples of 1000')
  date.setUTCMilliseconds(microsecond / 1000)
  return new PyDatetime(date, zone)
}

/** Replaces parts of a datetime. */
function pyReplace(x: PyDatetime, parts: any): PyDatetime {
  const { date } = x
  return pyDatetime(
    parts.year ?? date.getUTCFullYear(),
    parts.month ?? date.getUTCMonth() + 1,
    parts.day ?? date.getUTCDate(),
    parts.hour ?? date.getUTCHours(),
    parts.minute ?? date.getUTCMinutes(),
    parts.second ?? date.getUTCSeconds(),
    parts.microsecond ?? date.getUTCMilliseconds() * 1000,
    parts.tzinfo ?? x.zone,
  )
}

/** Returns the seconds since 1970 of a time. Without a time zone, it is a local time. */
function pyTimestamp(x: PyDatetime): number {
  const { date } = x
  if (x.zone !== '') return date.getTime() / 1000
  const local = new Date(
    date.getUTCFullYear(),
    date.getUTCMonth(),
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
    date.getUTCMilliseconds(),
  )
  return local.getTime() / 1000
}

/** Returns the time at a number of seconds since 1970: the local time, or that in UTC with or without the time zone. */
function pyAtTime(seconds: number, isUTC = false, zone = ''): PyDatetime {
  const time = new Date(Math.round(seconds * 1000))
  return new PyDatetime(isUTC ? time : new Date(time.getTime() - time.getTimezoneOffset() * 60_000), zone)
}

function pyNow(isUTC = false, zone = ''): PyDatetime {
  return pyAtTime(Date.now() / 1000, isUTC, zone)
}

/** Adds a time in seconds to a datetime, or the whole days of this time to a date. */
function pyLater(x: any, seconds: number): any {
  const time = x instanceof PyDate ? Math.floor(seconds / 86_400) * 86_400 : seconds
  return new x.constructor(new Date(x.date.getTime() + Math.round(time * 1000)), x.zone)
}

/** Returns the seconds from one time to another. */
function pyApart(x: any, y: any): number {
  if (x.zone !== y.zone) throw new PyError('TypeError', 'only one of the times has a time zone')
  return (x.date.getTime() - y.date.getTime()) / 1000
}

function pyIsoformat(x: PyDatetime, separator = 'T', precision = 'auto'): string {
  const [day, time] = x.date.toISOString().replace('Z', '').split('T') as [string, string]
  const lengths: Record<string, number> = { minutes: 5, seconds: 8, milliseconds: 12 }
  if (lengths[precision]) return day + separator + time.slice(0, lengths[precision]) + x.zone
  return day + separator + (time.endsWith('.000') ? time.slice(0, -4) : `${time}000`) + x.zone
}

/** Parses an ISO date. Which of the rarer formats Python accepts depends on its version. */
function pyFromisoformat(text: any): PyDatetime {
  const found = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{3}|\d{6}))?)?(Z|\+00:00)?)?$/.exec(
    pyText(text),
  )
  if (!found) throw new PyRefusal(`datetime.fromisoformat() does not support ${pyRepr(text)} in k6`)
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map((part) => Number(part ?? 0)) as any
  const microsecond = Number((found[7] ?? '').padEnd(6, '0'))
  return pyDatetime(year, month, day, hour, minute, second, microsecond, found[8] ? '+00:00' : '')
}

/** Parses a datetime as strptime does. The format contains only codes of numbers. */
function pyStrptime(text: any, format: string): PyDatetime {
  const parts: Record<string, number> = {}
  const codes: string[] = []
  const digits: Record<string, string> = { Y: '\\d{4}', f: '\\d{1,6}' }
  const pattern = format.replace(/%(.)|\s+|[^\w\s]/g, (other, code) => {
    if (code === '%') return '%'
    if (code === undefined) return /\s/.test(other) ? '\\s+' : `\\${other}`
    codes.push(code)
    return `(${digits[code] ?? '\\d{1,2}'})`
  })
  const found = new RegExp(`^${pattern}$`, 'i').exec(pyText(text))
  if (!found) throw new PyError('ValueError', `time data ${pyRepr(text)} does not match format ${pyRepr(format)}`)
  codes.forEach((code, i) => {
    parts[code] = Number(code === 'f' ? found[i + 1]?.padEnd(6, '0') : found[i + 1])
  })
  return pyDatetime(parts.Y ?? 1900, parts.m ?? 1, parts.d ?? 1, parts.H, parts.M, parts.S, parts.f)
}

/** Formats a datetime as strftime does, with the names of the C locale. */
function pyStrftime(x: any, format: string): string {
  const date: Date = x.date
  const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
  const months = 'January February March April May June July August September October November December'.split(' ')
  const two = (value: number) => String(value).padStart(2, '0')
  const day = days[date.getUTCDay()] as string
  const month = months[date.getUTCMonth()] as string
  const dayOfYear = Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1
  const fields: Record<string, string> = {
    Y: String(date.getUTCFullYear()),
    y: two(date.getUTCFullYear() % 100),
    m: two(date.getUTCMonth() + 1),
    d: two(date.getUTCDate()),
    H: two(date.getUTCHours()),
    I: two(date.getUTCHours() % 12 || 12),
    M: two(date.getUTCMinutes()),
    S: two(date.getUTCSeconds()),
    f: `${String(date.getUTCMilliseconds()).padStart(3, '0')}000`,
    p: date.getUTCHours() < 12 ? 'AM' : 'PM',
    A: day,
    a: day.slice(0, 3),
    B: month,
    b: month.slice(0, 3),
    j: String(dayOfYear).padStart(3, '0'),
    z: x.zone.replace(':', ''),
    Z: x.zone === '' ? '' : 'UTC',
    '%': '%',
  }
  return format.replace(/%(.)/g, (_, letter) => fields[letter] as string)
}

/** Whether a variable of Locust is set to true. */
function pyIsOn(name: string): boolean {
  return ['true', 'yes', '1', 'on'].includes((__ENV[name] ?? '').toLowerCase())
}

/** Parses an HTML page. Refuses pages whose elements PyQuery may nest differently. */
function pyPage(text: string): any {
  const refuse = (reason: string) => {
    throw new PyRefusal(`k6 and PyQuery may read this page differently: ${reason}`)
  }
  const isVoid = /^(area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)$/
  const isClosedByOthers = /^(p|li|dt|dd|tr|td|th|thead|tbody|tfoot|option|optgroup|colgroup|html|head|body)$/
  const isPartOfTable = /^(caption|col|colgroup|tbody|tfoot|td|th|thead|tr|script|style|template)$/
  if (/<html[^>]*\sxmlns/i.test(text)) refuse('it is XHTML')
  if (/[^\x00-\x7f]/.test(text) && !/charset=["']?utf-8/i.test(text)) refuse('it does not declare its character set')
  const open: string[] = []
  const tags =
    /<!--[^]*?-->|<(script|style|textarea|title)\b[^>]*>[^]*?<\/\1\s*>|<(\/?)([a-z][^\s\/>]*)(?:"[^"]*"|'[^']*'|[^'">])*>/gi
  for (const [, raw, slash, name = ''] of text.matchAll(tags)) {
    const tag = name.toLowerCase()
    if (raw !== undefined || tag === '' || isVoid.test(tag)) continue
    if (slash === '/') {
      while (open.length > 0 && open.at(-1) !== tag && isClosedByOthers.test(open.at(-1) as string)) open.pop()
      if (open.pop() !== tag) refuse(`</${tag}> has no start tag`)
      continue
    }
    if ((tag === 'a' || tag === 'form' || tag === 'button') && open.includes(tag)) refuse(`<${tag}> is inside <${tag}>`)
    if (/^(table|tbody|thead|tfoot|tr)$/.test(open.at(-1) ?? '') && !isPartOfTable.test(tag))
      refuse(`<${tag}> is outside of a cell`)
    open.push(tag)
  }
  const unclosed = open.find((tag) => !isClosedByOthers.test(tag))
  if (unclosed !== undefined) refuse(`<${unclosed}> has no end tag`)
  return parseHTML(text)
}

/** Returns the elements that match a selector, in the order of the page. */
function pySelect(page: any, selector: string): any[] {
  return page
    .find(selector)
    .get()
    .map((element: any) => ({
      attrib: pyDict(Object.values(element.attributes()).map((attribute: any) => [attribute.name, attribute.value])),
    }))
}

/** Rewrites the path and the query of a URL as FastHttpUser does. */
function pyFastUrl(url: any): string {
  // Python removes tabs and line breaks from URLs.
  const text = pyText(url).replace(/[\t\r\n]/g, '')
  const [, host = '', rest = ''] = /^(https?:\/\/[^/?#]*)?([^]*)$/i.exec(text) as RegExpExecArray
  const encoded = /%(?![0-9a-f]{2})[0-9a-z]{2}/i.test(rest)
    ? rest.replaceAll('%', '%25')
    : rest.replace(/%[0-9a-f]{2}/gi, (byte) => {
        const letter = String.fromCharCode(Number.parseInt(byte.slice(1), 16))
        return /[\w.~-]/.test(letter) ? letter : byte
      })
  // Only an empty query loses its question mark.
  return host + encoded.replace(/^([^?#]*)\?(?=#|$)/, '$1')
}

/** Rewrites the path and the query of a URL as HttpUser does, which also uses the result as the name of the request. */
function pyUrl(url: any): string {
  const [, host = '', path = '', query = ''] = /^(https?:\/\/[^/?#]*)?([^?#]*)(\?[^#]*)?/i.exec(
    pyText(url),
  ) as RegExpExecArray
  const encode = (text: string) =>
    (/%(?![0-9a-f]{2})/i.test(text)
      ? text.replaceAll('%', '%25')
      : text.replace(/%[0-9a-f]{2}/gi, (byte) => byte.toUpperCase())
    ).replace(/[^!-~]|["<>[\\\]^`{|}]/gu, encodeURIComponent)
  const parts: string[] = []
  const segments = path.split('/')
  for (const [i, segment] of segments.entries()) {
    if (segment === '..' && parts.length > 1) parts.pop()
    if (segment !== '.' && segment !== '..') parts.push(segment)
    else if (i === segments.length - 1) parts.push('')
  }
  return pyFastUrl(host + encode(parts.join('/')) + encode(query))
}

/** Adds parameters to a URL as HttpUser does. */
function pyQuery(url: any, params: any): string {
  const encode = (value: any) => pyQuote(pyStr(value), '').replaceAll('%20', '+')
  const isList = (value: any) => typeof value === 'object' && value !== null && !(value instanceof Number)
  const listOf = (value: any) => (isList(value) ? pyIter(value) : [value])
  const pairs = Array.isArray(params) ? params : typeof params === 'string' ? [] : Object.entries(params ?? {})
  const texts = pairs.flatMap(([name, value]: any) =>
    listOf(value)
      .filter((item) => (item ?? null) !== null)
      .map((item) => `${encode(name)}=${encode(item)}`),
  )
  const added = typeof params === 'string' ? params : texts.join('&')
  const [address = '', fragment = ''] = pyText(url).split(/(?=#)/)
  if (added === '') return url
  return address + (/^[^?]*\?$/.test(address) ? '' : address.includes('?') ? '&' : '?') + added + fragment
}

/** Refuses a URL that HttpUser and FastHttpUser would encode differently. */
function pyPlainUrl(url: any): string {
  if (pyUrl(url) !== url || pyFastUrl(url) !== url)
    throw new PyRefusal('HttpUser and FastHttpUser encode this URL differently')
  return url
}

/** Whether the users have stopped. */
const pyRun = { isOver: false }

/** Runs a function alongside the users until they have stopped. */
function pyWatch(run: (environment: any) => Promise<any>): void {
  locust.events.testStart.addListener(({ environment }) => {
    run(environment).catch((error: any) => console.error(String(error)))
  })
  locust.events.testStop.addListener(() => {
    pyRun.isOver = true
  })
}

/** Pauses a function that runs alongside the users. It never continues after the users have stopped. */
function pyPause(seconds: number): Promise<void> {
  const end = Date.now() + seconds * 1000
  return new Promise((resolve) => {
    const wait = () => {
      if (pyRun.isOver) return
      const rest = end - Date.now()
      if (rest <= 0) resolve()
      else setTimeout(wait, Math.min(rest, 200))
    }
    wait()
  })
}
