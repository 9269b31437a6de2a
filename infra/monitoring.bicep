// Where logs and traces are kept, Log Analytics and App Insights on top of it, and the people whom alerts notify.

@description('Required. What the resources are named after.')
param name string

@description('Required. The region.')
param location string

@description('Required. Tags of the resources.')
param tags object

@description('Required. How many days logs and traces are kept: what App Insights allows.')
@allowed([30, 60, 90, 120, 180, 270, 365, 550, 730])
param retentionDays int

@description('Required. How many GB of logs and traces are taken in a day at most; -1: all.')
param dailyQuotaGb int

@description('Required. Where alerts are mailed to; empty: nowhere, they show in the portal.')
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
      // Log queries go by Entra ID: the workspace's keys are not needed.
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

@description('Its name.')
output workspaceName string = workspace.name

@description('The Application Insights resource that traces are sent to.')
output insightsId string = insights.id

@description('Its name.')
output insightsName string = insights.name

@description('The action groups that alerts notify.')
output actionGroupIds array = empty(email) ? [] : [people.id]
