/** Tables of the READMEs that list every value of the chart and every setting of the service. */
import { SETTINGS, type SettingSchema } from '../../service/src/settings.ts'
import { formatNumber } from './capacity/quantity.ts'
import { markdownTable } from './table.ts'
import { defaultValues, type SchemaNode, valuesSchema } from './values.ts'

/** All values of the chart with their defaults, for `chart/README.md`. */
export function valuesTable(): string {
  return markdownTable(['value', 'default', 'description'], rowsOf(valuesSchema as SchemaNode, defaultValues, ''))
}

function rowsOf(schema: SchemaNode, values: unknown, path: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) => {
    if (!schema.required?.includes(key)) return []
    const childPath = path ? `${path}.${key}` : key
    const value = (values as Record<string, unknown>)[key]
    const isGroup = Object.keys(child.properties ?? {}).length > 0
    if (isGroup) return rowsOf(child, value, childPath)
    return [[code(childPath), code(JSON.stringify(value)), child.description ?? '']]
  })
}

/** All settings of the service with their defaults and ranges, for `service/README.md`. */
export function settingsTable(): string {
  return markdownTable(
    ['variable', 'default', 'accepted', 'description'],
    Object.entries<SettingSchema>(SETTINGS).map(([name, schema]) => [
      code(name),
      schema.default === '' ? 'empty' : code(String(schema.default)),
      acceptedBy(schema),
      schema.description,
    ]),
  )
}

function acceptedBy({ type, minimum, maximum, enum: values }: SettingSchema): string {
  if (values) return values.map(code).join(', ')
  if (type === 'boolean') return '`true`, `false`'
  if (type !== 'integer') return 'text'
  return maximum === Number.MAX_SAFE_INTEGER ? `from ${minimum}` : `${minimum}–${formatNumber(maximum ?? 0)}`
}

const code = (text: string) => `\`${text}\``
