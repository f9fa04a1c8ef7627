/**
 * The load test of the reference report: users type random words letter by letter. report.py is the same test for
 * Locust.
 */
import locust, { HttpUser, type ResponseToJudge } from 'k6/x/locust'

const WORDS = open('../words.gen.txt')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))

class Typist extends HttpUser {
  override waitTime = locust.between(0.05, 0.2)
  static override connectionTimeout = 120
  static override networkTimeout = 120
  static override poolSize = 12_000
  static override headers = { Accept: 'application/json', Connection: 'keep-alive', 'Keep-Alive': 'timeout=120' }
  letters: string[] = []
  typed = ''

  static override tasks = { typeLetter: 1 }
  async typeLetter() {
    if (this.letters.length === 0) {
      this.letters = [...(WORDS[Math.floor(Math.random() * WORDS.length)] as string)]
      this.typed = ''
    }
    this.typed += this.letters.shift()
    const url = `/autocomplete?q=${encodeURIComponent(this.typed)}`
    await this.client.get(url, { name: '/autocomplete', catchResponse: (response) => judge(response, this.typed) })
  }
}

function judge(response: ResponseToJudge, query: string) {
  if (response.statusCode === 0) {
    response.failure('no answer')
  } else if (response.statusCode !== 200) {
    response.failure(`status ${response.statusCode}`)
  } else {
    let answer: { query: string }
    try {
      answer = response.json()
    } catch {
      response.failure('the body is not JSON')
      return
    }
    if (answer.query !== query) response.failure('the answer is for another query')
  }
}

export const options = locust.options({ userClasses: [Typist] })
export default locust.run
