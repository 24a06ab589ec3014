import type { MemoryCounter } from '../ruleset.ts'

/** The type of a value in a condition. */
export type ValueType =
  | StringType
  | { type: 'number' }
  | { type: 'boolean' }
  | ListType
  | { type: 'record'; record: RecordName }
  | { type: 'labels' }

export interface StringType {
  type: 'string'
  /** The only values it has. */
  words?: Vocabulary
  /** What it names: live references may stand where it is compared. */
  names?: NameKind
  /** Values it often has, to complete while typing. */
  hints?: Hints
}

export interface ListType {
  type: 'list'
  of: ValueType
}

export type Vocabulary = 'verb' | 'transaction' | 'principalKind' | 'weekday'
/** `table` is `schema.table`, `path` is `schema.table.column`, `column` is the column's name alone, `function` is `schema.name`. */
export type NameKind = 'table' | 'path' | 'column' | 'function'
export type Hints = 'groups' | 'agents' | 'targets'
export type RecordName = 'Operation' | 'Principal' | 'Run' | 'Session' | 'Target' | 'Time'

export interface FieldSchema {
  name: string
  type: ValueType
  /** Markdown, for the author's editor. */
  documentation: string
}

/** What a method takes: a value of the condition, or something that must be written out. */
export type ParameterType = 'text' | 'element' | 'predicate' | 'window' | 'zone' | 'verb'

export interface MethodSchema {
  name: string
  documentation: string
  parameters: { name: string; type: ParameterType; isOptional?: boolean }[]
  returns: ValueType
  /** For what the run's memory is asked. */
  counter?: MemoryCounter
}

export interface RecordSchema {
  documentation: string
  fields: FieldSchema[]
  methods: MethodSchema[]
}

const text: ValueType = { type: 'string' }
const number: ValueType = { type: 'number' }
const boolean: ValueType = { type: 'boolean' }
const principals: ListType = { type: 'list', of: { type: 'record', record: 'Principal' } }

function listOf(of: ValueType): ListType {
  return { type: 'list', of }
}

function counting(name: MemoryCounter, documentation: string, ofVerb = false): MethodSchema {
  return {
    name,
    documentation,
    parameters: [...(ofVerb ? [{ name: 'verb', type: 'verb' as const, isOptional: true }] : []), { name: 'window', type: 'window' }],
    returns: number,
    counter: name,
  }
}

function inZone(name: string, documentation: string, returns: ValueType): MethodSchema {
  return { name, documentation, parameters: [{ name: 'zone', type: 'zone' }], returns }
}

const operation: RecordSchema = {
  documentation: 'One thing that a command would do. A `DELETE` inside a CTE is an operation of its own.',
  fields: [
    {
      name: 'verb',
      type: { type: 'string', words: 'verb' },
      documentation: 'What it does; `UNPARSED` when nothing is known, `OPAQUE` for what only shows when it runs.',
    },
    {
      name: 'object',
      type: text,
      documentation: "What it acts on when that is not a table: a function, a role, a setting. `''` when there is none.",
    },
    {
      name: 'tables',
      type: listOf({ type: 'string', names: 'table' }),
      documentation: "The tables it names. `includes('payments')` means that table in every schema.",
    },
    {
      name: 'columns',
      type: listOf({ type: 'string', names: 'column' }),
      documentation:
        'The columns it names, as they are written and without their tables. Ask `reads` and `writes` for what it does: where `*` is written, no column can be told.',
    },
    {
      name: 'reads',
      type: listOf({ type: 'string', names: 'path' }),
      documentation:
        "Columns of tables whose values it takes, as `schema.table.column`. `includes('email')` means that column in every table; where it cannot be told, the command is denied.",
    },
    {
      name: 'writes',
      type: listOf({ type: 'string', names: 'path' }),
      documentation: 'Columns of tables whose values it changes, named and asked like those of `reads`.',
    },
    {
      name: 'functions',
      type: listOf({ type: 'string', names: 'function' }),
      documentation:
        "Functions it calls: PostgreSQL's own by their names, others as `schema.name`. `includes('dblink')` means that function in every schema.",
    },
    {
      name: 'hasWhere',
      type: boolean,
      documentation: 'Whether a condition that is not constant limits the rows of an `UPDATE` or `DELETE`. `WHERE true` does not.',
    },
    { name: 'hasLimit', type: boolean, documentation: 'Whether a constant limits how many rows a `SELECT` gives.' },
    { name: 'isOpaque', type: boolean, documentation: 'More may happen than its operations say.' },
    { name: 'isNested', type: boolean, documentation: 'Whether it stands inside another statement.' },
    {
      name: 'inside',
      type: text,
      documentation: "What it stands in: `EXPLAIN`, `SELECT`, `DO`, `function shop.wipe`. `''` for a statement of its own.",
    },
    { name: 'statement', type: number, documentation: "Its statement's place in the command, from 0." },
    {
      name: 'text',
      type: text,
      documentation: 'The text of the whole command. Prefer the other fields: text can be written in many ways.',
    },
    { name: 'transaction', type: { type: 'string', words: 'transaction' }, documentation: 'The transaction the command finds.' },
    { name: 'principal', type: { type: 'record', record: 'Principal' }, documentation: 'Who asks. Verified by the gateway.' },
    { name: 'delegation', type: principals, documentation: 'Whoever launched the principal, nearest first.' },
    {
      name: 'run',
      type: { type: 'record', record: 'Run' },
      documentation: 'The execution of a task that the command belongs to, and what it did so far.',
    },
    { name: 'session', type: { type: 'record', record: 'Session' }, documentation: "The client's stay on the target." },
    { name: 'target', type: { type: 'record', record: 'Target' }, documentation: 'Where the command goes.' },
    { name: 'time', type: { type: 'record', record: 'Time' }, documentation: 'The moment of the decision.' },
  ],
  methods: [],
}

