// saga-shop on Azure Container Apps: every function of functions.json, and what they need.
//
// functions.json and components.json are generated: the first from the functions' manifests, the second
// from components/azure. Nothing here names a function, but by what it is.

targetScope = 'resourceGroup'

// Parameters, because their elements are alike then: some functions have a topic and some have none.
@description('Optional. The functions: what is generated.')
param functions array = loadJsonContent('functions.json')

@description('Optional. The Dapr components: what is generated.')
param components array = loadJsonContent('components.json')

@description('Optional. What the resources are named after; a resource group holds one shop.')
@minLength(3)
@maxLength(20)
param name string = 'saga-shop'

@description('Optional. The region.')
param location string = resourceGroup().location

// By digest: a tag can be moved, and then two replicas of one revision run different code.
@description('Optional. The image of each function, by its digest, as infra/images writes them; empty: all but the functions, for the first time, when the registry has no images.')
param images object = {}

@description('Required. The payment provider\'s API.')
param paymentProviderUrl string

// Empty must do: with the key of the first deployment each later one would undo a rotation.
@description('Optional. The key by which the payment provider knows the shop; empty: the one that the vault has stays. The first deployment needs it.')
@secure()
param paymentApiKey string = ''

@description('Optional. The provider\'s id of that key, which it is rotated by; empty: nothing rotates it, and an alert tells that it is due.')
param paymentKeyId string = ''

// No `utcNow()`: the same key would end at another time with each deployment.
@description('Optional. When that key is to be replaced, in seconds since 1970; 0: never.')
@minValue(0)
param paymentKeyExpires int = 0

@description('Optional. How many days a rotated key lasts. Key Vault tells 30 days before the end.')
@minValue(31)
@maxValue(3650)
param paymentKeyDays int = 90

@description('Optional. How many minutes the provider takes the key before a rotated one.')
@minValue(1)
@maxValue(10080)
param paymentKeyOverlapMinutes int = 1440

// Managed Dapr has no mail binding in any tier of its support. `bindings.smtp` is open-source Dapr's, alpha:
// an environment may refuse it. Where it does, the sidecar of send-email does not start, its messages wait
// in their subscription, and no other function is touched. With no host, send-email is left out likewise.
@description('Optional. The mail server, such as that of Communication Services; empty: no mail is sent, and what customers are to be told waits in its subscription, two weeks at most.')
param mailHost string = ''

@description('Optional. The port of the mail server.')
param mailPort int = 587

@description('Optional. The sender of mails; needed with a mail server.')
param mailFrom string = ''

@description('Optional. The user at the mail server; needed with a mail server.')
param mailUser string = ''

@description('Optional. The password of that user; needed with a mail server.')
@secure()
param mailPassword string = ''

@description('Optional. Where alerts are mailed to; empty: nowhere, they show in the portal.')
param alertEmail string = ''

@description('Optional. Whether all is spread over availability zones. Container Apps need a subnet for that.')
param zoneRedundant bool = false

@description('Optional. The id of a subnet, delegated to Microsoft.App/environments, for the environment.')
param subnetId string = ''

@description('Optional. The tier of Service Bus.')
@allowed(['Standard', 'Premium'])
param busSku string = 'Standard'

@description('Optional. The tier of the registry.')
@allowed(['Basic', 'Standard', 'Premium'])
param registrySku string = 'Basic'

@description('Optional. Whether Cosmos DB is paid by request, or by a throughput that follows the load.')
@allowed(['serverless', 'autoscale'])
param cosmosCapacity string = 'serverless'

@description('Optional. Autoscale: the most request units per second, of all containers together.')
@minValue(1000)
param cosmosMaxThroughput int = 1000

// A cold start takes longer (10 to 40 s) than one function waits for another (8 s): with 0, the first request
// after a quiet time may be answered with 503 or 504, and the saga's steps are tried again.
@description('Optional. How many replicas wait for requests, of each function that requests drive.')
@minValue(0)
param httpMinReplicas int = 0

@description('Optional. How many replicas a function has at most.')
@minValue(1)
@maxValue(300)
param maxReplicas int = 10

@description('Optional. How many days logs and traces are kept.')
@minValue(30)
@maxValue(730)
param retentionDays int = 30

@description('Optional. How many GB of logs and traces are taken in a day at most; -1: all.')
param dailyQuotaGb int = -1

@description('Optional. Tags of all resources.')
param tags object = { application: 'saga-shop' }

var hasMail = !empty(mailHost)
var suffix = uniqueString(resourceGroup().id)
var busName = '${name}-${suffix}'
var secretEventsName = '${name}-secret-events'

// What is deployed of them.
var deployed = filter(functions, function => hasMail || !contains(function.uses, 'email'))
var there = filter(components, component => hasMail || component.name != 'email')

var functionNames = map(functions, function => function.name)
var subscribers = filter(functions, function => function.kind == 'event')
var topics = union(map(subscribers, function => function.topic), [])
// Functions that write what others only read; nothing but the vault is written past Dapr.
var managers = filter(functions, function => contains(function, 'manages') && contains(function.manages, 'secrets'))
var managerNames = map(managers, function => function.name)
var stores = filter(components, component => component.type == 'state.azure.cosmosdb')

// Components that reach Azure by an identity. A component names one identity, and all of its functions must
// have it: so each component has its own, and the functions that use it share it.
var identified = map(
  filter(components, component => contains(map(component.metadata, entry => entry.name), 'azureClientId')),
  component => component.name
)

