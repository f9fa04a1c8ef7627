import type { TopLevelSpec } from 'vega-lite'
import type { Progress } from '../../support/progress.ts'

/** Where it is said what is going on, and what stops it. */
export interface Surroundings {
  progress: Progress
  /** Gets lines that a person should see. */
  onLine(line: string): void
  signal: AbortSignal
}

/** Something that `npm run bench` measures. */
export interface Subject<Result> {
  /** As it stands on the command line. */
  name: string
  /** What is measured: one line of `--help`. */
  summary: string
  /** How often everything is measured when nobody says; medians count. */
  rounds: number
  /** @throws {UserError} when a program cannot be had, or a request failed */
  measure(rounds: number, surroundings: Surroundings): Promise<Result>
  /** What a terminal shows. */
  text(result: Result): string
  /** The file in `docs/` that has its tables; `benchmarks.md` where it is not said. */
  page?: string
  /** Markdown for that file, by the name of the place where it stands there. */
  tables(result: Result): Record<string, string>
  /** Plots for `docs/benchmarks/`, by file name without its ending. */
  charts(result: Result): Record<string, TopLevelSpec>
}
