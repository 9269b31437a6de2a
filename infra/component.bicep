// A Dapr component of the environment, as its file in components/azure describes it.

@description('Required. The name of the environment.')
param environmentName string

@description('Required. The component: `name`, `type`, `version`, `initTimeout`, `metadata`, `scopes`.')
param component object

@description('Required. What stands for the names in `\${…}` of its metadata.')
param values object

@description('Required. The address of the vault that holds its secrets, if it has any.')
param vaultUri string

@description('Required. The identity by which the environment reads them.')
param identityId string

var secretEntries = filter(component.metadata, entry => contains(entry, 'secretKeyRef'))

resource environment 'Microsoft.App/managedEnvironments@2026-01-01' existing = {
  name: environmentName
}

resource daprComponent 'Microsoft.App/managedEnvironments/daprComponents@2026-01-01' = {
  parent: environment
  name: component.name
  properties: {
    componentType: component.type
    version: component.version
    initTimeout: component.initTimeout
    // A function whose component is not there must not take work that it cannot do.
    ignoreErrors: false
    // No key or connection string: the two ways in are an identity, and the vault.
    secrets: map(secretEntries, entry => {
      name: entry.secretKeyRef.name
      keyVaultUrl: '${vaultUri}secrets/${entry.secretKeyRef.key}'
      identity: identityId
    })
    metadata: map(component.metadata, entry => contains(entry, 'secretKeyRef')
      ? { name: entry.name, secretRef: entry.secretKeyRef.name }
      : {
          name: entry.name
          value: reduce(items(values), entry.value, (text, named) => replace(text, '\${${named.key}}', named.value))
        })
    scopes: component.scopes
  }
}

// Preview: policies of components exist in no stable version. Without one Dapr makes a dead letter of a
// message at its first failure. The same as components/local/resiliency.yaml: about ten minutes.
resource delivery 'Microsoft.App/managedEnvironments/daprComponents/resiliencyPolicies@2025-10-02-preview' = if (startsWith(component.type, 'pubsub.')) {
  parent: daprComponent
  name: 'delivery'
  properties: {
    inboundPolicy: {
      httpRetryPolicy: {
        maxRetries: 60
        retryBackOff: {
          initialDelayInMilliseconds: 500
          maxIntervalInMilliseconds: 10000
        }
      }
    }
  }
}

// Preview, as above. A mail server that is down is asked once in ten seconds.
resource mail 'Microsoft.App/managedEnvironments/daprComponents/resiliencyPolicies@2025-10-02-preview' = if (component.type == 'bindings.smtp') {
  parent: daprComponent
  name: 'mail'
  properties: {
    outboundPolicy: {
      circuitBreakerPolicy: {
        consecutiveErrors: 5
        timeoutInSeconds: 10
        intervalInSeconds: 0
      }
    }
  }
}
