/** Contexts by name, each with its values. */
export type Contexts = Readonly<Record<string, readonly string[]>>

/**
 * What is left of an entry's contexts where some of their combinations are blocked: as few parts as carving them off one after the
 * other gives, none of which share a combination. Nothing is left if all are blocked; an entry without contexts has one, empty
 * combination.
 * @param blocks each blocks the combinations that have one of its values for each of its names
 */
export function withoutBlocked(contexts: Contexts, blocks: readonly Contexts[]): Contexts[] {
  return blocks.reduce<Contexts[]>((parts, block) => parts.flatMap((part) => carve(part, block)), [contexts])
}

function carve(part: Contexts, block: Contexts): Contexts[] {
  // In one order, so that the order in which they are given does not change the parts.
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
