import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readSettings, redacted, removedSettings, whiteSpaceWarnings } from './read-settings.ts'
import { REMOVED_SETTINGS, SETTINGS } from './settings.ts'

const ORIGINS = new RegExp(SETTINGS.CORS_ORIGINS.pattern as string)

/** Returns the message about the first invalid value in an environment. */
function problemWith(environment: Record<string, string>): string | undefined {
  try {
    readSettings(environment)
  } catch (error) {
    return (error as Error).message
  }
  return undefined
}

describe('removedSettings', () => {
  it('returns one line for each setting that no longer exists', () => {
    expect(removedSettings({ PORT: '80', RANKING_MAX_WAIT_MS: '25', EVENT_LOOP_MAX_DELAY_MS: '' })).toEqual([
      'environment variable RANKING_MAX_WAIT_MS no longer has an effect: set OVERLOAD_MAX_DELAY_MS instead',
    ])
  })

  it('names only settings that do not exist', () => {
    expect(Object.keys(REMOVED_SETTINGS).filter((name) => name in SETTINGS)).toEqual([])
  })
})

it('a password or user name that ends with white space is reported, but not shown', () => {
  expect(whiteSpaceWarnings(readSettings({ REDIS_USERNAME: 'app', REDIS_PASSWORD: ' hunter 2' }))).toEqual([])
  expect(whiteSpaceWarnings(readSettings({ REDIS_USERNAME: 'app ', REDIS_PASSWORD: 'hunter2\n' }))).toEqual([
    'environment variable REDIS_USERNAME ends with white space; remove it if Redis rejects the login',
    'environment variable REDIS_PASSWORD ends with white space; remove it if Redis rejects the login',
  ])
})

describe('readSettings', () => {
  it('has a default for everything', () => {
    expect(readSettings({})).toMatchObject({
      PORT: 8000,
      WEB_CONCURRENCY: 1,
      REDIS_SOCKET_KEEPALIVE: true,
      REDIS_NODES: [{ host: '127.0.0.1', port: 6379 }],
    })
    const defaults = Object.entries(SETTINGS).map(([name, schema]) => [name, String(schema.default)])
    expect(readSettings(Object.fromEntries(defaults))).toEqual(readSettings({}))
  })

  it('reads values from the environment, and treats empty ones as not set', () => {
    const settings = readSettings({
      PORT: '9000',
      LOG_LEVEL: 'debug',
      WEB_CONCURRENCY: '',
      REDIS_SOCKET_KEEPALIVE: 'false',
      REDIS_NODES: 'redis-headless:6379, 10.0.0.1:6380,[::1]:6381',
    })
    expect(settings).toMatchObject({
      PORT: 9000,
      LOG_LEVEL: 'debug',
      WEB_CONCURRENCY: 1,
      REDIS_SOCKET_KEEPALIVE: false,
    })
    expect(settings.REDIS_NODES).toEqual([
      { host: 'redis-headless', port: 6379 },
      { host: '10.0.0.1', port: 6380 },
      { host: '::1', port: 6381 },
    ])
  })

  it.each([
    ['PORT', '80a', 'an integer from 0 to 65535'],
    ['PORT', '70000', 'an integer from 0 to 65535'],
    ['WEB_CONCURRENCY', '65', 'an integer from 0 to 64'],
    ['WEB_CONCURRENCY', '1.5', 'an integer from 0 to 64'],
    ['LOG_LEVEL', 'loud', 'one of fatal, error, warn, info, debug, trace, silent'],
    ['REDIS_SOCKET_KEEPALIVE', 'yes', 'true or false'],
    ['REDIS_NODES', 'redis', 'host:port, or several of them separated by commas'],
    ['REDIS_NODES', 'tcp://10.0.0.1:6379', 'host:port, or several of them separated by commas'],
    ['REDIS_NODES', 'a:1,b:99999', 'host:port, or several of them separated by commas'],
    ['REDIS_NODES', '[:::]:6379', 'host:port, or several of them separated by commas'],
    ...['https://*.shop.example', 'https://a.example,https://*', 'shop.example'].map((origins) => [
      'CORS_ORIGINS',
      origins,
      'origins such as https://shop.example, in lower case, without paths, default ports, or wildcards, separated by commas, or *',
    ]),
  ])('rejects %s=%s with one line that contains the name, the accepted values, and the value', (name = '', value, accepted) => {
    const problem = `environment variable ${name} must be ${accepted}, got ${JSON.stringify(value)}`
    expect(problemWith({ [name]: value })).toBe(problem)
  })

  it.each([
    ...['', '*', 'https://shop.example', 'http://localhost:3000, https://a-b.example', 'http://[::1]:8000'],
    ...['https://10.0.0.1', 'https://shop.example:8443,http://a.example'],
  ])('accepts CORS_ORIGINS=%s, as the schema of the chart does', (origins) => {
    expect(origins).toMatch(ORIGINS)
    expect(problemWith({ CORS_ORIGINS: origins })).toBeUndefined()
  })

  it.each([
    ...['https://shop.example/', 'https://shop.example/search', 'https://Shop.example', 'https://가게.example'],
    ...['https://shop.example?q', 'https://shop.example#a', 'https://app:pw@shop.example', 'https://*.shop.example'],
    ...['https://shop.example:', 'https://a:b:c', 'https://[', 'https://shop.example:0'],
  ])('rejects CORS_ORIGINS=%s, as the schema of the chart does', (origins) => {
    expect(origins).not.toMatch(ORIGINS)
    expect(problemWith({ CORS_ORIGINS: origins })).toBeDefined()
  })

  // The chart has a guard for default ports.
  it.each(['https://shop.example:443', 'http://shop.example:80'])('rejects CORS_ORIGINS=%s', (origins) => {
    expect(problemWith({ CORS_ORIGINS: origins })).toBeDefined()
  })

  it.each([
    ['redis://app:hunter2@redis:6379', '***@redis:6379'],
    ['10.0.0.1:6379, app:hunter@2@redis', '10.0.0.1:6379, ***@redis'],
  ])('does not show the password in REDIS_NODES=%s', (value, shown) => {
    const problem = 'environment variable REDIS_NODES must be host:port, or several of them separated by commas'
    expect(problemWith({ REDIS_NODES: value })).toBe(`${problem}, got "${shown}"`)
  })

  it('rejects more Redis connections than REDIS_MAX_CONNECTIONS allows', () => {
    const environment = { WEB_CONCURRENCY: '3', RANKING_THREADS: '2', REDIS_CONNECTION_POOL_SIZE: '4' }
    expect(() => readSettings({ ...environment, REDIS_MAX_CONNECTIONS: '23' })).toThrow(
      /REDIS_MAX_CONNECTIONS must be at least 24 \(WEB_CONCURRENCY 3 × .*\), got "23"$/,
    )
    expect(readSettings({ ...environment, REDIS_MAX_CONNECTIONS: '24' }).REDIS_MAX_CONNECTIONS).toBe(24)
  })
})

