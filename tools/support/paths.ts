import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** Where the tools that set-up builds are kept. */
export const TOOLS_BIN = join(ROOT, '.tools', 'bin')

/** A path below the root. */
export const inRoot = (...parts: string[]): string => join(ROOT, ...parts)
