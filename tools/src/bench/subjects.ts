import { catalogue } from './catalogue/catalogue.ts'
import { comparison } from './comparison/comparison.ts'
import { costs } from './costs/costs.ts'
import { datasetBuild } from './dataset-build/dataset-build.ts'
import { growth } from './growth/growth.ts'
import { loadgen } from './loadgen/loadgen.ts'
import { overload } from './overload/overload.ts'
import { quality } from './quality/quality.ts'
import { startUp } from './start-up/start-up.ts'
import type { Subject } from './subject.ts'
import { tail } from './tail/tail.ts'

/** Everything that `npm run bench` measures, in the order of `--help` and of `docs/benchmarks.md`. */
export const SUBJECTS: readonly Subject<unknown>[] = [
  comparison,
  tail,
  costs,
  growth,
  catalogue,
  datasetBuild,
  startUp,
  quality,
  loadgen,
  overload,
].map((subject) => subject as Subject<unknown>)
