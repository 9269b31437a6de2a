# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the other parts set the options, and read the rest
# The shop on a Kubernetes cluster without Azure. Sourced by infra/deploy-kubernetes.

# The label of the namespaces that this created, and may therefore remove.
mark=app.kubernetes.io/managed-by=saga-shop-deploy-kubernetes
control_plane=dapr-system
# Whether payments are real.
live=''

# The user's kubeconfig stays as it is, and the cluster the same if the current context is changed meanwhile.
choose_cluster() {
    context=${context:-$(kubectl config current-context 2>/dev/null)} ||
        fail 64 'kubectl has no current context: pass --context NAME'
    kubectl config view --raw --minify --flatten --context "$context" >"$work/kubeconfig" ||
        fail 64 "kubectl knows no context $context: kubectl config get-contexts lists them"
    export KUBECONFIG=$work/kubeconfig
    query '' kubectl version >/dev/null
    cluster="the cluster $context ($(kubectl config view --minify --output 'jsonpath={.clusters[0].cluster.server}'))"
}

choose_callers() {
    [[ ${OIDC_ISSUERS-} ]] || open=true
    [[ ${OIDC_ISSUERS:+1} == "${OIDC_AUDIENCES:+1}" ]] ||
        fail 64 'OIDC_ISSUERS and OIDC_AUDIENCES must be set together'
}

# exists KIND NAME [OPTION...]
exists() {
    [[ $(query '' kubectl get "$1" "$2" "${@:3}" --ignore-not-found --output name) ]]
}

is_ours() {
    exists namespace --selector "$mark" --field-selector "metadata.name=$1"
}

reject_other_shop() {
    ! exists namespace "$shop" || is_ours "$shop" ||
        fail 65 "the namespace $shop of $cluster was not created by this: remove it, or choose another cluster"
}

# Pods with sidecars that keep capabilities are not `restricted`.
find_dapr() {
    local capabilities='{range .items[*].spec.template.spec.containers[*].env[?(@.name=="SIDECAR_DROP_ALL_CAPABILITIES")]}{.value}{end}'
    dapr_found=$(query '' kubectl get deployments --all-namespaces --selector app=dapr-sidecar-injector \
        --output 'jsonpath={.items[*].spec.template.spec.containers[*].image}')
    pod_security=restricted dapr_plan=", and Dapr $dapr_chart to the namespace $control_plane"
    [[ $dapr_found ]] || return 0
    dapr_plan=''
    say "using the cluster's Dapr: $dapr_found"
    [[ $(query '' kubectl get deployments --all-namespaces --selector app=dapr-sidecar-injector \
        --output "jsonpath=$capabilities") == true ]] || pod_security=baseline
}

