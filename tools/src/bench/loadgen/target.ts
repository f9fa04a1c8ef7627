/** The server that is asked, which counts: what it has seen says how many requests a generator made, whichever it is. */
import { Child } from '../../../support/child.ts'
import { UserError } from '../../../support/errors.ts'
import { inRoot } from '../../../support/paths.ts'

const HOST = '127.0.0.1'
const WORDS = ['an', 'and', 'answer', 'another', 'any', 'animal', 'analysis', 'annual', 'anyone', 'announce']

/** What is asked, and what every answer names. */
export const QUERY = 'an'
export const PATH = `/autocomplete?q=${QUERY}`
/** An answer of ten suggestions. */
export const ANSWER = JSON.stringify({
  query: QUERY,
  suggestions: WORDS.map((text, at) => ({ text, score: 1000 - at, match: 'prefix', highlight: [[0, QUERY.length]] })),
})

/** A server that runs. */
export interface Target {
  url: string
  /** Requests that it has answered so far, the ones for this number left out. */
  requests(): Promise<number>
  stop(): Promise<void>
}

/** Seconds of nothing, once, so many seconds after the first request. */
export interface Stall {
  afterSeconds: number
  stallSeconds: number
}

/**
 * Starts `scripts/server.mjs` on a free port of the loopback interface.
 * @throws {UserError} when it does not start
 */
export async function startTarget(signal: AbortSignal, stall?: Stall): Promise<Target> {
  const child = new Child('server.mjs', process.execPath, [inRoot(...SCRIPTS, 'server.mjs')], {
    env: {
      PATH: process.env.PATH,
      BODY: ANSWER,
      ...(stall && { STALL_AFTER: String(stall.afterSeconds), STALL: String(stall.stallSeconds) }),
    },
  })
  try {
    const [, port] = await child.line(/^listening on (\d+)$/, signal)
    const url = `http://${HOST}:${port}`
    return { url, requests: () => countOf(url, child, signal), stop: () => child.stop() }
  } catch (error) {
    await child.stop()
    throw error
  }
}

/** Where the scripts are, from the root. */
export const SCRIPTS = ['tools', 'src', 'bench', 'loadgen', 'scripts'] as const

async function countOf(url: string, child: Child, signal: AbortSignal): Promise<number> {
  try {
    return Number(await (await fetch(`${url}/count`, { signal })).text())
  } catch (error) {
    signal.throwIfAborted()
    if (child.hasEnded) throw new UserError(await child.ended)
    throw error
  }
}
