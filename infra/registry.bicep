// The registry that the functions' images are pulled from, each by its function's own identity.

@description('Required. The name of the registry.')
@minLength(5)
@maxLength(50)
param name string

@description('Required. The region.')
param location string

@description('Required. Tags of the registry.')
param tags object

@description('Required. The tier: `Basic` is enough for images of a few MB, `Premium` has zones.')
@allowed(['Basic', 'Standard', 'Premium'])
param sku string

@description('Required. The identities that may pull.')
param pullerPrincipalIds array

@description('Required. The workspace of the audit logs.')
param workspaceId string

var acrPull = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '7f951dda-4ed3-4680-a7ca-43fe172d538d')

resource registry 'Microsoft.ContainerRegistry/registries@2025-11-01' = {
  // checkov:skip=CKV_AZURE_139:Images are pushed from outside, and pulled from an environment that need not have a network; both need a role.
  // checkov:skip=CKV_AZURE_163:Scanning is a plan of the subscription (Defender for Cloud), not a property of the registry.
  // checkov:skip=CKV_AZURE_166:Quarantine would hold every image back until a scanner, which the shop does not have, has passed it.
  name: name
  location: location
  tags: tags
  sku: { name: sku }
  properties: {
    adminUserEnabled: false
    anonymousPullEnabled: false
    zoneRedundancy: sku == 'Premium' ? 'Enabled' : null
  }
}

// Preview, as in environment.bicep: there is no stable version.
resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: registry
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'ContainerRegistryLoginEvents', enabled: true }
      { category: 'ContainerRegistryRepositoryEvents', enabled: true }
    ]
  }
}

resource mayPull 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for principalId in pullerPrincipalIds: {
    name: guid(registry.id, principalId, acrPull)
    scope: registry
    properties: {
      roleDefinitionId: acrPull
      principalId: principalId
      principalType: 'ServicePrincipal'
    }
  }
]

@description('The resource id of the registry.')
output id string = registry.id

@description('The name of the registry.')
output name string = registry.name

@description('The host that images are pushed to and pulled from.')
output loginServer string = registry.properties.loginServer
