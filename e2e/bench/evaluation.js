// Fifty rules over a hundred thousand commands: judgements a second, beside
// Cedar's on the same rules and commands.
import { built } from './built.js'
import { cedarVersion, createCedarJudge, loadCedar } from './cedar.js'
import { median, printTable } from './numbers.js'

const commandsCount = 100_000
/** Cedar is slower by orders: it is given fewer of the same commands. */
const cedarCommandsCount = 4000

/** Measures and prints; `share` of the commands are judged. Throws when the two disagree about any command that both are asked. */
export async function benchEvaluation({ rounds, share = 1, withCedar = true }) {
  const { createEvaluator } = await built('policy-dsl/dist/index.js')
  const { sampleFacts, sampleRules } = await built('policy-dsl/dist/evaluate/sample-rules.js')
  const ruleset = sampleRules()
  const commands = sampleFacts(Math.ceil(share * commandsCount))
  const evaluator = createEvaluator(ruleset)
  const cedar = withCedar ? await loadCedar() : null
  const other = cedar ? createCedarJudge(cedar, ruleset) : null
  const requests = other ? commands.slice(0, cedarCommandsCount).map(other.prepare) : []
  const agreed = other ? agree({ commands, evaluator, requests, other }) : null

  const taken = { steno: [], cedar: [] }
  evaluateAll(evaluator, commands)
  for (let round = 0; round < rounds; round++) {
    taken.steno.push(perSecond(commands.length, () => evaluateAll(evaluator, commands)))
    if (other) taken.cedar.push(perSecond(requests.length, () => judgeAll(other, requests)))
  }
  const ours = median(taken.steno)
  printTable(
    `Evaluation: ${ruleset.rules.length} rules over ${commands.length} commands, Node ${process.versions.node}`,
    ['judgements/s', 'µs each', 'of Cedar'],
    [
      ['steno', ours, 1e6 / ours, other ? `${(ours / median(taken.cedar)).toFixed(0)} ×` : ''],
      ...(other ? [[`@cedar-policy/cedar-wasm ${cedarVersion}, preparsed`, median(taken.cedar), 1e6 / median(taken.cedar), '']] : []),
    ],
  )
  if (agreed)
    console.log(`Both say the same rules of ${requests.length} commands: ${agreed.denied} matched, by ${agreed.matches} rules in all.\n`)
}

function evaluateAll(evaluator, commands) {
  let denied = 0
  for (const facts of commands) if (evaluator.judge(facts).verdict === 'deny') denied++
  return denied
}

function judgeAll(cedar, requests) {
  let denied = 0
  for (const request of requests) if (cedar.judge(request).length > 0) denied++
  return denied
}

function perSecond(count, work) {
  const began = process.hrtime.bigint()
  const found = work()
  const seconds = Number(process.hrtime.bigint() - began) / 1e9
  if (found === 0) throw new Error('expected some commands to be denied')
  return count / seconds
}

function agree({ commands, evaluator, requests, other }) {
  let denied = 0
  let matches = 0
  for (const [index, request] of requests.entries()) {
    const ours = new Set(evaluator.judge(commands[index]).matched.map(({ rule }) => rule))
    const theirs = new Set(other.judge(request))
    if (ours.size !== theirs.size || [...ours].some(name => !theirs.has(name)))
      throw new Error(`command ${index}: ours [${[...ours].join(', ')}], Cedar's [${[...theirs].join(', ')}]`)
    if (ours.size > 0) denied++
    matches += ours.size
  }
  return { denied, matches }
}
