/** Gives a reader of a page's colours, each as `#rrggbb` however the token says it. */
export function hexColours(root: HTMLElement): (token: string) => string {
  const probe = document.createElement('span')
  probe.hidden = true
  root.append(probe)
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = 1
  const painter = canvas.getContext('2d', { willReadFrequently: true })
  return token => {
    // The style resolves `light-dark()`; painting one pixel brings any colour space down to bytes.
    probe.style.color = `var(${token})`
    const resolved = getComputedStyle(probe).color
    if (!painter) return '#808080'
    painter.fillStyle = resolved
    painter.fillRect(0, 0, 1, 1)
    const [r = 0, g = 0, b = 0] = painter.getImageData(0, 0, 1, 1).data
    return `#${[r, g, b].map(value => value.toString(16).padStart(2, '0')).join('')}`
  }
}
