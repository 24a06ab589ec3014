import type { Role } from '../identity/index.ts'

/** Agents, with the groups that rules know them by. */
export type DemoAgents = Readonly<Record<string, { groups: readonly string[] }>>

/** People and automation, with their role. */
export type DemoTokens = Readonly<Record<string, { role: Role }>>

/** What the demo's `steno.yaml` says: one target, the agents of the story, whoever decides on them, each secret in a variable. */
export function demoConfig(demo: {
  shopPort: number
  webPort: number
  postgresPort: number
  agents: DemoAgents
  tokens: DemoTokens
}): string {
  const agents = Object.entries(demo.agents).map(
    ([name, { groups }]) => `  ${name}: { secret: { env: ${secretVariable(name)} }, groups: [${groups.join(', ')}] }`,
  )
  const tokens = Object.entries(demo.tokens).map(
    ([name, { role }]) => `  ${name}: { role: ${role}, secret: { env: ${secretVariable(name)} } }`,
  )
  return `# Written by \`steno demo\` at each start.
data: ./gateway
listen: { web: 127.0.0.1:${demo.webPort}, postgres: 127.0.0.1:${demo.postgresPort} }
targets:
  shop:
    protocol: postgres
    address: 127.0.0.1:${demo.shopPort}
    database: shop
    user: app
    password: { env: STENO_DEMO_SHOP }
    tls: disable
    labels: { env: demo, owner: shop team }
agents:
${agents.join('\n')}
tokens:
${tokens.join('\n')}
`
}

/** The variable that holds the secret of one of the demo's agents or tokens. */
export function secretVariable(name: string): string {
  return `STENO_DEMO_${name.toUpperCase().replaceAll('-', '_')}`
}
