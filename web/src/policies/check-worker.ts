import { compile, createAnalyst } from '@steno/policy-dsl'
import type { CheckRequest, Checked } from './check-messages.ts'

// One for as long as the page is open: it remembers what it found out about rules that did not change.
const analyst = createAnalyst()

self.addEventListener('message', ({ data: { id, source, live } }: MessageEvent<CheckRequest>) => {
  const { ruleset, problems } = compile(source, { live })
  const checked: Checked = {
    id,
    hash: ruleset?.hash ?? null,
    rules: ruleset?.rules.map(({ name, line, mode }) => ({ name, line, mode })) ?? [],
    problems,
    findings: ruleset ? analyst.analyze(ruleset) : [],
  }
  self.postMessage(checked)
})
