/** The paths of programs that test-setup.ts provides. Tests read them with `inject`. */
import type {} from 'vitest'
import type { LocustPrograms } from '../programs/locust.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    redisServer: string
    /** Helm 3. */
    helm: string
    helm4: string
    k6: string
    /** Empty if Chromium is missing and cannot be installed. */
    chromium: string
    locust: LocustPrograms
  }
}
