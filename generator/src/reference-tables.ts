/** Tables of all chart values, all service settings, and all figures of the reference report. */
import { SETTINGS, type SettingSchema } from '../../service/src/settings.ts'
import { valueAt } from './capacity/plan.ts'
import { formatNumber } from './capacity/quantity.ts'
import type { Preset } from './define-preset.ts'
import { REFERENCE_FIGURES } from './reference-report.ts'
import { markdownTable } from './table.ts'
import { defaultValues, hasDefault, type SchemaNode, valuesSchema } from './values.ts'

/** Returns all values of the chart with their defaults, for `chart/README.md`. */
export function valuesTable(): string {
  return markdownTable(['value', 'default', 'description'], rowsOf(valuesSchema as SchemaNode, defaultValues, ''))
}

function rowsOf(schema: SchemaNode, values: unknown, path: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) => {
    if (!hasDefault(child)) return []
    const childPath = path ? `${path}.${key}` : key
    const value = (values as Record<string, unknown>)[key]
    // Objects that are passed to Kubernetes unchanged have properties, too, but are described as a whole.
    if (child.default === undefined) return rowsOf(child, value, childPath)
    return [[code(childPath), code(JSON.stringify(value)), child.description ?? '']]
  })
}

/** Returns all settings of the service with their defaults and ranges, for `service/README.md`. */
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
  if (type !== 'integer') return 'string'
  return maximum === Number.MAX_SAFE_INTEGER ? `from ${minimum}` : `${minimum}–${formatNumber(maximum ?? 0)}`
}

/** Returns the figures of the reference report next to those of a preset, for `docs/reference-report.md`. */
export function referenceTable({ name, values }: Preset): string {
  const text = (value: unknown) => code(String(value))
  return markdownTable(
    ['value', 'reference report', code(name)],
    Object.entries(REFERENCE_FIGURES).map(([path, figure]) => [
      code(path),
      text(figure),
      text(valueAt(values, path.split('.'))),
    ]),
  )
}

const code = (text: string) => `\`${text}\``
