// What a person is told, and what a person looks at.

@description('Required. What the resources are named after.')
param name string

@description('Required. The region.')
param location string

@description('Required. Tags of the resources.')
param tags object

@description('Required. The workspace that holds logs and traces.')
param workspaceId string

@description('Required. The name of that workspace.')
param workspaceName string

@description('Required. The Service Bus namespace.')
param busId string

@description('Required. The topics that hold dead letters.')
param deadTopics array

@description('Required. What gathers the vault\'s events; empty: nothing does.')
param secretEventsId string

@description('Required. Where alerts are mailed to; empty: nowhere, they show in the portal.')
param email string

var queries = {
  stuckOrders: loadTextContent('queries/stuck-orders.kql')
  deadLetters: loadTextContent('queries/dead-letters.kql')
  failedUndos: loadTextContent('queries/failed-undos.kql')
  stepLatency: loadTextContent('queries/saga-step-latency.kql')
  outcomes: loadTextContent('queries/orders-by-outcome.kql')
}

var rules = [
  {
    name: 'stuck-orders'
    title: 'An order is stuck'
    description: 'An undo could not be done for a day. The order names what is left; a person must do it.'
    query: queries.stuckOrders
    severity: 1
    threshold: 0
    window: 'PT15M'
  }
  {
    name: 'dead-letters'
    title: 'A message became a dead letter'
    description: 'A function got a message that it cannot read. Mend the function, then send the message again.'
    query: queries.deadLetters
    severity: 2
    threshold: 0
    window: 'PT15M'
  }
  {
    name: 'failed-undos'
    title: 'Undos fail'
    description: 'Releases, refunds or cancellations keep failing. They are tried for a day; then their orders are stuck.'
    query: queries.failedUndos
    severity: 2
    // One failure is what retries are for.
    threshold: 5
    window: 'PT30M'
  }
]

var searches = [
  { name: 'orders-by-outcome', title: 'Orders by outcome', query: queries.outcomes, chart: 'timechart' }
  { name: 'saga-step-latency', title: 'Latency of the saga\'s steps', query: queries.stepLatency, chart: 'table' }
  { name: 'stuck-orders', title: 'Stuck orders', query: queries.stuckOrders, chart: 'table' }
  { name: 'failed-undos', title: 'Failed undos', query: queries.failedUndos, chart: 'table' }
  { name: 'dead-letters', title: 'Dead letters', query: queries.deadLetters, chart: 'table' }
]

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

resource logAlert 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for rule in rules: {
    name: '${name}-${rule.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: rule.title
      description: rule.description
      severity: rule.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: rule.window
      windowSize: rule.window
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: rule.threshold
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      // A new workspace has no table before its first line.
      skipQueryValidation: true
      actions: { actionGroups: empty(email) ? [] : [people.id] }
    }
  }
]

// Dapr itself makes a dead letter of what was tried in vain; the broker knows of it at once.
resource kept 'Microsoft.Insights/metricAlerts@2026-01-01' = {
  name: '${name}-dead-letters-kept'
  location: 'global'
  tags: tags
  properties: {
    description: 'A topic of dead letters holds messages.'
    severity: 2
    enabled: true
    scopes: [busId]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'kept'
          metricNamespace: 'Microsoft.ServiceBus/namespaces'
          metricName: 'ActiveMessages'
          dimensions: [{ name: 'EntityName', operator: 'Include', values: deadTopics }]
          timeAggregation: 'Average'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: empty(email) ? [] : [{ actionGroupId: people.id }]
  }
}

// The last net: deliveries that ended ten times without a verdict, or messages that nobody took in two weeks.
resource abandoned 'Microsoft.Insights/metricAlerts@2026-01-01' = {
  name: '${name}-abandoned'
  location: 'global'
  tags: tags
  properties: {
    description: 'The broker put messages aside: their function crashes, or does not run.'
    severity: 1
    enabled: true
    scopes: [busId]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'abandoned'
          metricNamespace: 'Microsoft.ServiceBus/namespaces'
          metricName: 'DeadletteredMessages'
          timeAggregation: 'Average'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: empty(email) ? [] : [{ actionGroupId: people.id }]
  }
}

// Event Grid gives up after a day, and Key Vault tells only once that a secret ends.
resource untold 'Microsoft.Insights/metricAlerts@2026-01-01' = if (!empty(secretEventsId)) {
  name: '${name}-secret-events-dropped'
  location: 'global'
  tags: tags
  properties: {
    description: 'Nobody was told that a secret ends soon: it must be replaced by hand.'
    severity: 1
    enabled: true
    scopes: [secretEventsId]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'dropped'
          metricNamespace: 'Microsoft.EventGrid/systemTopics'
          metricName: 'DroppedEventCount'
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: empty(email) ? [] : [{ actionGroupId: people.id }]
  }
}

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
