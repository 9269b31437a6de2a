// For people: the queries as saved searches of the logs, and as a workbook.

@description('Required. The prefix of the resources\' names.')
param name string

@description('Required. The region.')
param location string

@description('Required. Tags of the workbook.')
param tags object

@description('Required. The workspace that holds logs and traces.')
param workspaceId string

@description('Required. The name of that workspace.')
param workspaceName string

@description('Required. The queries: `name`, `title`, `query` and `chart`.')
param searches array

var charts = [
  for search in searches: {
    type: 3
    name: search.name
    content: {
      version: 'KqlItem/1.0'
      title: search.title
      query: search.query
      size: 0
      queryType: 0
      resourceType: 'microsoft.operationalinsights/workspaces'
      crossComponentResources: [workspaceId]
      visualization: search.chart
      timeContext: { durationMs: 86400000 }
    }
  }
]

resource workspace 'Microsoft.OperationalInsights/workspaces@2026-03-01' existing = {
  name: workspaceName
}

resource saved 'Microsoft.OperationalInsights/workspaces/savedSearches@2026-03-01' = [
  for search in searches: {
    parent: workspace
    name: search.name
    properties: {
      category: 'saga-shop'
      displayName: search.title
      query: search.query
      // Without it an existing search is rejected with 409, so no second deployment would succeed. The types
      // have it beside `properties`, where the service ignores it.
      #disable-next-line BCP037
      etag: '*'
    }
  }
]

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, name, 'workbook')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: name
    category: 'workbook'
    sourceId: workspaceId
    serializedData: string({
      version: 'Notebook/1.0'
      items: charts
    })
  }
}
