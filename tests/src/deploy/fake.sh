#!/usr/bin/env bash
# Stands in for az, docker, kubectl, helm, kind, curl, cargo and rustc: notes each call, plain and as it could be typed, remembers what was made, and fails
# where FAIL_ON or FAIL_AT asks for it, saying FAIL_TEXT. Its folder is in STAGE.
set -euo pipefail
program=${0##*/}
call="$program $*"
call=${call//$'\n'/ }
echo "$call" >>"$STAGE/calls"
echo "$program ${*@Q}" >>"$STAGE/typed"
mapfile -t calls <"$STAGE/calls"
if [[ ${FAIL_ON-} && $call == *"$FAIL_ON"* || ${FAIL_AT-} == "${#calls[@]}" ]]; then
    echo "$program: made to fail ${FAIL_TEXT-}" >&2
    exit 1
fi

made() {
    [[ -e $STAGE/made/$1 ]]
}

make() {
    : >"$STAGE/made/$1"
}

# What follows an option.
option() {
    local rest=${call##*"$1 "}
    echo "${rest%% *}"
}

# Of the image that the last argument names: another one for each tag.
digest() {
    local i tag=${1##*:}
    printf sha256:
    for ((i = 0; i < ${#tag}; i++)); do printf %02x "'${tag:i:1}"; done
    echo
}

functions() {
    grep -v '^#' infra/functions.tsv | cut -f 1
}

# Notes what a template makes: each app with its image, and the payment key.
deployed() {
    make registry && make vault && echo "$IMAGES" >>"$STAGE/deployed"
    local entry entries
    IFS=, read -ra entries <<<"${IMAGES//[\{\}\"]/}"
    for entry in "${entries[@]+"${entries[@]}"}"; do echo "${entry#*:}" >"$STAGE/apps/${entry%%:*}"; done
    if [[ ${PAYMENT_API_KEY-} ]]; then
        make payment-key
        echo "$PAYMENT_API_KEY until $PAYMENT_KEY_EXPIRES" >>"$STAGE/keys"
    fi
}

apps() {
    local app
    for app in "$STAGE"/apps/*; do
        [[ -e $app && ${app##*/} != "${1-}" ]] || continue
        if [[ ${app##*/} == "${OTHER_IMAGE-}" ]]; then echo other >"$app"; fi
        printf '%s\t%s\n' "${app##*/}" "$(<"$app")"
    done
}

mark() {
    if made "mark-$1"; then cat "$STAGE/made/mark-$1"; else echo -; fi
}

case $call in
'az account show --query'*) echo 's-1 A subscription' ;;
'az provider list'*)
    for provider in Microsoft.{App,Authorization,ContainerRegistry,ContainerService,DocumentDB,EventGrid,KeyVault} \
        Microsoft.{ManagedIdentity,OperationalInsights,Network,ServiceBus,Consumption} microsoft.insights; do
        [[ $provider == "${UNREGISTERED-}" ]] && ! made "$provider" || echo "$provider"
    done
    ;;
'az provider register'*) make "$(option --namespace)" ;;
'az group list'*) if made group; then echo "westeurope $(mark base) $(mark apps)"; fi ;;
'az group create'*) make group ;;
'az tag update'*)
    tag=$(option --tags)
    tag=${tag#saga-shop-}
    echo "${tag#*=}" >"$STAGE/made/mark-${tag%%=*}"
    ;;
'az deployment group what-if'*)
    printf 'Create\t/subscriptions/s/providers/Microsoft.App/containerApps/gateway\nWarning\tonly ten are looked at\n'
    ;;
'az deployment group create'*)
    # As Bicep reads it, by `int`.
    [[ ${MONTHLY_BUDGET-0} =~ ^[0-9]+$ ]] || { echo 'MONTHLY_BUDGET is no number' >&2 && exit 1; }
    if [[ ${MAIL_REFUSED-} && ${MAIL_HOST-} ]]; then
        echo 'ERROR: {"code": "DeploymentFailed", "target": "/subscriptions/s/deployments/component-email"}' >&2
        exit 1
    fi
    deployed
    ;;
'az deployment group list'*) if made registry; then echo saga-shop; fi ;;
'az deployment group show'*) echo https://gateway.example.com ;;
'az acr list'*) if made registry; then echo registry.azurecr.io; fi ;;
'az acr repository show'*)
    image=$(option --image)
    made "registry.azurecr.io_${image/\//_}" && digest "$image"
    ;;
