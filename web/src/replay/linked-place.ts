import type { LinkedPlace } from './create-replay.ts'

/** Gives the place a link names: `?frame=` the line of a command, or `?t=` seconds since the start; null where it names none. */
export function linkedPlace(params: { frame?: string | undefined; t?: string | undefined }): LinkedPlace | null {
  if (params.frame !== undefined && /^\d{1,12}$/.test(params.frame)) return { line: Number(params.frame) }
  if (params.t !== undefined && /^\d{1,9}(\.\d{1,6})?$/.test(params.t)) return { seconds: Number(params.t) }
  return null
}
