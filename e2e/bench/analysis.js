// What an author waits for at a keystroke: a policy of sixty rules compiled and
// analysed. Cold in a process of its own, for that is how the first is.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { built } from './built.js'
import { companyPolicy } from './company-policy.js'
import { median, printTable } from './numbers.js'

/** Measures and prints. */
export async function benchAnalysis({ rounds }) {
  const taken = Array.from({ length: rounds }, () =>
    JSON.parse(execFileSync(process.execPath, [fileURLToPath(import.meta.url)], { encoding: 'utf8' })),
  )
  const row = (label, at) => [label, ...['compile', 'analyze', 'again'].map(part => median(taken.map(one => one[at][part])))]
  printTable(
    `Analysis: ${taken[0].rules} rules, ${taken[0].findings} findings, Node ${process.versions.node}`,
    ['compile ms', 'analyze ms', 'by an analyst who knows the draft before, ms'],
    [row('first in a process', 'first'), row('tenth, of one rule changed each time', 'tenth')],
  )
}

/** One process: ten drafts, each with another number in one rule. */
async function measure() {
  const { analyze, compile, createAnalyst } = await built('policy-dsl/dist/index.js')
  const analyst = createAnalyst()
  const took = work => {
    const began = performance.now()
    const result = work()
    return { result, ms: performance.now() - began }
  }
  const drafts = Array.from({ length: 10 }, (_, draft) => {
    const compiled = took(() => compile(companyPolicy({ bulk: 20 + draft })))
    const { ruleset, problems } = compiled.result
    if (!ruleset) throw new Error(`expected a policy that compiles: ${JSON.stringify(problems)}`)
    const again = took(() => analyst.analyze(ruleset))
    const analyzed = took(() => analyze(ruleset))
    // What comes first in a process pays for loading, so the first draft is the analyst's too.
    const [cold, warm] = draft === 0 ? [again, again] : [analyzed, again]
    if (JSON.stringify(analyzed.result) !== JSON.stringify(again.result))
      throw new Error('expected an analyst to find what an analysis finds')
    return { rules: ruleset.rules.length, findings: again.result.length, compile: compiled.ms, analyze: cold.ms, again: warm.ms }
  })
  const [first] = drafts
  return { rules: first.rules, findings: first.findings, first, tenth: drafts[9] }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(await measure()))