it('rejects a METRICS_PORT that equals PORT', () => {
  expect(() => readSettings({ PORT: '9000', METRICS_PORT: '9000' })).toThrow(
    /^environment variable METRICS_PORT must be a port other than PORT, or 0 .*, got "9000"$/,
  )
  expect(readSettings({ PORT: '0', METRICS_PORT: '0' }).METRICS_PORT).toBe(0)
})

describe('redacted', () => {
  it('never shows a secret', () => {
    const shown = JSON.stringify(redacted(readSettings({ REDIS_USERNAME: 'app', REDIS_PASSWORD: 'hunter2' })))
    expect(shown).not.toContain('hunter2')
    expect(shown).toContain('"REDIS_PASSWORD":"(set)"')
    expect(shown).toContain('"REDIS_USERNAME":"app"')
  })
})

it('a file that contains no certificate is reported at start', () => {
  const [certificate = ''] = rootCertificates
  const folder = mkdtempSync(join(tmpdir(), 'settings-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const write = (name: string, content: string | Buffer) => {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }
  const read = (file: string) => readSettings({ REDIS_TLS: 'true', REDIS_TLS_CA_FILE: file })
  const der = new X509Certificate(certificate).raw
  const bad = ['/nowhere/ca.crt', folder, write('empty', ''), write('text', 'hello\n'), write('der', der)]
  for (const file of bad) {
    const accepted = 'a readable file with a certificate in PEM format'
    const problem = `environment variable REDIS_TLS_CA_FILE must be ${accepted}, got "${file}" (`
    expect(() => read(file), file).toThrow(problem)
  }
  expect(read(write('pem', `a comment\n${certificate}\n`)).REDIS_TLS).toBe(true)
})
