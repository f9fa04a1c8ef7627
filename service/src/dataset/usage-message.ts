/**
 * Returns the message for invalid arguments, in one line. Replaces or omits Node.js's long advice about values and file
 * names that look like options.
 */
export function usageMessage({ code, message }: NodeJS.ErrnoException): string {
  if (!code?.startsWith('ERR_PARSE_ARGS_')) return message
  const [, option] = /argument is ambiguous.* use '(--[^'=]+)=-XYZ'/s.exec(message) ?? []
  if (option !== undefined) return `${option} needs a value; if the value begins with -, write ${option}=VALUE`
  const text = code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' ? message.replace(/\. To specify.*$/s, '') : message
  return text.replaceAll(/\s*\n\s*/g, ' ').replace(/\.$/, '')
}

/**
 * Rejects empty values, which are often caused by unset shell variables, as in `--out "$FILE"`.
 * @throws {TypeError} naming the option
 */
export function requireNoEmptyArgument(values: Record<string, unknown>, positionals: readonly string[]): void {
  for (const [option, value] of Object.entries(values)) {
    if ([value].flat().includes('')) throw new TypeError(`--${option} needs a value, got ""`)
  }
  if (positionals.includes('')) throw new TypeError('an argument is empty')
}

/** The parts of `parseArgs` options and tokens that {@link requireNoRepeatedOption} needs. */
type OptionTypes = Record<string, { type: 'string' | 'boolean'; multiple?: boolean | undefined }>
type Tokens = readonly { kind: string; name?: string }[]

/**
 * Rejects an option with a value that is given twice, because only the last value would be used. Flags may be given
 * twice.
 * @throws {TypeError} naming the option, but not its values, which may contain a password
 */
export function requireNoRepeatedOption(options: OptionTypes, tokens: Tokens): void {
  const given = new Set<string>()
  for (const { kind, name } of tokens) {
    if (kind !== 'option' || name === undefined) continue
    if (given.has(name)) throw new TypeError(`--${name} is given twice, but takes only one value`)
    const { type, multiple = false } = options[name] ?? { type: 'boolean' }
    if (type === 'string' && !multiple) given.add(name)
  }
}
