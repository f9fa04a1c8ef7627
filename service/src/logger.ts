import { type Logger, pino } from 'pino'
import type { Settings } from './settings.ts'

/** A logger that writes one JSON object a line to standard output. Queries belong at `debug`, never at `info`. */
export function createLogger({ LOG_LEVEL }: Pick<Settings, 'LOG_LEVEL'>): Logger {
  return pino({ level: LOG_LEVEL, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime })
}
