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

@description('The identity as resources refer to it.')
output id string = identity.id

@description('The identity as clients name it.')
output clientId string = identity.properties.clientId

@description('The identity as roles are given to it.')
output principalId string = identity.properties.principalId
