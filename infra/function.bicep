// A function: its container app, by what drives it.

@description('Required. The function, as functions.json describes it.')
param function object

@description('Required. The region.')
param location string

@description('Required. Tags of the app.')
param tags object

@description('Required. The environment that it runs in.')
param environmentId string

@description('Required. Its image.')
param image string

@description('Required. The host of the registry that has the image.')
param registryServer string

@description('Required. The function\'s own identity: it pulls the image, counts messages, and writes what the function manages.')
param identityId string

@description('Required. That identity, and those of the components that the function uses, as keys.')
param identities object

@description('Required. Its settings: `name` and `value`.')
param settings array

@description('Required. How many replicas wait for requests where requests drive the function.')
@minValue(0)
param httpMinReplicas int

@description('Required. How many replicas there are at most.')
@minValue(1)
@maxValue(300)
param maxReplicas int

@description('Required. The name of the Service Bus namespace.')
param busName string

// Nothing wakes a host of workflows or actors: what is due to an absent one (steps, timers, reminders,
// turns) waits in Dapr, which scales nobody. So one replica is always there.
var minReplicas = {
  http: httpMinReplicas
  event: 0
  workflow: 1
  actor: 1
}

var rules = {
  http: [
    {
      name: 'http'
      http: { metadata: { concurrentRequests: '50' } }
    }
  ]
  event: [
    {
      name: 'messages'
      custom: {
        type: 'azure-servicebus'
        identity: identityId
        metadata: {
          // The bare name, unlike the component's host.
          namespace: busName
          topicName: contains(function, 'topic') ? function.topic : ''
          subscriptionName: function.name
          messageCount: '5'
        }
      }
    }
  ]
  // They keep their one replica, and more by hand: the default rule needs an ingress.
  workflow: []
  actor: []
}

var ingress = {
  external: function.ingress == 'external'
  targetPort: function.port
  transport: 'http'
  allowInsecure: false
  traffic: [{ latestRevision: true, weight: 100 }]
}

var commonSettings = [
  { name: 'APP_PORT', value: string(function.port) }
  // The platform's probes come from elsewhere.
  { name: 'APP_HOST', value: '0.0.0.0' }
  { name: 'LOG_FORMAT', value: 'json' }
]

resource app 'Microsoft.App/containerApps@2026-01-01' = {
  name: function.name
  location: location
  tags: union(tags, { service: function.service, kind: function.kind })
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: identities
  }
  properties: {
    environmentId: environmentId
    workloadProfileName: 'Consumption'
    configuration: {
      // Two revisions of an event function would share one subscription.
      activeRevisionsMode: 'Single'
      // Others are reached through their sidecars alone.
      ingress: function.kind == 'http' ? ingress : null
      dapr: {
        enabled: true
        appId: function.name
        appPort: function.port
        appProtocol: 'http'
        httpMaxRequestSize: 1
        logLevel: 'info'
      }
      registries: [{ server: registryServer, identity: identityId }]
      // The platform's: code cannot use it, but that of a function which manages something.
      identitySettings: [{ identity: identityId, lifecycle: contains(function, 'manages') ? 'Main' : 'None' }]
    }
    template: {
      // Longer than a function drains, 15 s.
      terminationGracePeriodSeconds: 30
      containers: [
        {
          name: function.name
          image: image
          resources: {
            // Typed as a whole number, by mistake.
            cpu: json('0.25')
            memory: '0.5Gi'
          }
          env: concat(commonSettings, settings)
          probes: [
            {
              type: 'Startup'
              httpGet: { path: '/healthz', port: function.port }
              periodSeconds: 1
              failureThreshold: 10
            }
            {
              type: 'Liveness'
              httpGet: { path: '/healthz', port: function.port }
              periodSeconds: 10
              failureThreshold: 3
            }
            {
              type: 'Readiness'
              httpGet: { path: '/readyz', port: function.port }
              periodSeconds: 5
              timeoutSeconds: 3
              failureThreshold: 3
            }
          ]
        }
      ]
      scale: {
        minReplicas: minReplicas[function.kind]
        maxReplicas: maxReplicas
        pollingInterval: function.kind == 'event' ? 10 : null
        rules: rules[function.kind]
      }
    }
  }
}
