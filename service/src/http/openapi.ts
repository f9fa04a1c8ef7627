import { CRITICALITIES } from '../ranking/criticality.ts'
import { MATCHES, type Match } from '../search/query.ts'
import { MAX_BODY_BYTES } from './body.ts'
import {
  BOOST_PATTERN,
  DEFAULT_LIMIT,
  FILTER_PATTERN,
  MAX_BATCH_QUERIES,
  MAX_BOOST,
  MAX_CONTEXTS,
  MAX_LIMIT,
  MAX_QUERY_LENGTH,
  QUERY_PATTERN,
} from './query.ts'

const json = (schema: object) => ({ content: { 'application/json': { schema } } })
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const error = (description: string) => ({ description, ...json(ref('Error')) })

/** Describes the answer of a probe. Uses `enum`, because some generators of clients do not support `const`. */
const probe = (status: 'ok' | 'ready', more: object = {}) =>
  json({
    type: 'object',
    required: ['status', ...Object.keys(more)],
    properties: { status: { type: 'string', enum: [status] }, ...more },
  })

const CACHE_HEADERS = {
  ETag: {
    description: 'Identifies the dataset version and the release of the service.',
    schema: { type: 'string' },
  },
  'Cache-Control': { description: 'How long the answer may be reused.', schema: { type: 'string' } },
  'X-Autocomplete-Stale': {
    description:
      'Present if the current dataset version is unknown because no Redis replica answers. The cached answer may be outdated.',
    schema: { type: 'string', enum: ['1'] },
  },
}

const UNAVAILABLE = {
  ...error('The service cannot answer now, for example because too many queries are waiting or it has no data.'),
  headers: { 'Retry-After': { description: 'Seconds to wait before the next attempt.', schema: { type: 'integer' } } },
}

const LIMIT = { type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT }
const TEXT = { type: 'string', minLength: 1, maxLength: MAX_QUERY_LENGTH, pattern: QUERY_PATTERN }
const FILTERS = { type: 'array', maxItems: MAX_CONTEXTS, items: { type: 'string', pattern: FILTER_PATTERN } }
const BOOSTS = { type: 'array', maxItems: MAX_CONTEXTS, items: { type: 'string', pattern: BOOST_PATTERN } }

const DESCRIPTIONS = {
  q: 'Text typed so far. It must not be only white space.',
  limit: 'Maximum number of suggestions.',
  highlight: 'Add the kind of match and the matching parts of the text to each suggestion.',
  explain: 'Add to each suggestion the values that its score is computed from. Includes `highlight`.',
  filter: '`name:value`: return only entries with this context. If a name is repeated, one of its values must match.',
  criticality:
    'How much the query matters. Under overload, less critical queries are rejected first. The criticality does not change the answer.',
  boost: `\`name:value:factor\`: multiply the score of entries with this context by a factor from 1 to ${MAX_BOOST}.`,
}

const flag = (name: 'highlight' | 'explain') => ({
  name,
  in: 'query',
  description: DESCRIPTIONS[name],
  schema: { type: 'string', enum: ['0', '1'], default: '0' },
})

const CRITICALITY = {
  name: 'criticality',
  in: 'query',
  description: DESCRIPTIONS.criticality,
  schema: { type: 'string', enum: CRITICALITIES },
}

const OPTIONS = [
  { name: 'limit', in: 'query', description: DESCRIPTIONS.limit, schema: LIMIT },
  flag('highlight'),
  flag('explain'),
  { name: 'filter', in: 'query', description: DESCRIPTIONS.filter, schema: FILTERS },
  { name: 'boost', in: 'query', description: DESCRIPTIONS.boost, schema: BOOSTS },
  CRITICALITY,
]

const TOO_MANY_REQUESTS = error(
  'Too many requests on the same connection are waiting for the answer to an earlier request.',
)

/** The errors that any request can get. */
export const ANY_REQUEST_ERRORS = {
  400: error('The request or one of its parameters is invalid.'),
  408: error('The request took too long to arrive.'),
  414: error('The URL is too long.'),
  417: error('The header Expect has an unknown value.'),
  429: TOO_MANY_REQUESTS,
  431: error('The headers are too long.'),
  500: error('The service failed unexpectedly.'),
}

const ANSWERED = {
  200: { description: 'The suggestions, best first.', headers: CACHE_HEADERS, ...json(ref('Answer')) },
  304: { description: 'The client already has this answer.', headers: CACHE_HEADERS },
  ...ANY_REQUEST_ERRORS,
  503: UNAVAILABLE,
}

const MATCH_DESCRIPTIONS: Readonly<Record<Match, string>> = {
  exact: 'is equal to the query',
  prefix: 'begins with the query; spaces and punctuation may differ',
  alias: 'has an alias that begins with the query',
  hangul: 'begins with the keystrokes of the query, whose last syllable may be incomplete',
  initials: 'has the Hangul initials of the query',
  word: 'has words that begin with the words of the query, in any order',
  layout: 'matches in one of the ways above if the query was typed on another keyboard layout',
  typo: 'has words that are one or two edits away from those of the query',
  infix: 'contains the words of the query inside its words',
  firstLetter: 'has words that differ from those of the query in the first letter',
  partial: 'has only some words of the query',
}

