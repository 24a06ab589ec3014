import type { RE2JS } from 're2js'
import type { MaskKind } from '../decision.ts'
import { compilePattern } from '../evaluate/pattern.ts'
import type { MaskKey } from './mask-key.ts'
import { maskValue } from './mask-value.ts'

/** So many detectors are kept compiled. */
const detectorsMax = 256
const detectors = new Map<string, RE2JS>()

/**
 * Gives a text with every match of a detector hidden; a mask of kind `null`
 * takes it out. The text itself, the same object, where nothing matches. Throws
 * for a pattern that RE2 does not know.
 */
export function maskMatches(pattern: string, flags: string, text: string, kind: MaskKind, key: MaskKey): string {
  const detector = detectorFor(pattern, flags)
  // Five times faster than looking for the place, and mostly there is none.
  if (!detector.test(text)) return text
  return detector.matcher(text).replaceAll((match: string) => (match === '' ? '' : (maskValue(kind, match, key) ?? '')))
}

function detectorFor(pattern: string, flags: string): RE2JS {
  const name = `${flags}/${pattern}`
  let detector = detectors.get(name)
  if (!detector) {
    detector = compilePattern(pattern, flags)
    if (detectors.size >= detectorsMax) detectors.clear()
    detectors.set(name, detector)
  }
  return detector
}
