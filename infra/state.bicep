// The documents: a container per state component, and for the component's users the role on that container
// only.

@description('Required. The name of the account.')
@minLength(3)
@maxLength(44)
param name string

@description('Required. The region.')
param location string

@description('Required. Tags of the account.')
param tags object

@description('Required. `serverless` costs nothing at rest; `autoscale` has a provisioned throughput, and zones.')
@allowed(['serverless', 'autoscale'])
param capacity string

@description('Required. Autoscale: the maximum request units per second, of all containers together.')
@minValue(1000)
param maxThroughput int

@description('Required. Autoscale: whether the data is spread over availability zones.')
param zoneRedundant bool

@description('Required. The names of the containers.')
param containers array

@description('Required. The users of containers: `container`, and `principalId`, an identity.')
param users array

@description('Required. The Entra group whose people rebuild the lists of orders and products: they read the containers of both; empty: no one.')
param operatorsGroupId string

@description('Required. The workspace that keeps who did what.')
param workspaceId string

@description('Required. Whether it is reachable only within the shop\'s network.')
param isPrivate bool

// How long items are kept after they were last written, in seconds, where Dapr does not set it for each.
var lives = {
  // The inbox: seven days, longer than a message can be in flight.
  inbox: 604800
  // Histories: nine days. An item is counted from when it was written, whether its workflow has ended or not, so
  // this is longer than the longest saga, of 26 hours, and seven days. A saga that made no progress for longer than that
  // loses its history; its order, which is stored separately, is then resumed from the start, and its steps find
  // what was done. Managed Dapr removes no finished workflows; where Dapr does (on Kubernetes), it comes first.
  'workflow-store': 777600
}

var serverless = capacity == 'serverless'

// Cosmos DB Built-in Data Contributor: reads and writes items, and nothing else; and Data Reader.
var contributor = '00000000-0000-0000-0000-000000000002'
var reader = '00000000-0000-0000-0000-000000000001'

resource account 'Microsoft.DocumentDB/databaseAccounts@2026-03-15' = {
  // checkov:skip=CKV_AZURE_99:Functions come from an environment that need not have a network; callers need a role.
  // checkov:skip=CKV_AZURE_100:No customer-managed key: the service's own encryption at rest is on.
  // checkov:skip=CKV_AZURE_101:As CKV_AZURE_99.
  name: name
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    // Actors and workflows read what another sidecar wrote, and Dapr requires strong consistency. Session consistency
    // does not help: Dapr passes on no session token (https://github.com/dapr/dapr/issues/8870), so any replica may respond.
    consistencyPolicy: { defaultConsistencyLevel: 'Strong' }
    locations: [
      {
        locationName: location
        failoverPriority: 0
        isZoneRedundant: zoneRedundant && !serverless
      }
    ]
    capabilities: serverless ? [{ name: 'EnableServerless' }] : []
    disableLocalAuth: true
    disableKeyBasedMetadataWriteAccess: true
    minimalTlsVersion: 'Tls12'
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    backupPolicy: {
      type: 'Continuous'
      continuousModeProperties: { tier: 'Continuous7Days' }
    }
  }
}

// Preview, as in environment.bicep: there is no stable version.
resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: account
  properties: {
    workspaceId: workspaceId
    // A table for each resource type, with columns.
    logAnalyticsDestinationType: 'Dedicated'
    logs: [
      { category: 'ControlPlaneRequests', enabled: true }
    ]
  }
}

resource database 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2026-03-15' = {
  parent: account
  name: 'saga-shop'
  properties: {
    resource: { id: 'saga-shop' }
    // Shared by the containers: most of them are idle most of the time.
    options: serverless ? {} : { autoscaleSettings: { maxThroughput: maxThroughput } }
  }
}

resource container 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2026-03-15' = [
  for name in containers: {
    parent: database
    name: name
    properties: {
      resource: {
        id: name
        partitionKey: {
          // The name that Dapr writes.
          paths: ['/partitionKey']
          kind: 'Hash'
        }
        // Otherwise only items with their own lifetime would expire.
        defaultTtl: lives[?name] ?? -1
        // Documents are read only by key: an index would cost every write.
        indexingPolicy: {
          indexingMode: 'consistent'
          automatic: true
          includedPaths: []
          excludedPaths: [{ path: '/*' }]
        }
      }
    }
  }
]

resource mayKeep 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2026-03-15' = [
  for user in users: {
    parent: account
    name: guid(container[indexOf(containers, user.container)].id, user.principalId, contributor)
    properties: {
      principalId: user.principalId
      roleDefinitionId: '${account.id}/sqlRoleDefinitions/${contributor}'
      scope: '${account.id}/dbs/${database.name}/colls/${container[indexOf(containers, user.container)].name}'
    }
  }
]

var listed = empty(operatorsGroupId) ? [] : ['orders', 'stock-store']

resource operatorsMayRead 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2026-03-15' = [
  for name in listed: {
    parent: account
    name: guid(container[indexOf(containers, name)].id, operatorsGroupId, reader)
    properties: {
      principalId: operatorsGroupId
      roleDefinitionId: '${account.id}/sqlRoleDefinitions/${reader}'
      scope: '${account.id}/dbs/${database.name}/colls/${container[indexOf(containers, name)].name}'
    }
  }
]

@description('The account as alerts and endpoints refer to it.')
output id string = account.id

@description('The address of the account.')
output url string = account.properties.documentEndpoint

@description('The name of the database.')
output database string = database.name
