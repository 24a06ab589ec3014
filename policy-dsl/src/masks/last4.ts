import type { Mask } from './mask.ts'

/** Values of fewer characters would show more than they hide. */
const charactersMin = 8

/** The last four characters, as on a receipt. How long the value was is not shown; a short one is hidden as a whole. */
export const last4: Mask = {
  kind: 'last4',
  hide: value => {
    const characters = Array.from(value)
    return characters.length < charactersMin ? '****' : `****${characters.slice(-4).join('')}`
  },
  typed: {},
}
