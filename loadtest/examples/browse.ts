/** Users who browse, with a Markov chain and listeners. browse.py is the same test for Locust. */
import locust, { events, HttpUser, MarkovTaskSet } from 'k6/x/locust'

class Browse extends MarkovTaskSet {
  static override transitions = {
    index: 'search',
    search: { index: 1, buy: 3 },
    buy: ['index', ['search', 2]],
  }
  async index() {
    await this.client.get('/')
  }

  async search() {
    await this.client.get('/search')
  }

  async buy() {
    await this.client.post('/buy')
  }
}

class Browser extends HttpUser {
  override waitTime = locust.between(0.01, 0.05)
  static override tasks = [Browse]
}

events.request.addListener(({ name, responseTime, exception }) => {
  if (exception !== null) console.log(`${name} failed after ${responseTime} ms`)
})

events.quitting.addListener(({ environment }) => {
  const { total } = environment.stats
  if (total.failRatio > 0.01 || total.getResponseTimePercentile(0.95) > 5000) environment.processExitCode = 3
})

export const options = locust.options({ userClasses: [Browser] })
export default locust.run
