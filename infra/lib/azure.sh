# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the other parts set and read the rest
# The subscription, its resource group and the deployments of infra/main.bicep. Sourced after ui.sh.

# Set by the options. `location` is empty unless given.
env=dev group='' location='' force=''
# Why mail is disabled although a mail server is configured.
no_mail=''
default_location=westeurope

need_azure() {
    need az 'install the Azure CLI, https://aka.ms/installazurecli'
    [[ $dry_run ]] || az account show --output none 2>/dev/null ||
        fail 77 'not logged in to Azure: run az login, then az account set --subscription NAME'
    local account
    account=$(query 'SUBSCRIPTION NAME' az account show --query "join(' ', [id, name])" --output tsv)
    subscription=${account%% *}
    say "using the subscription ${account#* }"
}

# explain_azure MESSAGE: ends the script if the error of Azure has a known fix.
explain_azure() {
    case $1 in
    *AADSTS* | *'az login'* | *InvalidAuthenticationToken* | *ExpiredAuthenticationToken*)
        fail 77 'the login to Azure has expired: run az login, then run this again' ;;
    *MissingSubscriptionRegistration* | *'not registered to use namespace'*)
        fail 77 "a resource provider is not registered with the subscription yet: have an owner run \
az provider register --wait --namespace $(namespace_in "$1"), then run this again" ;;
    *'high demand in this region'* | *ServiceUnavailable* | *'zonal redundant'* | *SkuNotAvailable* | *LocationNotAvailable*)
        fail 69 "Azure currently has no capacity for this in $(region): run this again with --location REGION --group NAME, \
another region and a new group (./makew destroy-aca --group $group removes this one)" ;;
    *QuotaExceeded* | *'exceeding approved'* | *InsufficientVCPUQuota*)
        fail 69 "the subscription's quota in $(region) is used up: request more in the portal under Quotas, or run this \
again with another --location and --group" ;;
    *AuthorizationFailed* | *'does not have authorization'*)
        fail 77 "the logged-in user lacks the permission: it requires Owner, or Contributor with Role Based Access Control \
Administrator, of the resource group $group" ;;
    *DeploymentActive*)
        fail 75 'another deployment to this group is still running: run this again once it has ended' ;;
    esac
}

namespace_in() {
    local name
    name=$(grep -oiE "microsoft\.[a-z]+" <<<"$1" | head -n 1)
    echo "${name:-NAMESPACE}"
}

region() {
    echo "${group_region:-${location:-$default_location}}"
}

# The group's region, and the tags of its last deployment.
find_group() {
    local found mark="not_null(tags.\"saga-shop-%s\", '-')"
    # shellcheck disable=SC2059 # the argument is a format
    found=$(query "$(region) - -" az group list --output tsv --query \
        "[?name=='$group'].join(' ', [location, $(printf "$mark" base), $(printf "$mark" apps)]) | [0]")
    read -r group_region base_mark apps_mark <<<"$found" || true
    if [[ $group_region && $location && $group_region != "$location" ]]; then
        fail 65 "the resource group $group is in $group_region: choose another --group for $location"
    fi
}

ensure_group() {
    [[ $dry_run || -z $group_region ]] || return 0
    confirm "Create the resource group $group in $(region)?"
    run az group create --name "$group" --location "$(region)" --output none
    group_region=$(region)
}

