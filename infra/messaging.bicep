// The broker: a topic per kind of event, a subscription per function that takes them, and a topic for
// what that function could not deal with. All of it is there before the functions are: a message to a
// topic without subscription is lost, and a function without its subscription never wakes.

@description('Required. The name of the namespace.')
@minLength(6)
@maxLength(50)
param name string

@description('Required. The region.')
param location string

@description('Required. Tags of the namespace.')
param tags object

@description('Required. Premium, where zone redundancy and a capacity of one\'s own are called for.')
@allowed(['Standard', 'Premium'])
param sku string

@description('Required. The topics.')
param topics array

@description('Required. Those among them that Azure fills: no function publishes there.')
param foreignTopics array

@description('Required. The subscriptions: `function`, its `topic`, and `scalerPrincipalId`, the function\'s own identity.')
param subscriptions array

@description('Required. The identity of the component `pubsub`.')
param componentPrincipalId string

var sender = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39')
var receiver = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0')

resource namespace 'Microsoft.ServiceBus/namespaces@2026-01-01' = {
  // Open to networks, as functions come from an environment that need not have one; callers need a role.
  name: name
  location: location
  tags: tags
  sku: {
    name: sku
    tier: sku
    capacity: sku == 'Premium' ? 1 : null
  }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    premiumMessagingPartitions: sku == 'Premium' ? 1 : null
  }
}

resource topic 'Microsoft.ServiceBus/namespaces/topics@2026-01-01' = [
  for name in topics: {
    parent: namespace
    name: name
    properties: {
      // By message id: what a publisher sends again because it heard no answer. Not for longer: a dead letter
      // that a person sends again is no repeat. Consumers drop later repeats by the event's id.
      requiresDuplicateDetection: true
      duplicateDetectionHistoryTimeWindow: 'PT1M'
      // Partitions would refuse a message without an id.
      enablePartitioning: false
      defaultMessageTimeToLive: 'P14D'
      maxSizeInMegabytes: 1024
      supportOrdering: false
    }
  }
]

resource subscription 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2026-01-01' = [
  for entry in subscriptions: {
    parent: topic[indexOf(topics, entry.topic)]
    // Dapr and the scaler look for the subscription by the app id.
    name: entry.function
    properties: {
      lockDuration: 'PT1M'
      // Dapr tries a message for ten minutes within one delivery; these are crashes in between.
      maxDeliveryCount: 10
      deadLetteringOnMessageExpiration: true
      deadLetteringOnFilterEvaluationExceptions: true
      defaultMessageTimeToLive: 'P14D'
    }
  }
]

resource deadTopic 'Microsoft.ServiceBus/namespaces/topics@2026-01-01' = [
  for entry in subscriptions: {
    parent: namespace
    name: '${entry.topic}-${entry.function}-dead'
    properties: {
      // The same event may die twice.
      requiresDuplicateDetection: false
      maxSizeInMegabytes: 1024
    }
  }
]

// Keeps dead letters until a person has dealt with them.
resource deadLetters 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2026-01-01' = [
  for (entry, i) in subscriptions: {
    parent: deadTopic[i]
    name: 'dead-letters'
    properties: {
      lockDuration: 'PT5M'
      maxDeliveryCount: 2000
    }
  }
]

resource mayPublish 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, i) in topics: if (!contains(foreignTopics, name)) {
    name: guid(topic[i].id, componentPrincipalId, sender)
    scope: topic[i]
    properties: {
      roleDefinitionId: sender
      principalId: componentPrincipalId
      principalType: 'ServicePrincipal'
    }
  }
]

resource mayBury 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (entry, i) in subscriptions: {
    name: guid(deadTopic[i].id, componentPrincipalId, sender)
    scope: deadTopic[i]
    properties: {
      roleDefinitionId: sender
      principalId: componentPrincipalId
      principalType: 'ServicePrincipal'
    }
  }
]

resource mayReceive 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (entry, i) in subscriptions: {
    name: guid(subscription[i].id, componentPrincipalId, receiver)
    scope: subscription[i]
    properties: {
      roleDefinitionId: receiver
      principalId: componentPrincipalId
      principalType: 'ServicePrincipal'
    }
  }
]

// The scaler counts messages by the function's own identity. Nobody documents the least role for that;
// should this one not do, the next is Data Owner (090c5cfd-751d-490a-894a-3ce6f1109419).
resource mayCount 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (entry, i) in subscriptions: {
    name: guid(subscription[i].id, entry.scalerPrincipalId, receiver)
    scope: subscription[i]
    properties: {
      roleDefinitionId: receiver
      principalId: entry.scalerPrincipalId
      principalType: 'ServicePrincipal'
    }
  }
]

@description('The namespace as alerts refer to it.')
output id string = namespace.id

@description('The host of the namespace.')
output host string = split(split(namespace.properties.serviceBusEndpoint, '//')[1], ':')[0]
