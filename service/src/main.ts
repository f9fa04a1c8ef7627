#!/usr/bin/env node
/** The program of the service. Handles stop signals before it loads the other modules, because loading takes time. */
import './stop-signals.ts'

await import('./run-service.ts')
