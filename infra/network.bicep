// Private endpoints: what the shop keeps is reached in its own network, by the names that it has elsewhere.

@description('Required. What the resources are named after.')
param name string

@description('Required. The region.')
param location string

@description('Required. Tags of the resources.')
param tags object

@description('Required. The subnet that the endpoints are put in.')
param subnetId string

@description('Required. What is to be reached: `name`, `id`, `group`, which is the part of it, and `zone`, its names\' domain.')
param targets array

var networkId = split(subnetId, '/subnets/')[0]

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for target in targets: {
    name: target.zone
    location: 'global'
    tags: tags
  }
]

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (target, i) in targets: {
    parent: zone[i]
    name: '${name}-${target.name}'
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: networkId }
    }
  }
]

resource endpoint 'Microsoft.Network/privateEndpoints@2025-01-01' = [
  for target in targets: {
    name: '${name}-${target.name}'
    location: location
    tags: tags
    properties: {
      subnet: { id: subnetId }
      privateLinkServiceConnections: [
        {
          name: target.name
          properties: {
            privateLinkServiceId: target.id
            groupIds: [target.group]
          }
        }
      ]
    }
  }
]

resource names 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-01-01' = [
  for (target, i) in targets: {
    parent: endpoint[i]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        { name: target.name, properties: { privateDnsZoneId: zone[i].id } }
      ]
    }
  }
]
