/** What tools/src/test-setup.ts hands to the tests: paths of real programs, by `inject`. */
import type {} from 'vitest'

declare module 'vitest' {
  export interface ProvidedContext {
    redisServer: string
    helm: string
    k6: string
    /** Empty where there is none and none can be installed. */
    chromium: string
  }
}
