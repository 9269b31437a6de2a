// saga-shop on Azure: the functions of functions.json on Container Apps, and the resources that they need there or
// on Kubernetes.
//
// functions.json and components.json are generated: the first from the functions' manifests, the second
// from components/azure. Functions are selected by their properties, never by name.

targetScope = 'resourceGroup'

// Parameters, since their elements then have one type: only some functions have a topic.
@description('Optional. The functions: what is generated.')
param functions array = loadJsonContent('functions.json')

@description('Optional. The Dapr components: what is generated.')
param components array = loadJsonContent('components.json')

@description('Optional. What hosts the functions. `aca`: Container Apps, deployed here. `aks`: Kubernetes, whose manifests are elsewhere; only what they need is deployed here.')
@allowed(['aca', 'aks'])
param host string = 'aca'

@description('Optional. What the resources are named after; a resource group holds one shop.')
@minLength(3)
@maxLength(20)
param name string = 'saga-shop'

@description('Optional. The region.')
param location string = resourceGroup().location

// By digest: a tag can be moved, and then two replicas of one revision run different code.
@description('Optional. The image of each function, by its digest, as infra/images writes them; empty: all but the functions, for the first time, when the registry has no images.')
param images object = {}

@description('Required. Whose tokens callers of the public API show: addresses of OpenID Connect issuers, with commas between.')
@minLength(9)
param oidcIssuers string

@description('Required. For whom these tokens are: the names that the issuers give this API, with commas between.')
@minLength(1)
param oidcAudiences string

@description('Optional. The shop\'s page, as the first issuer knows it: a public client. Empty: nobody can sign in there.')
param oidcClientId string = ''

@description('Optional. The scopes that the page requests, as that issuer names them, separated by spaces. Empty: the shop\'s own names.')
param oidcScopes string = ''

@description('Required. The payment provider\'s API.')
param paymentProviderUrl string

// May be empty: later deployments with the key of the first would undo a rotation.
@description('Optional. The key by which the payment provider knows the shop; empty: the one that the vault has stays. The first deployment needs it.')
@secure()
param paymentApiKey string = ''

@description('Optional. The provider\'s id of that key, which it is rotated by; empty: nothing rotates it, and it is replaced by hand.')
param paymentKeyId string = ''

// No `utcNow()`: each deployment would change when the same key expires.
@description('Optional. When that key is to be replaced, in seconds since 1970; 0: never.')
@minValue(0)
param paymentKeyExpires int = 0

@description('Optional. How many days a rotated key lasts. Key Vault announces the end 30 days before.')
@minValue(31)
@maxValue(3650)
param paymentKeyDays int = 90

@description('Optional. How many minutes the provider takes the key before a rotated one.')
@minValue(1)
@maxValue(10080)
param paymentKeyOverlapMinutes int = 1440

// Managed Dapr has no mail binding in any tier of its support. `bindings.smtp` is open-source Dapr's, alpha:
// an environment may refuse it. Then send-email is not deployed, its messages stay in their
// subscription, and nothing else depends on it. Without a host, send-email is not deployed either.
@description('Optional. The mail server, such as that of Communication Services; empty: no mail is sent, and notifications wait in their subscription, two weeks at most.')
param mailHost string = ''

@description('Optional. The port of the mail server.')
param mailPort int = 587

@description('Optional. The sender of mails; needed with a mail server.')
param mailFrom string = ''

@description('Optional. The user at the mail server; needed with a mail server.')
param mailUser string = ''

@description('Optional. The password of that user, needed with a mail server; empty: the one that the vault has stays.')
@secure()
param mailPassword string = ''

@description('Optional. Where alerts are mailed to; empty: nowhere, they show in the portal.')
param alertEmail string = ''

@description('Optional. Whether all is spread over availability zones. Container Apps need a subnet for that.')
param zoneRedundant bool = false

@description('Optional. The id of a subnet, delegated to Microsoft.App/environments, for the environment.')
param subnetId string = ''

