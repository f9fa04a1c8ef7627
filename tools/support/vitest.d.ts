/** What tools/support/test-setup.ts hands to the tests: paths of real programs, by `inject`. */
import type {} from 'vitest'
import type { LocustPrograms } from '../programs/locust.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    redisServer: string
    /** Helm 3 and Helm 4. */
    helm: string
    helm4: string
    k6: string
    /** Empty where there is none and none can be installed. */
    chromium: string
    locust: LocustPrograms
  }
}
