/** Explains in one line why publishing to Redis failed. */
import { CLUSTER_ERROR, withoutArguments } from '../redis/connect.ts'
import { PUBLISHER_RIGHTS } from './publish.ts'

const SET_PASSWORD = 'set the password in REDIS_PASSWORD'
const CHECK_ADDRESS = 'check the host and the port'
/** Network and TLS errors: a pattern that matches their code or message, and what is wrong and what to check. */
const CONNECTION_ERRORS: readonly (readonly [pattern: RegExp, explanation: string])[] = [
  [/ENOTFOUND|EAI_/, 'the host name cannot be resolved: check the name, and the DNS of this machine'],
  [/ECONNREFUSED/, `no server listens there: ${CHECK_ADDRESS}, and whether Redis is running`],
  [
    /ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|Command timed out/,
    `the server does not answer: ${CHECK_ADDRESS}, firewalls, and network policies`,
  ],
  [
    /before secure TLS connection|EPROTO|SSL routines/,
    `no TLS connection can be made: ${CHECK_ADDRESS}, or use redis:// if the server does not use TLS`,
  ],
  [/ERR_TLS_CERT_ALTNAME_INVALID/, 'the certificate of the server is for another host name: check the host'],
  [/CERT_HAS_EXPIRED/, 'the certificate of the server has expired: renew it'],
  [
    /SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET)|CERT_UNTRUSTED/,
    'the certificate of the server is not trusted: set NODE_EXTRA_CA_CERTS to the file of its certificate authority',
  ],
  [/Unknown RESP type|Protocol error/, `the server is not Redis: ${CHECK_ADDRESS}`],
  [
    /ECONNRESET|EPIPE|Connection is closed/,
    'the server closed the connection: check its limit of clients, its protected mode, and whether it needs TLS, as in rediss://HOST:PORT',
  ],
]
/** Error replies of Redis, and what to do. */
const REPLIES: readonly (readonly [pattern: RegExp, advice: string])[] = [
  // The second alternative is the message if a script runs the command.
  [/NOPERM|can't run this command/, `the publisher needs the rights ${PUBLISHER_RIGHTS}`],
  [/NOAUTH/, SET_PASSWORD],
  [/READONLY/, 'publish to its primary'],
  [CLUSTER_ERROR, 'a Redis Cluster cannot hold a dataset'],
  [/\bOOM\b/, 'Redis needs memory for the old and the new dataset: raise maxmemory'],
]

/**
 * Returns one line that says why publishing failed, and what to check. It contains no passwords.
 * @param hasPassword whether a password was sent
 */
export function explainPublishError(error: NodeJS.ErrnoException, hasPassword: boolean): string {
  const { code = '', message } = error
  // An AggregateError, which has an error for each address of a host, may have no message.
  const cause =
    withoutArguments(message)
      .replace(/\s*\n.*$/s, '')
      .replace(/\.$/, '') || code
  const matching = ([pattern]: readonly [RegExp, string]) => pattern.test(code) || pattern.test(message)
  const wrongPassword = hasPassword ? 'check the user and the password' : SET_PASSWORD
  const advice = message.includes('WRONGPASS') ? wrongPassword : REPLIES.find(matching)?.[1]
  if (advice !== undefined) return `${cause}; ${advice}`
  const explanation = CONNECTION_ERRORS.find(matching)?.[1]
  return explanation === undefined ? cause : `${explanation} (${cause})`
}
