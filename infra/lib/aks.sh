# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the other parts read and set the rest
# The functions on Kubernetes. Sourced by infra/deploy.

more_providers=(Microsoft.ContainerService)
default_group=saga-shop-aks
# The namespace of the Gateway, which has a certificate and no functions.
edge=saga-shop-edge
gateway_host='' tls_cert='' tls_key='' cluster=$shop node_size=Standard_D4ds_v5

usage() {
    cat <<'END'
Usage: ./makew deploy-aks --host NAME [OPTION...]

Deploys the shop to Azure Kubernetes Service: the same resources as for Container Apps (broker,
documents, vault, registry, identities), a cluster if there is none, Dapr by its chart, and the
manifests of infra/aks. Shows what would change, asks for confirmation, waits until every function is
ready, and places an order. Running it again deploys only what has changed.

  --host NAME        The host name of the public API, for TLS
  --tls-cert FILE    Its certificate and
  --tls-key FILE     its key; required the first time
  --env NAME         Parameters of infra/NAME.bicepparam: dev (default) or prod
  --group NAME       The resource group; by default saga-shop-aks-ENV; must not be one of deploy-aca
  --location REGION  Where the group is created; by default westeurope
  --cluster NAME     The cluster; by default saga-shop. An existing one must have the OIDC issuer,
                     workload identities, KEDA, the Gateway API with application routing, Container
                     Insights and network policies
  --node-size SIZE   The size of the three nodes of a new cluster; by default Standard_D4ds_v5,
                     4 cores: Dapr and 19 pods with sidecars do not fit on nodes of 2
  --tag TAG          The images' tag; by default the Git revision. An existing tag is not built
                     again
  --prebuilt         Compiles on this machine, and only packs the images
  --new-payment-key  Writes the payment key although the vault has one, which may have been rotated
  --force            Deploys even if nothing has changed here, for example after manual changes
  --what-if          Only shows what would change in Azure, except for the cluster
  --yes              Does not ask for confirmation
  --dry-run          Only shows the commands; needs neither Azure nor a login
  --help             Shows this

END
    usage_of_environment
    cat <<'END'

And for Kubernetes:
  GATEWAY_CLASS                The class of the Gateway; by default approuting-istio
  OTEL_EXPORTER_OTLP_ENDPOINT  A collector in the cluster, http://HOST:PORT, that receives traces and
                               metrics by OTLP over HTTP; without it none are sent
  TRACE_SAMPLING               The share of traces that is kept, 0 to 1; by default 1
  METRICS_NAMESPACE            The namespace whose pods may collect the sidecars' metrics; by default
                               kube-system, that of Azure Monitor
./makew destroy-aca --group GROUP removes everything.
END
}

platform_option() {
    taken=2
    case $1 in
    --host) gateway_host=$(value "$@") ;;
    --tls-cert) tls_cert=$(value "$@") ;;
    --tls-key) tls_key=$(value "$@") ;;
    --cluster) cluster=$(value "$@") ;;
    --node-size) node_size=$(value "$@") ;;
    *) misused "unknown option $1" ;;
    esac
}

need_platform() {
    [[ $gateway_host ]] || misused '--host is missing'
    export GATEWAY_HOST=$gateway_host
    [[ ${tls_cert:+1} == "${tls_key:+1}" ]] || misused '--tls-cert and --tls-key must be given together'
    need_collector
    need kubectl 'install it with: az aks install-cli'
    need helm 'install Helm 3, https://helm.sh'
}

# Two deployments would compete for the same subscriptions, and each would receive half of the events.
reject_other_platform() {
    local apps
    apps=$(query '' az containerapp list --resource-group "$group" --query '[].name' --output tsv)
    [[ -z $apps ]] || fail 65 "the shop of $group runs on Container Apps: choose another --group"
}

# On Kubernetes the template does not contain the functions.
images_that_run() {
    echo '{}'
}

deploy_functions() {
    local function
    ensure_cluster
    trust_pods
    fill_in
    confirm "Apply Dapr $dapr_chart and the manifests of infra/aks to the cluster $cluster?"
    install_dapr
    run kubectl apply --filename "$work/manifests/shop.yaml"
    ensure_secrets
    run kubectl apply --recursive --filename "$work/manifests"
    for function in $(deployed); do
        run kubectl rollout status "deployment/$function" --namespace "$shop" --timeout 10m
    done
    find_address
    smoke "https://$gateway_host"
    say "the shop is at https://$gateway_host, whose DNS record must point to $address;" \
        "./makew destroy-aca --group $group removes it"
}

ensure_cluster() {
    local found
    found=$(query '' az aks list --resource-group "$group" --query "[?name=='$cluster'].name" --output tsv)
    [[ $found ]] || create_cluster
    # Not the user's kubeconfig, which would keep the cluster's credentials.
    export KUBECONFIG="$work/kubeconfig"
    run az aks get-credentials --resource-group "$group" --name "$cluster" --file "$KUBECONFIG"
}

create_cluster() {
    local workspace
    workspace=$(of_group '[0].id' monitor log-analytics workspace list)
    [[ $workspace ]] || fail 65 "the group $group has no Log Analytics workspace for the cluster's logs: run this again \
with --force"
    confirm "Create the cluster $cluster, of three nodes of $node_size?"
    run az aks create --resource-group "$group" --name "$cluster" --node-count 3 --node-vm-size "$node_size" \
        --enable-oidc-issuer --enable-workload-identity --enable-keda \
        --enable-gateway-api --enable-app-routing-istio \
        --enable-addons monitoring --workspace-resource-id "$workspace" \
        --network-plugin azure --network-plugin-mode overlay --network-dataplane cilium \
        --network-policy cilium --attach-acr "$registry" --no-ssh-key --output none
}

