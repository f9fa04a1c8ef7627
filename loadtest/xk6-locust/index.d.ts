/**
 * A k6 module that behaves like Locust.
 *
 * @example
 * import locust from 'k6/x/locust'
 * export const options = locust.options({ users: 100, spawnRate: 10, runTime: '5m' })
 * const wait = locust.between(0.05, 0.2)
 */
declare module 'k6/x/locust' {
  import type { Options } from 'k6/options'

  /** Locust's `-u`, `-r` and `-t`. */
  export interface LocustOptions {
    /** Users at the peak. */
    users: number
    /** Users that start in a second. */
    spawnRate: number
    /** How long the run takes from its start: `300s`, `20m`, `3h`, `1h30m`. */
    runTime: string
  }

  /**
   * The k6 options for a run. The environment variables `LOCUST_USERS`, `LOCUST_SPAWN_RATE` and `LOCUST_RUN_TIME` (also by `-e`)
   * stand above the argument.
   */
  export function options(options: LocustOptions): Options

  /** Returns a function that gives a new pause of min to max seconds each time, every length equally likely. */
  export function between(minSeconds: number, maxSeconds: number): () => number

  const locust: { options: typeof options; between: typeof between }
  export default locust
}
