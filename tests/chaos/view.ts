import { formatNumber } from '../../generator/src/capacity/quantity.ts'
import { markdownTable } from '../../generator/src/table.ts'
import { OUTCOMES, type Tally } from './judge.ts'
import { type ChaosResult, type FaultResult, SOAK_MINUTES } from './run.ts'

/** The command that writes the table in `docs/reliability.md`. */
export const TABLE_COMMAND = 'npm run test:chaos -- --write'

/** Whether every promise was kept. */
export const isKept = ({ faults, broken }: ChaosResult) =>
  broken.length === 0 && faults.every((fault) => fault.broken.length === 0)

/** Returns one line for a fault, and one line for each broken promise. */
export function lineOf({ name, seen, recoveredMs, broken }: FaultResult): string {
  const kept = broken.length === 0 ? 'kept  ' : 'BROKEN'
  const line = `${kept}  ${name.padEnd(20)} ${countsOf(seen)}; slowest ${seen.slowestMs} ms, back after ${recoveredMs} ms`
  return [line, ...broken.map((what) => `        ${what.slice(0, 600)}`)].join('\n')
}

export function summaryOf({ total, cancelled, slopes, broken, measured }: ChaosResult): string {
  const asked = OUTCOMES.reduce((sum, outcome) => sum + total[outcome], 0)
  return [
    `${formatNumber(asked)} answers in ${measured.minutes} minutes: ${countsOf(total)}; ${formatNumber(cancelled)} requests canceled`,
    ...(slopes
      ? [`memory ${signed(slopes.rssMibPerMinute)} MiB a minute, open files ${signed(slopes.filesPerMinute)} a minute`]
      : []),
    ...broken.map((what) => `BROKEN  ${what.slice(0, 600)}`),
  ].join('\n')
}

/** Returns the name and the table of a run in `docs/reliability.md`. A soak has its own table. */
export function tableOf(result: ChaosResult): [name: string, table: string] {
  const { measured, slopes, total, cancelled, faults } = result
  const byName = new Map<string, FaultResult[]>()
  for (const fault of faults) byName.set(fault.name, [...(byName.get(fault.name) ?? []), fault])
  const rows = [...byName.values()].map((times) => {
    const [{ injected, promised }] = times as [FaultResult]
    const worst = Math.max(...times.map(({ recoveredMs }) => recoveredMs))
    const slowest = Math.max(...times.map(({ seen }) => seen.slowestMs))
    const repeated = times.length === 2 ? 'injected twice: ' : `injected ${times.length} times: `
    const broken = times.flatMap((time) => time.broken)
    const counts = countsOf(sumOf(times.map(({ seen }) => seen)))
    const seen = `${times.length === 1 ? '' : repeated}${counts}; slowest ${formatNumber(slowest)} ms${worst > 0 ? `; back after ${formatNumber(worst / 1000, 1)} s` : ''}`
    return [injected, promised, seen, broken.length === 0 ? 'yes' : `**no**: ${broken[0]}`]
  })
  const table = markdownTable(['injected', 'promised', 'seen', 'kept'], rows)
  const rate = `memory ${signed(slopes?.rssMibPerMinute ?? 0)} MiB and open files ${signed(slopes?.filesPerMinute ?? 0)} a minute`
  const isSoak = measured.minutes >= SOAK_MINUTES
  const about = [
    `${measured.date}, ${measured.machine}, ${measured.os}, Node.js ${measured.node}, Redis ${measured.redis}:`,
    `${measured.minutes} minutes, ${measured.users} users, ${countsOf(total)}, ${formatNumber(cancelled)} requests canceled${isSoak ? `; ${rate}` : ''}.`,
  ].join(' ')
  return [isSoak ? 'soak' : 'faults', `${about}\n\n${table}`]
}

const sumOf = (tallies: readonly Tally[]): Tally =>
  tallies.reduce(
    (sum, tally) => {
      for (const outcome of OUTCOMES) sum[outcome] += tally[outcome]
      return sum
    },
    { ...(tallies[0] as Tally), ...ZERO },
  )

const ZERO = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<(typeof OUTCOMES)[number], number>

/** Formats the number of each outcome, such as `9,120 correct, 3 rejected, 0 wrong`. */
function countsOf(tally: Tally): string {
  return OUTCOMES.filter((outcome) => outcome === 'correct' || outcome === 'wrong' || tally[outcome] > 0)
    .map((outcome) => `${formatNumber(tally[outcome])} ${outcome}`)
    .join(', ')
}

const signed = (value: number) => `${value > 0 ? '+' : ''}${value}`
