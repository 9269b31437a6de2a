// A user-assigned identity. Its role assignments are declared with the resources.

@description('Required. Its name.')
@minLength(3)
@maxLength(128)
param name string

@description('Required. The region.')
param location string

@description('Required. Tags of the resource.')
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('The resource id of the identity.')
output id string = identity.id

@description('The client id of the identity.')
output clientId string = identity.properties.clientId

@description('The principal id of the identity, for role assignments.')
output principalId string = identity.properties.principalId
