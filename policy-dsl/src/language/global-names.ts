import { effects } from '../effects/registry.ts'
import { protocolLanguages } from './protocols.ts'

/** Every name that policies can use anywhere, which no constant and no target takes over. */
export const globalNames: ReadonlySet<string> = new Set([
  'rule',
  'test',
  'list',
  'any',
  'target',
  ...Object.keys(protocolLanguages),
  ...Object.keys(effects),
])