# Resource providers must be registered with the subscription. The needed ones are read from the types in the
# Bicep.
ensure_providers() {
    local provider there missing=()
    there=$(registered_providers)
    for provider in $(needed_providers); do
        grep -qixF "$provider" <<<"$there" || missing+=("$provider")
    done
    ((${#missing[@]})) || return 0
    confirm "Register ${missing[*]} with the subscription?"
    for provider in "${missing[@]}"; do
        run az provider register --namespace "$provider" --output none
    done
    until_true 900 'the resource providers are registered' all_registered "${missing[@]}" ||
        fail 75 "Azure takes longer than 15 minutes to register ${missing[*]}: run this again later"
}

needed_providers() {
    {
        sed -n "s|^resource .* '\(Microsoft\.[A-Za-z]*\)/.*|\1|p" infra/*.bicep
        printf '%s\n' "${more_providers[@]}"
    } | sort -u
}

registered_providers() {
    query '' az provider list --query "[?registrationState=='Registered'].namespace" --output tsv
}

all_registered() {
    local provider there
    there=$(registered_providers) || exit
    for provider in "$@"; do
        grep -qixF "$provider" <<<"$there" || return 1
    done
}

# A deleted vault is soft-deleted for 90 days, and its name, derived from the group's, stays taken.
recover_vaults() {
    local vault vaults
    vaults=$(deleted_vaults)
    for vault in $vaults; do
        confirm "Recover the vault $vault, which was deleted with an earlier group $group?"
        run az keyvault recover --name "$vault" --resource-group "$group" --output none
    done
    [[ -z $vaults ]] || need_payment_key
}

deleted_vaults() {
    query '' az keyvault list-deleted --resource-type vault \
        --query "[?contains(properties.vaultId, '/resourceGroups/$group/')].name" --output tsv
}

# deploy IMAGES: everything but the functions for {}. The result of what-if is only shown.
deploy() {
    what_if "$1"
    confirm 'Deploy this?'
    create "$1"
    # It is in the vault now: deploying it again with the functions would only create another version.
    PAYMENT_API_KEY=
}

# create IMAGES: without mail if Azure rejects only that.
create() {
    local command
    command=(env "IMAGES=$1" az deployment group create --resource-group "$group" --name saga-shop
        --parameters "infra/$env.bicepparam" --output none)
    if [[ $dry_run ]]; then
        show "${command[@]}"
    elif ! attempt "${command[@]}"; then
        if [[ -z ${MAIL_HOST-} ]] || ! grep -q component-email "$work/errors"; then failed "${command[@]}"; fi
        no_mail="managed Dapr rejects the mail component: messages for customers wait, for at most two weeks; \
unset MAIL_HOST to try it no more, or run ./makew deploy-aks"
        say "$no_mail; deploying everything else"
        export MAIL_HOST='' MAIL_FROM='' MAIL_USER='' MAIL_PASSWORD=''
        create "$1"
    fi
}

what_if() {
    local command
    command=(env "IMAGES=$1" az deployment group what-if --resource-group "$group" --name saga-shop
        --parameters "infra/$env.bicepparam" --no-pretty-print --output tsv --query
        "[changes[?changeType!='NoChange' && changeType!='Ignore'].[changeType, resourceId], \
not_null(diagnostics, \`[]\`)[].[level, message]][]")
    say 'what would change, according to what-if:'
    if [[ $dry_run ]]; then
        show "${command[@]}"
    elif attempt "${command[@]}" >"$work/changes"; then
        summary
    else
        case $(cat "$work/errors") in *AADSTS* | *'az login'*) failed az ;; esac
        say 'what-if failed, see above; continuing without it'
    fi
}

# Each change with its resource's type and name, the warnings of what-if, then the number of changes of each kind.
summary() {
    awk -F '\t' '
        $2 !~ /^\// { print "  " $1 ": " $2; next }
        { n = split($2, part, "/"); kind = part[n - 1]; name = part[n]; count[$1]++
          printf "  %-11s %s %s\n", $1, kind, name }
        END {
            for (change in count) { text = text (text ? ", " : "") count[change] " " change; all = 1 }
            print "  " (all ? "in all: " text : "nothing")
        }
    ' "$work/changes"
}

# Everything but the functions, unless the last deployment was the same: roles and identities then exist minutes
# before the functions that need them, since the images are built in between.
ensure_base() {
    local mark
    mark=$(mark_of_base)
    find_registry
    if [[ $dry_run || $force || -z $registry || ${PAYMENT_API_KEY-} || $base_mark != "$mark" ]]; then
        [[ $registry && -z $dry_run ]] || recover_vaults
        deploy '{}'
        find_registry
        [[ $registry ]] || fail 1 "the group $group has no registry after its deployment: check the group's deployments \
in the portal, then run this again"
        remember base "$(mark_of_base)"
    else
        say 'the resources that the functions need have not changed since the last deployment; --force deploys them again'
    fi
}

find_registry() {
    host=$(query REGISTRY.azurecr.io az acr list --resource-group "$group" --query '[0].loginServer' --output tsv)
    registry=${host%%.*}
}

# remember NAME MARK: tags the group with its last deployment.
remember() {
    run az tag update --resource-id "/subscriptions/$subscription/resourceGroups/$group" --operation Merge \
        --tags "saga-shop-$1=$2" --output none
    if [[ $1 == base ]]; then base_mark=$2; else apps_mark=$2; fi
}

# A hash of the base, 40 hexadecimal digits: the template, and the values of its parameters.
mark_of_base() {
    {
        echo "$platform $env"
        cat infra/*.bicep infra/*.json "infra/$env.bicepparam" infra/queries/*
        settings
    } | git hash-object --stdin
}

# The variables that the parameters read. A new payment key is deployed in any case; of a password there are four
# digits of its hash, which show a change and are too few to guess it from.
settings() {
    local name names
    names=$(names_of_settings)
    for name in $names; do
        case $name in
        IMAGES | PAYMENT_API_KEY | PAYMENT_KEY_ID | PAYMENT_KEY_EXPIRES) ;;
        *PASSWORD) echo "$name $(printf '%s' "${!name-}" | git hash-object --stdin | cut -c 1-4)" ;;
        *) echo "$name ${!name-}" ;;
        esac
    done
}

names_of_settings() {
    grep -o "readEnvironmentVariable('[A-Z_]*'" "infra/$env.bicepparam" | cut -d "'" -f 2
}

# An empty variable counts as unset: Bicep would not parse it as a number.
unset_empty_settings() {
    local name names
    names=$(names_of_settings)
    for name in $names; do
        [[ ${!name-} ]] || unset "$name"
    done
}
