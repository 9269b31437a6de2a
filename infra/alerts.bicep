// The alerts: first on what customers notice, then on what they will notice unless an operator acts.

@description('Required. The prefix of the resources\' names.')
param name string

@description('Required. The region.')
param location string

@description('Required. Tags of the resources.')
param tags object

@description('Required. Whether functions run on Container Apps; otherwise on Kubernetes.')
param onContainerApps bool

@description('Required. The action groups that alerts notify; none: alerts appear only in the portal.')
param actionGroupIds array

@description('Required. The workspace that holds logs and traces.')
param workspaceId string

@description('Required. The name of that workspace.')
param workspaceName string

@description('Required. The Service Bus namespace.')
param busId string

@description('Required. The topics that functions receive messages from.')
param topics array

@description('Required. The topics that hold dead letters.')
param deadTopics array

@description('Required. The topics whose messages are mailed; none: there is no mail.')
param mailTopics array

@description('Required. The Cosmos DB account.')
param accountId string

@description('Required. The Event Grid system topic of the vault; empty: none.')
param vaultEventsId string

// The table of the functions' logs depends on the platform.
var logs = onContainerApps ? loadTextContent('queries/logs-aca.kql') : loadTextContent('queries/logs-aks.kql')
var queries = {
  stuckOrders: '${logs}${loadTextContent('queries/stuck-orders.kql')}'
  deadLetters: '${logs}${loadTextContent('queries/dead-letters.kql')}'
  failedUndos: '${logs}${loadTextContent('queries/failed-undos.kql')}'
  failedRefunds: '${logs}${loadTextContent('queries/failed-refunds.kql')}'
  overduePayments: '${logs}${loadTextContent('queries/overdue-payments.kql')}'
  stepLatency: loadTextContent('queries/saga-step-latency.kql')
  outcomes: loadTextContent('queries/orders-by-outcome.kql')
  unfinished: loadTextContent('queries/unfinished-orders.kql')
  gatewayErrors: loadTextContent('queries/gateway-errors.kql')
  gatewayLatency: loadTextContent('queries/gateway-latency.kql')
  restarts: loadTextContent('queries/restarts-aks.kql')
}

// Container Apps have a metric of restarts.
var kubernetesRules = onContainerApps
  ? []
  : [
      {
        name: 'restarts'
        title: 'A function keeps restarting'
        description: 'A function crashes, or its probes fail.'
        query: queries.restarts
        severity: 2
        threshold: 3
        window: 'PT30M'
      }
    ]

var rules = concat(kubernetesRules, [
  {
    name: 'gateway-errors'
    title: 'The gateway returns errors'
    description: 'Customers get 5xx: a function or what it depends on is down.'
    query: queries.gatewayErrors
    severity: 1
    threshold: 5
    window: 'PT30M'
  }
  {
    name: 'gateway-latency'
    title: 'The gateway is slow'
    description: 'One request in twenty takes longer than two seconds.'
    query: queries.gatewayLatency
    severity: 2
    threshold: 0
    window: 'PT30M'
  }
  {
    name: 'unfinished-orders'
    title: 'Orders do not end'
    description: 'Orders took no step for a quarter of an hour, and have not ended. The saga or what it calls is down.'
    query: queries.unfinished
    severity: 1
    threshold: 0
    window: 'PT2H'
  }
  {
    name: 'stuck-orders'
    title: 'An order is stuck'
    description: 'An undo kept failing for a day. The order names what is left; it needs attention.'
    query: queries.stuckOrders
    severity: 1
    threshold: 0
    window: 'PT30M'
  }
  {
    name: 'dead-letters'
    title: 'A message became a dead letter'
    description: 'A function got a message that it cannot read. Fix the function, then resend the message.'
    query: queries.deadLetters
    severity: 2
    threshold: 0
    window: 'PT30M'
  }
  {
    name: 'failed-refunds'
    title: 'A refund failed'
    description: 'The provider could not refund a payment, or took the refund back later. It must be refunded in another way.'
    query: queries.failedRefunds
    severity: 1
    threshold: 0
    window: 'PT30M'
  }
  {
    name: 'overdue-payments'
    title: 'Payments are left undecided'
    description: 'Callers of POST /api/payments do not repeat failed requests. The sweep settles their payments.'
    query: queries.overduePayments
    severity: 2
    // A caller may stop retrying.
    threshold: 5
    window: 'PT2H'
  }
  {
    name: 'failed-undos'
    title: 'Undos fail'
    description: 'Releases, refunds or cancellations keep failing. They are retried for a day; then their orders are stuck.'
    query: queries.failedUndos
    severity: 2
    // Single failures are retried.
    threshold: 5
    window: 'PT30M'
  }
])

