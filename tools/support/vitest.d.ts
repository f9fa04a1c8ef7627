/** The paths of real programs that test-setup.ts provides and tests read with `inject`. */
import type {} from 'vitest'
import type { LocustPrograms } from '../programs/locust.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    redisServer: string
    /** Helm 3 and Helm 4. */
    helm: string
    helm4: string
    k6: string
    /** Empty if there is none and none can be installed. */
    chromium: string
    locust: LocustPrograms
  }
}
