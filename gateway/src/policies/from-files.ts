import type { Problem, TestOutcome } from '@steno/policy-dsl'
import type { Actor } from '../journal/ledger.ts'
import type { Disk, Machine, Timer } from '../runtime/machine.ts'
import { formatProblem, formatTest } from './format-problem.ts'
import type { Policies } from './policies.ts'
import { wrongPolicyName } from './policy-name.ts'

/** A file that is not in force as it stands, and why. */
export interface BrokenPolicyFile {
  /** Its path, or the directory's when that is what is wrong. */
  file: string
  /** The policy it would be; null for what is wrong with the directory. */
  name: string | null
  /** One line for each thing that is wrong: `file:line:column: …`. */
  messages: string[]
  problems: Problem[]
  tests: TestOutcome[]
}

/** Policy files that a gateway does not start with: a line for each thing that is wrong with them. */
export class PolicyFilesInvalid extends Error {
  readonly code = 'policy_files_invalid'
  readonly files: BrokenPolicyFile[]

  constructor(files: BrokenPolicyFile[]) {
    super(files.flatMap(({ messages }) => messages).join('\n'))
    this.name = 'PolicyFilesInvalid'
    this.files = files
  }
}

export interface PolicyFilesOptions {
  machine: Pick<Machine, 'clock' | 'disk'>
  /** Where the files `<name>.policy.ts` lie. */
  directory: string
  policies: Policies
  /** What an operator must read. */
  log: (line: string) => void
}

const ending = '.policy.ts'
/** A larger file is not read; what a policy may have is the compiler's to say. */
const fileBytesMax = 1024 * 1024
const lookEveryMs = 1000
/** A broken file is tried again that often although it did not change: what it names may be there now. */
const tryAgainUs = 60 * 1_000_000
const by: Actor = { kind: 'gateway', name: 'policy files' }

/** What a look into the directory found under a name. */
type Found = { source: string } | { unreadable: string }

interface Tracked {
  /** What the last look found; null when it was not there. Only what two looks find alike is acted upon: a file may be half written, or on its way from one name to another. */
  seen: Found | null
  broken: BrokenPolicyFile | null
  tried: Found | null
  triedAtUs: number
}

/**
 * The policies of a directory, kept in force as they stand there. What is
 * broken changes nothing: the version before stays in force, and that is said.
 */
export class PolicyFiles {
  readonly directory: string
  readonly #options: PolicyFilesOptions
  readonly #tracked = new Map<string, Tracked>()
  #gone: BrokenPolicyFile | null = null
  #timer: Timer | null = null
  #looking: Promise<void> = Promise.resolve()
  #stopped = false

  private constructor(options: PolicyFilesOptions) {
    this.#options = options
    this.directory = options.directory
  }

  /** Publishes what lies there and removes every policy that does not. Throws `PolicyFilesInvalid`, having published nothing, when any file is broken. */
  static async open(options: PolicyFilesOptions): Promise<PolicyFiles> {
    const { policies, directory, log, machine } = options
    const files = new PolicyFiles(options)
    const found = lookInto(machine.disk, directory)
    if ('gone' in found) throw new PolicyFilesInvalid([found.gone])
    const broken = [...found.files].flatMap(([name, file]) => brokenFile(pathOf(directory, name), { name, found: file, policies }) ?? [])
    if (broken.length > 0) throw new PolicyFilesInvalid(broken)
    for (const [name, file] of found.files) {
      files.#track(name).seen = file
      if ('source' in file) await files.#publish(name, file.source)
    }
    for (const { name } of policies.list()) if (!found.files.has(name)) await files.#remove(name)
    if (found.files.size === 0) log(`no policy is in force: ${directory} has no file *${ending}`)
    files.#lookAgain()
    return files
  }

  /** What is not in force as it stands in the directory. */
  get broken(): BrokenPolicyFile[] {
    const files = [...this.#tracked.values()].flatMap(({ broken }) => broken ?? [])
    return this.#gone ? [this.#gone, ...files] : files
  }

  /** The file of a policy. */
  fileOf(name: string): string {
    return pathOf(this.directory, name)
  }

  /** Looks no more. Settles when a look that is under way has ended. */
  stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    return this.#looking
  }

