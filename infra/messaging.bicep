// The broker: a topic per kind of event, a subscription per function that handles them, and a topic for
// what that function gave up on, which one function records. All of it is there before the functions are: a message to a
// topic without subscription is lost, and a function without its subscription never wakes.

@description('Required. The name of the namespace.')
@minLength(6)
@maxLength(50)
param name string

@description('Required. The region.')
param location string

@description('Required. Tags of the namespace.')
param tags object

@description('Required. The tier: Premium for zone redundancy and dedicated capacity.')
@allowed(['Standard', 'Premium'])
param sku string

@description('Required. The topics.')
param topics array

@description('Required. The subscriptions: `function`, its `topic`, and `principalId`, the function\'s own identity.')
param subscriptions array

@description('Required. The senders: a `topic`, and the `principalId` of an identity that may send to it.')
param publications array

@description('Required. The identity that the functions share for the component `pubsub`: one, or none if each uses its own.')
param sharedPrincipalIds array

@description('Required. Who records dead letters: `function`, and `principalId`, its own identity.')
param recorder object

@description('Required. The workspace of the audit logs.')
param workspaceId string

@description('Required. Whether it is reachable only within the shop\'s network.')
param isPrivate bool

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
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
  }
}

// Event Grid is outside the network, and is admitted as a trusted service of Azure.
resource rules 'Microsoft.ServiceBus/namespaces/networkRuleSets@2026-01-01' = if (isPrivate) {
  parent: namespace
  name: 'default'
  properties: {
    publicNetworkAccess: 'Disabled'
    defaultAction: 'Deny'
    trustedServiceAccessEnabled: true
  }
}

// Preview, as in environment.bicep: there is no stable version.
resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: namespace
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'OperationalLogs', enabled: true }
    ]
  }
}

resource topic 'Microsoft.ServiceBus/namespaces/topics@2026-01-01' = [
  for name in topics: {
    parent: namespace
    name: name
    properties: {
      // By message id: what a publisher repeats because it got no response. Not for longer: a dead letter
      // that an operator resends is not a duplicate. Consumers drop later repeats by the event's id.
      requiresDuplicateDetection: true
      duplicateDetectionHistoryTimeWindow: 'PT1M'
      // Partitions would reject a message without an id.
      enablePartitioning: false
      defaultMessageTimeToLive: 'P14D'
      maxSizeInMegabytes: 1024
      supportOrdering: false
    }
  }
]

resource subscription 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2026-01-01' = [
  for (entry, i) in subscriptions: {
    parent: topic[indexOf(topics, entry.topic)]
    // Dapr and the scaler look for the subscription by the app id.
    name: entry.function
    properties: {
      lockDuration: 'PT1M'
      // Dapr retries a message for ten minutes within one delivery; this counts crashes in between.
      maxDeliveryCount: 10
      deadLetteringOnMessageExpiration: true
      deadLetteringOnFilterEvaluationExceptions: true
      // What the broker itself gives up on is recorded like what Dapr gives up on.
      forwardDeadLetteredMessagesTo: deadTopic[i].name
      defaultMessageTimeToLive: 'P14D'
    }
  }
]

resource deadTopic 'Microsoft.ServiceBus/namespaces/topics@2026-01-01' = [
  for entry in subscriptions: {
    parent: namespace
    name: '${entry.topic}-${entry.function}-dead'
    properties: {
      // The same event may become a dead letter twice.
      requiresDuplicateDetection: false
      maxSizeInMegabytes: 1024
    }
  }
]

// Keeps dead letters until they are recorded.
resource deadLetters 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2026-01-01' = [
  for (entry, i) in subscriptions: {
    parent: deadTopic[i]
    // Dapr and the scaler look for the subscription by the app id.
    name: recorder.function
    properties: {
      lockDuration: 'PT5M'
      maxDeliveryCount: 2000
    }
  }
]

// A subscription is read by its function's sidecar, and counted by the scaler, which uses the function's own
// identity. No document names the least role for counting; if this one does not suffice, the next is Data Owner
// (090c5cfd-751d-490a-894a-3ce6f1109419).
var receivers = flatten(map(
  subscriptions,
  entry =>
    map(concat([entry.principalId], sharedPrincipalIds), principalId => {
      function: entry.function
      principalId: principalId
    })
))

resource mayPublish 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for entry in publications: {
    name: guid(topic[indexOf(topics, entry.topic)].id, entry.principalId, sender)
    scope: topic[indexOf(topics, entry.topic)]
    properties: {
      roleDefinitionId: sender
      principalId: entry.principalId
      principalType: 'ServicePrincipal'
    }
  }
]

resource mayDeadLetter 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (entry, i) in subscriptions: {
    name: guid(deadTopic[i].id, first(concat(sharedPrincipalIds, [entry.principalId])), sender)
    scope: deadTopic[i]
    properties: {
      roleDefinitionId: sender
      principalId: first(concat(sharedPrincipalIds, [entry.principalId]))
      principalType: 'ServicePrincipal'
    }
  }
]

var subscribers = map(subscriptions, entry => entry.function)

resource mayReceive 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for entry in receivers: {
    name: guid(subscription[indexOf(subscribers, entry.function)].id, entry.principalId, receiver)
    scope: subscription[indexOf(subscribers, entry.function)]
    properties: {
      roleDefinitionId: receiver
      principalId: entry.principalId
      principalType: 'ServicePrincipal'
    }
  }
]

var recorders = concat([recorder.principalId], sharedPrincipalIds)

resource mayRecord 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for i in range(0, length(subscriptions) * length(recorders)): {
    name: guid(deadLetters[i / length(recorders)].id, recorders[i % length(recorders)], receiver)
    scope: deadLetters[i / length(recorders)]
    properties: {
      roleDefinitionId: receiver
      principalId: recorders[i % length(recorders)]
      principalType: 'ServicePrincipal'
    }
  }
]

@description('The resource id of the namespace.')
output id string = namespace.id

@description('The host of the namespace.')
output host string = split(split(namespace.properties.serviceBusEndpoint, '//')[1], ':')[0]
