import {
  HOST_NAME,
  IMAGE_REGISTRY,
  IMAGE_REPOSITORY,
  IMAGE_TAG,
  IP_ADDRESS,
  IP_RANGE,
  LABEL_VALUE,
  NAME_PART,
  NAME_PREFIX,
  OBJECT_NAME,
  PERCENTAGE,
  QUANTITY,
  REDIS_HOST,
  SHARE,
  withTemplates,
} from './schema.ts'

const HOST = 'a lower-case host name, such as search.example or *.search.example'
const OBJECT = 'the name of an object, in lower case'
const NAME = 'letters, digits, and dashes, in lower case'

/** Describes the strings that match each pattern. Errors show the description instead of the pattern. */
export const PATTERN_MEANINGS: ReadonlyMap<string, string> = new Map([
  [QUANTITY, 'a quantity such as 500m, 512Mi, or 1Gi'],
  [SHARE, 'a number, or a percentage up to 100%, such as 25%'],
  [PERCENTAGE, 'a number, or a percentage such as 25%'],
  [HOST_NAME, HOST],
  [withTemplates({ pattern: HOST_NAME }).pattern, HOST],
  [REDIS_HOST, 'a host name or an IP address, without a port'],
  [withTemplates({ pattern: REDIS_HOST }).pattern, 'a host name or an IP address, without a port'],
  [OBJECT_NAME.pattern, OBJECT],
  [withTemplates(OBJECT_NAME).pattern, OBJECT],
  [IMAGE_REPOSITORY, 'an image without a tag or digest, such as registry.example/search/app'],
  [IMAGE_REGISTRY, 'a registry, such as registry.example:5000/mirror'],
  [IMAGE_TAG, 'an image tag, such as 1.2.0'],
  [IP_ADDRESS, 'an IP address'],
  [IP_RANGE, 'a range of IP addresses, such as 10.0.0.0/8'],
  [LABEL_VALUE, 'a label value: up to 63 letters, digits, dashes, underscores, and dots'],
  [NAME_PART, `${NAME}, beginning and ending with a letter or digit`],
  [NAME_PREFIX, `${NAME}, beginning with a letter and ending with a letter or digit`],
  ['^/', 'a path that begins with /'],
])
