/** Word fragments that frequency lists contain because their sources were split at apostrophes or into morphemes. */

const ONE_LETTER_WORDS = new Set(['a', 'i'])
const TWO_LETTER_WORDS = wordSet(`
  ad ah am an as at ax be by do eh ex go ha he hi ho if in is it lo ma me my no of oh ok on or ow ox pa pi so to uh um up
  us we ye yo
`)
/** Words before `n't`. Excludes `ca`, `have`, and `wo`, because with an added `n` they are words: can, haven, won. */
const NEGATED = wordSet('ai are could dare did do does had has is may might must need ought sha should was were would')
/** Words without their beginning or end: c'mon, 'tis, 'twas, 'til, 'bout. */
const CLIPPED = wordSet('mon tis twas til bout')

/** Particles, endings, and forms of the verbs 하다 and 되다 that only follow another word. */
const KOREAN_ENDINGS = wordSet(`
  에서 으로 에게 한테 까지 부터 처럼 마다 라도 이랑 로서 으로서 로부터 에게서 께서
  습니다 세요 네요 아요 에요 예요 구요 지요 군요 고요 게요 래요 을까요 거든요 는데요 은데요 인데요 잖아요 으세요 니까요 으니까요 는군요 십니다 랍니다
  지만 는데 은데 인데 던데 다고 라고 냐고 는다고 다는 라는 냐는 는다는 는다 다면 라면 으면 려면 자면 는다면 다가 거나 면서 으면서 라면서 으며 라며
  어서 아서 라서 셔서 어야 아야 셔야 야지 니까 으니까 라니까 는지 인지 든지 던지 을지 도록 려고 으려고 려는 으려는 으려면 고자 자마자 더니 라니 므로 으므로
  거든 구나 는구나 잖아 어라 아라 랄까 으려 였으며
  한다 합니다 해요 해서 해야 해도 해야지 한다고 한다는 한다면 된다 됩니다 돼요 된다고 된다는 된다면
`)

/**
 * Whether an English word in a frequency list is only a part of a word, an abbreviation, or a sound:
 *
 * - a single letter other than `a` and `I`
 * - two letters that are not in the list above
 * - a word without a vowel, such as `ll`, `mr`, and `hmm`
 * - a part of a contraction, such as `didn`
 */
export function isEnglishFragment(text: string): boolean {
  const word = text.toLowerCase()
  if (word.length === 1) return !ONE_LETTER_WORDS.has(word)
  if (word.length === 2) return !TWO_LETTER_WORDS.has(word)
  return !/[aeiouy]/.test(word) || CLIPPED.has(word) || (word.endsWith('n') && NEGATED.has(word.slice(0, -1)))
}

/** Whether a Korean morpheme occurs only after another one: a particle, an ending, or a form of 하다 or 되다. */
export function isKoreanFragment(text: string): boolean {
  return KOREAN_ENDINGS.has(text)
}

function wordSet(words: string): ReadonlySet<string> {
  return new Set(words.trim().split(/\s+/))
}
