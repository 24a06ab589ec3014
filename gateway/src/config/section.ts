import { z } from 'zod'

/** A strict object whose complaint about an unknown key names the keys it knows. */
export function section<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = Object.keys(shape).join(', ')
  return z.strictObject(shape, { error: issue => (issue.code === 'unrecognized_keys' ? `one of ${known}` : undefined) })
}