# The namespace is marked first, so that an interrupted installation is removed, too.
install_dapr() {
    local chart=(dapr --repo https://dapr.github.io/helm-charts/ --version "$dapr_chart")
    [[ -z ${DAPR_CHART-} ]] || chart=("$DAPR_CHART")
    [[ -z ${DAPR_VALUES-} ]] || chart+=(--values "$DAPR_VALUES")
    if ! exists namespace "$control_plane"; then
        run kubectl create namespace "$control_plane"
        run kubectl label namespace "$control_plane" "$mark"
    fi
    say 'installing Dapr; it takes a minute or two'
    run helm upgrade --install dapr "${chart[@]}" --namespace "$control_plane" --wait --timeout 10m \
        --set global.logAsJson=true --set dapr_sidecar_injector.sidecarDropALLCapabilities=true
}

# The command that loads an archive into the cluster's nodes.
choose_loader() {
    local node
    node=$(query '' kubectl get nodes --output \
        'jsonpath={.items[0].status.nodeInfo.kubeletVersion} {.items[0].metadata.labels.minikube\.k8s\.io/name}')
    if [[ ${IMAGE_LOADER-} ]]; then
        read -ra loader <<<"$IMAGE_LOADER"
    elif [[ $context == kind-* ]]; then
        loader=(kind load image-archive --name "${context#kind-}")
    elif [[ $context == k3d-* ]]; then
        loader=(k3d image import --cluster "${context#k3d-}")
    elif [[ $node == *' '?* ]]; then
        loader=(minikube --profile "${node#* }" image load)
    elif [[ $node == *+k3s* ]]; then
        loader=(k3s ctr images import)
        [[ $EUID == 0 ]] || loader=(sudo "${loader[@]}")
    else
        fail 64 "$cluster is not kind, k3d, k3s or minikube: pass --prefix REGISTRY, from which its nodes can pull images"
    fi
    need "${loader[0]}" 'it loads images into this cluster; or pass --prefix REGISTRY'
}

# Afterwards $work/images lists the image of each function, and of the stand-ins.
provide_images() {
    local program programs=()
    mapfile -t programs < <(deployed && echo stand-in)
    if [[ $prefix ]]; then
        infra/images "${prebuilt[@]}" "${profile[@]}" --prefix "${prefix%/}/" --tag "$tag" --push "$work/pushed" \
            "${programs[@]}" >&2
        pushed_images >"$work/images"
        return
    fi
    mkdir "$work/archives"
    # Every runtime resolves a name with a registry to the same image.
    infra/images "${prebuilt[@]}" "${profile[@]}" --prefix localhost/saga-shop/ --tag "$tag" --save "$work/archives" \
        "${programs[@]}" >&2
    for program in "${programs[@]}"; do
        say "loading the image of $program"
        run "${loader[@]}" "$work/archives/$program.tar"
        rm -f "$work/archives/$program.tar"
        printf '%s\t%s\n' "$program" "localhost/saga-shop/$program:$tag" >>"$work/images"
    done
}

# infra/kubernetes says what differs from AKS. The components are those of this machine.
fill_in() {
    local component file kind
    values_of_manifests >"$work/values"
    mkdir -p "$work/manifests/functions" "$work/manifests/components"
    cp -r infra/kubernetes "$work/manifests/kubernetes"
    for file in infra/aks/{shop,dapr}.yaml infra/aks/functions/*.yaml; do
        filled "$file" >"$work/manifests/${file#infra/aks/}"
    done
    for file in infra/aks/components/*.yaml; do
        component=${file##*/}
        sed 's/localhost:6379/redis:6379/' "components/local/$component" >"$work/manifests/components/$component"
    done
    for file in infra/kubernetes/{stand-ins,kustomization}.yaml; do
        filled "$file" >"$work/manifests/${file#infra/}"
    done
    ensure_secrets
    (
        cd "$work/manifests" || exit
        printf 'resources:\n'
        printf -- '- %s\n' shop.yaml dapr.yaml secrets.yaml components/*.yaml functions/*.yaml
        printf 'components:\n- kubernetes\n'
        kind=apiservices.apiregistration.k8s.io
        exists "$kind" v1beta1.metrics.k8s.io || printf -- '- kubernetes/without-metrics\n'
    ) >"$work/manifests/kustomization.yaml"
    need_all_values
    query '' kubectl kustomize "$work/manifests" >"$work/rendered.yaml"
}

values_of_manifests() {
    local function
    values_of_images
    values_of_gateway
    values_of_telemetry
    echo "REDIS_IMAGE=${REDIS_IMAGE:-docker.io/library/redis:7.2-alpine}"
    echo "POD_SECURITY=$pod_security"
    echo "OPEN=${open:-false}"
    echo 'PAYMENT_PROVIDER_URL=http://payment-provider:8090'
    # There is no vault: keys are not rotated.
    echo 'KEY_VAULT_URL=https://localhost'
    printf '%s=%s\n' PAYMENT_KEY_DAYS 90 PAYMENT_KEY_OVERLAP_MINUTES 1440
    # What is removed from the manifests.
    printf '%s=\n' SERVICE_BUS GATEWAY_HOST GATEWAY_CLASS
    for function in $(deployed); do
        function=${function^^}
        echo "FUNCTION_CLIENT_ID_${function//-/_}="
    done
}

# Secrets are created once: running processes would reject others.
ensure_secrets() {
    : >"$work/manifests/secrets.yaml"
    exists secret app-api-token --namespace "$shop" ||
        secret_manifest app-api-token token "$(random)" >>"$work/manifests/secrets.yaml"
    echo --- >>"$work/manifests/secrets.yaml"
    exists secret credentials --namespace "$shop" ||
        secret_manifest credentials secrets.json "{\"payment-api-key\": \"sk_test_$(random)\"}" \
            >>"$work/manifests/secrets.yaml"
}

apply() {
    run kubectl apply --filename "$work/rendered.yaml"
    grep -q '^kind: HorizontalPodAutoscaler$' "$work/rendered.yaml" ||
        say 'the cluster has no metrics, by which functions are scaled: each runs one pod'
}

wait_until_ready() {
    local workload
    for workload in statefulset/redis deployment/{payment-provider,mails} $(deployed | sed 's|^|deployment/|'); do
        run kubectl rollout status "$workload" --namespace "$shop" --timeout 10m
    done
}

# Sets the port at which the gateway is reached until the script ends.
forward() {
    kubectl port-forward --namespace "$shop" service/gateway :80 >"$work/forward" &
    forwarder=$!
    trap 'kill "$forwarder" 2>/dev/null || true; rm -rf "$work"' EXIT
    POLL_SECONDS=1 until_true 30 'the gateway is reachable' grep -q '^Forwarding from 127' "$work/forward" ||
        fail 1 'the gateway cannot be reached by kubectl port-forward, see above'
    port=$(sed -n 's/^Forwarding from 127.0.0.1:\([0-9]*\) .*/\1/p' "$work/forward")
}

say_how_to_reach_it() {
    local kubectl="kubectl --context $context --namespace $shop"
    cat <<END

The shop:   $kubectl port-forward service/gateway 8000:80, then http://localhost:8000
Its mails:  $kubectl port-forward service/mails 8025, then http://localhost:8025
Remove it:  ./makew deploy-kubernetes --context $context --remove
END
    [[ -z $open ]] || say 'OIDC_ISSUERS is not set: everyone who reaches the gateway may do everything'
}

remove_all() {
    local removed=()
    ! is_ours "$shop" || removed+=("$shop")
    if is_ours "$control_plane" && is_unused; then removed+=("$control_plane"); fi
    ((${#removed[@]})) || { say "nothing in $cluster was deployed by this" && return; }
    confirm "Delete these namespaces of $cluster, with all their data: ${removed[*]}?"
    if [[ ${removed[0]} == "$shop" ]]; then run kubectl delete namespace "$shop" --timeout 5m; fi
    if [[ ${removed[-1]} == "$control_plane" ]]; then remove_dapr; fi
    say "removed: ${removed[*]}"
}

# Whether no other namespace has components of Dapr.
is_unused() {
    local users
    users=$(query '' kubectl get crd components.dapr.io --ignore-not-found --output name)
    [[ -z $users ]] || users=$(query '' kubectl get components.dapr.io --all-namespaces \
        --output 'jsonpath={.items[*].metadata.namespace}' | tr ' ' '\n' | grep -vxF "$shop" || true)
    [[ -z $users ]] || say "Dapr stays: it is also used in $(sort -u <<<"$users" | tr '\n' ' ')"
    [[ -z $users ]]
}

# Helm leaves the kinds of a chart.
remove_dapr() {
    local kinds
    run helm uninstall dapr --namespace "$control_plane" --ignore-not-found --wait --timeout 5m
    run kubectl delete namespace "$control_plane" --timeout 5m
    mapfile -t kinds < <(query '' kubectl get crd --output name | grep '\.dapr\.io$' || true)
    [[ ${#kinds[@]} == 0 ]] || run kubectl delete "${kinds[@]}" --timeout 2m
}
