# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # the other parts set the options, and ask whether the key is live
# The payment provider's key. The Azure CLI gets it from the environment, so that it appears on no command line.
# Sourced after azure.sh.

# Set by the option.
new_payment_key=''
# Whether the key is a live key, which moves real money.
live=''

# The key is written if the vault has none, or with --new-payment-key: the one in the vault may have been rotated
# since.
need_payment_key() {
    need_lifetimes
    find_vault
    local deleted=
    [[ $vault ]] || deleted=$(deleted_vaults)
    # Read again after the vault was recovered.
    [[ -z $deleted ]] || return 0
    find_kept_key
    if [[ $kept && -z $new_payment_key ]]; then
        [[ -z ${PAYMENT_API_KEY-} ]] ||
            say 'the payment key in the vault is kept; to write PAYMENT_API_KEY, pass --new-payment-key'
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

# From Resource Manager, which returns names and tags: the deployer needs no permission to read secrets.
find_kept_key() {
    kept=
    [[ -z $vault ]] || kept=$(query '' az rest --method get --url "$vault/secrets?api-version=2026-02-01" \
        --query "value[?name=='payment-api-key'].[name, tags.\"payment-key-mode\"]" --output tsv)
    [[ $kept != *live ]] || live=yes
}

ask_payment_key() {
    ask_for PAYMENT_API_KEY 'Key of the payment provider (not shown): ' -s
    [[ ${PAYMENT_API_KEY-} ]] || fail 64 'PAYMENT_API_KEY is not set: export the key of the payment provider'
    ((${#PAYMENT_API_KEY} >= 8)) || fail 64 'PAYMENT_API_KEY must have at least 8 characters'
    live=
    [[ $PAYMENT_API_KEY != *_live_* ]] || live=yes
}
