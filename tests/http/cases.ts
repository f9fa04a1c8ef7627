/**
 * Unusual, malformed, and ambiguous requests, which HTTP/1.1 servers handle differently (RFC 9110 and 9112). They
 * include the cases of the Http11Probe project.
 */

/** A request, and how the service may respond to it. */
export interface HttpCase {
  name: string
  /** What the client sends, as Latin-1. */
  bytes: string
  /** The allowed statuses of the first answer. {@link NO_ANSWER} allows closing the connection without an answer. */
  statuses: readonly number[]
  /** Whether the next request on the connection must be answered (`next`), must not (`close`), or may be (`any`). */
  afterward: 'next' | 'close' | 'any'
  /** Whether the request is incomplete. If so, the client sends nothing more and closes its side of the connection. */
  ends?: boolean
  /** What the first answer must match. */
  matches?: readonly RegExp[]
  /** What no answer may match. */
  never?: RegExp
}

/** The status that stands for a connection that is closed without an answer. */
export const NO_ANSWER = 0
/** A placeholder for the current ETag. */
export const ETAG = '{etag}'
/** The query of requests that are hidden in the body of another request. */
export const HIDDEN_QUERY = 'hidden'

type More = Pick<HttpCase, 'ends' | 'matches' | 'never'>
type Row = [
  name: string,
  bytes: string,
  statuses: number | readonly number[],
  afterward: HttpCase['afterward'],
  more?: More,
]

