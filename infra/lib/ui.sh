# shellcheck shell=bash
# shellcheck disable=SC2154 # the sourcing script sets `task`
# Output, options and commands of the deployment scripts. Sourced in the workspace's root by a script that has
# set `task`, its name as a task of ./makew.

if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 404)); then
    echo "$task: this is bash $BASH_VERSION: install bash 4.4 or later and put it first on PATH" >&2
    exit 69
fi
set -euo pipefail
shopt -s inherit_errexit

# Set by the options.
dry_run='' yes=''
# The output of a dry run, where standard output is captured.
exec 3>&1

say() {
    echo "$task: $*"
}

# fail CODE MESSAGE: codes are those of sysexits.h.
fail() {
    echo "$task: $2" >&2
    exit "$1"
}

misused() {
    fail 64 "$1; see ./makew $task --help"
}

# The value of the first option.
value() {
    (($# > 1)) || misused "$1 requires a value"
    echo "$2"
}

# Creates a private folder, `work`, which is removed however the script ends.
private_folder() {
    umask 077
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' HUP TERM
}

# Prints a command with shell quoting.
show() {
    local word quote="'" escaped="'\\''"
    {
        printf '+'
        for word in "$@"; do
            case $word in
            '' | *[!A-Za-z0-9_/.:=@%+,-]*) printf " '%s'" "${word//$quote/$escaped}" ;;
            *) printf ' %s' "$word" ;;
            esac
        done
        echo
    } >&3
}

# attempt COMMAND...: runs it; its standard error is shown, and saved for `failed`.
attempt() {
    { "$@" 2>&1 >&4 4>&- | tee "$work/errors" >&2; } 4>&1
}

# Runs a command that changes something.
run() {
    if [[ $dry_run ]]; then show "$@"; else attempt "$@" || failed "$@"; fi
}

# query STAND_IN COMMAND...: runs a command that reads something; a dry run gets the stand-in.
query() {
    local stand_in=$1
    shift
    if [[ $dry_run ]]; then
        show "$@"
        [[ -z $stand_in ]] || echo "$stand_in"
    else
        attempt "$@" || failed "$@"
    fi
}

# failed COMMAND...: ends the script with advice that depends on the command's standard error.
failed() {
    local said
    [[ $1 != env ]] || shift 2
    said=$(tr -s '\n\t ' ' ' <"$work/errors")
    if [[ $1 == az ]]; then explain_azure "$said"; fi
    case $1 in
    kubectl) fail 1 "\`$1 ${2-} ${3-}\` failed, see above; if the cluster does not respond, wait for \`az aks show\` to say \
Succeeded, then run this again" ;;
    *) fail 1 "\`$1 ${2-} ${3-}\` failed, see above; fix that, then run this again" ;;
    esac
}

confirm() {
    local answer=
    [[ -z $yes$dry_run ]] || return 0
    [[ -t 0 ]] || fail 64 "not a terminal: $1 Pass --yes to continue without confirmation"
    printf '%s [y/N] ' "$1"
    read -r answer || true
    case $answer in
    y | Y | yes) ;;
    *) fail 1 'stopped: nothing more was changed' ;;
    esac
}

# ask_for NAME QUESTION [OPTION...]: sets a variable that is not set or empty to the answer, if there is a
# terminal to ask on. The options are those of `read`, such as -s, which hides the answer.
ask_for() {
    [[ -z ${!1-} && -t 0 ]] || return 0
    read -r "${@:3}" -p "$2" "$1" || true
    [[ " ${*:3} " != *' -s '* ]] || echo
    export "${1?}"
}

# need PROGRAM FIX
need() {
    [[ $dry_run ]] || command -v "$1" >/dev/null || fail 69 "$1 is missing: $2"
}

# until_true SECONDS WHAT COMMAND...
until_true() {
    local deadline=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        [[ -z $dry_run ]] || return 0
        ((SECONDS < deadline)) || return 1
        sleep "${POLL_SECONDS:-5}"
    done
    say "$what"
}
