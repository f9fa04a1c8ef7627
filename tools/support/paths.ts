import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** The folder for programs that the project builds for its own use. */
export const TOOLS_BIN = join(ROOT, '.tools', 'bin')
/** The folder of the k6 extension, which is a Go module. */
export const EXTENSION = join(ROOT, 'loadtest', 'xk6-locust')

/** Returns a path below the root. */
export const inRoot = (...parts: string[]): string => join(ROOT, ...parts)