  #track(name: string): Tracked {
    const known = this.#tracked.get(name)
    if (known) return known
    const tracked: Tracked = { seen: null, broken: null, tried: null, triedAtUs: 0 }
    this.#tracked.set(name, tracked)
    return tracked
  }

  #lookAgain(): void {
    if (this.#stopped) return
    this.#timer = this.#options.machine.clock.after(lookEveryMs, () => {
      this.#looking = this.#look().then(() => this.#lookAgain())
    })
  }

  async #look(): Promise<void> {
    const { machine, policies, log } = this.#options
    const found = lookInto(machine.disk, this.directory)
    if ('gone' in found) {
      if (!isSame(this.#gone, found.gone)) log(`the policies STAY as they were: ${found.gone.messages.join('; ')}`)
      this.#gone = found.gone
      return
    }
    if (this.#gone) log(`${this.directory} can be read again`)
    this.#gone = null
    for (const [name, file] of found.files) {
      const tracked = this.#track(name)
      const isSettled = isAlike(tracked.seen, file)
      tracked.seen = file
      if (isSettled) await this.#take(name, tracked, file)
    }
    // A file that is gone may have been renamed, so what it says stays until all
    // that lies there is in force: then it is under both names for a moment, and never under none.
    const isAllInForce = [...found.files].every(([name, file]) => 'source' in file && policies.get(name)?.source === file.source)
    for (const name of new Set([...this.#tracked.keys(), ...policies.list().map(policy => policy.name)])) {
      if (found.files.has(name)) continue
      const tracked = this.#tracked.get(name)
      if (tracked?.seen) tracked.seen = null
      else if (isAllInForce || !policies.get(name)) await this.#forget(name)
      else this.#failed(name, new Error('the file is gone; the policy goes too once every file beside it is in force'))
    }
  }

  async #take(name: string, tracked: Tracked, file: Found): Promise<void> {
    const { machine, policies, log } = this.#options
    const nowUs = machine.clock.monotonicUs()
    if (tracked.broken && isAlike(tracked.tried, file) && nowUs - tracked.triedAtUs < tryAgainUs) return
    tracked.tried = file
    tracked.triedAtUs = nowUs
    let broken: BrokenPolicyFile | null
    try {
      broken = brokenFile(this.fileOf(name), { name, found: file, policies })
    } catch (error) {
      return this.#failed(name, error)
    }
    if (broken) {
      const inForce = policies.get(name)
      const stays = inForce ? `policy \`${name}\` STAYS ${inForce.version}` : `policy \`${name}\` is NOT in force`
      if (!isSame(tracked.broken, broken)) log(`${stays}: ${broken.messages.join('; ')}`)
      tracked.broken = broken
      return
    }
    if (!('source' in file)) return
    try {
      await this.#publish(name, file.source)
      tracked.broken = null
    } catch (error) {
      this.#failed(name, error)
    }
  }

  async #forget(name: string): Promise<void> {
    try {
      if (this.#options.policies.get(name)) await this.#remove(name)
      this.#tracked.delete(name)
    } catch (error) {
      this.#failed(name, error)
    }
  }

  async #publish(name: string, source: string): Promise<void> {
    const { policies, log } = this.#options
    const { policy, isNew } = await policies.publish({ name, source, by, reason: `from ${this.fileOf(name)}` })
    if (isNew) log(`policy \`${name}\` is now ${policy.version}, from ${this.fileOf(name)}`)
  }

  async #remove(name: string): Promise<void> {
    const { policies, log } = this.#options
    const version = policies.get(name)?.version ?? name
    await policies.remove({ name, by, reason: `no file ${this.fileOf(name)}` })
    log(`policy \`${name}\` (${version}) is NO LONGER in force: there is no file ${this.fileOf(name)}`)
  }

  /** It could not be done now, because of the ledger or of what lies beside it: tried again at the next look. */
  #failed(name: string, error: unknown): void {
    const tracked = this.#track(name)
    const file = this.fileOf(name)
    const message = error instanceof Error ? error.message : String(error)
    const broken: BrokenPolicyFile = { file, name, messages: [`${file}: ${message}`], problems: [], tests: [] }
    if (!isSame(tracked.broken, broken)) this.#options.log(`policy \`${name}\` STAYS as it was: ${broken.messages.join('; ')}`)
    tracked.broken = broken
    tracked.tried = null
  }
}

function lookInto(disk: Disk, directory: string): { files: Map<string, Found> } | { gone: BrokenPolicyFile } {
  const gone = (message: string) => ({
    gone: { file: directory, name: null, messages: [`${directory}: ${message}`], problems: [], tests: [] },
  })
  try {
    const names = disk.list(directory)
    if (!disk.exists(directory)) return gone('expected a directory with policies, found none')
    const files = names.filter(name => name.endsWith(ending) && !name.startsWith('.'))
    return { files: new Map(files.map(file => [file.slice(0, -ending.length), readFile(disk, `${directory}/${file}`)])) }
  } catch (error) {
    return gone(`expected a directory that can be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function readFile(disk: Disk, path: string): Found {
  try {
    const sizeBytes = disk.sizeBytes(path)
    if (sizeBytes > fileBytesMax) return { unreadable: `expected at most ${fileBytesMax} bytes, got ${sizeBytes}` }
    return { source: new TextDecoder('utf-8', { fatal: true }).decode(disk.read(path)) }
  } catch (error) {
    if (error instanceof TypeError) return { unreadable: 'expected UTF-8 text' }
    return { unreadable: `expected a file that can be read: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/** What is wrong with a file, or null. What is in force already was checked when it was published: a table that is gone since must not keep the gateway from starting. */
function brokenFile(file: string, { name, found, policies }: { name: string; found: Found; policies: Policies }): BrokenPolicyFile | null {
  const wrongName = wrongPolicyName(name)
  const wrong = wrongName ?? ('unreadable' in found ? found.unreadable : null)
  if (wrong !== null) return { file, name, messages: [`${file}:1:1: ${wrong}`], problems: [], tests: [] }
  if (!('source' in found) || policies.get(name)?.source === found.source) return null
  const checked = policies.check(found.source)
  const problems = checked.problems.filter(({ severity }) => severity === 'error')
  const tests = checked.tests.filter(({ passed }) => !passed)
  if (checked.ruleset && problems.length === 0 && tests.length === 0) return null
  const messages = [...problems.map(problem => formatProblem(file, problem)), ...tests.map(test => formatTest(file, test))]
  return { file, name, messages, problems, tests }
}

function pathOf(directory: string, name: string): string {
  return `${directory}/${name}${ending}`
}

function isAlike(one: Found | null, other: Found): boolean {
  if (one === null) return false
  return 'source' in one ? 'source' in other && one.source === other.source : 'unreadable' in other && one.unreadable === other.unreadable
}

function isSame(one: BrokenPolicyFile | null, other: BrokenPolicyFile): boolean {
  return one?.messages.join('\n') === other.messages.join('\n')
}