module functionIdentities 'identity.bicep' = [
  for function in functions: {
    name: 'identity-${function.name}'
    params: {
      name: '${name}-${function.name}'
      location: location
      tags: tags
    }
  }
]

module componentIdentities 'identity.bicep' = [
  for component in identified: {
    name: 'identity-component-${component}'
    params: {
      name: '${name}-component-${component}'
      location: location
      tags: tags
    }
  }
]

module environmentIdentity 'identity.bicep' = {
  name: 'identity-environment'
  params: {
    name: '${name}-environment'
    location: location
    tags: tags
  }
}

module registry 'registry.bicep' = {
  name: 'registry'
  params: {
    name: '${replace(name, '-', '')}${suffix}'
    location: location
    tags: tags
    sku: registrySku
    pullerPrincipalIds: [for (function, i) in functions: functionIdentities[i].outputs.principalId]
  }
}

module messaging 'messaging.bicep' = {
  name: 'messaging'
  params: {
    name: busName
    location: location
    tags: tags
    sku: busSku
    topics: topics
    foreignTopics: map(managers, function => function.topic)
    subscriptions: [
      for subscriber in subscribers: {
        function: subscriber.name
        topic: subscriber.topic
        scalerPrincipalId: functionIdentities[indexOf(functionNames, subscriber.name)].outputs.principalId
      }
    ]
    componentPrincipalId: componentIdentities[indexOf(identified, 'pubsub')].outputs.principalId
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
    containers: [
      for store in stores: {
        name: store.name
        principalId: componentIdentities[indexOf(identified, store.name)].outputs.principalId
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
    paymentApiKey: paymentApiKey
    paymentKeyId: paymentKeyId
    paymentKeyExpires: paymentKeyExpires
    componentPrincipalId: componentIdentities[indexOf(identified, 'secrets')].outputs.principalId
    managerPrincipalIds: [
      for manager in managers: functionIdentities[indexOf(functionNames, manager.name)].outputs.principalId
    ]
    hasMail: hasMail
    mailPassword: mailPassword
    environmentPrincipalId: environmentIdentity.outputs.principalId
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

module environment 'environment.bicep' = {
  name: 'environment'
  params: {
    name: name
    location: location
    tags: tags
    identityId: environmentIdentity.outputs.id
    zoneRedundant: zoneRedundant
    subnetId: subnetId
    retentionDays: retentionDays
    dailyQuotaGb: dailyQuotaGb
  }
}

module daprComponents 'component.bicep' = [
  for component in there: {
    name: 'component-${component.name}'
    params: {
      environmentName: environment.outputs.name
      component: component
      values: {
        AUTH_METHODS: 'managedidentity'
        CLIENT_ID: contains(identified, component.name)
          ? componentIdentities[max(0, indexOf(identified, component.name))].outputs.clientId
          : ''
        COSMOS_URL: state.outputs.url
        COSMOS_DATABASE: state.outputs.database
        SERVICE_BUS_HOST: messaging.outputs.host
        KEY_VAULT_NAME: secrets.outputs.name
        MAIL_HOST: mailHost
        MAIL_PORT: string(mailPort)
        MAIL_FROM: mailFrom
        MAIL_USER: mailUser
      }
      vaultUri: secrets.outputs.uri
      identityId: environmentIdentity.outputs.id
    }
  }
]

module apps 'function.bicep' = [
  for function in deployed: if (!empty(images)) {
    name: 'function-${function.name}'
    params: {
      function: function
      location: location
      tags: tags
      environmentId: environment.outputs.id
      image: contains(images, function.name) ? images[function.name] : ''
      registryServer: registry.outputs.loginServer
      identityId: resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', '${name}-${function.name}')
      identities: toObject(
        concat([function.name], map(intersection(function.uses, identified), component => 'component-${component}')),
        identity => resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', '${name}-${identity}'),
        identity => {}
      )
      settings: concat(
        function.service == 'payment' ? [{ name: 'PAYMENT_PROVIDER_URL', value: paymentProviderUrl }] : [],
        contains(managerNames, function.name)
          ? [
              { name: 'KEY_VAULT_URL', value: secrets.outputs.uri }
              { name: 'AZURE_CLIENT_ID', value: functionIdentities[indexOf(functionNames, function.name)].outputs.clientId }
              { name: 'PAYMENT_KEY_DAYS', value: string(paymentKeyDays) }
              { name: 'PAYMENT_KEY_OVERLAP_MINUTES', value: string(paymentKeyOverlapMinutes) }
            ]
          : []
      )
      httpMinReplicas: httpMinReplicas
      maxReplicas: maxReplicas
      busName: busName
    }
    // A function that starts before its components finds none, and one whose subscription is not there yet
    // never wakes.
    dependsOn: [functionIdentities, componentIdentities, daprComponents, messaging]
  }
]

module alerts 'alerts.bicep' = {
  name: 'alerts'
  params: {
    name: name
    location: location
    tags: tags
    workspaceId: environment.outputs.workspaceId
    workspaceName: environment.outputs.workspaceName
    busId: messaging.outputs.id
    deadTopics: [for subscriber in subscribers: '${subscriber.topic}-${subscriber.name}-dead']
    secretEventsId: empty(managers) ? '' : resourceId('Microsoft.EventGrid/systemTopics', secretEventsName)
    email: alertEmail
  }
  dependsOn: [rotation]
}

@description('The address of the public API.')
output gatewayUrl string = 'https://gateway.${environment.outputs.defaultDomain}'

@description('The registry that images are pushed to.')
output registryName string = registry.outputs.name
