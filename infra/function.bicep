// A function's container app, scaled by its kind.

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

@description('Required. The minimum number of replicas of an HTTP function.')
@minValue(0)
param httpMinReplicas int

@description('Required. The minimum number of replicas of a host of workflows or actors.')
@minValue(1)
@maxValue(300)
param hostMinReplicas int

@description('Required. Who may reach an external app: address ranges as CIDR; none: everyone.')
param allowedClients array

@description('Required. A value that changes with the function\'s components, which sidecars read when they start.')
param componentsVersion string

@description('Required. The action groups that are notified when the app keeps restarting.')
param actionGroupIds array

@description('Required. The maximum number of replicas.')
@minValue(1)
@maxValue(300)
param maxReplicas int

@description('Required. The name of the Service Bus namespace.')
param busName string

@description('Required. The topics whose messages it handles, where messages drive it.')
param topics array

// Nothing scales a host of workflows or actors up from zero: its work (steps, timers, reminders, turns) waits
// in Dapr, which has no scaler. So it has at least one replica, even if it also takes events.
var minReplicas = {
  http: httpMinReplicas
  event: 0
  workflow: hostMinReplicas
  actor: hostMinReplicas
}

// In percent of the requested resources. This rule never scales to 0.
var load = [
  {
    name: 'load'
    custom: {
      type: 'cpu'
      metadata: { type: 'Utilization', value: '70' }
    }
  }
]

var rules = {
  http: [
    {
      name: 'http'
      http: { metadata: { concurrentRequests: '50' } }
    }
  ]
  event: map(topics, topic => {
    name: topic
    custom: {
      type: 'azure-servicebus'
      identity: identityId
      metadata: {
        // Only the name, while the component has the host.
        namespace: busName
        topicName: topic
        subscriptionName: function.name
        messageCount: '5'
      }
    }
  })
  workflow: load
  actor: load
}

// `json`, since the type of `cpu` is an integer by mistake. A host's sidecar, which does most of the work, shares them.
var resources = contains(['workflow', 'actor'], function.kind)
  ? { cpu: json('0.5'), memory: '1Gi' }
  : { cpu: json('0.25'), memory: '0.5Gi' }

var ingress = {
  external: function.ingress == 'external'
  targetPort: function.port
  transport: 'http'
  allowInsecure: false
  traffic: [{ latestRevision: true, weight: 100 }]
  ipSecurityRestrictions: function.ingress == 'external' && !empty(allowedClients)
    ? map(allowedClients, range => { name: range, action: 'Allow', ipAddressRange: range })
    : null
}

var commonSettings = [
  { name: 'APP_PORT', value: string(function.port) }
  // The platform's probes are not local.
  { name: 'APP_HOST', value: '0.0.0.0' }
  { name: 'LOG_FORMAT', value: 'json' }
  // Its sidecar still accepts invocations for a while after both got SIGTERM.
  { name: 'STOP_WAIT_SECONDS', value: '20' }
  // No function reads it: a new value creates a revision, whose sidecars load the components again.
  { name: 'COMPONENTS', value: componentsVersion }
]

resource app 'Microsoft.App/containerApps@2026-07-01' = {
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
      // Two active revisions of an event function would compete for one subscription.
      activeRevisionsMode: 'Single'
      // Calls between sidecars may use the ingress too; event functions are never called.
      ingress: function.kind == 'event' ? null : ingress
      dapr: {
        enabled: true
        appId: function.name
        appPort: function.port
        appProtocol: 'http'
        httpMaxRequestSize: 1
        logLevel: 'info'
      }
      registries: [{ server: registryServer, identity: identityId }]
      // For the platform: the code cannot use it, except in a function that manages something.
      identitySettings: [{ identity: identityId, lifecycle: contains(function, 'manages') ? 'Main' : 'None' }]
    }
    template: {
      // More than STOP_WAIT_SECONDS and the 15 s of draining after it.
      terminationGracePeriodSeconds: 45
      containers: [
        {
          name: function.name
          image: image
          resources: resources
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
              // A host short of CPU responds slowly.
              timeoutSeconds: 5
              failureThreshold: 6
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
        minReplicas: contains(function, 'reminds_itself') ? hostMinReplicas : minReplicas[function.kind]
        maxReplicas: maxReplicas
        pollingInterval: function.kind == 'event' ? 10 : null
        rules: rules[function.kind]
      }
    }
  }
}

resource restarts 'Microsoft.Insights/metricAlerts@2026-01-01' = {
  name: '${function.name}-restarts'
  location: 'global'
  tags: tags
  properties: {
    description: '${function.name} keeps restarting: it crashes, or its probes fail.'
    severity: 2
    enabled: true
    scopes: [app.id]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT30M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'restarts'
          metricNamespace: 'Microsoft.App/containerApps'
          metricName: 'RestartCount'
          timeAggregation: 'Maximum'
          operator: 'GreaterThan'
          threshold: 3
        }
      ]
    }
    actions: map(actionGroupIds, id => { actionGroupId: id })
  }
}