const MATCH = {
  type: 'string',
  enum: [...MATCHES],
  description: `How the entry matches. Suggestions are sorted first by the kind of match, in this order. The entry: ${MATCHES.map(
    (match) => `\`${match}\` ${MATCH_DESCRIPTIONS[match]}`,
  ).join('; ')}.`,
}

const SUGGESTION = {
  type: 'object',
  required: ['text', 'score'],
  properties: {
    text: { type: 'string' },
    score: { type: 'number', description: 'Product of weight, recency, and boost.' },
    payload: { description: 'Additional data of the entry; any JSON value.' },
    match: MATCH,
    highlight: {
      description: 'Start and end of each matching part of the text, in UTF-16 code units. The end is exclusive.',
      type: 'array',
      items: { type: 'array', items: { type: 'integer', minimum: 0 }, minItems: 2, maxItems: 2 },
    },
    explain: {
      type: 'object',
      required: ['match', 'pinned', 'weight', 'length', 'recency', 'boost'],
      properties: {
        match: MATCH,
        pinned: { type: 'boolean' },
        weight: { type: 'number' },
        length: {
          type: 'integer',
          minimum: 1,
          description:
            'Length of the text, in characters. Suggestions with equal scores are sorted by spelling, so a text comes before longer texts that begin with it.',
        },
        recency: { type: 'number' },
        boost: { type: 'number' },
      },
    },
  },
}

/** The description of the HTTP API, served at `/openapi.json`. */
export const OPENAPI = {
  openapi: '3.1.0',
  info: {
    title: 'Autocomplete',
    version: '1',
    description: 'Suggestions while a user types. Every answer comes from one dataset version and names it.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: '/' }],
  security: [],
  paths: {
    '/autocomplete': {
      get: {
        operationId: 'suggest',
        summary: 'Suggestions for the text typed so far.',
        parameters: [{ name: 'q', in: 'query', required: true, description: DESCRIPTIONS.q, schema: TEXT }, ...OPTIONS],
        responses: ANSWERED,
      },
      post: {
        operationId: 'suggestAll',
        summary: 'Suggestions for several queries.',
        parameters: [{ ...CRITICALITY, schema: { ...CRITICALITY.schema, default: 'background' } }],
        requestBody: { required: true, ...json(ref('Batch')) },
        responses: {
          200: { description: 'An answer for each query, in the same order.', ...json(ref('Answers')) },
          ...ANY_REQUEST_ERRORS,
          400: error('The request, a parameter, or the body is invalid.'),
          413: error(`The body is longer than ${MAX_BODY_BYTES} bytes.`),
          415: error('The body is compressed, or its content type is not JSON.'),
          503: UNAVAILABLE,
        },
      },
    },
    '/popular': {
      get: {
        operationId: 'popular',
        summary: 'The entries with the highest scores, meant for an empty search box.',
        parameters: OPTIONS,
        responses: ANSWERED,
      },
    },
    '/health': {
      get: {
        operationId: 'health',
        summary: 'Liveness of the process.',
        responses: { 200: { description: 'The process is alive.', ...probe('ok') }, ...ANY_REQUEST_ERRORS },
      },
    },
    '/ready': {
      get: {
        operationId: 'ready',
        summary: 'Readiness to answer queries.',
        responses: {
          200: {
            description: 'The service can answer queries, and uses this dataset version.',
            ...probe('ready', { version: ref('Version') }),
          },
          ...ANY_REQUEST_ERRORS,
          503: UNAVAILABLE,
        },
      },
    },
  },
  components: {
    schemas: {
      Version: { type: 'string', pattern: '^[0-9a-f]{16}$' },
      Suggestion: SUGGESTION,
      Answer: {
        type: 'object',
        required: ['query', 'suggestions', 'version'],
        properties: {
          query: { type: 'string', description: 'The query as it was sent.' },
          corrected: {
            type: 'string',
            description:
              'The corrected query, if the match of the first suggestion is `layout`, `typo`, or `firstLetter`: the words of this suggestion that match, in lowercase and in the order of the query. Words are complete even if the query has only the beginning of them.',
          },
          suggestions: { type: 'array', maxItems: MAX_LIMIT, items: ref('Suggestion') },
          version: ref('Version'),
        },
      },
      Answers: {
        type: 'object',
        required: ['answers'],
        properties: { answers: { type: 'array', maxItems: MAX_BATCH_QUERIES, items: ref('Answer') } },
      },
      Batch: {
        type: 'object',
        required: ['queries'],
        additionalProperties: false,
        properties: { queries: { type: 'array', minItems: 1, maxItems: MAX_BATCH_QUERIES, items: ref('Query') } },
      },
      Query: {
        type: 'object',
        required: ['q'],
        additionalProperties: false,
        properties: {
          q: { ...TEXT, description: DESCRIPTIONS.q },
          limit: { ...LIMIT, description: DESCRIPTIONS.limit },
          highlight: { type: 'boolean', description: DESCRIPTIONS.highlight },
          explain: { type: 'boolean', description: DESCRIPTIONS.explain },
          filter: { ...FILTERS, description: DESCRIPTIONS.filter },
          boost: { ...BOOSTS, description: DESCRIPTIONS.boost },
        },
      },
      Error: {
        type: 'object',
        required: ['error'],
        properties: {
          error: {
            type: 'object',
            required: ['code', 'message'],
            properties: {
              code: { type: 'string', description: 'Stable identifier for programs.' },
              message: { type: 'string', description: 'One line for people.' },
            },
          },
        },
      },
    },
  },
} as const
