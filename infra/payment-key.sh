# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034 # common.sh sets the options, and asks whether the key is live
# The key of the payment provider, for deploy-aca and deploy-aks. It is told by the environment, which the
# Azure CLI reads itself: no command line shows it. Sourced after common.sh.

# What the option sets.
new_payment_key=

# The key is written where the vault has none, or where --new-payment-key says so: the one that is there may
# have been rotated since.
need_payment_key() {
    need_lifetimes
    find_vault
    deleted=
    [ "$vault" ] || deleted=$(deleted_vaults)
    # Asked again once it is recovered.
    [ -z "$deleted" ] || return 0
    find_kept_key
    if [ "$kept" ] && [ -z "$new_payment_key" ]; then
        [ -z "${PAYMENT_API_KEY-}" ] ||
            say 'the vault keeps the payment key it has; to write that of PAYMENT_API_KEY, say --new-payment-key'
        PAYMENT_API_KEY=
    elif [ -z "$dry_run" ]; then
        ask_payment_key
        PAYMENT_KEY_EXPIRES=$(($(date +%s) + PAYMENT_KEY_DAYS * 86400))
        export PAYMENT_API_KEY PAYMENT_KEY_EXPIRES
    fi
}

need_lifetimes() {
    PAYMENT_KEY_DAYS=${PAYMENT_KEY_DAYS:-90}
    PAYMENT_KEY_OVERLAP_MINUTES=${PAYMENT_KEY_OVERLAP_MINUTES:-1440}
    export PAYMENT_KEY_DAYS PAYMENT_KEY_OVERLAP_MINUTES
    within PAYMENT_KEY_DAYS "$PAYMENT_KEY_DAYS" 31 3650
    within PAYMENT_KEY_OVERLAP_MINUTES "$PAYMENT_KEY_OVERLAP_MINUTES" 1 10080
}

# within NAME VALUE LEAST MOST
within() {
    case $2 in
    '' | 0* | *[!0-9]* | ??????*) fail 64 "$1 must be a number from $3 to $4" ;;
    esac
    { [ "$2" -ge "$3" ] && [ "$2" -le "$4" ]; } || fail 64 "$1 must be from $3 to $4"
}

find_vault() {
    vault=
    there=$(query true az group exists --name "$group" --output tsv)
    [ "$there" != true ] || vault=$(query VAULT az keyvault list --resource-group "$group" \
        --query '[0].id' --output tsv)
}

# By Resource Manager, which tells names and tags: who deploys need not be able to read secrets.
find_kept_key() {
    kept=
    [ -z "$vault" ] || kept=$(query '' az rest --method get --url "$vault/secrets?api-version=2026-02-01" \
        --query "value[?name=='payment-api-key'].[name, tags.\"payment-key-mode\"]" --output tsv)
    case $kept in *live) live=yes ;; esac
}

ask_payment_key() {
    if [ -z "${PAYMENT_API_KEY-}" ]; then
        [ -t 0 ] || fail 64 'PAYMENT_API_KEY is not set: export the key of the payment provider'
        printf 'Key of the payment provider (not shown): '
        trap 'stty echo; exit 130' INT
        stty -echo
        read -r PAYMENT_API_KEY || PAYMENT_API_KEY=
        stty echo
        trap 'exit 130' INT
        echo
    fi
    [ ${#PAYMENT_API_KEY} -ge 8 ] || fail 64 'PAYMENT_API_KEY must have at least 8 characters'
    live=
    case $PAYMENT_API_KEY in *_live_*) live=yes ;; esac
}
