import { CRITICALITIES, type Criticality, lessCritical } from '../ranking/criticality.ts'
import { BadRequestError } from './query.ts'

/**
 * The criticality for each urgency in the header `Priority` (RFC 9218). Urgencies up to 4 count as typed, because
 * browsers send them with a `fetch()` that has no `priority`.
 */
const CRITICALITY_BY_URGENCY: readonly Criticality[] = [
  ...(['typed', 'typed', 'typed', 'typed', 'typed'] as const),
  ...(['retry', 'prefetch', 'background'] as const),
]
/**
 * A quoted string. The closing quote is optional: otherwise, a text with many opening quotes would take quadratic time.
 */
const QUOTED = /"(?:[^"\\]|\\.?)*"?/g
const URGENCY = /^[ \t]*u(?:=(?<urgency>[0-7])[ \t]*(?:;.*)?|[=; \t].*)?$/
const PREFETCH = /(?:^|[,; \t])prefetch(?:$|[,; \t])/i

/** The headers that affect the criticality of a request. Repeated headers are joined by commas. */
export interface CriticalityHeaders {
  priority: string | undefined
  secPurpose: string | undefined
}

/**
 * Determines the criticality of a request. The parameter replaces the default of the route. Headers can only make the
 * query less critical, because browsers and proxies set them, too.
 * @param parameter the value of the parameter `criticality`
 * @throws {BadRequestError} if the parameter is invalid. As RFC 9218 requires, invalid headers are ignored.
 */
export function criticalityOf(
  parameter: string | undefined,
  byDefault: Criticality,
  { priority, secPurpose }: CriticalityHeaders,
): Criticality {
  let criticality = byDefault
  if (parameter !== undefined) {
    const named = CRITICALITIES.find((one) => one === parameter)
    if (!named) {
      throw new BadRequestError(
        'bad_criticality',
        `the parameter criticality must be one of ${CRITICALITIES.join(', ')}`,
      )
    }
    criticality = named
  }
  if (priority !== undefined) criticality = lessCritical(criticality, criticalityByPriority(priority))
  if (secPurpose !== undefined && PREFETCH.test(secPurpose)) criticality = lessCritical(criticality, 'prefetch')
  return criticality
}

/**
 * Returns the criticality for a header `Priority`. If there are several valid urgencies, the last one applies
 * (RFC 9651, section 3.2).
 */
function criticalityByPriority(priority: string): Criticality {
  const members = (priority.includes('"') ? priority.replace(QUOTED, '') : priority).split(',')
  const { urgency } = URGENCY.exec(members.findLast((member) => URGENCY.test(member)) ?? '')?.groups ?? {}
  return urgency === undefined ? 'typed' : (CRITICALITY_BY_URGENCY[Number(urgency)] as Criticality)
}
