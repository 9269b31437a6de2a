// The functions, each a container app with its settings and identities.

@description('Required. The functions, as functions.json describes them.')
param functions array

@description('Required. The components that reach Azure by an identity.')
param identified array

@description('Required. The prefix of the identities\' names.')
param name string

@description('Required. The region.')
param location string

@description('Required. Tags of the apps.')
param tags object

@description('Required. The environment that they run in.')
param environmentId string

@description('Required. The image of each function.')
param images object

@description('Required. The host of the registry that has the images.')
param registryServer string

@description('Required. Settings of functions that are reached from outside: of their callers, and their limits, as `name` and `value`.')
param publicSettings array

@description('Required. The payment provider\'s API.')
param paymentProviderUrl string

@description('Required. Settings of functions that rotate the payment key, except for the vault: `name` and `value`.')
param rotationSettings array

@description('Required. The configuration of components, which sidecars read when they start.')
param componentsText string

@description('Required. The components with their scopes.')
param components array

@description('Required. The minimum number of replicas of each HTTP function.')
@minValue(0)
param httpMinReplicas int

@description('Required. The minimum number of replicas of a host of workflows or actors.')
@minValue(1)
param hostMinReplicas int

@description('Required. The maximum number of replicas of a function.')
@minValue(1)
@maxValue(300)
param maxReplicas int

@description('Required. The name of the Service Bus namespace.')
param busName string

@description('Required. The topics of dead letters.')
param deadTopics array

@description('Required. Who may reach an external app: address ranges as CIDR; none: everybody.')
param allowedClients array

@description('Required. The action groups that are notified when an app keeps restarting.')
param actionGroupIds array

resource identities 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = [
  for function in functions: {
    name: '${name}-${function.name}'
  }
]

module app 'function.bicep' = [
  for (function, i) in functions: {
    name: 'function-${function.name}'
    params: {
      function: function
      location: location
      tags: tags
      environmentId: environmentId
      image: images[function.name]
      registryServer: registryServer
      identityId: identities[i].id
      identities: toObject(
        concat(
          [function.name],
          map(
            filter(identified, component => contains(component.scopes, function.name)),
            component => 'component-${component.name}'
          )
        ),
        identity => resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', '${name}-${identity}'),
        identity => {}
      )
      settings: concat(
        function.ingress == 'external' ? publicSettings : [],
        function.service == 'payment' ? [{ name: 'PAYMENT_PROVIDER_URL', value: paymentProviderUrl }] : [],
        contains(function, 'manages') && contains(function.manages, 'secrets')
          ? concat(rotationSettings, [{ name: 'AZURE_CLIENT_ID', value: identities[i].properties.clientId }])
          : []
      )
      componentsVersion: uniqueString(
        string(filter(components, component => contains(component.scopes, function.name))),
        componentsText
      )
      httpMinReplicas: httpMinReplicas
      hostMinReplicas: hostMinReplicas
      maxReplicas: maxReplicas
      busName: busName
      topics: contains(function, 'dead_letters') ? deadTopics : contains(function, 'topic') ? [function.topic] : []
      allowedClients: allowedClients
      actionGroupIds: actionGroupIds
    }
  }
]
