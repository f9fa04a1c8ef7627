#!/usr/bin/env node
/** The program of the service. Loads the other modules only after it handles stop signals, because loading takes time. */
import './stop-signals.ts'

await import('./run-service.ts')
