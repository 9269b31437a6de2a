// Monitoring: alerts, an availability test, and a budget.

@description('Required. The prefix of the resources\' names.')
param name string

@description('Required. The region.')
param location string

@description('Required. Tags of the resources.')
param tags object

@description('Required. Whether functions run on Container Apps; otherwise on Kubernetes.')
param onContainerApps bool

@description('Required. The topics of dead letters.')
param deadTopics array

@description('Required. The functions that send mail.')
param mailers array

@description('Required. The topics.')
param topics array

@description('Required. Whether mail is sent.')
param hasMail bool

@description('Required. The action groups that are notified.')
param actionGroupIds array

@description('Required. The workspace of logs and traces.')
param workspaceId string

@description('Required. The name of that workspace.')
param workspaceName string

@description('Required. The Application Insights resource of the availability test.')
param insightsId string

@description('Required. The namespace of Service Bus.')
param busId string

@description('Required. The Cosmos DB account.')
param accountId string

@description('Required. The Event Grid system topic of the vault; empty: none.')
param vaultEventsId string

@description('Required. Whether an availability test calls the public API from outside.')
param isTested bool

@description('Required. The address of the public API.')
param gatewayUrl string

@description('Required. The monthly cost of the resource group above which people are notified; 0: no limit.')
param monthlyBudget int

@description('Required. The first day of the budget\'s first month.')
param budgetStart string

module alerts 'alerts.bicep' = {
  name: 'alerts'
  params: {
    name: name
    location: location
    tags: tags
    onContainerApps: onContainerApps
    actionGroupIds: actionGroupIds
    workspaceId: workspaceId
    workspaceName: workspaceName
    busId: busId
    topics: topics
    deadTopics: deadTopics
    mailTopics: hasMail ? map(mailers, function => function.topic) : []
    accountId: accountId
    vaultEventsId: vaultEventsId
  }
}

module availability 'availability.bicep' = if (isTested) {
  name: 'availability'
  params: {
    name: name
    location: location
    tags: tags
    url: gatewayUrl
    insightsId: insightsId
    actionGroupIds: actionGroupIds
  }
}

module budget 'budget.bicep' = if (monthlyBudget > 0 && !empty(budgetStart)) {
  name: 'budget'
  params: {
    name: name
    amount: max(1, monthlyBudget)
    start: budgetStart
    actionGroupIds: actionGroupIds
  }
}
