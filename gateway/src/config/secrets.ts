import type { Secret } from '../protocols/shared/secret.ts'
import type { Disk } from '../runtime/machine.ts'

/** Opens what the configuration points to. Messages name the variable or the file, never what was in it. */
export interface Secrets {
  /** The secret's text, or what was expected and what was found instead. */
  open(secret: Secret): { text: string } | { expected: string; missing: string }
  /** The secret's text. Throws when the variable or the file is missing. */
  reveal(secret: Secret): string
  /** The text of a file that the configuration names. Throws when it is missing. */
  readFile(path: string): string
  /** A path of the configuration file as the machine takes it: relative ones count from the file's directory. */
  resolve(path: string): string
}

export interface SecretsOptions {
  disk: Pick<Disk, 'read'>
  env: Readonly<Record<string, string | undefined>>
  /** What relative paths count from. */
  directory: string
}

export function createSecrets({ disk, env, directory }: SecretsOptions): Secrets {
  const resolve = (path: string) => (isAbsolute(path) ? path : `${directory}/${path.replace(/^\.\//, '')}`)

  function open(secret: Secret): ReturnType<Secrets['open']> {
    if ('value' in secret) return { text: secret.value }
    if ('env' in secret) {
      const text = Object.hasOwn(env, secret.env) ? env[secret.env] : undefined
      return text
        ? { text }
        : { expected: `the environment variable \`${secret.env}\` to be set`, missing: text === '' ? 'an empty one' : 'nothing' }
    }
    try {
      const text = new TextDecoder().decode(disk.read(resolve(secret.file))).replace(/\r?\n$/, '')
      return text === '' ? { expected: `a secret in the file \`${secret.file}\``, missing: 'an empty file' } : { text }
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unreadable one'
      return { expected: `a readable file \`${secret.file}\``, missing: code === 'ENOENT' ? 'none' : code }
    }
  }

  function reveal(secret: Secret): string {
    const opened = open(secret)
    if ('text' in opened) return opened.text
    throw new Error(`expected ${opened.expected}, got ${opened.missing}`)
  }

  return { open, reveal, readFile: path => reveal({ file: path }), resolve }
}

function isAbsolute(path: string): boolean {
  return path.startsWith('/') || path.startsWith('\\\\') || /^[A-Za-z]:[\\/]/.test(path)
}
