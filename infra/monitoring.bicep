// The store of logs and traces, Log Analytics with App Insights on top of it, and the people whom alerts notify.

@description('Required. The prefix of the resources\' names.')
param name string

@description('Required. The region.')
param location string

@description('Required. Tags of the resources.')
param tags object

@description('Required. How many days logs and traces are kept; one of the values that App Insights allows.')
@allowed([30, 60, 90, 120, 180, 270, 365, 550, 730])
param retentionDays int

@description('Required. The maximum ingestion of logs and traces per day, in GB; -1: no limit.')
param dailyQuotaGb int

@description('Required. The address for alerts; empty: they appear only in the portal.')
param email string

resource workspace 'Microsoft.OperationalInsights/workspaces@2026-03-01' = {
  name: '${name}-logs'
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    workspaceCapping: { dailyQuotaGb: dailyQuotaGb }
    features: {
      // Log queries authenticate by Entra ID: the workspace's keys are not needed.
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
    // The environment's agent can authenticate only by the connection string.
    DisableLocalAuth: false
  }
}

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: '${name}-people'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'saga-shop'
    enabled: true
    emailReceivers: [
      { name: 'mail', emailAddress: email, useCommonAlertSchema: true }
    ]
  }
}

@description('The workspace that holds logs and traces.')
output workspaceId string = workspace.id

@description('The name.')
output workspaceName string = workspace.name

@description('The Application Insights resource that traces are sent to.')
output insightsId string = insights.id

@description('The name.')
output insightsName string = insights.name

@description('The action groups that alerts notify.')
output actionGroupIds array = empty(email) ? [] : [people.id]
