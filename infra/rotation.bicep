// The events that a secret expires soon: from Key Vault by Event Grid to the functions' topics.

@description('Required. The name of the Event Grid system topic of the vault.')
@minLength(3)
@maxLength(50)
param name string

@description('Required. The region, which is the vault\'s.')
param location string

@description('Required. Tags of the resource.')
param tags object

@description('Required. The name of the vault.')
param vaultName string

@description('Required. The name of the Service Bus namespace.')
param busName string

@description('Required. The functions that rotate secrets: `name` and `topic`.')
param managers array

var sender = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39')

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' existing = {
  name: vaultName
}

resource namespace 'Microsoft.ServiceBus/namespaces@2026-01-01' existing = {
  name: busName
}

resource topic 'Microsoft.ServiceBus/namespaces/topics@2026-01-01' existing = [
  for manager in managers: {
    parent: namespace
    name: manager.topic
  }
]

resource events 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: {
    source: vault.id
    topicType: 'Microsoft.KeyVault.vaults'
  }
}

resource mayPublish 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (manager, i) in managers: {
    name: guid(topic[i].id, events.id, sender)
    scope: topic[i]
    properties: {
      roleDefinitionId: sender
      principalId: events.identity.principalId
      principalType: 'ServicePrincipal'
    }
  }
]

// Key Vault announces the expiry once, 30 days before. Event Grid gives the message an id that stays the same when
// it is sent again, by which the topic detects duplicates.
resource nearExpiry 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = [
  for (manager, i) in managers: {
    parent: events
    name: manager.name
    properties: {
      // The schema that the functions expect on every topic.
      eventDeliverySchema: 'CloudEventSchemaV1_0'
      filter: {
        includedEventTypes: ['Microsoft.KeyVault.SecretNearExpiry']
        // Exact: the previous key expires too, and must not be replaced.
        advancedFilters: [{ operatorType: 'StringIn', key: 'subject', values: ['payment-api-key'] }]
      }
      deliveryWithResourceIdentity: {
        identity: { type: 'SystemAssigned' }
        destination: {
          endpointType: 'ServiceBusTopic'
          properties: { resourceId: topic[i].id }
        }
      }
      // The maximum. An alert fires on what is dropped after that.
      retryPolicy: {
        maxDeliveryAttempts: 30
        eventTimeToLiveInMinutes: 1440
      }
    }
    dependsOn: [mayPublish]
  }
]
