// saga-shop on Azure: the functions of functions.json on Container Apps, and the resources that they need there or
// on Kubernetes.
//
// functions.json and components.json are generated: the first from the functions' manifests, the second
// from components/azure. Functions are selected by their properties, never by name.

targetScope = 'resourceGroup'

// Parameters, since their elements then have one type: only some functions have a topic.
@description('Optional. The functions, by default the generated ones.')
param functions array = loadJsonContent('functions.json')

@description('Optional. The Dapr components, by default the generated ones.')
param components array = loadJsonContent('components.json')

@description('Optional. The host of the functions. `aca`: Container Apps, deployed here. `aks`: Kubernetes, whose manifests are elsewhere; only the resources that they need are deployed here.')
@allowed(['aca', 'aks'])
param host string = 'aca'

@description('Optional. The prefix of the resources\' names; a resource group holds one shop.')
@minLength(3)
@maxLength(20)
param name string = 'saga-shop'

@description('Optional. The region.')
param location string = resourceGroup().location

// By digest: a tag can be moved, and then two replicas of one revision run different code.
@description('Optional. The image of each function, by its digest, as infra/images writes them; empty: everything but the functions is deployed, as the first time, when the registry has no images.')
param images object = {}

@description('Required. The OpenID Connect issuers whose tokens are accepted: addresses, comma-separated.')
@minLength(9)
param oidcIssuers string

@description('Required. The audiences of those tokens: the names that the issuers give this API, comma-separated.')
@minLength(1)
param oidcAudiences string

@description('Optional. The shop\'s page, as the first issuer knows it: a public client. Empty: nobody can sign in there.')
param oidcClientId string = ''

@description('Optional. The scopes that the page requests, as that issuer names them, separated by spaces. Empty: the shop\'s own names.')
param oidcScopes string = ''

@description('Required. The payment provider\'s API.')
param paymentProviderUrl string

// May be empty: later deployments with the key of the first would undo a rotation.
@description('Optional. The payment provider\'s API key; empty: the one in the vault is kept. Required for the first deployment.')
@secure()
param paymentApiKey string = ''

@description('Optional. The provider\'s id of that key, for its rotation; empty: it is not rotated, and must be replaced manually.')
param paymentKeyId string = ''

// No `utcNow()`: each deployment would change when the same key expires.
@description('Optional. The expiry of that key, in seconds since 1970; 0: none.')
@minValue(0)
param paymentKeyExpires int = 0

@description('Optional. How many days a rotated key is valid. Key Vault announces the expiry 30 days before.')
@minValue(31)
@maxValue(3650)
param paymentKeyDays int = 90

@description('Optional. How many minutes the previous key stays valid after a rotation.')
@minValue(1)
@maxValue(10080)
param paymentKeyOverlapMinutes int = 1440

// Managed Dapr has no mail binding in any tier of its support. `bindings.smtp` is open-source Dapr's, alpha:
// an environment may reject it. Then send-email is not deployed, its messages stay in their
// subscription, and nothing else depends on it. Without a host, send-email is not deployed either.
@description('Optional. The mail server, such as that of Communication Services; empty: no mail is sent, and notifications wait in their subscription, for at most two weeks.')
param mailHost string = ''

@description('Optional. The port of the mail server.')
param mailPort int = 587

@description('Optional. The sender of mails; required with a mail server.')
param mailFrom string = ''

@description('Optional. The user at the mail server; required with a mail server.')
param mailUser string = ''

@description('Optional. The password of that user, required with a mail server; empty: the one in the vault is kept.')
@secure()
param mailPassword string = ''

@description('Optional. The address for alerts; empty: they appear only in the portal.')
param alertEmail string = ''

@description('Optional. Whether everything is spread over availability zones. Container Apps require a subnet for that.')
param zoneRedundant bool = false

@description('Optional. The id of a subnet, delegated to Microsoft.App/environments, for the environment.')
param subnetId string = ''

@description('Optional. Whether the environment has no public address; needs a subnet.')
param internal bool = false

@description('Optional. The id of a subnet for private endpoints: the shop\'s data is then reachable only within its network. Requires Service Bus in tier Premium, and an environment in that network.')
param privateEndpointSubnetId string = ''

@description('Optional. Who may reach the public API: address ranges as CIDR; none: everyone.')
param allowedClients array = []

