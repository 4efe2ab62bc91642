import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Creates the tables of webhooks, their leads and senders, events and deliveries. */
export function createWebhooks(): Migration {
  return { up: createTables };
}

async function createTables(database: Kysely<unknown>): Promise<void> {
  await createWebhookTable(database);
  await database.schema
    .createTable('webhookLeads')
    .addColumn('appId', 'text', (column) => column.primaryKey().references('apps.id'))
    .addColumn('holder', 'text')
    .addColumn('term', 'bigint', (column) => column.notNull())
    .addColumn('position', 'text')
    .addColumn('lastNo', 'bigint', (column) => column.notNull())
    .execute();
  await database.schema
    .createTable('webhookSenders')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('beat', 'bigint', (column) => column.notNull())
    .addColumn('seenAtMs', 'bigint', (column) => column.notNull())
    .execute();
  await createLog(database);
}

async function createWebhookTable(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable('webhooks')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('orgId', 'text', (column) => column.notNull().references('orgs.id'))
    .addColumn('appId', 'text', (column) => column.notNull().references('apps.id'))
    .addColumn('url', 'text', (column) => column.notNull())
    .addColumn('description', 'text', (column) => column.notNull())
    .addColumn('events', 'text', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('disabledReason', 'text')
    .addColumn('disabledAtMs', 'bigint')
    .addColumn('failingSinceMs', 'bigint')
    .addColumn('hasOverflowed', 'integer', (column) => column.notNull())
    .addColumn('createdAtMs', 'bigint', (column) => column.notNull())
    .addColumn('updatedAtMs', 'bigint', (column) => column.notNull())
    .addColumn('secretNo', 'integer', (column) => column.notNull())
    .addColumn('sealedSecret', 'text', (column) => column.notNull())
    .addColumn('formerSealedSecret', 'text')
    .addColumn('formerSecretEndsAtMs', 'bigint')
    .execute();
  await database.schema.createIndex('webhooksByApp').on('webhooks').column('appId').execute();
}

async function createLog(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable('webhookEvents')
    .addColumn('appId', 'text', (column) => column.notNull())
    .addColumn('no', 'bigint', (column) => column.notNull())
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('atMs', 'bigint', (column) => column.notNull())
    .addColumn('sessionId', 'text', (column) => column.notNull())
    .addColumn('json', 'text', (column) => column.notNull())
    .addColumn('webhookId', 'text')
    .addColumn('keptAtMs', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('webhookEventsKey', ['appId', 'no'])
    .execute();
  await database.schema.createIndex('webhookEventsById').on('webhookEvents').columns(['appId', 'id']).execute();
  await database.schema
    .createTable('webhookDeliveries')
    .addColumn('appId', 'text', (column) => column.notNull())
    .addColumn('no', 'bigint', (column) => column.notNull())
    .addColumn('webhookId', 'text', (column) => column.notNull())
    .addColumn('eventNo', 'bigint', (column) => column.notNull())
    .addColumn('queue', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('nextAtMs', 'bigint')
    .addColumn('attempts', 'text', (column) => column.notNull())
    .addColumn('response', 'text')
    .addColumn('queuedAtMs', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('webhookDeliveriesKey', ['appId', 'no'])
    .execute();
  const indexes = {
    webhookDeliveriesByAge: ['appId', 'state', 'no'],
    webhookDeliveriesInOrder: ['webhookId', 'state', 'queue', 'no'],
    webhookDeliveriesByTime: ['webhookId', 'state', 'nextAtMs'],
    webhookDeliveriesByWebhook: ['webhookId', 'no'],
    webhookDeliveriesByEvent: ['appId', 'eventNo'],
  };
  for (const [name, columns] of Object.entries(indexes)) {
    await database.schema.createIndex(name).on('webhookDeliveries').columns(columns).execute();
  }
}
