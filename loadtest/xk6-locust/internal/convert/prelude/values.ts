// Comparison, copying, and text of values of any type.

// biome-ignore-all lint: Python values can have any type

import { pyDictOf, pyField, pyIsTuple, pyLike, pyTuple, pyUnnamed } from './collections.ts'
import { PyError, PyRefusal, pyCatches } from './errors.ts'
import { pyFloatOf, pyFloatText, pyInteger } from './numbers.ts'
import { pyOk } from './responses.ts'
import { PySet } from './sets.ts'

/** Prepares the result of setup(), which k6 passes on as JSON. Tuples, sets, and whole floats become objects. */
export function pyPack(x: any): any {
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
export function pyRestore(x: any): any {
  if (Array.isArray(x)) return x.map(pyRestore)
  if (typeof x !== 'object' || x === null) return x
  if (x.pyKind === 'float') return pyFloatOf(x.items)
  if (x.pyKind === 'tuple') return pyTuple(pyRestore(x.items))
  if (x.pyKind === 'set') return new PySet(pyRestore(x.items))
  return Object.fromEntries(Object.entries(x).map(([key, value]) => [key, pyRestore(value)]))
}

/** Whether x is a dict, or the headers of a response. Objects such as users and responses have other prototypes. */
export function pyIsDict(x: any): boolean {
  if (typeof x !== 'object' || x === null) return false
  const prototype = Object.getPrototypeOf(x)
  return prototype === Object.prototype || prototype === null
}

/**
 * Whether x is an object of a class, not a dict, and has the field. Reading a field that a response does not have would
 * throw an error.
 */
export function pyHas(x: any, name: string): boolean {
  return typeof x === 'object' && x !== null && !pyIsDict(x) && name in x
}

/** Whether x is a PyMap, a dict with keys of any type. */
export function pyIsMap(x: any): boolean {
  return pyHas(x, 'isMap')
}

export function pyTruthy(x: any): boolean {
  if (x instanceof Number) return Number(x) !== 0
  if (Array.isArray(x)) return x.length > 0
  if (x instanceof Set || pyIsMap(x)) return x.size > 0
  if (pyIsDict(x)) return Object.keys(x).length > 0
  if (pyHas(x, 'statusCode')) return pyOk(x)
  return Boolean(x)
}

export function pyEq(x: any, y: any): boolean {
  if (x === y) return true
  if (x instanceof Number || y instanceof Number)
    return pyEq(x instanceof Number ? Number(x) : x, y instanceof Number ? Number(y) : y)
  if (x === undefined || y === undefined) return (x ?? null) === (y ?? null)
  if (typeof x === 'boolean' && typeof y === 'number') return Number(x) === y
  if (typeof y === 'boolean' && typeof x === 'number') return Number(y) === x
  if (pyUnnamed(x) !== x || pyUnnamed(y) !== y) return pyEq(pyUnnamed(x), pyUnnamed(y))
  if (Array.isArray(x) && Array.isArray(y)) {
    const isSameKind = x.constructor === y.constructor && pyIsTuple(x) === pyIsTuple(y)
    return isSameKind && x.length === y.length && x.every((item, i) => pyEq(item, y[i]))
  }
  if (pyHas(x, 'date') && pyHas(y, 'date') && x.date instanceof Date && y.date instanceof Date)
    return x.constructor === y.constructor && x.zone === y.zone && x.date.getTime() === y.date.getTime()
  if (pyHas(x, 'pyFields') && pyHas(y, 'pyFields') && x.constructor === y.constructor)
    return pyEq(x.pyFields(), y.pyFields())
  if (x instanceof Set && y instanceof Set) return x.size === y.size && [...x].every((item) => y.has(item))
  if (pyIsMap(x) || pyIsMap(y)) return pyIsMap(x) ? x.equals(y) : y.equals(x)
  if (pyIsDict(x) && pyIsDict(y)) {
    const keys = Object.keys(x)
    return keys.length === Object.keys(y).length && keys.every((key) => Object.hasOwn(y, key) && pyEq(x[key], y[key]))
  }
  return false
}

export function pyLess(x: any, y: any, orEqual: boolean): boolean {
  if (pyUnnamed(x) !== x || pyUnnamed(y) !== y) return pyLess(pyUnnamed(x), pyUnnamed(y), orEqual)
  if (Array.isArray(x) && Array.isArray(y)) {
    for (let i = 0; i < Math.min(x.length, y.length); i++) if (!pyEq(x[i], y[i])) return pyLess(x[i], y[i], false)
    return orEqual ? x.length <= y.length : x.length < y.length
  }
  const isNumber = (value: any) => typeof value === 'number' || typeof value === 'boolean' || value instanceof Number
  if (!(isNumber(x) && isNumber(y)) && !(typeof x === 'string' && typeof y === 'string')) {
    throw new PyError('TypeError', `cannot compare '${pyTypeOf(x)}' and '${pyTypeOf(y)}'`)
  }
  return orEqual ? x <= y : x < y
}

/** Returns the name of a value's type in Python. */
export function pyTypeOf(x: any): string {
  if ((x ?? null) === null) return 'NoneType'
  if (typeof x === 'string') return 'str'
  if (typeof x === 'boolean') return 'bool'
  if (typeof x === 'number') return Number.isInteger(x) ? 'int' : 'float'
  if (x instanceof Number) return 'float'
  if (pyIsDict(x) || pyIsMap(x)) return 'dict'
  if (Array.isArray(x)) return pyIsTuple(x) ? 'tuple' : x.constructor === Array ? 'list' : 'collections.deque'
  if (x instanceof Set) return 'set'
  if (pyHas(x, 'statusCode')) return 'Response'
  return typeof x === 'function' ? 'function' : x.constructor.name
}

export function pyIn(x: any, y: any): boolean {
  if (pyUnnamed(y) !== y) return pyIn(x, pyUnnamed(y))
  if (typeof y === 'string') {
    if (typeof x !== 'string')
      throw new PyError('TypeError', `'in <string>' requires string as left operand, not ${pyTypeOf(x)}`)
    return y.includes(x)
  }
  if (Array.isArray(y)) return y.some((item) => pyEq(item, x))
  if (y instanceof Set) return y.has(x)
  if (pyIsMap(y)) return y.hasItem(x)
  if (pyIsDict(y)) return pyField(y, x) !== undefined
  throw new PyError('TypeError', `argument of type '${pyTypeOf(y)}' is not iterable`)
}

/** Returns the value of a field, or throws an AttributeError if the field was never set. */
export function pyAssigned(value: any, name: string): any {
  if (value === undefined) throw new PyError('AttributeError', `the object has no attribute '${name}'`)
  return value
}

/** Returns the value of a field, or `otherwise` if the field was never set. */
export function pyGetattr(value: any, otherwise: any): any {
  return value === undefined ? otherwise : value
}

/** Implements copy.deepcopy(). A part that occurs several times is copied only once, unless it is a set. */
export function pyDeepcopy(x: any, copies = new Map<any, any>()): any {
  if (typeof x !== 'object' || x === null || x instanceof Date || x instanceof Number) return x
  if (copies.has(x)) return copies.get(x)
  if (x instanceof Set) return new (x.constructor as any)([...x].map((item) => pyDeepcopy(item, copies)))
  if (Array.isArray(x)) {
    const list = x.constructor === Array ? [] : new (x.constructor as any)([], (x as any).maxlen)
    copies.set(x, list)
    list.push(...x.map((item) => pyDeepcopy(item, copies)))
    return pyLike(x, list)
  }
  if (pyIsMap(x)) {
    const copy = (x as any).deepcopy((value: any) => pyDeepcopy(value, copies))
    copies.set(x, copy)
    return copy
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
export function pyCopy(x: any): any {
  if (x instanceof Set) return new (x.constructor as any)(x)
  if (pyIsMap(x)) return x.copy()
  if (Array.isArray(x) && !pyIsTuple(x) && x.constructor === Array) return [...x]
  return { ...pyDictOf(x) }
}

export function pyStr(x: any): string {
  if (typeof x === 'string') return x
  if (x instanceof Error) return x.toString === Error.prototype.toString ? x.message : String(x)
  if (pyHas(x, 'date') && x.date instanceof Date) return String(x)
  return pyRepr(x)
}

export function pyRepr(x: any): string {
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
  if (pyHas(x, 'statusCode')) return `<Response [${x.statusCode}]>`
  if (pyHas(x, 'asText')) return x.asText()
  if (pyIsTuple(x)) return x.length === 1 ? `(${pyRepr(x[0])},)` : `(${x.map(pyRepr).join(', ')})`
  if (Array.isArray(x)) return `[${x.map(pyRepr).join(', ')}]`
  if (x instanceof Error)
    return `${x.name}(${x.message === '' ? '' : pyCatches(x, 'KeyError') ? x.message : pyRepr(x.message)})`
  if (pyHas(x, 'pyFields')) {
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
