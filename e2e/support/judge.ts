import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { house, run } from './machine.ts'

/** Where Debian puts the sources of golang.org/x/mod. */
const goPath = '/usr/share/gocode'

/** Whether Go's checksum database can be asked here. */
export const hasJudge = existsSync(join(goPath, 'src/golang.org/x/mod/sumdb')) && spawnSync('go', ['version']).status === 0
if (!hasJudge) console.log('no judge of proofs here: apt-get install golang-go golang-golang-x-mod-dev')

/** Its program, once it is built. */
export const judge = join(house, '.cache/judge/judge')

export async function buildJudge(): Promise<void> {
  mkdirSync(join(house, '.cache/judge'), { recursive: true })
  const env = { ...process.env, GO111MODULE: 'off', GOPATH: goPath, GOFLAGS: '', CGO_ENABLED: '0' }
  const built = await run('go', ['build', '-o', judge, join(house, 'e2e/judge/judge.go')], { env, timeoutMs: 110_000 })
  if (built.code !== 0) throw new Error(`the judge cannot be built: ${built.stderr}`)
}

/** What the judge says to one question. */
export async function askJudge(question: { ask: string } & Record<string, unknown>): Promise<any> {
  const { code, stdout, stderr } = await run(judge, [], { input: `${JSON.stringify(question)}\n` })
  if (code !== 0) throw new Error(`the judge does not answer: ${stderr}`)
  return JSON.parse(stdout)
}
