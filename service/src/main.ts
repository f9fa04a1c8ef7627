#!/usr/bin/env node
/** Starts the service. Handles stop signals before it loads the other modules, because loading takes time. */
import './stop-signals.ts'

await import('./run-service.ts')
