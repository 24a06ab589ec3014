import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { PolicyTest, Rule } from '../ruleset.ts'
import { canonicalJson } from './canonical-json.ts'
import { ruleWithoutPlaces, testWithoutPlaces } from './without-places.ts'

/** SHA-256, in hex, of what rules and tests say; where they stand in the source does not count. */
export function rulesetHash(rules: readonly Rule[], tests: readonly PolicyTest[]): string {
  const said = { language: 1, rules: rules.map(ruleWithoutPlaces), tests: tests.map(testWithoutPlaces) }
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(said))))
}
