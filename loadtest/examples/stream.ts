/** Reads answers while they arrive. */
import locust, { HttpUser } from 'k6/x/locust'

class Listener extends HttpUser {
  override waitTime = locust.constant(0.05)
  static override tasks = { listen: 1, download: 1 }

  async listen() {
    await this.client.get('/events', {
      stream: true,
      catchResponse: async (response) => {
        for (let line = await response.readLine(); line !== null; line = await response.readLine()) {
          if (line === 'data: full') {
            response.failure('full')
            break
          }
        }
      },
    })
  }

  async download() {
    const response = await this.client.get('/file', { stream: true })
    let size = 0
    for (let part = await response.read(8192); part !== null; part = await response.read(8192)) size += part.byteLength
    if (size !== 20000) throw new RangeError(`${size} bytes`)
  }
}

export const options = locust.options({ userClasses: [Listener] })
export default locust.run
