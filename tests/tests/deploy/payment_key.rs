//! The payment key in deployments, run against fakes: written once, and never over a rotated one.

use std::fs;
use std::time::UNIX_EPOCH;
use tests::deploy::{PAYMENT_KEY, Sandbox, ScriptResult, TO_ACA};

#[test]
fn the_payment_key_is_written_once_and_later_only_on_demand() {
    let sandbox = Sandbox::new();
    let written = |ended: ScriptResult| {
        assert_eq!(ended.code, Some(0), "{}", ended.text);
        let keys = fs::read_to_string(sandbox.path("keys")).unwrap_or_default();
        let _ = fs::remove_file(sandbox.path("keys"));
        keys.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let without = [("PAYMENT_API_KEY", "")];
    assert_eq!(written(sandbox.run("deploy-aca", &TO_ACA, &[])), [PAYMENT_KEY]);
    // It may have been rotated since, so it is not overwritten, given or not.
    let kept = sandbox.run("deploy-aca", &["--yes", "--tag", "t2"], &[]);
    assert!(kept.text.contains("--new-payment-key"), "{}", kept.text);
    assert!(kept.called("az deployment group create"));
    assert_eq!(written(kept), [""; 0]);
    assert_eq!(written(sandbox.run("deploy-aca", &["--yes", "--tag", "t3"], &without)), [""; 0]);
    // Even if nothing else changes: what-if does not show secrets.
    let renew = ["--yes", "--tag", "t3", "--new-payment-key"];
    assert_eq!(written(sandbox.run("deploy-aca", &renew, &[])), [PAYMENT_KEY]);
    assert_eq!(sandbox.run("deploy-aca", &renew, &without).code, Some(64));
}

#[test]
fn a_vault_that_is_recovered_keeps_the_payment_key_that_it_has() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("made/deleted-vault"), "").unwrap();
    fs::write(sandbox.path("made/payment-key"), "").unwrap();
    let ended = sandbox.run("deploy-aca", &TO_ACA, &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.text);
    assert!(ended.called("az keyvault recover --name the-vault"), "{:?}", ended.calls);
    assert!(!sandbox.path("keys").exists());
}

#[test]
fn the_first_payment_key_ends_when_its_days_are_over() {
    for (days, fault) in [("30", "from 31 to 3650"), ("3651", "from 31 to 3650"), ("x", "a number")]
    {
        let days = [("PAYMENT_KEY_DAYS", days)];
        let ended = Sandbox::new().run("deploy-aca", &TO_ACA, &days);
        assert_eq!(ended.code, Some(64), "{}", ended.text);
        assert!(ended.text.contains(fault), "{}", ended.text);
        assert!(!ended.called("az group create"), "{:?}", ended.calls);
    }
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run("deploy-aca", &TO_ACA, &[("PAYMENT_KEY_DAYS", "40")]).code, Some(0));
    let file = sandbox.path("keys");
    let written = fs::metadata(&file).unwrap().modified().unwrap();
    let written = written.duration_since(UNIX_EPOCH).unwrap().as_secs();
    let keys = fs::read_to_string(file).unwrap();
    let end: u64 = keys.trim().rsplit(' ').next().unwrap().parse().unwrap();
    assert!((39 * 86_400..=40 * 86_400).contains(&(end - written)), "{keys}");
}

#[test]
fn no_order_is_placed_with_a_live_key() {
    let sandbox = Sandbox::new();
    let live = [("PAYMENT_API_KEY", "sk_live_12345678")];
    // Later the key is identified only by its tag.
    let kept = [("PAYMENT_API_KEY", ""), ("KEY_MODE", "live")];
    for variables in [&live[..], &kept] {
        let ended = sandbox.run("deploy-aca", &TO_ACA, variables);
        assert_eq!(ended.code, Some(0), "{}", ended.text);
        assert!(!ended.calls.iter().any(|call| call.contains("--data")), "{:?}", ended.calls);
    }
}
