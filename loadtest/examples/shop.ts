/** Shows the features of a script. shop.py is the same test for Locust. */
import locust, { HttpUser, SequentialTaskSet, StopUser, TaskSet, task } from 'k6/x/locust'

class Basket extends TaskSet {
  override async onStart() {
    await this.client.get('/basket')
  }

  static override tasks = { add: 2, leave: 1 }
  async add() {
    await this.client.post('/basket', { json: { sku: 17, count: 2 } })
  }

  leave() {
    this.interrupt()
  }
}

class Checkout extends SequentialTaskSet {
  static override tasks = { address: 1, pay: 1 }
  async address() {
    await this.client.put('/address', { data: { street: 'Main St. 1' } })
  }

  async pay() {
    const response = await this.client.post('/pay', { headers: { 'X-Token': this.user.token } })
    if (response.statusCode === 402) {
      throw new StopUser()
    }
    this.interrupt(false)
  }
}

class Shopper extends HttpUser {
  static override weight = 3
  override waitTime = locust.between(0.01, 0.05)
  static override tasks = [task('search', { weight: 3, tags: ['read'] }), Basket, Checkout]
  token = ''

  override async onStart() {
    const response = await this.client.post('/login', { data: { name: 'kim' } })
    this.token = response.json('token')
  }

  override async onStop() {
    await this.client.post('/logout')
  }

  async search() {
    await this.client.get('/search?q=shoes', {
      name: '/search',
      catchResponse: (response) => {
        if (response.json('hits') === 0) response.failure('no hits')
      },
    })
    await this.sleep(0.01)
  }
}

class Watcher extends HttpUser {
  static override fixedCount = 1
  override waitTime = locust.constantPacing(0.1)

  static override tasks = [task('look', { tags: ['read'] })]
  look() {
    locust.events.request.fire({ requestType: 'CACHE', name: 'look', responseTime: 2.5, responseLength: 0 })
  }
}

export const options = locust.options({ userClasses: [Shopper, Watcher] })
export default locust.run
