import { z } from 'zod'

/** The name of a key in signed notes. It is told to others, and should be a URL without its scheme. */
export const keyName = z
  .string('a name such as witness.example/w1')
  .regex(/^[^\p{White_Space}\p{Cc}\p{Surrogate}+]{1,200}$/u, 'a name without spaces and `+`, such as witness.example/w1')
  .meta({ examples: ['witness.example/w1'] })
