# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the other parts read and set the rest
# The functions on Container Apps. Sourced by infra/deploy.

more_providers=()
default_group=saga-shop

usage() {
    cat <<'END'
Usage: ./makew deploy-aca [OPTION...]

Deploys the shop to Azure Container Apps: first the resources that it needs, then its images, then its
functions. The workflow host is deployed alone first, to check that the environment supports Dapr
Workflow. Shows what would change, asks for confirmation, waits until every function is ready, and
places an order. Running it again deploys only what has changed.

  --env NAME         Parameters of infra/NAME.bicepparam: dev (default) or prod
  --group NAME       The resource group; by default saga-shop-ENV
  --location REGION  Where the group is created; by default westeurope
  --tag TAG          The images' tag; by default the Git revision. An existing tag is not built
                     again
  --prebuilt         Compiles on this machine, and only packs the images
  --new-payment-key  Writes the payment key although the vault has one, which may have been rotated
  --force            Deploys even if nothing has changed here, for example after manual changes
  --what-if          Only shows what would change in Azure, with the images that run there
  --yes              Does not ask for confirmation
  --dry-run          Only shows the commands; needs neither Azure nor a login
  --help             Shows this

END
    usage_of_environment
}

platform_option() {
    misused "unknown option $1"
}

need_platform() {
    :
}

# Two deployments would compete for the same subscriptions, and each would receive half of the events.
reject_other_platform() {
    local clusters
    clusters=$(query '' az aks list --resource-group "$group" --query '[].name' --output tsv)
    [[ -z $clusters ]] || fail 65 "the shop of $group runs on Kubernetes: choose another --group"
}

deploy_functions() {
    check_workflow
    local mark
    mark=$(mark_of_apps)
    if [[ $dry_run || $force || $apps_mark != "$mark" ]] || ! all_run; then
        deploy "$(images_json)"
        remember apps "$mark"
    else
        say 'the functions have not changed since the last deployment'
    fi
    wait_until_ready
    url=$(query https://GATEWAY az deployment group show --resource-group "$group" --name saga-shop \
        --query properties.outputs.gatewayUrl.value --output tsv)
    smoke "$url"
    say "the shop is at $url; ./makew destroy-aca --group $group removes it"
}

# A hash of the base and the images, 40 hexadecimal digits.
mark_of_apps() {
    { echo "$base_mark" && cat "$work/images"; } | git hash-object --stdin
}

# The workflow host first and alone, until it has been ready once: no order completes without Workflow, which managed
# Dapr does not document. Its function is ready once its sidecar has connected it as a workflow worker.
check_workflow() {
    local workflow_host
    workflow_host=$(of_kind workflow)
    list_ready
    [[ $dry_run ]] || ! grep -q "^$workflow_host"$'\t' "$work/ready" || return 0
    say "trying Dapr Workflow first: deploying only $workflow_host"
    deploy "$(images_json "$workflow_host")"
    until_true "${WORKFLOW_SECONDS:-600}" 'this environment has Dapr Workflow' is_ready "$workflow_host" ||
        no_workflow "$workflow_host"
}

no_workflow() {
    local started
    started=$(query true az containerapp replica list --resource-group "$group" --name "$1" --output tsv \
        --query "[].properties.containers[?name=='$1'].started[]")
    [[ $started != *rue* ]] || fail 69 "the managed Dapr of this environment does not support Workflow: $1 runs, but its sidecar \
connects no workflow worker; deploy to Kubernetes instead: ./makew deploy-aks --host NAME (./makew destroy-aca --group \
$group removes what was deployed here)"
    fail 1 "$1 does not start: $(logs_of "$1") shows why; fix that, then run this again"
}

logs_of() {
    echo "\`az containerapp logs show --resource-group $group --name $1 --type system\`"
}

wait_until_ready() {
    until_true "${READY_SECONDS:-900}" 'every function is ready' all_are_ready ||
        fail 1 "not ready after 15 minutes: $late; $(logs_of FUNCTION) shows why"
}

# Each function whose latest revision became ready, with its image.
list_ready() {
    query '' az containerapp list --resource-group "$group" --output tsv --query \
        "[?properties.latestRevisionName==properties.latestReadyRevisionName && \
properties.provisioningState=='Succeeded'].[name, properties.template.containers[0].image]" >"$work/ready"
}

# Whether every function is ready with the deployed image.
all_are_ready() {
    list_ready || exit
    late=$(grep -vxF -f "$work/ready" "$work/images" | cut -f 1 | paste -sd ' ' -) || true
    [[ -z $late ]]
}

is_ready() {
    list_ready || exit
    grep -qxF "$(grep "^$1"$'\t' "$work/images")" "$work/ready"
}

# Whether every function has the image to deploy, ready or not.
all_run() {
    list_images >"$work/running" || exit
    ! grep -qvxF -f "$work/running" "$work/images"
}

# The running images, as the template's parameter.
images_that_run() {
    list_images >"$work/images"
    images_json
}

list_images() {
    query '' az containerapp list --resource-group "$group" --output tsv \
        --query '[].[name, properties.template.containers[0].image]'
}
