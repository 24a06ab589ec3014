import { compile, createAnalyst, outline } from '@steno/policy-dsl'
import type { CheckRequest, Checked } from './check-messages.ts'

// One for as long as the page is open: it remembers what it found out about rules that did not change.
const analyst = createAnalyst()

self.addEventListener('message', ({ data: { id, source, live } }: MessageEvent<CheckRequest>) => {
  const { ruleset, problems } = compile(source, { live })
  const observed = /^['"`]observe['"`]$/
  const checked: Checked = {
    id,
    hash: ruleset?.hash ?? null,
    rules: outline(source).rules.map(rule => {
      const mode = rule.parts['mode']?.value
      return { ...rule, mode: mode && observed.test(source.slice(...mode)) ? 'observe' : 'enforce' }
    }),
    problems,
    findings: ruleset ? analyst.analyze(ruleset) : [],
  }
  self.postMessage(checked)
})
