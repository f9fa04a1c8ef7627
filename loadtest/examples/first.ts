import locust, { HttpUser } from 'k6/x/locust'

class Visitor extends HttpUser {
  override waitTime = locust.between(1, 3)
  static override tasks = { search: 3, home: 1 }
  async search() {
    await this.client.get('/autocomplete?q=s', { name: '/autocomplete' })
  }

  async home() {
    await this.client.get('/')
  }
}

export const options = locust.options({ userClasses: [Visitor], users: 10, spawnRate: 5, runTime: '30s' })
export default locust.run
