// The environment that the functions run in: managed Dapr, which sends logs to Log Analytics and traces to App
// Insights.

@description('Required. The prefix of the resources\' names.')
param name string

@description('Required. The region.')
param location string

@description('Required. Tags of the resources.')
param tags object

@description('Required. The identity by which the environment reads the secrets of components.')
param identityId string

@description('Required. Whether replicas are spread over availability zones; needs a subnet.')
param zoneRedundant bool

@description('Required. The subnet of the environment; empty: one created by Azure.')
param subnetId string

@description('Required. Whether it has no public address: the gateway is then reachable only within the subnet\'s network.')
param internal bool

@description('Required. The workspace that logs are sent to.')
param workspaceId string

@description('Required. The name of the Application Insights resource that traces are sent to.')
param insightsName string

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

// The OpenTelemetry agent sets OTEL_EXPORTER_OTLP_ENDPOINT in every container; it accepts gRPC, and
// forwards traces and logs to App Insights, but no metrics. `daprAIConnectionString` stays unset: Dapr's
// spans would bypass the agent.
resource environment 'Microsoft.App/managedEnvironments@2026-07-01' = {
  name: '${name}-environment'
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    // Logs are exported by the diagnostic setting below, which needs no key of the workspace.
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
    vnetConfiguration: empty(subnetId) ? null : { infrastructureSubnetId: subnetId, internal: internal }
    zoneRedundant: zoneRedundant && !empty(subnetId)
  }
}

// A preview: no stable version of diagnostic settings has `logs` by category group.
resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'logs'
  scope: environment
  properties: {
    workspaceId: workspaceId
    logs: [
      { categoryGroup: 'allLogs', enabled: true }
    ]
  }
}

@description('The resource id of the environment.')
output id string = environment.id

@description('The name.')
output name string = environment.name

@description('The default domain of its apps.')
output defaultDomain string = environment.properties.defaultDomain
