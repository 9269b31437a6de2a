// A shop that survives the loss of a zone, and responds without a cold start. SUBNET_ID spreads the functions
// over zones; without it only their data is spread.
using 'main.bicep'

param host = readEnvironmentVariable('FUNCTION_HOST', 'aca')
param images = json(readEnvironmentVariable('IMAGES', '{}'))
param oidcIssuers = readEnvironmentVariable('OIDC_ISSUERS')
param oidcAudiences = readEnvironmentVariable('OIDC_AUDIENCES')
param oidcClientId = readEnvironmentVariable('OIDC_CLIENT_ID', '')
param oidcScopes = readEnvironmentVariable('OIDC_SCOPES', '')
param paymentProviderUrl = readEnvironmentVariable('PAYMENT_PROVIDER_URL', 'https://api.stripe.com')
param paymentApiKey = readEnvironmentVariable('PAYMENT_API_KEY', '')
param paymentKeyId = readEnvironmentVariable('PAYMENT_KEY_ID', '')
param paymentKeyExpires = int(readEnvironmentVariable('PAYMENT_KEY_EXPIRES', '0'))
param paymentKeyDays = int(readEnvironmentVariable('PAYMENT_KEY_DAYS', '90'))
param paymentKeyOverlapMinutes = int(readEnvironmentVariable('PAYMENT_KEY_OVERLAP_MINUTES', '1440'))
param mailHost = readEnvironmentVariable('MAIL_HOST', '')
param mailPort = int(readEnvironmentVariable('MAIL_PORT', '587'))
param mailFrom = readEnvironmentVariable('MAIL_FROM', '')
param mailUser = readEnvironmentVariable('MAIL_USER', '')
param mailPassword = readEnvironmentVariable('MAIL_PASSWORD', '')
param alertEmail = readEnvironmentVariable('ALERT_EMAIL', '')
param operatorsGroupId = readEnvironmentVariable('OPERATORS_GROUP_ID', '')
param allowedClients = filter(split(readEnvironmentVariable('ALLOWED_CLIENTS', ''), ','), range => !empty(range))
param maxRequests = int(readEnvironmentVariable('MAX_REQUESTS', '64'))
param maxWaits = int(readEnvironmentVariable('MAX_WAITS', '200'))
param maxStreams = int(readEnvironmentVariable('MAX_STREAMS', '500'))
param requestsPerCaller = int(readEnvironmentVariable('REQUESTS_PER_CALLER', '600'))
param requestsPerAddress = int(readEnvironmentVariable('REQUESTS_PER_ADDRESS', '0'))
param trustedProxies = int(readEnvironmentVariable('TRUSTED_PROXIES', '1'))
param gatewayHost = readEnvironmentVariable('GATEWAY_HOST', '')
param monthlyBudget = int(readEnvironmentVariable('MONTHLY_BUDGET', '0'))
param budgetStart = readEnvironmentVariable('BUDGET_START', '')
param zoneRedundant = true
param subnetId = readEnvironmentVariable('SUBNET_ID', '')
param internal = bool(readEnvironmentVariable('INTERNAL', 'false'))
param privateEndpointSubnetId = readEnvironmentVariable('PRIVATE_ENDPOINT_SUBNET_ID', '')
param availabilityTest = true
// Zones are a feature of these tiers.
param busSku = 'Premium'
param registrySku = 'Premium'
param cosmosCapacity = 'autoscale'
param cosmosMaxThroughput = 4000
// Two, so that one zone's loss leaves one.
param httpMinReplicas = 2
param hostMinReplicas = 2
param maxReplicas = 30
param retentionDays = 90
param tags = { application: 'saga-shop', environment: 'prod' }