@description('Optional. Whether the environment has no public address; needs a subnet.')
param internal bool = false

@description('Optional. The id of a subnet for private endpoints: what the shop keeps is then reached in its network alone. Needs Service Bus in tier Premium, and an environment in that network.')
param privateEndpointSubnetId string = ''

@description('Optional. Who may reach the public API: address ranges as CIDR; none: everybody.')
param allowedClients array = []

@description('Optional. The id of the Entra group whose people rebuild the lists of orders and products, if they are lost; empty: no one.')
param operatorsGroupId string = ''

@description('Optional. The public API\'s name, where it is not Azure\'s own: on Kubernetes.')
param gatewayHost string = ''

@description('Optional. Whether the public API is asked from outside, every five minutes, if it answers.')
param availabilityTest bool = false

@description('Optional. What the resource group may cost in a month before people are notified; 0: no limit.')
@minValue(0)
param monthlyBudget int = 0

// No `utcNow()`: Azure rejects a change of it.
@description('Optional. The first of the month in which the budget begins, as 2026-11-01; stays the same for ever.')
param budgetStart string = ''

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
// after an idle time may get a 503 or 504, and the saga's steps are retried.
@description('Optional. How many replicas wait for requests, of each function that requests drive.')
@minValue(0)
param httpMinReplicas int = 0

// At least two to survive the loss of a zone.
@description('Optional. How many replicas there are at least of the hosts of the saga and of the stock.')
@minValue(1)
@maxValue(300)
param hostMinReplicas int = 1

@description('Optional. How many replicas a function has at most.')
@minValue(1)
@maxValue(300)
param maxReplicas int = 10

@description('Optional. How many days logs and traces are kept: what App Insights allows.')
@allowed([30, 60, 90, 120, 180, 270, 365, 550, 730])
param retentionDays int = 30

@description('Optional. How many GB of logs and traces are taken in a day at most; -1: all.')
param dailyQuotaGb int = -1

@description('Optional. Tags of all resources.')
param tags object = { application: 'saga-shop' }

// The platform, and whether mail is sent.
var onContainerApps = host == 'aca'
var hasMail = !empty(mailHost)
var suffix = uniqueString(resourceGroup().id)

// Deployed separately, since the environment may reject their mail component.
var mailers = filter(functions, function => contains(function.uses, 'email'))
var others = filter(functions, function => !contains(function.uses, 'email'))
var mailComponents = filter(components, component => component.type == 'bindings.smtp')
var otherComponents = filter(components, component => component.type != 'bindings.smtp')

// Dapr's retries, by the kind of component; as in components/local/resiliency.yaml.
var policies = {
  // About ten minutes. Without it a message is a dead letter after its first failure.
  pubsub: {
    inboundPolicy: {
      httpRetryPolicy: {
        maxRetries: 60
        retryBackOff: {
          initialDelayInMilliseconds: 500
          maxIntervalInMilliseconds: 10000
        }
      }
    }
  }
}

var functionNames = map(functions, function => function.name)
var subscribers = filter(functions, function => contains(function, 'topic'))
var recorder = first(filter(functions, function => contains(function, 'dead_letters')))
var deadTopics = map(subscribers, function => '${function.topic}-${function.name}-dead')
var published = union(flatten(map(functions, function => function.?publishes ?? [])), [])
var topics = union(map(subscribers, function => function.topic), published)

// Components that authenticate to Azure with an identity.
var identified = filter(
  components,
  component => contains(map(component.metadata, entry => entry.name), 'azureClientId')
)

var identityNames = concat(
  functionNames,
  onContainerApps ? map(identified, component => 'component-${component.name}') : []
)

module identities 'identity.bicep' = [
  for identity in identityNames: {
    name: 'identity-${identity}'
    params: {
      name: '${name}-${identity}'
      location: location
      tags: tags
    }
  }
]

module environmentIdentity 'identity.bicep' = if (onContainerApps) {
  name: 'identity-environment'
  params: {
    name: '${name}-environment'
    location: location
    tags: tags
  }
}

