// The charts are already drawn. This script shows the values at the pointer, or at the point selected with the arrow
// keys.
const { history } = JSON.parse(document.getElementById('data').textContent)
const times = history.map((point) => Date.parse(point.time))
const [first, last] = [times[0], times.at(-1)]

for (const figure of document.querySelectorAll('figure')) {
  const chart = figure.querySelector('.chart')
  const cursor = figure.querySelector('.cursor')
  const when = figure.querySelector('.when')
  const outputs = [...figure.querySelectorAll('output')]
  let chosen = -1

  const show = (index) => {
    chosen = index
    const share = index < 0 ? 0 : (times[index] - first) / Math.max(last - first, 1000)
    cursor.setAttribute('x1', share * 1000)
    cursor.setAttribute('x2', share * 1000)
    cursor.style.visibility = index < 0 ? 'hidden' : 'visible'
    when.textContent = index < 0 ? '' : history[index].time.replace('T', ' ').replace('Z', ' UTC')
    for (const output of outputs) {
      const value = index < 0 ? '' : history[index][output.dataset.key][1]
      output.textContent = value === '' ? '' : Math.round(value * 100) / 100
    }
  }

  chart.addEventListener('pointermove', (event) => {
    const box = chart.getBoundingClientRect()
    const at = first + ((event.clientX - box.left) / box.width) * (last - first)
    let nearest = 0
    for (let i = 1; i < times.length; i++) if (Math.abs(times[i] - at) < Math.abs(times[nearest] - at)) nearest = i
    show(nearest)
  })
  chart.addEventListener('pointerleave', () => show(-1))
  chart.addEventListener('blur', () => show(-1))
  chart.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (!step) return
    event.preventDefault()
    show(Math.min(times.length - 1, Math.max(0, chosen + step)))
  })
}
