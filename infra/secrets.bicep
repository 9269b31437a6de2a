// The credentials. Each is readable by the one identity that needs it.

@description('Required. The name of the vault.')
@minLength(3)
@maxLength(24)
param name string

@description('Required. The region.')
param location string

@description('Required. Tags of the vault.')
param tags object

@description('Required. The payment provider\'s API key; empty: the existing one is kept.')
@secure()
param paymentApiKey string

@description('Required. The provider\'s id of that key, for its rotation; empty: it is not rotated.')
param paymentKeyId string

@description('Required. The expiry of that key, in seconds since 1970; 0: none.')
@minValue(0)
param paymentKeyExpires int

@description('Required. The identities that read the payment key: those of the functions that pay and refund, or of their component.')
param readerPrincipalIds array

@description('Required. The identities of the functions that rotate the payment key.')
param managerPrincipalIds array

@description('Required. Whether there is a mail server, whose password is needed.')
param hasMail bool

@description('Required. The password of the mail server\'s user; empty: the existing one is kept.')
@secure()
param mailPassword string

@description('Required. The environment\'s identity, which reads the password of the component `email`; empty: there is no environment.')
param environmentPrincipalId string

@description('Required. The workspace of the audit logs.')
param workspaceId string

@description('Required. Whether it is reachable only within the shop\'s network.')
param isPrivate bool

var secretsUser = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '4633458b-17de-408a-b874-0445c86b69e6'
)
var secretsOfficer = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
)

// Only the key shows whether it is a live one, and the deployer cannot read it.
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
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    // Deployments write secrets, and Event Grid reads their expiry.
    networkAcls: isPrivate ? { bypass: 'AzureServices', defaultAction: 'Deny' } : null
  }
}

// Preview, as in environment.bicep: there is no stable version.
resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'AuditEvent', enabled: true }
    ]
  }
}

// Written only when it is given: the existing one may have been rotated since.
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

// The previous key, which stays valid for a while after a rotation. It exists from the beginning, so
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

resource mail 'Microsoft.KeyVault/vaults/secrets@2026-02-01' = if (hasMail && !empty(mailPassword)) {
  // checkov:skip=CKV_AZURE_41:Only the issuer of the password knows its expiry.
  // checkov:skip=CKV_AZURE_114:It has one: the scanner does not look behind a condition.
  parent: vault
  name: 'mail-password'
  tags: tags
  properties: {
    value: mailPassword
    contentType: 'text/plain'
  }
}

resource mailSecret 'Microsoft.KeyVault/vaults/secrets@2026-02-01' existing = {
  parent: vault
  name: 'mail-password'
}

resource mayReadPayment 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for principalId in readerPrincipalIds: {
    name: guid(currentKey.id, principalId, secretsUser)
    scope: currentKey
    properties: {
      roleDefinitionId: secretsUser
      principalId: principalId
      principalType: 'ServicePrincipal'
    }
    dependsOn: [payment]
  }
]

resource mayReadPrevious 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for principalId in readerPrincipalIds: {
    name: guid(previousKey.id, principalId, secretsUser)
    scope: previousKey
    properties: {
      roleDefinitionId: secretsUser
      principalId: principalId
      principalType: 'ServicePrincipal'
    }
    dependsOn: [previous]
  }
]

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
  name: guid(mailSecret.id, environmentPrincipalId, secretsUser)
  scope: mailSecret
  properties: {
    roleDefinitionId: secretsUser
    principalId: environmentPrincipalId
    principalType: 'ServicePrincipal'
  }
  dependsOn: [mail]
}

@description('The resource id of the vault.')
output id string = vault.id

@description('The name of the vault.')
output name string = vault.name

@description('The address of the vault.')
output uri string = vault.properties.vaultUri
