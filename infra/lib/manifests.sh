# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the other parts read and set the rest
# The manifests of infra/aks, filled in with the values of a deployment. Sourced after images.sh.

dapr_chart=1.18.2
shop=saga-shop

# filled FILE: values_of_manifests has written $work/values. The manifests put each in single quotes, where YAML escapes
# only the quote, by doubling it.
filled() {
    [[ -f $work/values.sed ]] ||
        sed "s/'/''/g"'; s/[\\&|]/\\&/g; s/^\([A-Z_]*\)=\(.*\)$/s|${\1}|\2|g/' "$work/values" >"$work/values.sed"
    sed -f "$work/values.sed" "$1"
}

need_all_values() {
    [[ $dry_run ]] || ! grep -rhoE '\$\{[A-Z_]+\}' "$work/manifests" >"$work/unknown" ||
        fail 65 "no values for $(sort -u "$work/unknown" | tr '\n' ' ')in infra/aks: run this again with --force"
}

values_of_images() {
    awk -F '\t' '{ name = toupper($1); gsub("-", "_", name); print "IMAGE_" name "=" $2 }' "$work/images"
}

values_of_gateway() {
    echo "OIDC_ISSUERS=${OIDC_ISSUERS-}"
    echo "OIDC_AUDIENCES=${OIDC_AUDIENCES-}"
    echo "OIDC_CLIENT_ID=${OIDC_CLIENT_ID-}"
    echo "OIDC_SCOPES=${OIDC_SCOPES-}"
    # An empty limit is the function's default.
    echo "MAX_REQUESTS=${MAX_REQUESTS-}"
    echo "MAX_WAITS=${MAX_WAITS-}"
    echo "MAX_STREAMS=${MAX_STREAMS-}"
    echo "REQUESTS_PER_CALLER=${REQUESTS_PER_CALLER-}"
    echo "REQUESTS_PER_ADDRESS=${REQUESTS_PER_ADDRESS-}"
    echo "TRUSTED_PROXIES=${TRUSTED_PROXIES:-1}"
}

need_collector() {
    collector=${OTEL_EXPORTER_OTLP_ENDPOINT-}
    [[ -z $collector || $collector =~ ^http://[^/]+$ ]] ||
        fail 64 'OTEL_EXPORTER_OTLP_ENDPOINT must be http://HOST:PORT, of a collector in the cluster'
}

values_of_telemetry() {
    echo "OTLP_ENDPOINT=$collector"
    echo "OTLP_ADDRESS=${collector#http://}"
    echo "TRACE_SAMPLING=${TRACE_SAMPLING:-1}"
    echo "METRICS_NAMESPACE=${METRICS_NAMESPACE:-kube-system}"
}

# 256 random bits, in hexadecimal digits.
random() {
    od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

# secret_manifest NAME KEY VALUE
secret_manifest() {
    local encoded
    encoded=$(printf '%s' "$3" | base64 | tr -d '\n')
    printf 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: %s\n  namespace: %s\ndata:\n  %s: %s\n' \
        "$1" "$shop" "$2" "$encoded"
}