const principal: RecordSchema = {
  documentation: 'Who acts.',
  fields: [
    { name: 'kind', type: { type: 'string', words: 'principalKind' }, documentation: 'Whether a human, a service or an agent.' },
    { name: 'name', type: { type: 'string', hints: 'agents' }, documentation: 'The name the gateway verified.' },
    { name: 'groups', type: listOf({ type: 'string', hints: 'groups' }), documentation: 'The groups it is in.' },
  ],
  methods: [],
}

const run: RecordSchema = {
  documentation: "One execution of an agent's task.",
  fields: [
    { name: 'id', type: text, documentation: "The run's id." },
    { name: 'attempt', type: number, documentation: 'From 1; a rerun is the next.' },
    { name: 'task', type: text, documentation: "What it is for. `''` when nobody said." },
    { name: 'trigger', type: text, documentation: "What started it. `''` when nobody said." },
    { name: 'agentVersion', type: text, documentation: "The agent's version. `''` when nobody said." },
  ],
  methods: [
    counting('count', 'How many operations of that verb (or of any) the run did in the window, this command not counted.', true),
    counting('commands', 'How many commands the run sent in the window, this one not counted.'),
    counting('rows', 'How many rows the run was given in the window.'),
    counting('approvals', 'How many approvals the run was granted in the window.'),
    counting('denials', "How many of the run's commands were denied in the window."),
  ],
}

const session: RecordSchema = {
  documentation: "One client's stay on one target.",
  fields: [
    { name: 'id', type: text, documentation: "The session's id." },
    { name: 'application', type: text, documentation: "What the client says it is. Claimed, never verified. `''` when it says nothing." },
    { name: 'clientAddress', type: text, documentation: 'Where the client connected from.' },
    { name: 'commands', type: number, documentation: 'How many commands the session sent before this one.' },
  ],
  methods: [],
}

const target: RecordSchema = {
  documentation: 'What can be reached through the gateway.',
  fields: [
    { name: 'name', type: { type: 'string', hints: 'targets' }, documentation: "The target's name in the configuration." },
    { name: 'protocol', type: text, documentation: 'The protocol it speaks.' },
    { name: 'labels', type: { type: 'labels' }, documentation: "Its labels. One that it does not carry is `''`." },
  ],
  methods: [],
}

const time: RecordSchema = {
  documentation: 'A moment, told in a time zone of your choice.',
  fields: [],
  methods: [
    inZone('hour', 'From 0 to 23.', number),
    inZone('minute', 'From 0 to 59.', number),
    inZone('weekday', "`'mon'` to `'sun'`.", { type: 'string', words: 'weekday' }),
    inZone('date', '`YYYY-MM-DD`; dates compare as text.', text),
  ],
}

/**
 * Everything a condition can see and call. The compiler checks against it and
 * the editor's types are generated from it, so the two cannot disagree.
 */
