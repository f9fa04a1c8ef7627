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
