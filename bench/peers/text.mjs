/** The maximum number of suggestions. */
export const LIMIT = 10

/** Returns the text in lower case without accents. */
export const fold = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