export const schema = {
  records: { Operation: operation, Principal: principal, Run: run, Session: session, Target: target, Time: time } satisfies Record<
    RecordName,
    RecordSchema
  >,
  /** The words that are the same for every protocol; verbs are the protocol's. */
  words: {
    transaction: ['idle', 'transaction', 'failed'] as const,
    principalKind: ['human', 'service', 'agent'] as const,
    weekday: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const,
  },
  string: {
    documentation: 'Text.',
    fields: [],
    methods: [
      {
        name: 'startsWith',
        documentation: 'Whether it begins with that text.',
        parameters: [{ name: 'text', type: 'text' }],
        returns: boolean,
      },
      {
        name: 'endsWith',
        documentation: 'Whether it ends with that text.',
        parameters: [{ name: 'text', type: 'text' }],
        returns: boolean,
      },
      {
        name: 'includes',
        documentation: 'Whether that text stands anywhere in it.',
        parameters: [{ name: 'text', type: 'text' }],
        returns: boolean,
      },
      { name: 'toLowerCase', documentation: 'The same with the letters A to Z in lower case; others stay.', parameters: [], returns: text },
      {
        name: 'under',
        documentation: 'Whether it is a path inside that directory, or the directory itself, once `..` and `.` are resolved.',
        parameters: [{ name: 'directory', type: 'text' }],
        returns: boolean,
      },
    ],
  } as RecordSchema,
  list: {
    documentation: 'Several values.',
    fields: [{ name: 'length', type: number, documentation: 'How many there are.' }],
    methods: [
      {
        name: 'includes',
        documentation: 'Whether that value is one of them.',
        parameters: [{ name: 'value', type: 'element' }],
        returns: boolean,
      },
      {
        name: 'some',
        documentation: 'Whether it holds for at least one of them.',
        parameters: [{ name: 'holds', type: 'predicate' }],
        returns: boolean,
      },
      {
        name: 'every',
        documentation: 'Whether it holds for all of them; it does for none.',
        parameters: [{ name: 'holds', type: 'predicate' }],
        returns: boolean,
      },
    ],
  } as RecordSchema,
  /**
   * What a name is made of. As text it would be compared letter by letter,
   * though it may say less than the name it is compared with.
   */
  names: {
    table: {
      documentation: "A table's name. Compare it with `===`, or ask for its parts.",
      fields: [
        { name: 'schema', type: text, documentation: 'Its schema; where that is not known, the command is denied.' },
        { name: 'name', type: text, documentation: 'Its name in the schema.' },
      ],
      methods: [],
    },
    path: {
      documentation: "A table's column. Compare it with `===`, or ask for its parts.",
      fields: [
        { name: 'schema', type: text, documentation: "Its table's schema; where that is not known, the command is denied." },
        { name: 'table', type: text, documentation: "Its table's name in the schema; where that is not known, the command is denied." },
        { name: 'column', type: text, documentation: 'Its own name; where it may be any, the command is denied.' },
      ],
      methods: [],
    },
    column: {
      documentation: "A column's name. Compare it with `===`, or ask for it as text.",
      fields: [{ name: 'name', type: text, documentation: 'The name as text; for `*`, the command is denied.' }],
      methods: [],
    },
    function: {
      documentation: "A function's name. Compare it with `===`, or ask for it without its schema.",
      fields: [{ name: 'name', type: text, documentation: 'Its name in its schema.' }],
      methods: [],
    },
  } satisfies Record<NameKind, RecordSchema> as Record<NameKind, RecordSchema>,
  /** What people write from habit, and the name it has here. */
  habits: {
    contains: 'includes',
    has: 'includes',
    indexOf: 'includes',
    filter: 'some',
    find: 'some',
    any: 'some',
    all: 'every',
    size: 'length',
    count: 'length',
    user: 'principal',
    who: 'principal',
    command: 'text',
    sql: 'text',
    query: 'text',
    database: 'target',
    env: 'target',
    action: 'verb',
    type: 'verb',
  } as Record<string, string>,
  /** The same for effects. */
  effectHabits: {
    deny: 'forbid',
    block: 'forbid',
    reject: 'forbid',
    approve: 'requireApproval',
    hold: 'requireApproval',
    witness: 'require',
    witnessed: 'require',
    requireEvidence: 'require',
    hide: 'mask',
    redact: 'mask',
    throttle: 'limit',
    notify: 'alert',
    warn: 'alert',
  } as Record<string, string>,
}
