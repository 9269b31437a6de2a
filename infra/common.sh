# shellcheck shell=sh
# What deploy-aca, destroy-aca and deploy-aks share. They are sh, for a machine that deploys need not
# have Rust. Sourced in the workspace's root.

# Which of them it is.
program=$(basename "$0")
# What the options set; `builder` is found by infra/images.
dry_run='' yes='' env=dev group='' location='' tag='' prebuilt=''
export BUILDER="${BUILDER-}"
# Whether money is real.
live=''
# What a dry run shows goes past what is being captured.
exec 3>&1

say() {
    echo "$program: $*"
}

# fail CODE MESSAGE: codes are those of sysexits.h.
fail() {
    echo "$program: $2" >&2
    exit "$1"
}

misused() {
    fail 64 "$1; see ./makew $program --help"
}

# The value of the option that stands first.
value() {
    [ $# -gt 1 ] || misused "$1 needs a value"
    echo "$2"
}

# A folder for what nobody else may read; gone when the script ends, however it ends.
private_folder() {
    umask 077
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' HUP TERM
}

# Shows a command as it could be typed.
show() {
    {
        printf '+'
        for word in "$@"; do
            case $word in
            '' | *[!A-Za-z0-9_/.:=@%+,-]*)
                printf " '%s'" "$(printf '%s' "$word" | sed "s/'/'\\\\''/g")"
                ;;
            *) printf ' %s' "$word" ;;
            esac
        done
        echo
    } >&3
}

# Runs a command that changes something.
run() {
    if [ "$dry_run" ]; then
        show "$@"
    else
        "$@" || fail 1 "\`$1 ${2-} ${3-}\` failed, see above; once that is mended, run this again"
    fi
}

# query STAND_IN COMMAND...: runs a command that tells something; a dry run is told the stand-in.
query() {
    stand_in=$1
    shift
    if [ "$dry_run" ]; then
        show "$@"
        [ -z "$stand_in" ] || echo "$stand_in"
    else
        "$@" || fail 1 "\`$1 ${2-} ${3-}\` failed, see above"
    fi
}

confirm() {
    [ -z "$yes$dry_run" ] || return 0
    [ -t 0 ] || fail 64 "nobody is here to be asked: $1 To go on unasked, say --yes"
    printf '%s [y/N] ' "$1"
    read -r answer || answer=
    case $answer in
    y | Y | yes) ;;
    *) fail 1 'stopped: nothing more is changed' ;;
    esac
}

# need PROGRAM FIX
need() {
    [ "$dry_run" ] || command -v "$1" >/dev/null || fail 69 "$1 is missing: $2"
}

need_azure() {
    need az 'install the Azure CLI, https://aka.ms/installazurecli'
    [ "$dry_run" ] || az account show --output none 2>/dev/null ||
        fail 77 'nobody is logged in to Azure: run az login, then az account set --subscription NAME'
    subscription=$(query SUBSCRIPTION az account show --query name --output tsv)
    say "the subscription is $subscription"
}

need_builder() {
    if [ "$dry_run" ]; then
        BUILDER=${BUILDER:-docker}
    else
        BUILDER=$(infra/images --builder)
    fi
}

# The functions that are deployed: without a mail server, all but those that mail.
deployed() {
    awk -F '"' -v mail="${MAIL_HOST-}" '
        $2 == "name" { name = $4; mails = 0 }
        $2 == "email" && NF == 3 { mails = 1 }
        /^  }/ && (mail != "" || !mails) { print name }
    ' infra/functions.json
}

need_mail_settings() {
    [ -z "$dry_run" ] || return 0
    if [ "${MAIL_HOST-}" ]; then
        for name in MAIL_FROM MAIL_USER MAIL_PASSWORD; do
            eval "[ \"\${$name-}\" ]" || fail 64 "$name is not set: MAIL_HOST needs it"
        done
    fi
}

