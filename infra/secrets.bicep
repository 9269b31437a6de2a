// The credentials. Each is readable by the one identity that needs it.

@description('Required. The name of the vault.')
@minLength(3)
@maxLength(24)
param name string

@description('Required. The region.')
param location string

@description('Required. Tags of the vault.')
param tags object

@description('Required. The key by which the payment provider knows the shop.')
@secure()
param paymentApiKey string

@description('Required. The identity of the component `secrets`: of the functions that pay and refund.')
param componentPrincipalId string

@description('Required. Whether there is a mail server, and so its password.')
param hasMail bool

@description('Required. The password of the mail server\'s user.')
@secure()
param mailPassword string

@description('Required. The environment\'s identity, which hands the component `email` its password.')
param environmentPrincipalId string

var secretsUser = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4633458b-17de-408a-b874-0445c86b69e6')

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

resource payment 'Microsoft.KeyVault/vaults/secrets@2026-02-01' = {
  // checkov:skip=CKV_AZURE_41:The provider's keys have no end; they are replaced by deploying another.
  parent: vault
  name: 'payment-api-key'
  tags: tags
  properties: {
    value: paymentApiKey
    contentType: 'text/plain'
  }
}

resource mail 'Microsoft.KeyVault/vaults/secrets@2026-02-01' = if (hasMail) {
  // checkov:skip=CKV_AZURE_41:As above.
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
  name: guid(payment.id, componentPrincipalId, secretsUser)
  scope: payment
  properties: {
    roleDefinitionId: secretsUser
    principalId: componentPrincipalId
    principalType: 'ServicePrincipal'
  }
}

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
