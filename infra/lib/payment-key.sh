# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # the other parts set the options, and ask whether the key is live
# The key of the payment provider. The environment passes it to the Azure CLI: no command line shows it. Sourced
# after azure.sh.

# What the option sets.
new_payment_key=''
# Whether money is real.
live=''

# The key is written where the vault has none, or where --new-payment-key says so: the one that is there may
# have been rotated since.
need_payment_key() {
    need_lifetimes
    find_vault
    local deleted=
    [[ $vault ]] || deleted=$(deleted_vaults)
    # Asked again once it is recovered.
    [[ -z $deleted ]] || return 0
    find_kept_key
    if [[ $kept && -z $new_payment_key ]]; then
        [[ -z ${PAYMENT_API_KEY-} ]] ||
            say 'the vault keeps the payment key it has; to write that of PAYMENT_API_KEY, say --new-payment-key'
        PAYMENT_API_KEY=
    elif [[ -z $dry_run ]]; then
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
    [[ $2 =~ ^[1-9][0-9]{0,4}$ ]] || fail 64 "$1 must be a number from $3 to $4"
    (($2 >= $3 && $2 <= $4)) || fail 64 "$1 must be from $3 to $4"
}

find_vault() {
    vault=
    [[ -z $group_region ]] ||
        vault=$(query VAULT az keyvault list --resource-group "$group" --query '[0].id' --output tsv)
}

# By Resource Manager, which returns names and tags: the deployer needs no right to read secrets.
find_kept_key() {
    kept=
    [[ -z $vault ]] || kept=$(query '' az rest --method get --url "$vault/secrets?api-version=2026-02-01" \
        --query "value[?name=='payment-api-key'].[name, tags.\"payment-key-mode\"]" --output tsv)
    [[ $kept != *live ]] || live=yes
}

ask_payment_key() {
    if [[ -z ${PAYMENT_API_KEY-} ]]; then
        [[ -t 0 ]] || fail 64 'PAYMENT_API_KEY is not set: export the key of the payment provider'
        read -r -s -p 'Key of the payment provider (not shown): ' PAYMENT_API_KEY || true
        echo
    fi
    ((${#PAYMENT_API_KEY} >= 8)) || fail 64 'PAYMENT_API_KEY must have at least 8 characters'
    live=
    [[ $PAYMENT_API_KEY != *_live_* ]] || live=yes
}
