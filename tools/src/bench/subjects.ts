import { costs } from './costs.ts'
import type { Subject } from './subject.ts'

/** Everything that `npm run bench` measures, in the order of `--help` and of `docs/benchmarks.md`. */
export const SUBJECTS: readonly Subject<unknown>[] = [costs].map((subject) => subject as Subject<unknown>)
