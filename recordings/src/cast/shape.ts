/** Where a value is not what it should be. */
export interface Problem {
  path: string
  expected: string
  got: unknown
}

/** Looks at a value from outside. Nothing is wrong when it gives null. */
export type Check = (value: unknown) => Problem | null

/** A field that may be left out. */
export interface Optional {
  optional: Check
}

/** A check for every field of `T`, so that a field added to the model does not compile until it is checked. */
export type Fields<T> = { [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? Optional : Check }

export const text: Check = value => (typeof value === 'string' ? null : problem('a string', value))

export const flag: Check = value => (typeof value === 'boolean' ? null : problem('true or false', value))

/** A whole number that a double holds exactly. */
export function integer(min: number): Check {
  return value => (Number.isSafeInteger(value) && Number(value) >= min ? null : problem(`a whole number from ${min}`, value))
}

export function pattern(form: RegExp, expected: string): Check {
  return value => (typeof value === 'string' && form.test(value) ? null : problem(expected, value))
}

export function word<T extends string>(...words: T[]): Check {
  return value => (words.some(known => known === value) ? null : problem(words.map(known => `\`${known}\``).join(' or '), value))
}

export function orNull(check: Check): Check {
  return value => (value === null ? null : check(value))
}

export function optional(check: Check): Optional {
  return { optional: check }
}

export function list(check: Check): Check {
  return value => {
    if (!Array.isArray(value)) return problem('an array', value)
    for (let i = 0; i < value.length; i++) {
      const wrong = check(value[i])
      if (wrong) return within(`[${i}]`, wrong)
    }
    return null
  }
}

/** An object with any names and one kind of value. */
export function named(check: Check): Check {
  return value => {
    if (!isObject(value)) return problem('an object', value)
    for (const [name, inner] of Object.entries(value)) {
      const wrong = check(inner)
      if (wrong) return within(`.${name}`, wrong)
    }
    return null
  }
}

/** An object with these fields and no others. */
export function object<T>(fields: Fields<T>): Check {
  const checks = new Map(
    Object.entries<Check | Optional>(fields).map(([name, field]) => [name, typeof field === 'function' ? field : field.optional]),
  )
  const required = Object.entries<Check | Optional>(fields).flatMap(([name, field]) => (typeof field === 'function' ? [name] : []))
  return value => {
    if (!isObject(value)) return problem('an object', value)
    for (const name of required) if (!Object.hasOwn(value, name)) return within(`.${name}`, problem('a field', undefined))
    for (const name of Object.keys(value)) {
      const check = checks.get(name)
      if (!check) return within(`.${name}`, { path: '', expected: `no field beside ${[...checks.keys()].join(', ')}`, got: value[name] })
      const wrong = check(value[name])
      if (wrong) return within(`.${name}`, wrong)
    }
    return null
  }
}

/** An object whose `kind` says which check it must pass. */
export function byKind<K extends string>(checks: Record<K, Check>): Check {
  const known = new Map(Object.entries<Check>(checks))
  return value => {
    if (!isObject(value)) return problem('an object', value)
    const check = typeof value['kind'] === 'string' ? known.get(value['kind']) : undefined
    return check ? check(value) : within('.kind', problem([...known.keys()].map(kind => `\`${kind}\``).join(' or '), value['kind']))
  }
}

/** The first check that has a field of that name decides. */
export function byField(checks: Record<string, Check>): Check {
  return value => {
    if (!isObject(value)) return problem('an object', value)
    for (const [name, check] of Object.entries(checks)) if (Object.hasOwn(value, name)) return check(value)
    return problem(`an object with ${Object.keys(checks).join(' or ')}`, value)
  }
}

/** Says a problem in words: expectation first. */
export function describe({ path, expected, got }: Problem): string {
  return `expected ${expected} at ${path === '' ? 'the top' : path.replace(/^\./, '')}, got ${show(got)}`
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function problem(expected: string, got: unknown): Problem {
  return { path: '', expected, got }
}

function within(step: string, { path, expected, got }: Problem): Problem {
  return { path: step + path, expected, got }
}

const shownMax = 60

function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  const json = JSON.stringify(value)
  return `\`${json.length > shownMax ? `${json.slice(0, shownMax)}…` : json}\``
}
