// The availability test of the public API, from three locations.

@description('Required. The prefix of the resources\' names.')
param name string

@description('Required. The region.')
param location string

@description('Required. Tags of the resources.')
param tags object

@description('Required. The address of the public API.')
param url string

@description('Required. The Application Insights resource that stores the results.')
param insightsId string

@description('Required. The action groups that alerts notify.')
param actionGroupIds array

// Amsterdam, Dublin, Paris.
var places = ['emea-nl-ams-azr', 'emea-gb-db3-azr', 'emea-fr-pra-edge']

resource test 'Microsoft.Insights/webtests@2022-06-15' = {
  name: '${name}-gateway'
  location: location
  // The portal finds the test by this tag.
  tags: union(tags, { 'hidden-link:${insightsId}': 'Resource' })
  kind: 'standard'
  properties: {
    SyntheticMonitorId: '${name}-gateway'
    Name: 'gateway'
    Kind: 'standard'
    Enabled: true
    Frequency: 300
    Timeout: 30
    RetryEnabled: true
    Locations: map(places, place => { Id: place })
    Request: {
      RequestUrl: '${url}/readyz'
      HttpVerb: 'GET'
      ParseDependentRequests: false
    }
    ValidationRules: {
      ExpectedHttpStatusCode: 200
      SSLCheck: true
      SSLCertRemainingLifetimeCheck: 14
    }
  }
}

resource unavailable 'Microsoft.Insights/metricAlerts@2026-01-01' = {
  name: '${name}-unavailable'
  location: 'global'
  tags: tags
  properties: {
    description: 'The public API does not respond, as seen from at least two locations, or its certificate expires soon.'
    severity: 0
    enabled: true
    scopes: [test.id, insightsId]
    evaluationFrequency: 'PT1M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      webTestId: test.id
      componentId: insightsId
      failedLocationCount: 2
    }
    actions: map(actionGroupIds, id => { actionGroupId: id })
  }
}
