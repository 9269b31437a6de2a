// The monthly budget of the resource group, with notifications.

@description('Required. The name of the budget.')
param name string

@description('Required. The amount, in the currency of the subscription.')
@minValue(1)
param amount int

@description('Required. The first day of its first month, such as 2026-11-01. It cannot be changed later.')
param start string

@description('Required. The action groups that are notified.')
param actionGroupIds array

resource budget 'Microsoft.Consumption/budgets@2024-08-01' = {
  name: name
  properties: {
    category: 'Cost'
    amount: amount
    timeGrain: 'Monthly'
    timePeriod: { startDate: start }
    notifications: {
      forecast: {
        enabled: true
        thresholdType: 'Forecasted'
        operator: 'GreaterThan'
        threshold: 100
        contactEmails: []
        contactGroups: actionGroupIds
      }
      actual: {
        enabled: true
        thresholdType: 'Actual'
        operator: 'GreaterThan'
        threshold: 80
        contactEmails: []
        contactGroups: actionGroupIds
      }
    }
  }
}
