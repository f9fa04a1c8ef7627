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

const CACHE_HEADERS = {
  ETag: {
    description: 'Of the data that the answer is from, and of the release of the service.',
    schema: { type: 'string' },
  },
  'Cache-Control': { description: 'How long it may be used.', schema: { type: 'string' } },
  'X-Autocomplete-Stale': {
    description:
      'Only there when no Redis replica can be asked which version of the data is in use: the answer, from the cache, may be older than the data.',
    schema: { type: 'string', enum: ['1'] },
  },
}

const UNAVAILABLE = {
  ...error('Too many queries are waiting, or there is no data.'),
  headers: { 'Retry-After': { description: 'Seconds.', schema: { type: 'integer' } } },
}

const LIMIT = { type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT }
const TEXT = { type: 'string', minLength: 1, maxLength: MAX_QUERY_LENGTH, pattern: QUERY_PATTERN }
const FILTERS = { type: 'array', maxItems: MAX_CONTEXTS, items: { type: 'string', pattern: FILTER_PATTERN } }
const BOOSTS = { type: 'array', maxItems: MAX_CONTEXTS, items: { type: 'string', pattern: BOOST_PATTERN } }

const DESCRIPTIONS = {
  q: 'What has been typed so far, with something else than white space.',
  limit: 'Suggestions at most.',
  highlight: 'Adds how each suggestion was found, and which parts of its text match.',
  explain: 'Adds what the score of each suggestion is made of; includes `highlight`.',
  filter:
    '`name:value`: only entries of this context. Of one name any of the values will do; all of the names have to fit.',
  boost: `\`name:value:factor\`: entries of this context score so many times as high; a factor is from 1 to ${MAX_BOOST}.`,
}

const flag = (name: 'highlight' | 'explain') => ({
  name,
  in: 'query',
  description: DESCRIPTIONS[name],
  schema: { type: 'string', enum: ['0', '1'], default: '0' },
})

const OPTIONS = [
  { name: 'limit', in: 'query', description: DESCRIPTIONS.limit, schema: LIMIT },
  flag('highlight'),
  flag('explain'),
  { name: 'filter', in: 'query', description: DESCRIPTIONS.filter, schema: FILTERS },
  { name: 'boost', in: 'query', description: DESCRIPTIONS.boost, schema: BOOSTS },
]

const ANSWERED = {
  200: { description: 'The suggestions, best first.', headers: CACHE_HEADERS, ...json(ref('Answer')) },
  304: { description: 'The client has it: `If-None-Match` has its tag.', headers: CACHE_HEADERS },
  400: error('A parameter is wrong.'),
  414: error('The address is too long.'),
  431: error('The headers are too long.'),
  503: UNAVAILABLE,
}

const MATCH_DESCRIPTIONS: Readonly<Record<Match, string>> = {
  exact: 'is equal to the query',
  prefix: 'begins with the query; spaces and punctuation may differ',
  alias: 'has an alias that begins with the query',
  hangul: 'begins with the keystrokes of the query, whose last syllable may be half typed',
  initials: 'has the Hangul initials of the query',
  word: 'has words that begin with those of the query, in any order',
  layout: 'is found as above if the query was typed on another keyboard layout',
  typo: 'has words that are one or two edits away',
  infix: 'has the words of the query inside its words',
  firstLetter: 'has words with an edit in the first letter',
  partial: 'has some words of the query',
}

const MATCH = {
  type: 'string',
  enum: [...MATCHES],
  description: `How the entry was found. Suggestions are sorted by this first, in the order given here. The entry: ${MATCHES.map(
    (match) => `\`${match}\` ${MATCH_DESCRIPTIONS[match]}`,
  ).join('; ')}.`,
}

const SUGGESTION = {
  type: 'object',
  required: ['text', 'score'],
  properties: {
    text: { type: 'string' },
    score: { type: 'number', description: 'Weight, multiplied by recency and boost.' },
    payload: { description: 'What the data says of the entry besides; any JSON value.' },
    match: MATCH,
    highlight: {
      description: 'Matching parts of the text, in UTF-16 units, the end exclusive.',
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
            'Characters of the text. If scores are equal, the smaller spelling comes first, and so the shorter of two that begin alike.',
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
    description: 'Suggestions while somebody types. Every answer is from one version of the data, which it names.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: '/' }],
  paths: {
    '/autocomplete': {
      get: {
        operationId: 'suggest',
        summary: 'Suggestions for what has been typed so far.',
        parameters: [{ name: 'q', in: 'query', required: true, description: DESCRIPTIONS.q, schema: TEXT }, ...OPTIONS],
        responses: ANSWERED,
      },
      post: {
        operationId: 'suggestAll',
        summary: 'Suggestions for several queries.',
        requestBody: { required: true, ...json(ref('Batch')) },
        responses: {
          200: { description: 'An answer for each query, in their order.', ...json(ref('Answers')) },
          400: error('The body is wrong.'),
          413: error(`The body is longer than ${MAX_BODY_BYTES} bytes.`),
          415: error('The body is not JSON.'),
          503: UNAVAILABLE,
        },
      },
    },
    '/popular': {
      get: {
        operationId: 'popular',
        summary: 'The entries of the highest scores, for when nothing has been typed.',
        parameters: OPTIONS,
        responses: ANSWERED,
      },
    },
    '/health': {
      get: {
        operationId: 'health',
        summary: 'Whether the process is alive.',
        responses: { 200: { description: 'It is.', ...json({ type: 'object' }) } },
      },
    },
    '/ready': {
      get: {
        operationId: 'ready',
        summary: 'Whether queries can be answered.',
        responses: {
          200: {
            description: 'They can, from this version of the data.',
            ...json({
              type: 'object',
              required: ['status', 'version'],
              properties: { status: { const: 'ready' }, version: ref('Version') },
            }),
          },
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
          query: { type: 'string', description: 'As it was asked.' },
          corrected: {
            type: 'string',
            description: 'What the query was corrected to, if all suggestions are corrections.',
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
              code: { type: 'string', description: 'A stable word for programs.' },
              message: { type: 'string', description: 'One line for people.' },
            },
          },
        },
      },
    },
  },
} as const
