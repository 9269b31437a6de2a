// The credentials. Each is readable by the one identity that needs it.

@description('Required. The name of the vault.')
@minLength(3)
@maxLength(24)
param name string

@description('Required. The region.')
param location string

@description('Required. Tags of the vault.')
param tags object

@description('Required. The key by which the payment provider knows the shop; empty: the one that is there stays.')
@secure()
param paymentApiKey string

@description('Required. The provider\'s id of that key, which it is rotated by; empty: nothing rotates it.')
param paymentKeyId string

@description('Required. When that key is to be replaced, in seconds since 1970; 0: never.')
@minValue(0)
param paymentKeyExpires int

@description('Required. The identity of the component `secrets`: of the functions that pay and refund.')
param componentPrincipalId string

@description('Required. The identities of the functions that rotate the payment key.')
param managerPrincipalIds array

@description('Required. Whether there is a mail server, and so its password.')
param hasMail bool

@description('Required. The password of the mail server\'s user.')
@secure()
param mailPassword string

@description('Required. The environment\'s identity, which hands the component `email` its password.')
param environmentPrincipalId string

var secretsUser = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4633458b-17de-408a-b874-0445c86b69e6')
var secretsOfficer = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7')

// Where money is real is told by the key alone, which nobody who deploys can read.
var mode = { 'payment-key-mode': contains(paymentApiKey, '_live_') ? 'live' : 'test' }
var keyId = empty(paymentKeyId) ? {} : { 'payment-key-id': paymentKeyId }
var paymentKeyTags = union(tags, mode, keyId)

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' = {
  // checkov:skip=CKV_AZURE_109:Functions come from an environment that need not have a network; callers need a role.
  // checkov:skip=CKV_AZURE_189:As CKV_AZURE_109.
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
  }
}

// Written only when it is given: the one that is there may have been rotated since.
resource payment 'Microsoft.KeyVault/vaults/secrets@2026-02-01' = if (!empty(paymentApiKey)) {
  // checkov:skip=CKV_AZURE_41:It has one: the scanner does not look behind a condition.
  // checkov:skip=CKV_AZURE_114:As CKV_AZURE_41.
  parent: vault
  name: 'payment-api-key'
  tags: paymentKeyTags
  properties: {
    value: paymentApiKey
    contentType: 'text/plain'
    attributes: paymentKeyExpires > 0 ? { exp: paymentKeyExpires } : {}
  }
}

// The key before it, which the provider takes for a while after a rotation. There from the beginning, so
// that roles have their scope.
resource previous 'Microsoft.KeyVault/vaults/secrets@2026-02-01' = if (!empty(paymentApiKey)) {
  // checkov:skip=CKV_AZURE_41:It has one: the scanner does not look behind a condition.
  // checkov:skip=CKV_AZURE_114:As CKV_AZURE_41.
  parent: vault
  name: 'payment-api-key-previous'
  tags: tags
  properties: {
    value: paymentApiKey
    contentType: 'text/plain'
    attributes: paymentKeyExpires > 0 ? { exp: paymentKeyExpires } : {}
  }
}

// The same two, whether this deployment writes them or an earlier one did.
resource currentKey 'Microsoft.KeyVault/vaults/secrets@2026-02-01' existing = {
  parent: vault
  name: 'payment-api-key'
}

resource previousKey 'Microsoft.KeyVault/vaults/secrets@2026-02-01' existing = {
  parent: vault
  name: 'payment-api-key-previous'
}

resource mail 'Microsoft.KeyVault/vaults/secrets@2026-02-01' = if (hasMail) {
  // checkov:skip=CKV_AZURE_41:The password's end is known to who made it alone.
  // checkov:skip=CKV_AZURE_114:It has one: the scanner does not look behind a condition.
  parent: vault
  name: 'mail-password'
  tags: tags
  properties: {
    value: mailPassword
    contentType: 'text/plain'
  }
}

resource mayReadPayment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(currentKey.id, componentPrincipalId, secretsUser)
  scope: currentKey
  properties: {
    roleDefinitionId: secretsUser
    principalId: componentPrincipalId
    principalType: 'ServicePrincipal'
  }
  dependsOn: [payment]
}

resource mayReadPrevious 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(previousKey.id, componentPrincipalId, secretsUser)
  scope: previousKey
  properties: {
    roleDefinitionId: secretsUser
    principalId: componentPrincipalId
    principalType: 'ServicePrincipal'
  }
  dependsOn: [previous]
}

resource mayRotatePayment 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for principalId in managerPrincipalIds: {
    name: guid(currentKey.id, principalId, secretsOfficer)
    scope: currentKey
    properties: {
      roleDefinitionId: secretsOfficer
      principalId: principalId
      principalType: 'ServicePrincipal'
    }
    dependsOn: [payment]
  }
]

resource mayRotatePrevious 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for principalId in managerPrincipalIds: {
    name: guid(previousKey.id, principalId, secretsOfficer)
    scope: previousKey
    properties: {
      roleDefinitionId: secretsOfficer
      principalId: principalId
      principalType: 'ServicePrincipal'
    }
    dependsOn: [previous]
  }
]

resource mayReadMail 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (hasMail) {
  name: guid(mail.id, environmentPrincipalId, secretsUser)
  scope: mail
  properties: {
    roleDefinitionId: secretsUser
    principalId: environmentPrincipalId
    principalType: 'ServicePrincipal'
  }
}

@description('The name of the vault.')
output name string = vault.name

@description('The address of the vault.')
output uri string = vault.properties.vaultUri
