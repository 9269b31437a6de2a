// A Dapr component of the environment, as its file in components/azure describes it.

@description('Required. The name of the environment.')
param environmentName string

@description('Required. The component: `name`, `type`, `version`, `initTimeout`, `metadata`, `scopes`.')
param component object

@description('Required. Dapr\'s retry policy; empty: Dapr\'s default.')
param policy object

@description('Required. The values of the placeholders `\${…}` in its metadata.')
param values object

@description('Required. The address of the vault with its secrets, if it has any.')
param vaultUri string

@description('Required. The identity by which the environment reads them.')
param identityId string

var secretEntries = filter(component.metadata, entry => contains(entry, 'secretKeyRef'))

resource environment 'Microsoft.App/managedEnvironments@2026-07-01' existing = {
  name: environmentName
}

resource daprComponent 'Microsoft.App/managedEnvironments/daprComponents@2026-07-01' = {
  parent: environment
  name: component.name
  properties: {
    componentType: component.type
    version: component.version
    initTimeout: component.initTimeout
    // A function without its component must not accept work.
    ignoreErrors: false
    // No key or connection string: components authenticate by an identity, or with a secret of the vault.
    secrets: map(secretEntries, entry => {
      name: entry.secretKeyRef.name
      keyVaultUrl: '${vaultUri}secrets/${entry.secretKeyRef.key}'
      identity: identityId
    })
    metadata: [
      for entry in component.metadata: contains(entry, 'secretKeyRef')
        ? { name: entry.name, secretRef: entry.secretKeyRef.name }
        : {
            name: entry.name
            value: startsWith(entry.value, '\${')
              ? values[?replace(replace(entry.value, '\${', ''), '}', '')] ?? ''
              : entry.value
          }
    ]
    scopes: component.scopes
  }
}

resource resiliency 'Microsoft.App/managedEnvironments/daprComponents/resiliencyPolicies@2026-07-01' = if (!empty(policy)) {
  parent: daprComponent
  name: 'policy'
  properties: policy
}
