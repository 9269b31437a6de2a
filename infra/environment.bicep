// The environment that the functions run in: managed Dapr, logs in Log Analytics, traces in App Insights.

@description('Required. What the resources are named after.')
param name string

@description('Required. The region.')
param location string

@description('Required. Tags of the resources.')
param tags object

@description('Required. The identity by which the environment reads the secrets of components.')
param identityId string

@description('Required. Whether replicas are spread over availability zones; needs a subnet.')
param zoneRedundant bool

@description('Required. The subnet that the environment is put in; empty: a network of its own.')
param subnetId string

@description('Required. How many days logs and traces are kept.')
@minValue(30)
@maxValue(730)
param retentionDays int

@description('Required. How many GB of logs and traces are taken in a day at most; -1: all.')
param dailyQuotaGb int

resource workspace 'Microsoft.OperationalInsights/workspaces@2026-03-01' = {
  name: '${name}-logs'
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    workspaceCapping: { dailyQuotaGb: dailyQuotaGb }
    features: {
      // Log queries go by Entra ID: nobody needs the workspace's keys.
      disableLocalAuth: true
      enableLogAccessUsingOnlyResourcePermissions: true
    }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: '${name}-traces'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    IngestionMode: 'LogAnalytics'
    RetentionInDays: retentionDays
    // The environment's agent knows no other way to send than the connection string.
    DisableLocalAuth: false
  }
}

// Preview: the OpenTelemetry agent (`openTelemetryConfiguration`, `appInsightsConfiguration`) exists in no
// stable version. The agent sets OTEL_EXPORTER_OTLP_ENDPOINT in every container; it speaks gRPC, and
// hands App Insights traces and logs, not metrics. `daprAIConnectionString` stays unset: Dapr's spans
// would go past the agent.
resource environment 'Microsoft.App/managedEnvironments@2025-10-02-preview' = {
  name: '${name}-environment'
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    // Logs leave by the diagnostic setting below, which takes no key of the workspace.
    appLogsConfiguration: { destination: 'azure-monitor' }
    appInsightsConfiguration: { connectionString: insights.properties.ConnectionString }
    openTelemetryConfiguration: {
      tracesConfiguration: {
        destinations: ['appInsights']
        includeDapr: true
      }
      logsConfiguration: { destinations: ['appInsights'] }
    }
    workloadProfiles: [
      { name: 'Consumption', workloadProfileType: 'Consumption' }
    ]
    vnetConfiguration: empty(subnetId) ? null : { infrastructureSubnetId: subnetId }
    zoneRedundant: zoneRedundant && !empty(subnetId)
  }
}

// Preview: diagnostic settings have no stable version that has `logs` by category group.
resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'logs'
  scope: environment
  properties: {
    workspaceId: workspace.id
    logs: [
      { categoryGroup: 'allLogs', enabled: true }
    ]
  }
}

@description('The environment as apps refer to it.')
output id string = environment.id

@description('Its name.')
output name string = environment.name

@description('The domain that its apps are below.')
output defaultDomain string = environment.properties.defaultDomain

@description('The workspace that holds logs and traces.')
output workspaceId string = workspace.id

@description('Its name.')
output workspaceName string = workspace.name
