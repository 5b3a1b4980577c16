//! Connecting and disconnecting a company: one exchange, tokens stored before they are used, nothing lost unsaid.

use std::sync::Arc;

use domain::RealmId;
use ports::TokenVault;
use quickbooks_online::{AUTHORIZE_URL, Consent, ConsentConfig, ConsentError, REVOKE_URL, TOKEN_URL};
use secrecy::SecretString;

use crate::logs::Everything;
use crate::support::*;

fn consent_at(url: &str, vault: &Arc<MemoryVault>) -> Consent {
    let config = ConsentConfig {
        client_id: "client".into(),
        client_secret: SecretString::from("canary-client"),
        authorize_url: format!("{url}/connect/oauth2"),
        token_url: format!("{url}/token"),
        revoke_url: format!("{url}/revoke"),
        redirect_url: "https://api.example/callback".into(),
        allow_loopback: true,
    };
    Consent::new(config, FakeClock::new(), Arc::clone(vault) as Arc<dyn TokenVault>).unwrap()
}

fn realm() -> RealmId {
    RealmId::new(REALM)
}

async fn exchange(consent: &Consent) -> Result<(), ConsentError> {
    consent
        .exchange(&SecretString::from("canary-code"), &realm())
        .await
}

#[test]
fn a_person_is_sent_to_intuit_with_the_scope_of_the_books_and_the_state() {
    let config = ConsentConfig {
        client_id: "client id".into(),
        client_secret: SecretString::from("x"),
        authorize_url: AUTHORIZE_URL.into(),
        token_url: TOKEN_URL.into(),
        revoke_url: REVOKE_URL.into(),
        redirect_url: "https://api.example/callback".into(),
        allow_loopback: false,
    };
    let vault = Arc::new(MemoryVault::default());
    let consent = Consent::new(config, FakeClock::new(), vault).unwrap();
    let url = consent.authorize_url("s&1");
    assert_eq!(
        url.as_str(),
        "https://appcenter.intuit.com/connect/oauth2?client_id=client+id&response_type=code\
         &scope=com.intuit.quickbooks.accounting&redirect_uri=https%3A%2F%2Fapi.example%2Fcallback&state=s%261"
    );
}

#[tokio::test]
async fn the_tokens_of_a_code_replace_the_stored_ones_and_are_kept_with_their_ends() {
    let server = Server::start(|_, _| tokens("A1", "R1")).await;
    let vault = MemoryVault::connected();
    let consent = consent_at(&server.url, &vault);
    exchange(&consent).await.unwrap();
    assert_eq!(vault.value()["refresh_token"], "R1");
    assert_eq!(vault.value()["connected_at"], "2026-03-02T09:00:00Z");
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(
        requests[0].body,
        "grant_type=authorization_code&code=canary-code&redirect_uri=https%3A%2F%2Fapi.example%2Fcallback"
    );
    assert!(requests[0].headers["authorization"].starts_with("Basic "));
    assert!(consent.status(&realm()).await.unwrap().unwrap().is_kept);
}

#[tokio::test]
async fn an_exchange_whose_answer_is_lost_is_not_repeated_and_the_stored_tokens_stay() {
    let server = Server::start(|_, _| Reply::Drop).await;
    let vault = MemoryVault::connected();
    let error = exchange(&consent_at(&server.url, &vault)).await.unwrap_err();
    assert!(matches!(error, ConsentError::Lost), "{error:?}");
    assert_eq!(
        (server.requests().len(), vault.value()["refresh_token"].clone()),
        (1, "R0".into())
    );
}

#[tokio::test]
async fn tokens_that_the_vault_does_not_take_are_said_to_be_lost_and_the_code_is_not_sent_again() {
    let server = Server::start(|_, _| tokens("A1", "R1")).await;
    let vault = MemoryVault::connected();
    *vault.fails.lock().unwrap() = true;
    let error = exchange(&consent_at(&server.url, &vault)).await.unwrap_err();
    assert!(matches!(error, ConsentError::NotStored), "{error:?}");
    assert_eq!(server.requests().len(), 1);
    assert_eq!(vault.value()["refresh_token"], "R0");
}

#[tokio::test]
async fn a_code_that_intuit_does_not_take_and_keys_that_it_refuses_are_told_apart() {
    let vault = Arc::new(MemoryVault::default());
    let dead = Server::start(|_, _| json(400, r#"{"error":"invalid_grant"}"#)).await;
    let error = exchange(&consent_at(&dead.url, &vault)).await.unwrap_err();
    assert!(matches!(error, ConsentError::Refused), "{error:?}");
    let keys = Server::start(|_, _| json(401, r#"{"error":"invalid_client"}"#)).await;
    let error = exchange(&consent_at(&keys.url, &vault)).await.unwrap_err();
    assert!(matches!(error, ConsentError::Connector(_)), "{error:?}");
    let consent = consent_at(&keys.url, &vault);
    let error = consent
        .exchange(&SecretString::from("c"), &RealmId::new("1/../2"))
        .await
        .unwrap_err();
    assert!(matches!(error, ConsentError::Refused), "{error:?}");
    assert_eq!(vault.text(), "");
}

#[tokio::test]
async fn a_connection_is_forgotten_once_intuit_ended_it_and_kept_while_intuit_is_away() {
    let away = Server::start(|_, _| json(503, "")).await;
    let vault = MemoryVault::connected();
    assert!(
        consent_at(&away.url, &vault)
            .disconnect(&realm())
            .await
            .unwrap_err()
            .is_transient()
    );
    assert_eq!(vault.value()["refresh_token"], "R0");
    let server = Server::start(|_, _| json(200, "")).await;
    let consent = consent_at(&server.url, &vault);
    assert!(consent.disconnect(&realm()).await.unwrap());
    assert_eq!(server.requests()[0].body, "token=R0");
    assert_eq!(vault.value()["refresh_token"], "");
    assert!(!consent.status(&realm()).await.unwrap().unwrap().is_kept);
    assert!(!consent.disconnect(&realm()).await.unwrap());
}

#[tokio::test]
async fn nothing_secret_of_a_consent_is_logged() {
    let log = Everything::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let server = Server::start(|_, _| tokens("canary-access", "canary-refresh")).await;
    let vault = Arc::new(MemoryVault::default());
    let consent = consent_at(&server.url, &vault);
    exchange(&consent).await.unwrap();
    *vault.fails.lock().unwrap() = true;
    let error = exchange(&consent).await.unwrap_err();
    consent.disconnect(&realm()).await.unwrap_err();
    let text = format!("{} {error:?} {error} {consent:?}", log.0.lock().unwrap());
    assert!(text.contains("could not be stored"), "{text}");
    assert!(!text.contains("canary"), "{text}");
}
