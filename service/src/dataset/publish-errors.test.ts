import { expect, it } from 'vitest'
import { explainPublishError } from './publish-errors.ts'

it.each([
  ['ETIMEDOUT', 'connect ETIMEDOUT', 'the server does not answer: '],
  ['EHOSTUNREACH', 'connect EHOSTUNREACH 10.0.0.1:6379', 'the server does not answer: '],
  ['', 'Command timed out', 'the server does not answer: '],
  ['ECONNREFUSED', '', 'no server listens there: '],
  ['EPROTO', 'SSL routines:ssl3_get_record:wrong version number:\n../x.c:350:\n', 'no TLS connection can be made: '],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate', 'the certificate of the server is not trusted: '],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify', 'the certificate of the server is not trusted: '],
  ['CERT_HAS_EXPIRED', 'certificate has expired', 'the certificate of the server has expired: '],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'Host: h. is not cert', 'the certificate of the server is for another host name: '],
])('explains the error %s %j in one line, and quotes it', (code, message, explanation) => {
  const reason = explainPublishError(Object.assign(new Error(message), { code }), false)
  expect(reason.startsWith(explanation)).toBe(true)
  expect(reason.endsWith(` (${message.split('\n')[0] || code})`)).toBe(true)
})

it.each([
  ['WRONGPASS invalid password.', true, 'WRONGPASS invalid password; check the user and the password'],
  ['WRONGPASS invalid password.', false, 'WRONGPASS invalid password; set the password in REDIS_PASSWORD'],
  ['NOAUTH Authentication required.', false, 'NOAUTH Authentication required; set the password in REDIS_PASSWORD'],
  ['READONLY You cannot write.', false, 'READONLY You cannot write; publish to its primary'],
  ["OOM command not allowed when used memory > 'maxmemory'.", false, 'raise maxmemory'],
  ['NOPERM no permissions', false, 'the publisher needs the rights ~autocomplete:*'],
  ['MOVED 3999 10.0.0.7:6379', false, 'MOVED 3999 10.0.0.7:6379; a Redis Cluster cannot hold a dataset'],
  ['keys missing', false, 'keys missing'],
])('advises on what Redis replies: %s', (message, hasPassword, reason) => {
  expect(explainPublishError(new Error(message), hasPassword)).toContain(reason)
})

it('shows no password that Redis quotes', () => {
  const message = "ERR unknown command 'AUTH', with args beginning with: 'app' 'secret' "
  expect(explainPublishError(new Error(message), true)).toBe("ERR unknown command 'AUTH'")
})
