# shellcheck shell=bash
# shellcheck disable=SC2154 # sourced by `cluster`, which sets the folders
# The images of the node: they are packed FROM scratch and loaded, as it reaches no registry.

load_image() {
    inside "$bin/ctr" --address /run/containerd.sock --namespace k8s.io images import "$(realpath "$1")" \
        >"$dir/log/images.log" 2>&1 || fail 1 "$(cat "$dir/log/images.log")"
}

# pack NAME PROGRAM: the program is in the root folder, and its libraries are where they are here.
pack() {
    local digest files=() work
    work=$(mktemp -d)
    mapfile -t files < <(ldd "$2" 2>/dev/null | grep -o '/[^ ]*' || true)
    mkdir -p "$work/root/tmp" "$work/image"
    [[ ${#files[@]} == 0 ]] || cp --parents --dereference "${files[@]}" "$work/root"
    cp --parents --dereference /etc/ssl/certs/ca-certificates.crt "$work/root"
    cp --dereference "$2" "$work/root/"
    # The same for each build of the same files.
    tar --create --file "$work/image/layer.tar" --directory "$work/root" --sort name --mtime @0 --owner 0 --group 0 .
    digest=$(sha256sum "$work/image/layer.tar" | cut -d ' ' -f 1)
    printf '{"architecture": "%s", "os": "linux", "config": {"Entrypoint": ["/%s"], "Env": ["PATH=/"], "User": "65532:65532"},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:%s"]}}' \
        "$(go env GOARCH)" "${2##*/}" "$digest" >"$work/image/config.json"
    printf '[{"Config": "config.json", "RepoTags": ["%s"], "Layers": ["layer.tar"]}]' "$1" >"$work/image/manifest.json"
    tar --create --file "$work/image.tar" --directory "$work/image" .
    load_image "$work/image.tar"
    rm -rf "$work"
}

# Dapr by its own chart, from its module. Its `daprd`, placement and scheduler are those of `./makew start`.
provide_dapr() {
    local chart program built=$cache/dapr/$dapr
    (cd "$here/../.." && cargo run --quiet --bin local -- dapr >/dev/null)
    for program in "${dapr_programs[@]}"; do pack "localhost/dapr/$program:$dapr" "$bin/$program"; done
    for program in daprd placement scheduler; do pack "localhost/dapr/$program:$dapr" "$built/$program"; done
    chart=$(cd "$here/../dapr" && go list -m -f '{{.Dir}}' github.com/dapr/dapr)/charts/dapr
    rm -rf "$dir/chart"
    cp -r "$chart" "$dir/chart"
    chmod -R u+w "$dir/chart"
    printf 'global:\n  registry: localhost/dapr\n  tag: %s\n  imagePullPolicy: Never\n' "$dapr" >"$dir/dapr-values.yaml"
    printf 'dapr_sidecar_injector:\n  sidecarImagePullPolicy: Never\n' >>"$dir/dapr-values.yaml"
}