var searches = [
  { name: 'orders-by-outcome', title: 'Orders by outcome', query: queries.outcomes, chart: 'timechart' }
  { name: 'saga-step-latency', title: 'Latency of the saga\'s steps', query: queries.stepLatency, chart: 'table' }
  { name: 'unfinished-orders', title: 'Orders that do not end', query: queries.unfinished, chart: 'table' }
  { name: 'stuck-orders', title: 'Stuck orders', query: queries.stuckOrders, chart: 'table' }
  { name: 'failed-undos', title: 'Failed undos', query: queries.failedUndos, chart: 'table' }
  { name: 'failed-refunds', title: 'Failed refunds', query: queries.failedRefunds, chart: 'table' }
  { name: 'overdue-payments', title: 'Overdue payments', query: queries.overduePayments, chart: 'table' }
  { name: 'dead-letters', title: 'Dead letters', query: queries.deadLetters, chart: 'table' }
]

var bus = {
  scope: busId
  namespace: 'Microsoft.ServiceBus/namespaces'
}

var mailMetrics = empty(mailTopics)
  ? []
  : [
      {
        name: 'mail-lag'
        description: 'Mails are delayed: for half an hour there was always a notification that was not mailed yet.'
        severity: 2
        source: bus
        metric: 'ActiveMessages'
        dimensions: [{ name: 'EntityName', operator: 'Include', values: mailTopics }]
        aggregation: 'Minimum'
        threshold: 0
        window: 'PT30M'
      }
    ]

// Event Grid drops an event after a day of retries, and Key Vault sends a secret's expiry event only once.
var vaultMetrics = empty(vaultEventsId)
  ? []
  : [
      {
        name: 'secret-events-dropped'
        description: 'The event that a secret expires soon was dropped: the secret must be replaced manually.'
        severity: 1
        source: { scope: vaultEventsId, namespace: 'Microsoft.EventGrid/systemTopics' }
        metric: 'DroppedEventCount'
        dimensions: []
        aggregation: 'Total'
        threshold: 0
        window: 'PT15M'
      }
    ]

var metrics = concat(mailMetrics, vaultMetrics, [
  // Dead letters wait in the broker only until they are recorded.
  {
    name: 'dead-letters-kept'
    description: 'A topic of dead letters holds messages: the function that records them fails, or does not run.'
    severity: 2
    source: bus
    metric: 'ActiveMessages'
    dimensions: [{ name: 'EntityName', operator: 'Include', values: deadTopics }]
    aggregation: 'Average'
    threshold: 0
    window: 'PT15M'
  }
  // The broker's own dead letters, of which those of functions are forwarded: so these are dead letters that crash the
  // function that records them.
  {
    name: 'abandoned'
    description: 'The broker put dead letters aside: the function that records them crashes.'
    severity: 1
    source: bus
    metric: 'DeadletteredMessages'
    dimensions: []
    aggregation: 'Average'
    threshold: 0
    window: 'PT15M'
  }
  {
    name: 'queue-length'
    description: 'More messages wait than functions process: a function is slow, or does not run.'
    severity: 2
    source: bus
    metric: 'ActiveMessages'
    dimensions: [{ name: 'EntityName', operator: 'Include', values: topics }]
    aggregation: 'Average'
    threshold: 500
    window: 'PT15M'
  }
  // A serverless container takes 5,000 request units a second, five to eight orders; requests beyond that are
  // rejected, and retried by the saga's steps.
  {
    name: 'documents-throttled'
    description: 'Cosmos DB rejects requests (429): they exceed the provisioned or the serverless throughput.'
    severity: 2
    source: { scope: accountId, namespace: 'Microsoft.DocumentDB/databaseAccounts' }
    metric: 'TotalRequests'
    dimensions: [{ name: 'StatusCode', operator: 'Include', values: ['429'] }]
    aggregation: 'Count'
    threshold: 50
    window: 'PT15M'
  }
])

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
      // Windows overlap, so that a line that arrives late is in the next one.
      evaluationFrequency: 'PT15M'
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
      // A table does not exist before its first line.
      skipQueryValidation: true
      actions: { actionGroups: actionGroupIds }
    }
  }
]

resource metricAlert 'Microsoft.Insights/metricAlerts@2026-01-01' = [
  for rule in metrics: {
    name: '${name}-${rule.name}'
    location: 'global'
    tags: tags
    properties: {
      description: rule.description
      severity: rule.severity
      enabled: true
      scopes: [rule.source.scope]
      evaluationFrequency: 'PT15M'
      windowSize: rule.window
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: rule.name
            metricNamespace: rule.source.namespace
            metricName: rule.metric
            dimensions: rule.dimensions
            timeAggregation: rule.aggregation
            operator: 'GreaterThan'
            threshold: rule.threshold
          }
        ]
      }
      actions: map(actionGroupIds, id => { actionGroupId: id })
    }
  }
]

module workbook 'workbook.bicep' = {
  name: 'workbook'
  params: {
    name: name
    location: location
    tags: tags
    workspaceId: workspaceId
    workspaceName: workspaceName
    searches: searches
  }
}