// Of each replica: they share no counters. The settings of the same names in docs/settings.md say more.
@description('Optional. How many requests a replica of the public API serves at once: more than the 50 at which Container Apps adds one.')
@minValue(51)
@maxValue(1000000)
param maxRequests int = 64

@description('Optional. How many requests beside those a replica serves that wait for an order.')
@minValue(1)
@maxValue(1000000)
param maxWaits int = 200

@description('Optional. How many streams of events a replica serves at once.')
@minValue(1)
@maxValue(1000000)
param maxStreams int = 500

@description('Optional. How many requests a minute a replica serves of one caller; 0: no limit.')
@minValue(0)
@maxValue(1000000)
param requestsPerCaller int = 600

@description('Optional. How many requests a minute a replica serves from one address, whoever calls; 0: no limit.')
@minValue(0)
@maxValue(1000000)
param requestsPerAddress int = 0

@description('Optional. How many proxies there are in front of the public API that append to `X-Forwarded-For`: the ingress of the platform is one.')
@minValue(0)
@maxValue(10)
param trustedProxies int = 1

@description('Optional. The id of the Entra group whose people rebuild the lists of orders and products, if they are lost; empty: no one.')
param operatorsGroupId string = ''

@description('Optional. The host name of the public API, if it is not Azure\'s own: on Kubernetes.')
param gatewayHost string = ''

@description('Optional. Whether an availability test calls the public API from outside, every five minutes.')
param availabilityTest bool = false

@description('Optional. The monthly cost of the resource group above which people are notified; 0: no limit.')
@minValue(0)
param monthlyBudget int = 0

// No `utcNow()`: Azure rejects a change of it.
@description('Optional. The first day of the budget\'s first month, such as 2026-11-01. It cannot be changed later.')
param budgetStart string = ''

@description('Optional. The tier of Service Bus.')
@allowed(['Standard', 'Premium'])
param busSku string = 'Standard'

@description('Optional. The tier of the registry.')
@allowed(['Basic', 'Standard', 'Premium'])
param registrySku string = 'Basic'

@description('Optional. The capacity mode of Cosmos DB: billed by request, or with a throughput that scales with the load.')
@allowed(['serverless', 'autoscale'])
param cosmosCapacity string = 'serverless'

@description('Optional. Autoscale: the maximum request units per second, of all containers together.')
@minValue(1000)
param cosmosMaxThroughput int = 1000

// A cold start takes longer (10 to 40 s) than one function waits for another (8 s): with 0, the first request
// after an idle time may get a 503 or 504, and the saga's steps are retried.
@description('Optional. The minimum number of replicas of each HTTP function.')
@minValue(0)
param httpMinReplicas int = 0

// At least two to survive the loss of a zone.
@description('Optional. The minimum number of replicas of the hosts of the saga and of the stock.')
@minValue(1)
@maxValue(300)
param hostMinReplicas int = 1

@description('Optional. The maximum number of replicas of a function.')
@minValue(1)
@maxValue(300)
param maxReplicas int = 10

@description('Optional. How many days logs and traces are kept; one of the values that App Insights allows.')
@allowed([30, 60, 90, 120, 180, 270, 365, 550, 730])
param retentionDays int = 30

@description('Optional. The maximum ingestion of logs and traces per day, in GB; -1: no limit.')
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

// Settings by which the public API authenticates its callers, and the page people; and its limits.
var publicSettings = [
  { name: 'OIDC_ISSUERS', value: oidcIssuers }
  { name: 'OIDC_AUDIENCES', value: oidcAudiences }
  { name: 'OIDC_CLIENT_ID', value: oidcClientId }
  { name: 'OIDC_SCOPES', value: oidcScopes }
  { name: 'MAX_REQUESTS', value: string(maxRequests) }
  { name: 'MAX_WAITS', value: string(maxWaits) }
  { name: 'MAX_STREAMS', value: string(maxStreams) }
  { name: 'REQUESTS_PER_CALLER', value: string(requestsPerCaller) }
  { name: 'REQUESTS_PER_ADDRESS', value: string(requestsPerAddress) }
  { name: 'TRUSTED_PROXIES', value: string(trustedProxies) }
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

@description('The address of the public API; empty if its name is not known.')
output gatewayUrl string = gatewayUrl

@description('The registry that images are pushed to.')
output registryName string = registry.outputs.name

@description('The Log Analytics workspace that a cluster sends its logs to.')
output workspaceId string = monitoring.outputs.workspaceId

@description('The Application Insights resource that traces are sent to.')
output insightsId string = monitoring.outputs.insightsId