default_tag() {
    tag=$(git describe --always --abbrev=12 --exclude '*' --dirty 2>/dev/null || echo unknown-dirty)
    # A tag is pushed once and never moved, and uncommitted changes have no name of their own.
    case $tag in
    *-dirty) tag=$tag-$(date -u +%Y%m%d%H%M%S) ;;
    esac
}

ensure_group() {
    if [ "$dry_run" ] || [ "$(az group exists --name "$group")" != true ]; then
        confirm "Create the resource group $group in $location?"
        run az group create --name "$group" --location "$location" --output none
    fi
}

# A vault outlives its group for 90 days and keeps its name, which is made of the group's.
recover_vaults() {
    vaults=$(deleted_vaults)
    for vault in $vaults; do
        confirm "Recover the vault $vault, which was deleted with an earlier group $group?"
        run az keyvault recover --name "$vault" --resource-group "$group" --output none
    done
    [ -z "$vaults" ] || need_payment_key
}

deleted_vaults() {
    query '' az keyvault list-deleted --resource-type vault \
        --query "[?contains(properties.vaultId, '/resourceGroups/$group/')].name" --output tsv
}

# deploy IMAGES: all but the functions when it is {}.
deploy() {
    say 'what would change:'
    variable=IMAGES=$1
    set -- --resource-group "$group" --name saga-shop --parameters "infra/$env.bicepparam"
    query '' env "$variable" az deployment group what-if "$@" --no-pretty-print --output tsv \
        --query "changes[?changeType!='NoChange' && changeType!='Ignore'].[changeType, resourceId]" \
        >"$work/changes"
    [ "$dry_run" ] || summary
    # What-if sees no secrets: a key is a change in itself.
    [ "$dry_run" ] || [ -s "$work/changes" ] || [ "${PAYMENT_API_KEY-}" ] || return 0
    confirm 'Deploy that?'
    run env "$variable" az deployment group create "$@" --output none
    # It is written: to write it again with the functions would only make another version of it.
    PAYMENT_API_KEY=
}

# Each change by its resource's type and name, then how many there are of each kind.
summary() {
    awk '
        { n = split($2, part, "/"); kind = part[n - 1]; name = part[n]; count[$1]++
          printf "  %-11s %s %s\n", $1, kind, name }
        END {
            for (change in count) { text = text (text ? ", " : "") count[change] " " change; all = 1 }
            print "  " (all ? "in all: " text : "nothing")
        }
    ' "$work/changes"
}

find_registry() {
    host=$(query REGISTRY.azurecr.io az acr list --resource-group "$group" \
        --query '[0].loginServer' --output tsv)
    registry=${host%%.*}
}

# Everything but the functions, the first time: their images need a registry.
ensure_base() {
    registry=
    [ "$dry_run" ] || find_registry
    if [ -z "$registry" ]; then
        recover_vaults
        deploy '{}'
        find_registry
        [ "$registry" ] || fail 1 "there is no registry in $group after its deployment"
    fi
}

# Builds and pushes the images that the registry lacks. In the end each function's image stands in
# $work/images, by its digest: what is deployed is what was pushed, wherever a tag points by then.
ensure_images() {
    missing=
    : >"$work/images"
    for function in $(deployed); do
        digest=$(digest_of "$function")
        if [ "$digest" ]; then
            printf '%s\t%s\n' "$function" "$host/saga-shop/$function@$digest" >>"$work/images"
        else
            missing="$missing $function"
        fi
    done
    if [ "$missing" ]; then push_images; else say "the registry has all images of $tag"; fi
}

push_images() {
    confirm "Build and push images of $tag to $host:$missing?"
    log_in
    # shellcheck disable=SC2086 # words
    run infra/images $prebuilt --prefix "$host/saga-shop/" --tag "$tag" --push "$work/pushed" $missing
    if [ "$dry_run" ]; then
        for function in $missing; do
            printf '%s\t%s\n' "$function" "$host/saga-shop/$function@sha256:DIGEST"
        done
    else
        sed -n 's/^ *"\(.*\)": "\(.*\)",\{0,1\}$/\1\t\2/p' "$work/pushed"
    fi >>"$work/images"
}

