import type { z } from 'zod'
import { CliError } from './cli-error.ts'

/** An answer of the gateway in the shape that was expected. Throws `CliError` for any other. */
export function understood<Shape extends z.ZodType>(shape: Shape, answer: unknown): z.infer<Shape> {
  const read = shape.safeParse(answer)
  if (!read.success) throw new CliError('expected a gateway of this version, got an answer of another shape')
  return read.data
}
