# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # sourced by `cluster`, which sets `here` and reads the rest
# The node's programs, built once for all workspaces of a user.

cache=${XDG_CACHE_HOME:-${HOME:?}/.cache}/saga-shop
# The name of the folder is the versions of everything in it.
bin=$cache/kubernetes/$(cat "$here"/*/go.mod "$here"/*/go.sum "$here/../dapr/go.sum" "$here/pause.c" | cksum | cut -d ' ' -f 1)
dapr=$(sed -n 's|^\tgithub.com/dapr/dapr v\([0-9.]*\).*|\1|p' "$here/../dapr/go.mod")
kubernetes=$(sed -n 's|^\tk8s.io/kubernetes \(v[0-9.]*\).*|\1|p' "$here/kubernetes/go.mod")
# Dapr's others are those with which `./makew start` runs the shop.
dapr_programs=(injector operator sentry)

build_all() {
    [[ ! -f $bin/complete ]] || return 0
    mkdir -p "$bin"
    # Two concurrent builds would take twice as long.
    exec 8>"$bin/lock"
    flock --nonblock 8 || { say 'waiting for another build' && flock 8; }
    [[ ! -f $bin/complete ]] || return 0
    command -v go >/dev/null || fail 69 'Go is missing: https://go.dev/dl'
    say 'building the programs of the node, once: about 20 minutes on two cores'
    cc -static -Os -o "$bin/pause" "$here/pause.c"
    go_build "$here/kubernetes" "-X k8s.io/component-base/version.gitVersion=$kubernetes \
        -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=$(cut -d . -f 2 <<<"$kubernetes")" tool
    go_build "$here/runtime" '' tool
    go_build "$here/helm" '' tool
    go_build "$here/../dapr" "-X github.com/dapr/dapr/pkg/buildinfo.version=$dapr" \
        "${dapr_programs[@]/#/github.com/dapr/dapr/cmd/}"
    touch "$bin/complete"
    exec 8>&-
}

# go_build MODULE STAMP PACKAGE...
go_build() (
    began=$SECONDS
    cd "$1" || exit
    export CGO_ENABLED=0
    all=$(go list -deps "${@:3}" | wc -l)
    say "building ${1##*/}: $all packages"
    # What Go has in its cache it does not list.
    go build -v -trimpath -ldflags "-s -w $2" -o "$bin/" "${@:3}" 2>&1 |
        awk -v all="$all" '/[#: ]/ { print; next } ++done % 200 == 0 { print "  " done " of at most " all; fflush() }' >&2
    say "built ${1##*/} in $((SECONDS - began)) s"
)
