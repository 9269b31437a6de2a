#!/bin/sh
# Stands in for az, docker, kubectl, helm and curl: notes each call, remembers what was made, and fails
# where FAIL_ON tells it to. Its folder is in STAGE.
set -eu
program=$(basename "$0")
call="$program $*"
echo "$call" | tr '\n' ' ' >>"$STAGE/calls"
echo >>"$STAGE/calls"
if [ "${FAIL_ON-}" ]; then
    case $call in
    *"$FAIL_ON"*) echo "$program: made to fail" >&2 && exit 1 ;;
    esac
fi

made() {
    [ -e "$STAGE/made/$1" ]
}

make() {
    : >"$STAGE/made/$1"
}

# Of the image that the last argument names, or the one before its options: another one for each tag.
digest() {
    echo "sha256:$(printf '%s' "${1##*:}" | od -An -tx1 | tr -d ' \n')"
}

functions() {
    sed -n 's/^    "name": "\(.*\)",$/\1/p' infra/functions.json
}

case $call in
'az account show --query'*) echo 'A subscription' ;;
'az group exists'*) if made group; then echo true; else echo false; fi ;;
'az group create'*) make group ;;
'az deployment group what-if'*)
    grep -qsxF "$IMAGES" "$STAGE/deployed" || printf 'Create\t/subscriptions/s/providers/Microsoft.App/containerApps/gateway\n'
    ;;
'az deployment group create'*)
    make registry && make vault && echo "$IMAGES" >>"$STAGE/deployed"
    if [ "${PAYMENT_API_KEY-}" ]; then
        make payment-key
        echo "$PAYMENT_API_KEY until $PAYMENT_KEY_EXPIRES" >>"$STAGE/keys"
    fi
    ;;
'az deployment group list'*) if made registry; then echo saga-shop; fi ;;
'az deployment group show'*) echo https://gateway.example.com ;;
'az acr list'*) if made registry; then echo registry.azurecr.io; fi ;;
'az acr repository show'*)
    image=${call##*--image }
    image=${image%% *}
    made "$(echo "registry.azurecr.io/$image" | tr / _)" && digest "$image"
    ;;
'az acr login'*) echo "$REGISTRY_TOKEN" ;;
'az containerapp list'*latestRevisionName*)
    tail -n 1 "$STAGE/deployed" | tr -d '{}"' | tr ',' '\n' | sed "s/:/\t/; s/$/${OTHER_DIGEST-}/"
    ;;
'az containerapp list'*) if [ "${ON_CONTAINER_APPS-}" ]; then functions; fi ;;
'az aks list'*) if made cluster; then echo saga-shop; fi ;;
'az aks create'*) make cluster ;;
'az aks show'*) echo https://issuer.example.com ;;
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
'docker login'*) cat >"$STAGE/token" ;;
'docker push'*) make "$(echo "$2" | tr / _)" && echo "t: digest: $(digest "$2") size: 1" ;;
'docker image inspect'*) echo 8390000 ;;
'kubectl apply --recursive'*) cp -R "$4" "$STAGE/applied" ;;
'kubectl apply --filename -') cat >>"$STAGE/secrets" ;;
'kubectl get secrets'*) if made secrets; then printf 'secret/app-api-token\nsecret/gateway-tls\n'; fi ;;
'kubectl get gateway'*) echo 192.0.2.1 ;;
'kubectl create secret tls'*) make secrets && echo 'kind: Secret' ;;
curl*'/status'*) echo "{\"order_id\":\"o-1\",\"status\":\"${ORDER:-completed}\"}" ;;
curl*'--request POST'*) echo '{"order_id":"o-1","status":"pending"}' ;;
esac