module monitoring 'monitoring.bicep' = {
  name: 'monitoring'
  params: {
    name: name
    location: location
    tags: tags
    retentionDays: retentionDays
    dailyQuotaGb: dailyQuotaGb
    email: alertEmail
  }
}

module registry 'registry.bicep' = {
  name: 'registry'
  params: {
    name: '${replace(name, '-', '')}${suffix}'
    location: location
    tags: tags
    sku: registrySku
    workspaceId: monitoring.outputs.workspaceId
    pullerPrincipalIds: [for (function, i) in functions: identities[i].outputs.principalId]
  }
}

module data 'data.bicep' = {
  name: 'data'
  params: {
    name: name
    suffix: suffix
    location: location
    tags: tags
    functions: functions
    subscribers: subscribers
    recorder: recorder.name
    components: components
    identified: identified
    onContainerApps: onContainerApps
    identityNames: identityNames
    principalIds: [for (identity, i) in identityNames: identities[i].outputs.principalId]
    topics: topics
    published: published
    busSku: busSku
    operatorsGroupId: operatorsGroupId
    cosmosCapacity: cosmosCapacity
    cosmosMaxThroughput: cosmosMaxThroughput
    zoneRedundant: zoneRedundant
    workspaceId: monitoring.outputs.workspaceId
    privateEndpointSubnetId: privateEndpointSubnetId
    privateRegistryId: registrySku == 'Premium' ? registry.outputs.id : ''
    paymentApiKey: paymentApiKey
    paymentKeyId: paymentKeyId
    paymentKeyExpires: paymentKeyExpires
    hasMail: onContainerApps && hasMail
    mailPassword: mailPassword
    environmentPrincipalId: onContainerApps ? environmentIdentity!.outputs.principalId : ''
  }
}

module environment 'environment.bicep' = if (onContainerApps) {
  name: 'environment'
  params: {
    name: name
    location: location
    tags: tags
    identityId: environmentIdentity!.outputs.id
    zoneRedundant: zoneRedundant
    subnetId: subnetId
    internal: internal
    workspaceId: monitoring.outputs.workspaceId
    insightsName: monitoring.outputs.insightsName
  }
}

var mailValues = {
  MAIL_HOST: mailHost
  MAIL_PORT: string(mailPort)
  MAIL_FROM: mailFrom
  MAIL_USER: mailUser
}

// Settings by which the public API authenticates its callers, and the page people.
var publicSettings = [
  { name: 'OIDC_ISSUERS', value: oidcIssuers }
  { name: 'OIDC_AUDIENCES', value: oidcAudiences }
  { name: 'OIDC_CLIENT_ID', value: oidcClientId }
  { name: 'OIDC_SCOPES', value: oidcScopes }
]

module daprComponents 'component.bicep' = [
  for component in otherComponents: if (onContainerApps) {
    name: 'component-${component.name}'
    params: {
      environmentName: environment!.outputs.name
      component: component
      policy: policies[?split(component.type, '.')[0]] ?? {}
      values: {
        AUTH_METHODS: 'managedidentity'
        CLIENT_ID: identities[max(0, indexOf(identityNames, 'component-${component.name}'))].outputs.clientId
        COSMOS_URL: data.outputs.accountUrl
        COSMOS_DATABASE: data.outputs.database
        SERVICE_BUS_HOST: data.outputs.busHost
        KEY_VAULT_NAME: data.outputs.vaultName
      }
      vaultUri: data.outputs.vaultUri
      identityId: environmentIdentity!.outputs.id
    }
  }
]

module mailComponent 'component.bicep' = [
  for component in mailComponents: if (onContainerApps && hasMail) {
    name: 'component-${component.name}'
    params: {
      environmentName: environment!.outputs.name
      component: component
      policy: policies[?split(component.type, '.')[0]] ?? {}
      values: mailValues
      vaultUri: data.outputs.vaultUri
      identityId: environmentIdentity!.outputs.id
    }
  }
]

