// The rules of this house that no stock linter knows, as an oxlint plugin:
// who may import whom, where time and chance come from, and what shared code
// must not ask. `house-rules.test.ts` proves that each one fires.
import { posix, relative } from 'node:path'

/** Files that may name `node:` modules although they are not the runtime: programs and what starts them. */
const mayNameNode = [
  /^gateway\/src\/runtime\//,
  /^gateway\/bin\//,
  /^gateway\/src\/(cli|demo)\//,
  /^gateway\/src\/targets\/(embedded-postgres|postgres-[a-z]+)\.ts$/, // the launcher of the embedded store
  /^gateway\/src\/index\/(open-index|indexer-worker)\.ts$/, // a worker and the one who starts it
]

/** Files that may read the clock, draw chance or set timers. */
const mayTakeTime = [/^gateway\/bin\//, /^gateway\/src\/runtime\//, /^gateway\/src\/demo\/agents\.ts$/, /^web\/src\/clock\.ts$/]

/** Files of the browser that may fetch. */
const mayFetch = [/^web\/src\/api\.ts$/, /^web\/src\/replay\/recording-source\.ts$/, /^web\/src\/proof\/gateway-door\.ts$/]

/** Packages that `npm start` does not install. */
const forTests = [/^vitest(?:\/|$)/, /^fast-check$/]

/** Rooms of the gateway that a protocol may look into. */
const seenByProtocols = [
  /^gateway\/src\/runtime\//,
  /^gateway\/src\/guard\/index\.ts$/,
  /^gateway\/src\/protocols\/protocol\.ts$/,
  /^gateway\/src\/protocols\/shared\//,
]

/** Gives the reason against an import, or null. */
function objection({ from, to, isTypeOnly, names }) {
  const [room, target] = [roomOf(from), roomOf(to)]
  if (isTest(from)) return null
  if (to.startsWith('node:')) {
    if (room === 'recordings' || room === 'policy-dsl' || room === 'web') return `${room} runs in the browser and names no runtime`
    if (room === 'gateway' && !matches(mayNameNode, from)) return 'only gateway/src/runtime names a runtime'
    return null
  }
  if (room !== null && room !== 'e2e' && matches(forTests, to)) return 'only tests use what only tests install'
  if (room === 'e2e') return target === 'e2e' || target === null ? null : 'e2e is an outsider and imports nothing of ours'
  if (room === 'recordings' && target !== 'recordings') return 'recordings stands alone'
  if (room === 'policy-dsl' && (target === 'gateway' || target === 'web')) return 'policy-dsl sees recordings only'
  if (room === 'gateway' && target === 'web') return 'the gateway does not see the browser'
  if (room === 'web' && target === 'gateway' && !isTypeOnly) return 'web takes only types from the gateway'
  if (target === 'e2e' && room !== null) return 'nothing of ours stands on e2e'
  if (names.includes('guardKey') && !from.startsWith('gateway/src/guard/')) return 'only the guard has the key that makes a pass'

  const protocol = protocolOf(from)
  if (protocol !== null && to.startsWith('gateway/') && protocolOf(to) !== protocol && !matches(seenByProtocols, to)) {
    return 'a protocol is an island: it sees protocol.ts, shared, the guard’s door and the runtime'
  }
  const isRegistry = from === 'gateway/src/protocols/registry.ts'
  if (protocol === null && protocolOf(to) !== null && !isRegistry) return 'a protocol is reached through the registry'
  return null
}

/** The workspace a path or a package belongs to; null for packages of others. */
function roomOf(name) {
  return /^(?:@steno\/)?(recordings|policy-dsl|gateway|web|e2e)(?:\/|$)/.exec(name)?.[1] ?? null
}

function protocolOf(path) {
  const name = /^gateway\/src\/protocols\/([^/]+)\//.exec(path)?.[1]
  return name === undefined || name === 'shared' ? null : name
}

const imports = {
  create(context) {
    const from = pathOf(context)
    const check = (node, source, { isTypeOnly, names }) => {
      if (typeof source?.value !== 'string') return
      const to = source.value.startsWith('.') ? posix.join(posix.dirname(from), source.value) : source.value
      const reason = objection({ from, to, isTypeOnly, names })
      if (reason !== null) context.report({ node, message: `${reason} (\`${source.value}\`)` })
    }
    return {
      ImportDeclaration: node =>
        check(node, node.source, {
          isTypeOnly: node.importKind === 'type' || (node.specifiers.length > 0 && node.specifiers.every(one => one.importKind === 'type')),
          names: node.specifiers.map(one => one.imported?.name),
        }),
      ExportNamedDeclaration: node =>
        check(node, node.source, { isTypeOnly: node.exportKind === 'type', names: node.specifiers.map(one => one.local?.name) }),
      ExportAllDeclaration: node => check(node, node.source, { isTypeOnly: node.exportKind === 'type', names: [] }),
      ImportExpression: node => check(node, node.source, { isTypeOnly: false, names: [] }),
    }
  },
}

const timeMembers = { Date: ['now'], Math: ['random'], performance: ['now'], crypto: ['getRandomValues', 'randomUUID'] }
const timeFunctions = ['setTimeout', 'setInterval', 'setImmediate']

const timeAndChance = {
  create(context) {
    const path = pathOf(context)
    // A page has timers of its own; it takes the time of day from one place all the same.
    const isWeb = path.startsWith('web/')
    if (isTest(path) || path.startsWith('e2e/') || matches(mayTakeTime, path)) return {}
    const report = (node, what) =>
      context.report({ node, message: `take time and chance from ${isWeb ? 'clock.ts' : 'the Machine'}, not from ${what}` })
    return {
      CallExpression({ callee }) {
        if (callee.type === 'Identifier' && !isWeb && timeFunctions.includes(callee.name)) report(callee, callee.name)
        if (callee.type !== 'MemberExpression') return
        const [object, property] = [callee.object.name, callee.property.name]
        if (object === 'globalThis' && timeFunctions.includes(property)) report(callee, property)
        if (isWeb && object === 'performance') return
        if (Object.hasOwn(timeMembers, object ?? '') && timeMembers[object].includes(property)) report(callee, `${object}.${property}`)
      },
      NewExpression(node) {
        if (node.callee.name === 'Date' && node.arguments.length === 0) report(node, 'new Date()')
      },
    }
  },
}

const noProtocolNames = {
  create(context) {
    const path = pathOf(context)
    if (isTest(path) || path.startsWith('e2e/') || protocolOf(path) !== null || path.startsWith('policy-dsl/src/operations/')) return {}
    const message = 'shared code never asks which protocol it serves: add a property to the contract'
    const asks = node => node.type === 'MemberExpression' && node.property.name === 'protocol'
    const names = node => node.type === 'Literal' && typeof node.value === 'string'
    return {
      BinaryExpression(node) {
        if (!/^[!=]==?$/.test(node.operator)) return
        if ((asks(node.left) && names(node.right)) || (asks(node.right) && names(node.left))) context.report({ node, message })
      },
      SwitchStatement(node) {
        if (asks(node.discriminant)) context.report({ node, message })
      },
    }
  },
}

const wholeProps = {
  create(context) {
    if (!pathOf(context).endsWith('.tsx')) return {}
    const check = (name, node) => {
      if (!/^[A-Z]/.test(name ?? '') || node.params?.[0]?.type !== 'ObjectPattern') return
      context.report({ node: node.params[0], message: 'props stay whole: taking them apart ends their reactivity' })
    }
    return {
      FunctionDeclaration: node => check(node.id?.name, node),
      VariableDeclarator(node) {
        if (node.init?.type === 'ArrowFunctionExpression') check(node.id.name, node.init)
        if (node.id.type === 'ObjectPattern' && node.init?.type === 'Identifier' && node.init.name === 'props') {
          context.report({ node, message: 'props stay whole: taking them apart ends their reactivity' })
        }
      },
    }
  },
}

const onlyApiFetches = {
  create(context) {
    const path = pathOf(context)
    if (!path.startsWith('web/src/') || isTest(path) || matches(mayFetch, path)) return {}
    return {
      CallExpression(node) {
        if (node.callee.type === 'Identifier' && node.callee.name === 'fetch') context.report({ node, message: 'only api.ts fetches' })
      },
      NewExpression(node) {
        if (['XMLHttpRequest', 'WebSocket'].includes(node.callee.name)) context.report({ node, message: 'only api.ts fetches' })
      },
    }
  },
}

function pathOf(context) {
  return relative(context.cwd, context.filename).replaceAll('\\', '/')
}

function isTest(path) {
  return /\.test\.tsx?$/.test(path) || /\/(?:conformance|test-[^/]+)\.ts$/.test(path)
}

function matches(patterns, path) {
  return patterns.some(pattern => pattern.test(path))
}

// oxlint-disable-next-line import/no-default-export -- a plugin is one
export default {
  meta: { name: 'house' },
  rules: {
    imports,
    'time-and-chance': timeAndChance,
    'no-protocol-names': noProtocolNames,
    'whole-props': wholeProps,
    'only-api-fetches': onlyApiFetches,
  },
}
