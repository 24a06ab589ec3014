/** Where a page ended: the values its order is by. Opaque to whoever carries it. */
export type Place = (string | number)[]

/** A cursor that is not one of ours. */
export class CursorInvalid extends Error {
  readonly code = 'cursor_invalid'

  constructor() {
    super('expected a cursor that this search gave')
    this.name = 'CursorInvalid'
  }
}

export function writeCursor(place: Place): string {
  return btoa(JSON.stringify(place)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** Gives the place a cursor holds. Throws `CursorInvalid` for anything that does not have the shape asked for. */
export function readCursor(cursor: string, shape: ('string' | 'number')[]): Place {
  let place: unknown
  try {
    place = JSON.parse(atob(cursor.replaceAll('-', '+').replaceAll('_', '/')))
  } catch {
    throw new CursorInvalid()
  }
  if (!Array.isArray(place) || place.length !== shape.length) throw new CursorInvalid()
  const values: unknown[] = place
  return values.map((value, at) => {
    const isRight = shape[at] === 'number' ? Number.isSafeInteger(value) : typeof value === 'string' && /^[\x20-\x7e]{1,100}$/.test(value)
    if (!isRight) throw new CursorInvalid()
    return value as string | number
  })
}