'az acr login'*) echo "$REGISTRY_TOKEN" ;;
'az containerapp list'*latestRevisionName*) apps "${NEVER_READY-}" ;;
'az containerapp list'*image*) apps ;;
'az containerapp list'*) if [[ ${ON_CONTAINER_APPS-} ]]; then functions; fi ;;
'az containerapp replica list'*) echo "${STARTED-true}" ;;
'az aks list'*) if made cluster; then echo saga-shop; fi ;;
'az aks create'*) make cluster ;;
'az aks show'*) echo https://issuer.example.com ;;
'az monitor log-analytics workspace list'*) echo /subscriptions/s-1/workspaces/the-workspace ;;
'az identity list'*)
    functions | awk '{ print "saga-shop-" $1 "\tclient-of-" $1 }'
    ;;
'az servicebus namespace list'*) echo the-bus ;;
'az cosmosdb list'*) echo https://documents.example.com:443/ ;;
'az keyvault list '*.id*) if made vault; then echo /subscriptions/s/providers/vaults/the-vault; fi ;;
'az keyvault list '*vaultUri*) echo https://the-vault.vault.azure.net/ ;;
'az keyvault list '*) echo the-vault ;;
'az keyvault list-deleted'*) if made deleted-vault; then echo the-vault; fi ;;
'az keyvault recover'*) make vault && rm "$STAGE/made/deleted-vault" ;;
'az rest '*/secrets*)
    if made payment-key; then printf 'payment-api-key\t%s\n' "${KEY_MODE:-test}"; fi
    ;;
'docker build'*FILES=prebuilt*) (cd "${!#}" && echo "${PWD##*/}:" *) >>"$STAGE/contexts" ;;
'rustc --print host-tuple') echo the-machine ;;
'docker login'*) cat >"$STAGE/token" ;;
'docker push'*) make "${2//\//_}" && echo "t: digest: $(digest "$2") size: 1" ;;
'docker image inspect'*) echo 8390000 ;;
'kubectl apply --recursive'*) rm -rf "$STAGE/applied" && cp -R "$4" "$STAGE/applied" ;;
'kubectl apply --filename -') cat >>"$STAGE/secrets" ;;
'kubectl apply --filename '*tls.yaml) make secrets ;;
'kubectl get secrets'*) if made secrets; then printf 'secret/app-api-token\nsecret/gateway-tls\n'; fi ;;
'kubectl get gateway'*) echo 192.0.2.1 ;;
'kubectl create secret tls'*) echo 'kind: Secret' ;;
# A cluster without Azure: namespaces, and those with the mark of the deployment.
'kubectl config current-context') echo "${CONTEXT:-kind-test}" ;;
'kubectl config view --minify'*) echo https://127.0.0.1:6443 ;;
'kubectl get namespace '*metadata.name=*)
    name=$(option --field-selector)
    if made "marked-${name#*=}"; then echo "namespace/${name#*=}"; fi
    ;;
'kubectl get namespace '*) if made "namespace-$3"; then echo "namespace/$3"; fi ;;
'kubectl create namespace'*) make "namespace-$3" ;;
'kubectl label namespace'*) make "marked-$3" ;;
'kubectl delete namespace'*) rm -f "$STAGE/made/namespace-$3" "$STAGE/made/marked-$3" ;;
'kubectl apply --filename '*/rendered.yaml) make namespace-saga-shop && make marked-saga-shop ;;
'kubectl kustomize'*) rm -rf "$STAGE/applied" && cp -R "$2" "$STAGE/applied" ;;
'kubectl get deployments '*) echo "${DAPR_FOUND-}" ;;
'kubectl get crd '*) echo customresourcedefinition.apiextensions.k8s.io/components.dapr.io ;;
'kubectl get components.dapr.io'*) echo "saga-shop saga-shop ${COMPONENTS_IN-}" ;;
'kubectl get nodes'*) echo "v1.36.0${DISTRIBUTION-} " ;;
'kubectl port-forward'*) echo 'Forwarding from 127.0.0.1:18000 -> 8000' ;;
curl*'%{http_code}'*) echo "${STRANGER:-401}" ;;
curl*'/status'*) echo "{\"order_id\":\"o-1\",\"status\":\"${ORDER:-completed}\"}" ;;
curl*'--request POST'*) echo '{"order_id":"o-1","status":"pending"}' ;;
esac
