// The cheapest shop: nothing is paid at rest but the hosts of the saga and of the stock, the broker and the registry.
using 'main.bicep'

param images = json(readEnvironmentVariable('IMAGES', '{}'))
param paymentProviderUrl = readEnvironmentVariable('PAYMENT_PROVIDER_URL', 'https://api.stripe.com')
param paymentApiKey = readEnvironmentVariable('PAYMENT_API_KEY', '')
param paymentKeyId = readEnvironmentVariable('PAYMENT_KEY_ID', '')
param paymentKeyExpires = int(readEnvironmentVariable('PAYMENT_KEY_EXPIRES', '0'))
param paymentKeyDays = int(readEnvironmentVariable('PAYMENT_KEY_DAYS', '90'))
param paymentKeyOverlapMinutes = int(readEnvironmentVariable('PAYMENT_KEY_OVERLAP_MINUTES', '1440'))
param mailHost = readEnvironmentVariable('MAIL_HOST', '')
param mailFrom = readEnvironmentVariable('MAIL_FROM', '')
param mailUser = readEnvironmentVariable('MAIL_USER', '')
param mailPassword = readEnvironmentVariable('MAIL_PASSWORD', '')
param busSku = 'Standard'
param registrySku = 'Basic'
param cosmosCapacity = 'serverless'
param httpMinReplicas = 0
param maxReplicas = 3
param dailyQuotaGb = 1
param tags = { application: 'saga-shop', environment: 'dev' }