const JSON_BODY = '{"queries":[{"q":"app"}]}'
const LENGTH = JSON_BODY.length
const SIZE = LENGTH.toString(16)
const CHUNK = `${SIZE}\r\n${JSON_BODY}\r\n`
const LAST = '0\r\n\r\n'
const CHUNKED = 'Transfer-Encoding: chunked'
const HIDDEN = `GET /autocomplete?q=${HIDDEN_QUERY} HTTP/1.1\r\nHost: x\r\n\r\n`
const HIDDEN_HEAD = HIDDEN.replace('GET', 'HEAD')
const WEBSOCKET = ['Upgrade: websocket', 'Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==', 'Sec-WebSocket-Version: 13']
const ANSWERED = /"suggestions":\[\{"text":"apple"/

/** Returns a request with these lines as its head, and a body. */
const request = (lines: readonly string[], body = '') => `${[...lines, '', ''].join('\r\n')}${body}`
const get = (...headers: string[]) => request(['GET /autocomplete?q=app HTTP/1.1', 'Host: x', ...headers])
const target = (text: string, method = 'GET') => request([`${method} ${text} HTTP/1.1`, 'Host: x'])
const version = (text: string) => request([`GET /autocomplete?q=app ${text}`, 'Host: x'])
const host = (...lines: string[]) => request(['GET /autocomplete?q=app HTTP/1.1', ...lines])
const method = (name: string, headers: string[] = [], body = '') =>
  request([`${name} /autocomplete?q=app HTTP/1.1`, 'Host: x', ...headers], body)
const post = (headers: string[], body = '') =>
  request(['POST /autocomplete HTTP/1.1', 'Host: x', 'Content-Type: application/json', ...headers], body)
/** Returns a request with this Content-Length, including white space, and a body (by default, valid JSON). */
const length = (value: string, body = JSON_BODY) => post([`Content-Length:${value}`], body)
/** Returns a request with a chunked body. */
const chunks = (body: string) => post([CHUNKED], body)
/** Returns a request with a body, this Transfer-Encoding, and a Content-Length. */
const coding = (line: string) => post([line, `Content-Length: ${LENGTH}`], JSON_BODY)
/**
 * Returns a request whose body is empty according to its chunks, but contains a hidden request according to its
 * Content-Length.
 */
const hiding = (lines: (bytes: number) => string[], hidden = HIDDEN) =>
  post(lines(LAST.length + hidden.length), LAST + hidden)
const cookie = (...values: string[]) => get(...values.map((value) => `Cookie: ${value}`))
const repeat = (count: number, part: (at: number) => string, separator = '') =>
  Array.from({ length: count }, (_, at) => part(at)).join(separator)

const ROWS: Record<string, Row[]> = {
  'request line': [
    ['a plain GET', get(), 200, 'next', { matches: [ANSWERED] }],
    ['two GETs in a row', get() + get(), 200, 'next'],
    ['LF without CR after the request line', get().replace('1.1\r\n', '1.1\n'), [200, 400], 'any'],
    ['CR without LF after the request line', get().replace('1.1\r\n', '1.1\r'), 400, 'close'],
    ['two spaces before the target', get().replace('GET ', 'GET  '), [200, 400], 'any'],
    ['a tab before the target', get().replace('GET ', 'GET\t'), [200, 400], 'any'],
    ['no target', request(['GET HTTP/1.1', 'Host: x']), 400, 'close'],
    ['a space in the target', target('/auto complete?q=app'), 400, 'close'],
    ['a fragment in the target', target('/autocomplete?q=app#part'), 400, 'any'],
    ['an absolute URL', target('http://x/autocomplete?q=app'), 200, 'next', { matches: [ANSWERED] }],
    ['an absolute URL of another host', target('http://other.example/autocomplete?q=app'), [200, 400], 'next'],
    ['an absolute URL with an invalid port', target('http://x:port/autocomplete?q=app'), 400, 'any'],
    ['an absolute URL with an invalid host', target('http://[x/autocomplete?q=app'), 400, 'any'],
    ['* with GET', target('*'), 400, 'any'],
    ['* with OPTIONS', target('*', 'OPTIONS'), [200, 204], 'next', { matches: [/^allow: /im] }],
    ['a target of 7,900 characters', target(`/${'a'.repeat(7900)}`), 404, 'next'],
    ['a target of 100 kB', target(`/${'a'.repeat(100_000)}`), [400, 414, 431, NO_ANSWER], 'close'],
    ['a NUL in the target', target('/\0autocomplete'), 400, 'close'],
    ['UTF-8 in the target', target('/caf\u00c3\u00a9'), 400, 'close'],
    ['overlong UTF-8 in the target', target('/\u00c0\u00af'), 400, 'close'],
    ['a backslash in the target', target('/auto\\complete'), [400, 404], 'any'],
    ['%00 in the path', target('/autocomplete%00.html'), [400, 404], 'next'],
    ['%0d%0a in the path', target('/a%0d%0aX-Injected:%20yes'), [400, 404], 'next', { never: /^x-injected/im }],
    ['empty lines before the request', `\r\n\r\n${get()}`, [200, 400], 'any'],
    ['a line of spaces', '   \r\n\r\n', [400, NO_ANSWER], 'close'],
    ['no version, as in HTTP/0.9', 'GET /autocomplete?q=app\r\n', [400, NO_ANSWER], 'close', { ends: true }],
    ['HTTP/1.2', version('HTTP/1.2'), [200, 400, 505], 'any'],
    ['HTTP/2.0', version('HTTP/2.0'), [400, 505], 'close'],
    ['HTTP/9.9', version('HTTP/9.9'), [400, 505], 'close'],
    ['HTTP/1 without a minor version', version('HTTP/1'), 400, 'close'],
    ['HTTP/01.01', version('HTTP/01.01'), 400, 'close'],
    ['a space in the version', version('HTTP/ 1.1'), 400, 'close'],
    ['http in lower case', version('http/1.1'), 400, 'close'],
    ['HTTP/1.0', version('HTTP/1.0'), 200, 'close', { matches: [ANSWERED] }],
    ['HTTP/1.0 without a host', 'GET /autocomplete?q=app HTTP/1.0\r\n\r\n', [200, 400], 'close'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400, 505, NO_ANSWER], 'close'],
    ['bytes at random', '\u0000\u0001\u00ff\u00fe\u0080\u0016\u0003\u0001\r\n\r\n', [400, NO_ANSWER], 'close'],
    ['nothing', '', [400, 408, NO_ANSWER], 'close', { ends: true }],
    [
      'headers without an end',
      'GET / HTTP/1.1\r\nHost: x\r\nX-Test: 1',
      [400, 408, NO_ANSWER],
      'close',
      { ends: true },
    ],
  ],
  methods: [
    ['get in lower case', method('get'), [400, 405, 501], 'any'],
    ['an unknown method', method('FOOBAR'), [400, 405, 501], 'any'],
    ['a method of 100 kB', method('A'.repeat(100_000)), [400, NO_ANSWER], 'close'],
    ['CONNECT', request(['CONNECT a.example:443 HTTP/1.1', 'Host: a.example:443']), [400, 405, 501], 'close'],
    ['TRACE', method('TRACE'), [405, 501], 'any'],
    ['TRACE with a secret', method('TRACE', ['Authorization: Bearer s3cret']), [405, 501], 'any', { never: /s3cret/ }],
    ['TRACE with a body', method('TRACE', ['Content-Length: 5'], 'hello'), [400, 405, 501], 'any'],
    ['DELETE', method('DELETE'), 405, 'next', { matches: [/^allow: .*GET/im] }],
    ['OPTIONS lists the methods', method('OPTIONS'), [200, 204], 'next', { matches: [/^allow: .*POST/im] }],
    [
      'OPTIONS has no length with 204',
      method('OPTIONS'),
      204,
      'next',
      { never: /^HTTP\/1.1 204[\s\S]*?^content-length/im },
    ],
    ['OPTIONS with a body', method('OPTIONS', ['Content-Length: 5'], 'hello'), [204, 400], 'next'],
    ['HEAD', method('HEAD'), 200, 'next', { matches: [/^content-length: [1-9]/im] }],
    ['HEAD with a body', method('HEAD', ['Content-Length: 5'], 'hello'), [200, 400], 'next'],
    ['GET with a body', method('GET', ['Content-Length: 5'], 'hello'), [200, 400], 'next'],
    [
      'GET whose body is the beginning of a request',
      method('GET', [`Content-Length: ${HIDDEN.length - 2}`], HIDDEN.slice(0, -2)),
      [200, 400],
      'next',
    ],
  ],
  'header lines': [
    ['LF without CR after a header', get('X-Test: 1').replace('x\r\n', 'x\n'), [200, 400], 'any'],
    ['a folded header', get('X-Test: 1', ' continued'), 400, 'close'],
    ['a space before the colon', get('X-Test : 1'), 400, 'close'],
    ['no name', get(': 1'), 400, 'close'],
    ['no colon', get('NoColon'), 400, 'close'],
    ['a bracket in a name', get('Bad[Name: 1'), 400, 'close'],
    ['UTF-8 in a name', get('X-T\u00c3\u00abst: 1'), 400, 'close'],
    ['a tab in a name', post([`Content-Length: ${LENGTH}`, 'Content\tLength: 9'], JSON_BODY), 400, 'close'],
    ['white space before the first header', host(' ', 'Host: x'), 400, 'close'],
    ['control characters in a value', get('X-Test: a\u0007\u0008\u000bb'), 400, 'close'],
    ['a NUL in a value', get('X-Test: a\0b'), 400, 'close'],
    ['CR in a value', get('X-Test: a\rb'), 400, 'close'],
    ['a name of 100 kB', get(`${'A'.repeat(100_000)}: 1`), [400, 431, NO_ANSWER], 'close'],
    ['a value of 100 kB', get(`X-Big: ${'B'.repeat(100_000)}`), [400, 431, NO_ANSWER], 'close'],
    ['10,000 headers', get(repeat(10_000, (at) => `X-${at}: 1`, '\r\n')), [400, 431, NO_ANSWER], 'close'],
    ['an unknown Accept', get('Accept: application/x-nothing'), [200, 406], 'next'],
    ['an invalid Range', get('Range: bytes=a-b'), [200, 416], 'next'],
    ['1,000 ranges', get(`Range: bytes=${repeat(1000, (at) => `0-${at}`, ',')}`), [200, 400, 416, 431], 'any'],
    ['a Range with POST', post([`Content-Length: ${LENGTH}`, 'Range: bytes=0-9'], JSON_BODY), 200, 'next'],
    ['Connection: close', get('Connection: close'), 200, 'close', { matches: [/^connection: close\r$/im] }],
    ['the date of an answer', get(), 200, 'next', { matches: [/^date: /im] }],
    [
      'the format of the date',
      get(),
      200,
      'next',
      { matches: [/^date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r$/im] },
    ],
    ['the type of an answer', get(), 200, 'next', { matches: [/^content-type: application\/json/im] }],
    ['an unknown expectation', get('Expect: wonders'), [200, 417], 'any'],
    [
      'an expectation with HTTP/1.0',
      request(
        [
          'POST /autocomplete HTTP/1.0',
          'Content-Type: application/json',
          'Expect: 100-continue',
          `Content-Length: ${LENGTH}`,
        ],
        JSON_BODY,
      ),
      [200, 400],
      'close',
      { never: /^HTTP\/1.1 1/m },
    ],
  ],
  Host: [
    ['none', host(), 400, 'any'],
    ['empty', host('Host: '), 400, 'any'],
    ['two different ones', host('Host: x', 'Host: other.example'), 400, 'any'],
    ['the same twice', host('Host: x', 'Host: x'), 400, 'any'],
    ['two in one line', host('Host: x, other.example'), 400, 'any'],
    ['with a user', host('Host: user@x'), 400, 'any'],
    ['with a path', host('Host: x/path'), 400, 'any'],
  ],
  Upgrade: [
    ['with POST', post(['Connection: Upgrade', ...WEBSOCKET]), [200, 400, 415], 'any'],
    ['without Connection', get(...WEBSOCKET), [200, 400], 'any'],
    ['to an unknown protocol', get('Connection: Upgrade', 'Upgrade: unheard-of/1'), [200, 400], 'any'],
    [
      'to an unknown version',
      get('Connection: Upgrade', ...WEBSOCKET).replace('Version: 13', 'Version: 99'),
      [200, 400, 426],
      'any',
    ],
    ['with HTTP/1.0', get('Connection: Upgrade', ...WEBSOCKET).replace('HTTP/1.1', 'HTTP/1.0'), [200, 400], 'close'],
  ],
  'bodies with a length': [
    ['a valid one', length(` ${LENGTH}`), 200, 'next', { matches: [ANSWERED] }],
    ['an empty one', length(' 0', ''), 400, 'next'],
    ['neither a length nor chunks', post([]), 400, 'next'],
    ['a body that is too short', length(' 99'), [400, NO_ANSWER], 'close', { ends: true }],
    ['a huge length without a body', length(' 999999999', ''), [400, 413, NO_ANSWER], 'close', { ends: true }],
    ['an unknown type', method('POST', ['Content-Type: x/y', 'Content-Length: 5'], 'hello'), [400, 415], 'any'],
    [
      'two types',
      method('POST', ['Content-Type: text/plain', 'Content-Type: text/html', 'Content-Length: 5'], 'hello'),
      [400, 415],
      'any',
    ],
    ['one byte more than the length', length(' 0', 'X'), 400, 'close'],
    ['letters', length(' abc'), 400, 'close'],
    ['empty', length(' '), 400, 'close'],
    ['a plus sign', length(` +${LENGTH}`), 400, 'close'],
    ['a negative length', length(' -1', ''), 400, 'close'],
    ['minus zero', length(' -0', ''), 400, 'close'],
    ['two zeros', length(' 00', ''), 400, 'any'],
    ['leading zeros', length(` 00${LENGTH}`), [200, 400], 'any'],
    ['a number that could be octal', length(` 0${LENGTH}`), [200, 400], 'any'],
    ['octal', length(' 0o31'), 400, 'close'],
    ['hexadecimal', length(' 0x19'), 400, 'close'],
    ['an underscore', length(' 2_5'), 400, 'close'],
    ['a space within', length(' 2 5'), 400, 'close'],
    ['a trailing space', length(` ${LENGTH} `), [200, 400], 'any'],
    ['two leading spaces', length(`  ${LENGTH}`), [200, 400], 'any'],
    ['a leading tab', length(`\t${LENGTH}`), [200, 400], 'any'],
    ['more than 64 bits', length(' 99999999999999999999'), 400, 'close'],
    ['two different lengths', post([`Content-Length: ${LENGTH}`, 'Content-Length: 99'], JSON_BODY), 400, 'close'],
    ['two different lengths in one line', length(` ${LENGTH}, 99`), 400, 'close'],
    ['the same length twice in one line', length(` ${LENGTH}, ${LENGTH}`), [200, 400], 'any'],
    ['the same length three times in one line', length(` ${LENGTH}, ${LENGTH}, ${LENGTH}`), [200, 400], 'any'],
    [
      'a second length with an underscore in its name',
      post([`Content-Length: ${LENGTH}`, 'Content_Length: 99'], JSON_BODY),
      [200, 400],
      'any',
      { matches: [/"text":"apple"|"error"/] },
    ],
    [
      'a second length with a space before the colon',
      post([`Content-Length: ${LENGTH}`, 'Content-Length : 5'], JSON_BODY),
      400,
      'close',
    ],
    [
      'a hidden request after the first of two lengths',
      post(['Content-Length: 4', `Content-Length: ${4 + HIDDEN.length}`], `PING${HIDDEN}`),
      400,
      'close',
    ],
    [
      'Expect: 100-continue',
      post([`Content-Length: ${LENGTH}`, 'Expect: 100-continue'], JSON_BODY),
      [200, 400, 417],
      'any',
    ],
    [
      'Expect: 100-continue in another order',
      post(['Expect: 100-continue', `Content-Length: ${LENGTH}`], JSON_BODY),
      [200, 400, 417],
      'any',
    ],
  ],
  chunks: [
    ['one', chunks(CHUNK + LAST), 200, 'next', { matches: [ANSWERED] }],
    ['two', chunks(`5\r\n${JSON_BODY.slice(0, 5)}\r\n14\r\n${JSON_BODY.slice(5)}\r\n${LAST}`), 200, 'next'],
    ['none', chunks(LAST), 400, 'next'],
    ['no last one', chunks(CHUNK), [400, NO_ANSWER], 'close', { ends: true }],
    ['an extension', chunks(`${SIZE};name=value\r\n${JSON_BODY}\r\n${LAST}`), [200, 400], 'any'],
    [
      'an extension of 64 kB',
      chunks(`${SIZE};a=${'b'.repeat(65_536)}\r\n${JSON_BODY}\r\n${LAST}`),
      [200, 400, 413, 431],
      'any',
    ],
    ['a trailer', chunks(`${CHUNK}0\r\nX-Checksum: 1\r\n\r\n`), [200, 400], 'any'],
    [
      'a size in capital letters',
      chunks(`A\r\n${JSON_BODY.slice(0, 10)}\r\nF\r\n${JSON_BODY.slice(10)}\r\n${LAST}`),
      200,
      'next',
    ],
    ['a size of more than 64 bits', chunks(`FFFFFFFFFFFFFFFF0\r\n${JSON_BODY}\r\n${LAST}`), 400, 'close'],
    ['a negative size', chunks(`-1\r\n${JSON_BODY}\r\n${LAST}`), 400, 'close'],
    ['a plus sign', chunks(`+${CHUNK}${LAST}`), 400, 'close'],
    ['a plus sign before the last size, and a byte more', chunks(`+${LAST}X`), 400, 'close'],
    ['0x', chunks(`0x${CHUNK}${LAST}`), 400, 'close'],
    ['an underscore in a size', chunks(`1_9\r\n${JSON_BODY}\r\n${LAST}`), 400, 'close'],
    ['a space before a size', chunks(` ${CHUNK}${LAST}`), 400, 'close'],
    ['a space after a size', chunks(`${SIZE} \r\n${JSON_BODY}\r\n${LAST}`), 400, 'close'],
    ['a semicolon without an extension', chunks(`${SIZE};\r\n${JSON_BODY}\r\n${LAST}`), 400, 'close'],
    ['a bracket in an extension', chunks(`${SIZE};bad[=1\r\n${JSON_BODY}\r\n${LAST}`), 400, 'close'],
    ['LF in an extension', chunks(`${SIZE};\n${JSON_BODY}\r\n${LAST}`), 400, 'close'],
    ['CR in an extension', chunks(`${SIZE};a\rX\r\n${JSON_BODY}\r\n${LAST}`), 400, 'close'],
    ['a NUL in an extension', chunks(`${SIZE};\0a\r\n${JSON_BODY}\r\n${LAST}`), 400, 'close'],
    ['CR without LF after a size', chunks(`${SIZE}\r${JSON_BODY}\r\n${LAST}`), 400, 'close'],
    ['no line break after the data', chunks(`${SIZE}\r\n${JSON_BODY}${LAST}`), 400, 'close'],
    ['more data than the size', chunks(`${SIZE}\r\n${JSON_BODY}!!\r\n${LAST}`), 400, 'close'],
    ['LF without CR after the data', chunks(`${SIZE}\r\n${JSON_BODY}\n${LAST}`), [200, 400], 'any'],
    ['LF without CR at the end', chunks(`${CHUNK}0\r\n\n`), [200, 400], 'any'],
    ['a length in the trailer', chunks(`${CHUNK}0\r\nContent-Length: 50\r\n\r\n`), [200, 400], 'any'],
    ['Transfer-Encoding in the trailer', chunks(`${CHUNK}0\r\n${CHUNKED}\r\n\r\n`), [200, 400], 'any'],
    ['a host in the trailer', chunks(`${CHUNK}0\r\nHost: evil.example\r\n\r\n`), [200, 400], 'any'],
    ['credentials in the trailer', chunks(`${CHUNK}0\r\nAuthorization: Bearer 1\r\n\r\n`), [200, 400], 'any'],
    ['a type in the trailer', chunks(`${CHUNK}0\r\nContent-Type: text/html\r\n\r\n`), [200, 400], 'any'],
  ],
  'Transfer-Encoding': [
    ['gzip', post(['Transfer-Encoding: gzip']), [400, 501], 'close'],
    ['gzip, chunked', post(['Transfer-Encoding: gzip, chunked'], `${CHUNK}${LAST}`), [400, 501], 'close'],
    ['chunked, gzip', post(['Transfer-Encoding: chunked, gzip'], LAST), [400, 501], 'close'],
    ['xchunked with a length', coding('Transfer-Encoding: xchunked'), [400, 501], 'close'],
    ['identity with a length', coding('Transfer-Encoding: identity'), [400, 501], 'close'],
    ['empty with a length', coding('Transfer-Encoding: '), 400, 'close'],
    ['a trailing space', coding('Transfer-Encoding: chunked '), [400, 501], 'close'],
    ['a space before the colon', coding('Transfer-Encoding : chunked'), 400, 'close'],
    ['a tab before the value', coding('Transfer-Encoding:\tchunked'), 400, 'close'],
    ['a vertical tab before the value', coding('Transfer-Encoding: \u000bchunked'), 400, 'close'],
    ['a form feed before the value', coding('Transfer-Encoding: \fchunked'), 400, 'close'],
    ['a NUL after the value', coding('Transfer-Encoding: chunked\0'), 400, 'close'],
    ['a folded line', coding('Transfer-Encoding:\r\n chunked'), 400, 'close'],
    [
      'a folded line with OPTIONS',
      method('OPTIONS', ['Transfer-Encoding:\r\n chunked', 'Content-Length: 5'], 'hello'),
      400,
      'close',
    ],
    ['chunked twice in one line', coding('Transfer-Encoding: chunked, chunked'), 400, 'close'],
    ['chunked and identity', coding(`${CHUNKED}\r\nTransfer-Encoding: identity`), 400, 'close'],
    ['a leading comma', coding('Transfer-Encoding: , chunked'), 400, 'close'],
    ['a trailing comma', coding('Transfer-Encoding: chunked,'), 400, 'close'],
    ['a parameter', coding('Transfer-Encoding: chunked;a=b'), 400, 'close'],
    ['a capital letter, with a length', coding('Transfer-Encoding: Chunked'), 400, 'close'],
    ['a name in capital letters, with a length', coding('TRANSFER-ENCODING: chunked'), 400, 'close'],
    ['an underscore in the name, with a length', coding('Transfer_Encoding: chunked'), [200, 400], 'any'],
    [
      'an underscore in the name, with a length and a body that is not JSON',
      coding('Transfer_Encoding: chunked').replace('{"', '{{'),
      400,
      'any',
    ],
    ['HTTP/1.0', coding(CHUNKED).replace('HTTP/1.1', 'HTTP/1.0'), 400, 'close'],
  ],
  'a length and chunks': [
    ['both', post([`Content-Length: ${CHUNK.length + LAST.length}`, CHUNKED], CHUNK + LAST), 400, 'close'],
    ['a length that ends before the chunks', post(['Content-Length: 4', CHUNKED], LAST), 400, 'close'],
    ['a length that ends after the chunks', post([CHUNKED, 'Content-Length: 30'], LAST), 400, 'close'],
    ['Content-Length before Transfer-Encoding', post([`Content-Length: ${LAST.length}`, CHUNKED], LAST), 400, 'close'],
    ['Transfer-Encoding before Content-Length', post([CHUNKED, `Content-Length: ${LAST.length}`], LAST), 400, 'close'],
    ['a byte after the chunks', post([`Content-Length: ${LAST.length + 1}`, CHUNKED], `${LAST}X`), 400, 'close'],
    [
      'a byte after the chunks, Transfer-Encoding first',
      post([CHUNKED, 'Content-Length: 30'], `${LAST}X`),
      400,
      'close',
    ],
    ['a hidden GET', hiding((bytes) => [`Content-Length: ${bytes}`, CHUNKED]), 400, 'close'],
    ['a hidden HEAD', hiding((bytes) => [`Content-Length: ${bytes}`, CHUNKED], HIDDEN_HEAD), 400, 'close'],
    ['a hidden GET and a plus sign', hiding((bytes) => [`Content-Length: +${bytes}`, CHUNKED]), 400, 'close'],
    ['a hidden GET and a letter', hiding((bytes) => [`Content-Length: ${bytes}x`, CHUNKED]), 400, 'close'],
    [
      'a hidden GET and a folded line',
      hiding((bytes) => ['Transfer-Encoding:\r\n chunked', `Content-Length: ${bytes}`]),
      400,
      'close',
    ],
    [
      'a hidden GET and a trailing space',
      hiding((bytes) => [`Content-Length: ${bytes}`, 'Transfer-Encoding: chunked ']),
      400,
      'close',
    ],
    [
      'a hidden GET and a leading comma',
      hiding((bytes) => [`Content-Length: ${bytes}`, 'Transfer-Encoding: , chunked']),
      400,
      'close',
    ],
    [
      'a hidden GET and a capital letter',
      hiding((bytes) => [`Content-Length: ${bytes}`, 'Transfer-Encoding: Chunked']),
      400,
      'close',
    ],
    [
      'a hidden GET and two encodings',
      hiding((bytes) => [CHUNKED, 'Transfer-Encoding: identity', `Content-Length: ${bytes}`]),
      400,
      'close',
    ],
    [
      'a hidden GET in a chunk after the length',
      post([CHUNKED, 'Content-Length: 4'], `${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n${LAST}`),
      400,
      'close',
    ],
  ],
  'conditional requests': [
    ['If-None-Match with the current tag', get(`If-None-Match: ${ETAG}`), 304, 'next'],
    ['304 has the tag', get(`If-None-Match: ${ETAG}`), 304, 'next', { matches: [/^etag: /im] }],
    ['a strong form of the tag', get(`If-None-Match: ${ETAG}`).replace('W/', ''), 304, 'next'],
    ['any tag', get('If-None-Match: *'), 304, 'next'],
    ['a tag without quotation marks', get('If-None-Match: none'), 200, 'next'],
    [
      'If-None-Match before If-Modified-Since',
      get(`If-None-Match: ${ETAG}`, 'If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT'),
      304,
      'next',
    ],
    ['If-Modified-Since', get('If-Modified-Since: Sat, 28 Nov 2026 00:00:00 GMT'), [200, 304], 'next'],
    ['If-Modified-Since in the future', get('If-Modified-Since: Thu, 01 Jan 2099 00:00:00 GMT'), 200, 'next'],
    ['If-Modified-Since without a date', get('If-Modified-Since: never'), 200, 'next'],
  ],
  cookies: [
    ['one', cookie('crumb=1'), 200, 'next', { never: /crumb/ }],
    ['several', cookie('a=1; b=2; crumb=3'), 200, 'next', { never: /crumb/ }],
    ['two lines', cookie('a=1', 'crumb=2'), [200, 400], 'next', { never: /crumb/ }],
    ['in another route', target('/health').replace('Host', 'Cookie: crumb=1\r\nHost'), 200, 'next', { never: /crumb/ }],
    ['empty', cookie(''), [200, 400], 'next'],
    ['an empty value', cookie('crumb='), 200, 'next', { never: /crumb/ }],
    ['spaces and equals signs', cookie('crumb=a b; c=d=e'), 200, 'next', { never: /crumb/ }],
    ['only punctuation', cookie('===;;;'), [200, 400], 'next'],
    ['a NUL', cookie('crumb=\0'), 400, 'close', { never: /crumb/ }],
    ['control characters', cookie('crumb=\u0001\u0002'), 400, 'close', { never: /crumb/ }],
    ['1,000 pairs', cookie(repeat(1000, (at) => `c${at}=${at}`, '; ')), [200, 400, 431], 'any'],
    ['64 kB', cookie(`crumb=${'c'.repeat(65_536)}`), [400, 431, NO_ANSWER], 'close'],
  ],
}

/** All cases. Their names are unique. */
export const HTTP_CASES: readonly HttpCase[] = Object.entries(ROWS).flatMap(([group, rows]) =>
  rows.map(([name, bytes, statuses, afterward, more]) => ({
    name: `${group}: ${name}`,
    bytes,
    statuses: typeof statuses === 'number' ? [statuses] : statuses,
    afterward,
    ...more,
  })),
)
