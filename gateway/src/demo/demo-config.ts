/** What the demo's `steno.yaml` says: one target, the agents of the story, each secret in a variable. */
export function demoConfig(demo: { shopPort: number; webPort: number; postgresPort: number; agents: string[] }): string {
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
${demo.agents.map(name => `  ${name}: { secret: { env: ${agentVariable(name)} } }`).join('\n')}
`
}

/** The variable that holds a demo agent's secret. */
export function agentVariable(name: string): string {
  return `STENO_DEMO_${name.toUpperCase().replaceAll('-', '_')}`
}
