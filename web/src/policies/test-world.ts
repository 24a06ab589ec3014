import type { LiveSchema } from '@steno/policy-dsl'

/** What tests of the editor know: a target with schemas, one that did not tell, groups, agents, approvers. */
export const testWorld: LiveSchema = {
  targets: [
    {
      name: 'shop',
      protocol: 'postgres',
      labels: { env: 'prod' },
      schemas: [
        {
          name: 'public',
          isDefault: true,
          tables: [
            {
              name: 'customers',
              columns: [
                { name: 'id', type: 'integer' },
                { name: 'email', type: 'text' },
              ],
            },
            { name: 'order items', columns: [{ name: 'e-mail', type: 'text' }] },
          ],
        },
        { name: 'billing', isDefault: false, tables: [{ name: 'invoices', columns: [{ name: 'iban', type: 'text' }] }] },
      ],
    },
    { name: 'crm', protocol: 'postgres', labels: {}, schemas: null },
  ],
  groups: ['etl', 'pii-readers'],
  agents: ['agent-x'],
  approvers: ['approver', 'dba'],
}
