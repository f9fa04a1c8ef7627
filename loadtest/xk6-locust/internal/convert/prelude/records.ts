// Dataclasses, named tuples, and enumerations.

// biome-ignore-all lint: Python values can have any type

import { pyDict } from './collections.ts'
import { PyError, PyRefusal } from './errors.ts'
import { pyEq, pyHas, pyIsDict, pyRepr } from './values.ts'

/** An object of a dataclass. */
export class PyRecord {
  pyFields(): any {
    return {}
  }
  toJSON(): any {
    throw new PyError('TypeError', `${this.constructor.name} is not JSON serializable`)
  }
}

/** A named tuple. */
export class PyTuple extends PyRecord {
  override toJSON(): any {
    return Object.values(this.pyFields())
  }
  [Symbol.iterator]() {
    return Object.values<any>(this.pyFields())[Symbol.iterator]()
  }
}

/** Converts an object of a dataclass to a dict, including all such objects in its fields. */
export function pyAsdict(x: any): any {
  if (Array.isArray(x)) return x.map(pyAsdict)
  const fields = pyHas(x, 'pyFields') ? x.pyFields() : x
  return pyIsDict(fields) ? pyDict(Object.entries(fields).map(([name, value]) => [name, pyAsdict(value)])) : x
}

/** A member of an enumeration. It has no text, because the text in Python depends on the version of Python. */
export class PyMember {
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

/** Returns x if it is a member of an enumeration. Otherwise, throws an AttributeError. */
export function pyMember(x: any): any {
  if (!(x instanceof PyMember)) throw new PyError('AttributeError', `${pyRepr(x)} is not a member of an enumeration`)
  return x
}

/** Returns the value of an enumeration's member. A member that is also a string or an integer is its own value. */
export function pyValueOf(x: any): any {
  return typeof x === 'string' || typeof x === 'number' ? x : pyMember(x).value
}

/** Returns the member of an enumeration with this value. */
export function pyMemberOf(members: any, value: any): any {
  const found = Object.values<any>(members).find((member) => member === value || pyEq(pyValueOf(member), value))
  if (found === undefined) throw new PyError('ValueError', `${pyRepr(value)} is not a valid ${members.name}`)
  return found
}

/** Returns the name of the enumeration's member that equals this value, or '' if there is none. */
export function pyNameOf(members: any, value: any): string {
  return Object.keys(members).find((name) => members[name] === value) ?? ''
}

/** Returns a copy of an object of a dataclass or a named tuple with some fields replaced. */
export function pyReplaced(x: any, fields: any): any {
  if (!pyHas(x, 'pyFields')) throw new PyError('TypeError', `${pyRepr(x)} has no fields`)
  const wrong = Object.keys(fields).find((name) => !(name in x))
  if (wrong) throw new PyError('TypeError', `got an unexpected field name: ${wrong}`)
  return Object.assign(Object.create(Object.getPrototypeOf(x)), x, fields)
}
