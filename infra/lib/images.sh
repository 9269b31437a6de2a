# shellcheck shell=bash
# shellcheck disable=SC2154 # the other parts set the options, the group and the registry
# The functions to deploy, and their images in the registry. Sourced after azure.sh.

# Set by the options. infra/images finds the builder.
tag=''
prebuilt=()
export BUILDER="${BUILDER-}"

# Columns of infra/functions.tsv: name, kind, the components it uses, description.

# The functions to deploy: all, or without a mail server those that send no mail.
deployed() {
    awk -F '\t' -v mail="${MAIL_HOST-}" '
        /^#/ { next }
        mail != "" || ("," $3 ",") !~ /,email,/ { print $1 }
    ' infra/functions.tsv
}

# The functions of a kind.
of_kind() {
    awk -F '\t' -v kind="$1" '$2 == kind { print $1 }' infra/functions.tsv
}

need_builder() {
    if [[ $dry_run ]]; then BUILDER=${BUILDER:-docker}; else BUILDER=$(infra/images --builder); fi
}

need_mail_settings() {
    local name
    [[ -z $dry_run && ${MAIL_HOST-} ]] || return 0
    for name in MAIL_FROM MAIL_USER MAIL_PASSWORD; do
        [[ ${!name-} ]] || fail 64 "$name is not set: MAIL_HOST needs it"
    done
    [[ ${MAIL_PORT:-587} =~ ^[1-9][0-9]{0,4}$ ]] || fail 64 'MAIL_PORT must be a number from 1 to 65535'
}

default_tag() {
    tag=$(git describe --always --abbrev=12 --exclude '*' --dirty 2>/dev/null || echo unknown-dirty)
    # Tags are immutable and name a commit, so uncommitted changes cannot have a tag.
    [[ $tag != *-dirty ]] || tag=$tag-$(date -u +%Y%m%d%H%M%S)
}

# Builds and pushes the images that the registry lacks. Afterwards $work/images lists each
# function's image by digest, so that exactly what was pushed is deployed, even if the tag has moved.
ensure_images() {
    local digest function missing=()
    : >"$work/images"
    for function in $(deployed); do
        digest=$(digest_of "$function")
        if [[ $digest ]]; then
            printf '%s\t%s\n' "$function" "$host/saga-shop/$function@$digest" >>"$work/images"
        else
            missing+=("$function")
        fi
    done
    if ((${#missing[@]})); then push_images "${missing[@]}"; else say "the registry already has all images of $tag"; fi
}

push_images() {
    local command function
    confirm "Build and push images of $tag to $host: $*?"
    log_in
    command=(infra/images "${prebuilt[@]}" --prefix "$host/saga-shop/" --tag "$tag" --push "$work/pushed" "$@")
    if [[ $dry_run ]]; then
        show "${command[@]}"
        for function in "$@"; do
            printf '%s\t%s\n' "$function" "$host/saga-shop/$function@sha256:DIGEST"
        done
    else
        "${command[@]}" >&2 || fail 1 'the images were not built or not pushed, see above; fix that, then run this again'
        pushed_images
    fi >>"$work/images"
}

# What infra/images has pushed, as lines of $work/images.
pushed_images() {
    sed -n 's/^  "\(.*\)": "\(.*\)",\{0,1\}$/\1\t\2/p' "$work/pushed"
}

# The digest of a function's image with this tag; empty if the registry has none.
digest_of() {
    local command=(az acr repository show --name "$registry" --image "saga-shop/$1:$tag" --query digest --output tsv)
    if [[ $dry_run ]]; then show "${command[@]}"; else "${command[@]}" 2>/dev/null || true; fi
}

# images_json [FUNCTION]: $work/images, or only the function's, as JSON for Bicep.
images_json() {
    awk -F '\t' -v only="${1-}" '
        only == "" || $1 == only { text = text (text ? "," : "") "\"" $1 "\":\"" $2 "\"" }
        END { print "{" text "}" }
    ' "$work/images"
}

# The token is piped, so that it appears on no command line.
log_in() {
    local command token
    token=$(query TOKEN az acr login --name "$registry" --expose-token --query accessToken --output tsv)
    command=("$BUILDER" login --username 00000000-0000-0000-0000-000000000000 --password-stdin "$host")
    if [[ $dry_run ]]; then
        show "${command[@]}"
    else
        printf %s "$token" | "${command[@]}" >/dev/null || fail 1 "$BUILDER cannot log in to $host, see above"
    fi
}
