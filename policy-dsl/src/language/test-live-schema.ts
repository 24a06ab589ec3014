import type { LiveSchema } from '../live-schema.ts'

/** A small world that the tests of the language are written for. */
export const testLiveSchema: LiveSchema = {
  targets: [
    {
      name: 'shop',
      protocol: 'postgres',
      labels: { env: 'prod', owner: 'payments' },
      schemas: [
        {
          name: 'public',
          isDefault: true,
          tables: [
            {
              name: 'customers',
              columns: [
                { name: 'id', type: 'bigint' },
                { name: 'email', type: 'text' },
                { name: 'ssn', type: 'text' },
              ],
            },
            { name: 'orders', columns: [{ name: 'id', type: 'bigint' }] },
            { name: 'payments', columns: [{ name: 'iban', type: 'text' }] },
            { name: 'order items', columns: [{ name: 'e-mail', type: 'text' }] },
          ],
        },
        { name: 'billing', isDefault: false, tables: [{ name: 'invoices', columns: [{ name: 'iban', type: 'text' }] }] },
      ],
    },
    { name: 'crm', protocol: 'postgres', labels: { env: 'staging' }, schemas: null },
    {
      name: 'data-lake',
      protocol: 'postgres',
      labels: { env: 'prod', 'cost-center': '42' },
      schemas: [{ name: 'public', isDefault: true, tables: [{ name: 'events', columns: [{ name: 'payload', type: 'jsonb' }] }] }],
    },
  ],
  groups: ['dba', 'pii-readers'],
  agents: ['cleanup-agent'],
  approvers: ['dba', 'security'],
}
