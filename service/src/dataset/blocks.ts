/** Context values by context name. */
export type Contexts = Readonly<Record<string, readonly string[]>>

/**
 * Removes blocked combinations of values from an entry's contexts. Returns parts that together contain all remaining
 * combinations, each in exactly one part. Returns an empty array if all combinations are blocked. An entry without
 * contexts has a single, empty combination.
 * @param blocks a block matches a combination if, for every context in the block, it lists the combination's value
 */
export function withoutBlocked(contexts: Contexts, blocks: readonly Contexts[]): Contexts[] {
  return blocks.reduce<Contexts[]>((parts, block) => parts.flatMap((part) => subtractBlock(part, block)), [contexts])
}

function subtractBlock(part: Contexts, block: Contexts): Contexts[] {
  // Sort the names, so that the parts do not depend on the order of the input.
  const names = Object.keys(block).sort()
  const isBlocked = (name: string, value: string) => block[name]?.includes(value) ?? false
  if (names.some((name) => !(Object.hasOwn(part, name) && part[name]?.some((value) => isBlocked(name, value))))) {
    return [part]
  }
  const left: Contexts[] = []
  let rest = part
  for (const name of names) {
    const values = rest[name] ?? []
    const free = values.filter((value) => !isBlocked(name, value))
    if (free.length > 0) left.push({ ...rest, [name]: free })
    rest = { ...rest, [name]: values.filter((value) => isBlocked(name, value)) }
  }
  return left
}
