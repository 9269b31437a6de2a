// The functions' data: documents, messages and secrets, with their role assignments.

@description('Required. The prefix of the resources\' names.')
@minLength(3)
@maxLength(20)
param name string

@description('Required. The suffix that makes their names unique in Azure.')
@minLength(13)
@maxLength(13)
param suffix string

@description('Required. The region.')
param location string

@description('Required. Tags of the resources.')
param tags object

@description('Required. The functions, as functions.json describes them.')
param functions array

@description('Required. Those among them that handle events.')
param subscribers array

@description('Required. The name of the one that handles dead letters.')
param recorder string

@description('Required. The Dapr components, as components.json describes them.')
param components array

@description('Required. The components that reach Azure by an identity.')
param identified array

@description('Required. Whether functions run on Container Apps; otherwise on Kubernetes.')
param onContainerApps bool

@description('Required. The names of the identities of functions and components.')
param identityNames array

@description('Required. The ids of those identities, in the same order.')
param principalIds array

@description('Required. The topics.')
param topics array

@description('Required. Those of them that functions publish to.')
param published array

@description('Required. The tier of Service Bus.')
param busSku string

@description('Required. The Entra group whose people rebuild the lists of orders and products; empty: nobody.')
param operatorsGroupId string

@description('Required. The capacity mode of Cosmos DB: billed by request, or with a throughput that scales with the load.')
param cosmosCapacity string

@description('Required. Autoscale: the maximum request units per second, of all containers together.')
param cosmosMaxThroughput int

@description('Required. Whether documents are spread over availability zones.')
param zoneRedundant bool

@description('Required. The workspace of the audit logs.')
param workspaceId string

@description('Required. The subnet for private endpoints; empty: the resources are public.')
param privateEndpointSubnetId string

@description('Required. The registry, if it is to have a private endpoint; empty: it is not.')
param privateRegistryId string

@description('Required. The payment provider\'s API key; empty: the one in the vault is kept.')
@secure()
param paymentApiKey string

@description('Required. The provider\'s id of that key.')
param paymentKeyId string

@description('Required. The expiry of that key, in seconds since 1970; 0: none.')
param paymentKeyExpires int

@description('Required. Whether the vault stores the password of a mail server.')
param hasMail bool

@description('Required. The password of the mail server\'s user; empty: the one in the vault is kept.')
@secure()
param mailPassword string

@description('Required. The identity of the environment, which reads that password; empty: none.')
param environmentPrincipalId string

var isPrivate = !empty(privateEndpointSubnetId)
var busName = '${name}-${suffix}'
var secretEventsName = '${name}-secret-events'

// Functions that write what others only read. Only the vault is written without Dapr.
var managers = filter(functions, function => contains(function, 'manages') && contains(function.manages, 'secrets'))
var stores = map(filter(components, component => component.type == 'state.azure.cosmosdb'), component => component.name)

// The identities that use each component. On Container Apps a component names one identity, which all of its
// functions must have: so each component has its own, and the functions share it. On Kubernetes Dapr uses the
// identity of the pod and not the component's: so each function uses the component with its own.
var users = flatten(map(
  identified,
  component =>
    map(
      onContainerApps ? ['component-${component.name}'] : component.scopes,
      identity => { component: component.name, identity: identity }
    )
))

// The senders of each topic. On Container Apps publishers share an identity, and the component's
// `publishingScopes` restrict each.
var publications = onContainerApps
  ? map(published, topic => { topic: topic, identity: 'component-pubsub' })
  : flatten(map(
      functions,
      function => map(function.?publishes ?? [], topic => { topic: topic, identity: function.name })
    ))

module messaging 'messaging.bicep' = {
  name: 'messaging'
  params: {
    name: busName
    location: location
    tags: tags
    sku: busSku
    topics: topics
    workspaceId: workspaceId
    isPrivate: isPrivate
    recorder: {
      function: recorder
      principalId: principalIds[indexOf(identityNames, recorder)]
    }
    subscriptions: [
      for subscriber in subscribers: {
        function: subscriber.name
        topic: subscriber.topic
        principalId: principalIds[indexOf(identityNames, subscriber.name)]
      }
    ]
    publications: [
      for publication in publications: {
        topic: publication.topic
        principalId: principalIds[max(0, indexOf(identityNames, publication.identity))]
      }
    ]
    sharedPrincipalIds: onContainerApps ? [principalIds[max(0, indexOf(identityNames, 'component-pubsub'))]] : []
  }
}

module state 'state.bicep' = {
  name: 'state'
  params: {
    name: '${name}-${suffix}'
    location: location
    tags: tags
    capacity: cosmosCapacity
    maxThroughput: cosmosMaxThroughput
    zoneRedundant: zoneRedundant
    workspaceId: workspaceId
    isPrivate: isPrivate
    containers: stores
    operatorsGroupId: operatorsGroupId
    users: [
      for user in filter(users, user => contains(stores, user.component)): {
        container: user.component
        principalId: principalIds[indexOf(identityNames, user.identity)]
      }
    ]
  }
}

module secrets 'secrets.bicep' = {
  name: 'secrets'
  params: {
    name: 'shop-${suffix}'
    location: location
    tags: tags
    workspaceId: workspaceId
    isPrivate: isPrivate
    paymentApiKey: paymentApiKey
    paymentKeyId: paymentKeyId
    paymentKeyExpires: paymentKeyExpires
    readerPrincipalIds: [
      for user in filter(users, user => user.component == 'secrets'): principalIds[indexOf(identityNames, user.identity)]
    ]
    managerPrincipalIds: [for manager in managers: principalIds[indexOf(identityNames, manager.name)]]
    hasMail: hasMail
    mailPassword: mailPassword
    environmentPrincipalId: environmentPrincipalId
  }
}

module rotation 'rotation.bicep' = if (!empty(managers)) {
  name: 'rotation'
  params: {
    name: secretEventsName
    location: location
    tags: tags
    vaultName: secrets.outputs.name
    busName: busName
    managers: managers
  }
  dependsOn: [messaging]
}

module network 'network.bicep' = if (isPrivate) {
  name: 'network'
  params: {
    name: name
    location: location
    tags: tags
    subnetId: privateEndpointSubnetId
    targets: concat(
      [
        { name: 'documents', id: state.outputs.id, group: 'Sql', zone: 'privatelink.documents.azure.com' }
        { name: 'messages', id: messaging.outputs.id, group: 'namespace', zone: 'privatelink.servicebus.windows.net' }
        { name: 'secrets', id: secrets.outputs.id, group: 'vault', zone: 'privatelink.vaultcore.azure.net' }
      ],
      // Images are pushed from outside the network: it stays public, and needs a role.
      empty(privateRegistryId)
        ? []
        : [{ name: 'images', id: privateRegistryId, group: 'registry', zone: 'privatelink.azurecr.io' }]
    )
  }
}

@description('The resource id of the Service Bus namespace.')
output busId string = messaging.outputs.id

@description('The name of the namespace.')
output busName string = busName

@description('The host of the namespace.')
output busHost string = messaging.outputs.host

@description('The resource id of the Cosmos DB account.')
output accountId string = state.outputs.id

@description('The address of the account.')
output accountUrl string = state.outputs.url

@description('The name of the database.')
output database string = state.outputs.database

@description('The name of the vault.')
output vaultName string = secrets.outputs.name

@description('The address of the vault.')
output vaultUri string = secrets.outputs.uri

@description('The Event Grid system topic of the vault; empty: none.')
output vaultEventsId string = empty(managers) ? '' : resourceId('Microsoft.EventGrid/systemTopics', secretEventsName)
