import type { Column } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import { mayTellSecrets, secretColumns, withoutPasswords } from './told-secrets.ts'

const column = (name: string, more: Partial<Column> = {}): Column => ({
  name,
  type: 'text',
  typeOid: 25,
  tableOid: 1417,
  attribute: 1,
  format: 'text',
  ...more,
})

describe('passwords that a target keeps', () => {
  it('are looked for where a text names what holds them', () => {
    for (const text of [
      'SELECT * FROM pg_authid',
      'select passwd from PG_SHADOW',
      'SELECT subconninfo FROM pg_catalog.pg_subscription',
      'SELECT * FROM pg_user_mappings',
      'SELECT s.srvoptions FROM pg_foreign_server s',
      'TABLE information_schema.user_mapping_options',
    ])
      expect([text, mayTellSecrets(text)]).toEqual([text, true])
    for (const text of ['SELECT 1', 'SELECT rolname FROM pg_roles', 'SELECT abalance FROM pgbench_accounts WHERE aid = 7'])
      expect([text, mayTellSecrets(text)]).toEqual([text, false])
  })

  it('are hidden with their whole value where the column is one, or is worked out from one', () => {
    const text = 'SELECT srvname, passwd, upper(passwd), count(*) FROM pg_shadow'
    const columns = [column('srvname'), column('Passwd'), column('upper', { tableOid: 0 }), column('count', { tableOid: 0, typeOid: 20 })]
    expect(secretColumns(text, columns)).toEqual(['passwords', 'whole', 'whole', null])
    expect(
      secretColumns('SELECT pg_get_userbyid(srvowner), srvoptions FROM pg_foreign_server', [column('pg_get_userbyid', { tableOid: 0 })]),
    ).toEqual(['passwords'])
    expect(secretColumns('SELECT srvname FROM t', [column('srvname')])).toBeNull()
    expect(secretColumns(text, [column('count', { typeOid: 20 })])).toBeNull()
    expect([withoutPasswords('x', 'whole'), withoutPasswords('', 'whole'), withoutPasswords('password=x', null)]).toEqual([
      '[masked]',
      null,
      null,
    ])
  })

  it.each([
    ['host=db user=app password=s3cret dbname=x', 'host=db user=app password=[masked] dbname=x'],
    ["host=db password='a b''c' dbname=x", 'host=db password=[masked] dbname=x'],
    ['{user=app,password=s3cret}', '{user=app,password=[masked]}'],
    ['{"password=two words, and \\"more\\"",user=app}', '{"password=[masked]",user=app}'],
    ["(host 'db', password 's3cret')", "(host 'db', password [masked])"],
    ['{"user": "app", "password": "s3\\"cret"}', '{"user": "app", "password": [masked]}'],
    ['sslpassword=s3cret', 'sslpassword=[masked]'],
    ['postgres://app:s3cret@db/x?password=other', 'postgres://app:[masked]@db/x?password=[masked]'],
    ['SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy', '[masked]'],
    ['md5d41d8cd98f00b204e9800998ecf8427e', '[masked]'],
    ['host=db user=app', null],
    ['the password of the day', null],
  ])('are hidden in the values around them: %s', (value, after) => {
    expect(withoutPasswords(value, 'passwords')).toBe(after)
  })
})
