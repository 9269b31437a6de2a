# shellcheck shell=bash
# shellcheck disable=SC2154 # the other parts set the options
# Smoke test of the public API: it rejects calls without a token, and completes an order. Sourced after ui.sh.

# Whether everyone may do everything.
open=''

# The target of curl's --connect-to, where DNS does not have the API's host yet.
connect_to=''

# smoke URL
smoke() {
    local accepted customer='' url=$1
    write_headers
    call GET /healthz >/dev/null
    [[ $open ]] || refuses_strangers
    if [[ $live ]]; then
        say 'no order is placed: the payment provider would charge for it'
        return
    elif [[ -z ${SHOP_TOKEN-} && -z $open$dry_run ]]; then
        say 'the gateway responds, and rejects callers without a token; no order is placed: SHOP_TOKEN is not set'
        return
    fi
    say "placing an order at $url"
    # The product exists after an earlier deployment: then 428, and it stays unchanged.
    call PUT /api/inventory/smoke-test \
        '{"name":"Smoke test","unit_price":{"amount":100,"currency":"EUR"},"on_hand":1000}' >/dev/null ||
        say 'the product exists already'
    # A token names its customer.
    [[ -z $open ]] || customer='"customer_id":"smoke-test",'
    accepted=$(call POST /api/orders '{'"$customer"'"email":"smoke-test@example.com",
        "items":[{"product_id":"smoke-test","quantity":1}],"payment_method":"pm_card_visa",
        "ship_to":{"name":"Smoke Test","line1":"Street 1","city":"Berlin","postal_code":"10115",
        "country":"DE"}}')
    order=$(sed -n 's/.*"order_id": *"\([^"]*\)".*/\1/p' <<<"$accepted")
    [[ -z $dry_run ]] || order=ORDER
    [[ $order ]] || fail 1 'the order was accepted, but the response has no id'
    until_true "${ORDER_SECONDS:-180}" 'the order is completed' order_is_completed ||
        fail 1 "the order $order is not completed after three minutes: $status"
}

refuses_strangers() {
    local status
    status=$(ask "$work/no-headers" GET /api/orders/smoke-test --output /dev/null --write-out '%{http_code}') ||
        fail 1 "$url does not respond, see above; fix that, then run this again"
    [[ $dry_run || $status == 401 ]] || fail 1 "$url returns $status to a caller without a token: it must be 401"
}

order_is_completed() {
    status=$(call GET "/api/orders/$order/status") || exit
    case $status in
    *'"status":"completed"'*) ;;
    *'"status":"cancelled"'* | *'"status":"stuck"'*) fail 1 "the order $order failed: $status" ;;
    *) return 1 ;;
    esac
}

# call METHOD PATH [BODY]: a cold start takes up to 40 s, and repeating a request is harmless.
call() {
    local data=()
    [[ -z ${3-} ]] || data=(--data "$3")
    ask "$work/headers" "$1" "$2" --fail-with-body "${data[@]+"${data[@]}"}" ||
        fail 1 "$1 $2 failed, see above; SHOP_TOKEN must have the scopes orders and inventory.admin"
}

# ask HEADERS METHOD PATH [OPTION...]
ask() {
    local command
    command=(curl --silent --show-error --max-time 60 --retry 12 --retry-delay 5 --retry-connrefused
        --header "@$1" --request "$2" "$url$3" "${@:4}")
    [[ -z $connect_to ]] || command+=(--connect-to "$connect_to")
    if [[ $dry_run ]]; then show "${command[@]}"; else "${command[@]}"; fi
}

# In a file, so that the token appears on no command line.
write_headers() {
    : >"$work/no-headers"
    {
        echo 'content-type: application/json'
        echo "idempotency-key: smoke-$(date +%s)-$$"
        [[ -z ${SHOP_TOKEN-} ]] || echo "authorization: Bearer $SHOP_TOKEN"
    } >"$work/headers"
}