module apps 'apps.bicep' = if (onContainerApps && !empty(images)) {
  name: 'apps'
  params: {
    // Those with an image: the saga's host is deployed first on its own, to check that Workflow exists.
    functions: filter(others, function => contains(images, function.name))
    components: components
    componentsText: string(policies)
    identified: identified
    name: name
    location: location
    tags: tags
    environmentId: environment!.outputs.id
    images: images
    registryServer: registry.outputs.loginServer
    publicSettings: publicSettings
    paymentProviderUrl: paymentProviderUrl
    rotationSettings: [
      { name: 'KEY_VAULT_URL', value: data.outputs.vaultUri }
      { name: 'PAYMENT_KEY_DAYS', value: string(paymentKeyDays) }
      { name: 'PAYMENT_KEY_OVERLAP_MINUTES', value: string(paymentKeyOverlapMinutes) }
    ]
    httpMinReplicas: httpMinReplicas
    hostMinReplicas: hostMinReplicas
    maxReplicas: maxReplicas
    busName: data.outputs.busName
    deadTopics: deadTopics
    allowedClients: allowedClients
    actionGroupIds: monitoring.outputs.actionGroupIds
  }
  // A function that starts before its components has none, and one that starts before its subscription
  // never scales up.
  dependsOn: [identities, daprComponents]
}

// Only they depend on the component that the environment may reject.
module mailApps 'apps.bicep' = if (onContainerApps && hasMail && !empty(images)) {
  name: 'mail-apps'
  params: {
    functions: filter(mailers, function => contains(images, function.name))
    components: components
    componentsText: string([policies, mailValues])
    identified: identified
    name: name
    location: location
    tags: tags
    environmentId: environment!.outputs.id
    images: images
    registryServer: registry.outputs.loginServer
    publicSettings: publicSettings
    paymentProviderUrl: paymentProviderUrl
    rotationSettings: []
    httpMinReplicas: httpMinReplicas
    hostMinReplicas: hostMinReplicas
    maxReplicas: maxReplicas
    busName: data.outputs.busName
    deadTopics: deadTopics
    allowedClients: allowedClients
    actionGroupIds: monitoring.outputs.actionGroupIds
  }
  dependsOn: [identities, daprComponents, mailComponent]
}

// Whether Azure's test locations can call the public API: its address is known and unrestricted.
var isOpen = empty(allowedClients) && (onContainerApps ? !internal : !empty(gatewayHost))

// In addition to the environment's address, for a domain of the operator.
var gatewayUrl = !empty(gatewayHost)
  ? 'https://${gatewayHost}'
  : onContainerApps ? 'https://gateway.${environment!.outputs.defaultDomain}' : ''

module operations 'operations.bicep' = {
  name: 'operations'
  params: {
    name: name
    location: location
    tags: tags
    onContainerApps: onContainerApps
    deadTopics: deadTopics
    mailers: mailers
    topics: topics
    hasMail: hasMail
    actionGroupIds: monitoring.outputs.actionGroupIds
    workspaceId: monitoring.outputs.workspaceId
    workspaceName: monitoring.outputs.workspaceName
    insightsId: monitoring.outputs.insightsId
    busId: data.outputs.busId
    accountId: data.outputs.accountId
    vaultEventsId: data.outputs.vaultEventsId
    isTested: availabilityTest && isOpen
    gatewayUrl: gatewayUrl
    monthlyBudget: monthlyBudget
    budgetStart: budgetStart
  }
}

@description('The address of the public API; empty where its name is not known.')
output gatewayUrl string = gatewayUrl

@description('The registry that images are pushed to.')
output registryName string = registry.outputs.name

@description('The Log Analytics workspace that a cluster sends its logs to.')
output workspaceId string = monitoring.outputs.workspaceId

@description('The Application Insights resource that traces are sent to.')
output insightsId string = monitoring.outputs.insightsId