# The digest of a function's image of this tag; nothing, when the registry has none.
digest_of() {
    set -- az acr repository show --name "$registry" --image "saga-shop/$1:$tag" --query digest --output tsv
    if [ "$dry_run" ]; then show "$@"; else "$@" 2>/dev/null || true; fi
}

# $work/images as Bicep reads them.
images_json() {
    awk -F '\t' '{ text = text (text ? "," : "") "\"" $1 "\":\"" $2 "\"" } END { print "{" text "}" }' \
        "$work/images"
}

# The token goes from one program to the other, and through no command line.
log_in() {
    token=$(query TOKEN az acr login --name "$registry" --expose-token --query accessToken --output tsv)
    set -- "$BUILDER" login --username 00000000-0000-0000-0000-000000000000 --password-stdin "$host"
    if [ "$dry_run" ]; then
        show "$@"
    else
        printf '%s' "$token" | "$@" >/dev/null || fail 1 "$BUILDER cannot log in to $host"
    fi
}

# until_true SECONDS WHAT COMMAND...
until_true() {
    deadline=$(($(date +%s) + $1))
    what=$2
    shift 2
    until "$@"; do
        [ -z "$dry_run" ] || return 0
        [ "$(date +%s)" -lt "$deadline" ] || return 1
        sleep "${POLL_SECONDS:-5}"
    done
    say "$what"
}

# A whole order through the public API at `url`.
smoke() {
    url=$1
    if [ "$live" ]; then
        say 'no order is placed: the payment provider would charge for it'
        call GET /healthz >/dev/null
        return
    fi
    say "places an order at $url"
    call PUT /api/inventory/smoke-test \
        '{"name":"Smoke test","unit_price":{"amount":100,"currency":"EUR"},"on_hand":1000}' >/dev/null
    accepted=$(call POST /api/orders '{"customer_id":"smoke-test","email":"smoke-test@example.com",
        "items":[{"product_id":"smoke-test","quantity":1}],"payment_method":"pm_card_visa",
        "ship_to":{"name":"Smoke Test","line1":"Street 1","city":"Berlin","postal_code":"10115",
        "country":"DE"}}')
    order=$(echo "$accepted" | sed -n 's/.*"order_id": *"\([^"]*\)".*/\1/p')
    [ ! "$dry_run" ] || order=ORDER
    [ "$order" ] || fail 1 'the order was accepted, but without an id'
    until_true 180 'the order is completed' order_is_completed ||
        fail 1 "the order $order is not completed after three minutes: $status"
}

order_is_completed() {
    status=$(call GET "/api/orders/$order/status")
    case $status in
    *'"status":"completed"'*) ;;
    *'"status":"cancelled"'* | *'"status":"stuck"'*) fail 1 "the order $order failed: $status" ;;
    *) return 1 ;;
    esac
}

# call METHOD PATH [BODY]: a function at rest wakes in up to 40 s, and repeating a request does no harm.
call() {
    if [ ! -f "$work/headers" ]; then
        {
            echo 'content-type: application/json'
            echo "idempotency-key: smoke-$(date +%s)-$$"
            [ -z "${SHOP_TOKEN-}" ] || echo "authorization: Bearer $SHOP_TOKEN"
        } >"$work/headers"
    fi
    method=$1 path=$2 body=${3-}
    set -- --silent --show-error --fail-with-body --max-time 60 --retry 12 --retry-delay 5 \
        --retry-connrefused --header "@$work/headers" --request "$method" "$url$path"
    [ -z "$body" ] || set -- "$@" --data "$body"
    [ -z "${connect_to-}" ] || set -- "$@" --connect-to "$connect_to"
    if [ "$dry_run" ]; then
        show curl "$@"
    else
        curl "$@" || fail 1 "$method $path failed, see above; if it asks for a token, set SHOP_TOKEN"
    fi
}