# Federates each function's service account with its managed identity.
trust_pods() {
    local account identity issuer
    issuer=$(query https://ISSUER az aks show --resource-group "$group" --name "$cluster" \
        --query oidcIssuerProfile.issuerUrl --output tsv)
    [[ $issuer ]] || fail 65 "the cluster $cluster has no OIDC issuer: az aks update --resource-group $group \
--name $cluster --enable-oidc-issuer --enable-workload-identity, then run this again"
    while IFS=$'\t' read -r identity account; do
        run az identity federated-credential create --resource-group "$group" \
            --identity-name "$identity" --name "aks-${account##*:}" --issuer "$issuer" \
            --subject "$account" --audiences api://AzureADTokenExchange --output none </dev/null
    done < <(grep -v '^#' infra/aks/identities.tsv)
}

# The manifests with the values of this deployment.
fill_in() {
    local file files function
    values_of_manifests >"$work/values"
    mkdir "$work/manifests" "$work/manifests/components" "$work/manifests/functions"
    files=(infra/aks/shop.yaml infra/aks/dapr.yaml infra/aks/components/*.yaml)
    for function in $(deployed); do files+=("infra/aks/functions/$function.yaml"); done
    for file in "${files[@]}"; do
        [[ $file != infra/aks/components/email.yaml || ${MAIL_HOST-} ]] || continue
        filled "$file" >"$work/manifests/${file#infra/aks/}"
    done
    need_all_values
}

values_of_manifests() {
    local bus cosmos vault vault_url
    bus=$(of_group '[0].name' servicebus namespace list)
    cosmos=$(of_group '[0].documentEndpoint' cosmosdb list)
    vault=$(of_group '[0].name' keyvault list)
    vault_url=$(of_group '[0].properties.vaultUri' keyvault list)
    clients
    values_of_images
    echo "SERVICE_BUS=$bus"
    echo "SERVICE_BUS_HOST=$bus.servicebus.windows.net"
    echo "COSMOS_URL=$cosmos"
    echo "COSMOS_DATABASE=$shop"
    echo "KEY_VAULT_NAME=$vault"
    echo "KEY_VAULT_URL=$vault_url"
    echo "PAYMENT_KEY_DAYS=$PAYMENT_KEY_DAYS"
    echo "PAYMENT_KEY_OVERLAP_MINUTES=$PAYMENT_KEY_OVERLAP_MINUTES"
    values_of_gateway
    echo "PAYMENT_PROVIDER_URL=${PAYMENT_PROVIDER_URL:-https://api.stripe.com}"
    echo "GATEWAY_HOST=$gateway_host"
    echo "GATEWAY_CLASS=${GATEWAY_CLASS:-approuting-istio}"
    values_of_telemetry
    if [[ ${MAIL_HOST-} ]]; then
        printf 'MAIL_%s\n' "HOST=$MAIL_HOST" "PORT=${MAIL_PORT:-587}" "FROM=$MAIL_FROM" "USER=$MAIL_USER"
    fi
}

# of_group QUERY COMMAND...
of_group() {
    local wanted=$1
    shift
    query STAND-IN az "$@" --resource-group "$group" --query "$wanted" --output tsv
}

# The client id of each function's identity, by its placeholder in the manifests.
clients() {
    of_group '[].[name, clientId]' identity list | awk -F '\t' -v shop="$shop-" '
        index($1, shop) == 1 {
            name = substr($1, length(shop) + 1)
            gsub("-", "_", name)
            print "FUNCTION_CLIENT_ID_" toupper(name) "=" $2
        }'
}

install_dapr() {
    run helm upgrade --install dapr dapr --repo https://dapr.github.io/helm-charts/ \
        --version "$dapr_chart" --namespace dapr-system --create-namespace --wait --timeout 10m \
        --set global.ha.enabled=true --set global.logAsJson=true \
        --set dapr_sidecar_injector.sidecarDropALLCapabilities=true
}

# Secrets are passed on standard input.
ensure_secrets() {
    local found
    found=$(query '' kubectl get secrets --namespace "$shop" --output name)
    grep -qxF secret/app-api-token <<<"$found" ||
        secret app-api-token token "$(random)"
    [[ -z ${MAIL_HOST-} ]] || secret mail-password mail-password "${MAIL_PASSWORD-}"
    if [[ $tls_cert ]]; then
        run kubectl create secret tls gateway-tls --namespace "$edge" --cert "$tls_cert" \
            --key "$tls_key" --dry-run=client --output yaml >"$work/tls.yaml"
        run kubectl apply --filename "$work/tls.yaml"
    else
        found=$(query '' kubectl get secrets --namespace "$edge" --output name)
        [[ $dry_run ]] || grep -qxF secret/gateway-tls <<<"$found" ||
            fail 64 "there is no certificate for $gateway_host yet: pass --tls-cert and --tls-key"
    fi
}

# secret NAME KEY VALUE
secret() {
    secret_manifest "$@" >"$work/secret.yaml"
    run kubectl apply --filename - <"$work/secret.yaml"
    rm "$work/secret.yaml"
}

# The smoke test does not need DNS to resolve the name yet.
find_address() {
    until_true "${ADDRESS_SECONDS:-600}" 'the gateway has an address' has_address ||
        fail 1 "the gateway got no address in ten minutes: kubectl describe gateway gateway --namespace $edge shows why"
    connect_to=${address:+$gateway_host:443:$address:443}
}

has_address() {
    address=$(query '' kubectl get gateway gateway --namespace "$edge" \
        --output 'jsonpath={.status.addresses[0].value}') || exit
    [[ $address ]]
}
