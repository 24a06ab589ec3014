import { compile, rehearseRecordings, type PastRecording, type RehearsedPolicy } from '@steno/policy-dsl'
import type { LocalAsk, LocalOutcome } from './rehearsal-messages.ts'

/** Rehearses texts on recordings that are loaded: what the gateway's rehearsal says of the same recordings. */
export async function rehearseLoaded(
  { policies, live, window, isTruncated }: LocalAsk,
  {
    recordings,
    monotonicUs,
    random,
  }: { recordings: PastRecording[]; monotonicUs: () => number; random: (sizeBytes: number) => Uint8Array },
): Promise<LocalOutcome> {
  const unknowns: string[] = []
  const compiled: RehearsedPolicy[] = []
  for (const { name, version, source } of policies) {
    const { ruleset, problems } = compile(source, { live })
    if (ruleset) compiled.push({ name, version, ruleset })
    else if (version === null) return { is: 'uncompiled', errors: problems.filter(({ severity }) => severity === 'error').length }
    // A table that was dropped since; the gateway goes on with what it compiled then.
    else unknowns.push(`${name}, which is in force, does not compile any more: it is left out here`)
  }
  const report = await rehearseRecordings({
    ask: { policies: compiled, ...window, unknowns, isTruncated, showsValues: true },
    recordings,
    clock: { monotonicUs },
    random,
    onProgress: () => {},
  })
  return { is: 'report', report }
}
