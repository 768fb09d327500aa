//! Promise: only requests with the right key are accepted, and a rejection says why without showing
//! the key.

use batch_client::chrono::{TimeDelta, Utc};
use batch_client::{BearerToken, Client, Error, SharedKey, codes};
use batch_emulator::Emulator;

use super::{Outcome, config, detail, refused, start};

const WRONG_KEY: &str = "d3Jvbmcga2V5LCBidXQgYSBrZXk=";
const TOKEN: &str = "dGhlIHRva2Vu.dGhhdCBvcGVucw";

fn client_as(emulator: &Emulator, account: &str, key: &str) -> Result<Client, Error> {
    Client::new(emulator.endpoint(), SharedKey::new(account, key)?)
}

#[tokio::test]
async fn a_wrong_key_is_rejected_with_the_string_the_service_would_sign() -> Outcome {
    let (emulator, _) = start(config()).await;
    let wrong = client_as(&emulator, emulator.account(), WRONG_KEY)?;
    let get = wrong.pool().get("a b").select("id");
    let error = refused(get.await, 403, codes::AUTHENTICATION_FAILED);
    assert!(error.is_auth(), "{error}");
    let why = detail(&error, "AuthenticationErrorDetail").expect("a detail");
    let signed = format!("/{}/pools/a%20b\n$select:id\n", emulator.account());
    assert!(why.contains(&signed), "{why}");
    assert!(
        why.contains("'GET\n") && why.contains("\nocp-date:"),
        "{why}"
    );
    for shown in [
        error.to_string(),
        format!("{error:?}"),
        format!("{wrong:?}"),
    ] {
        assert!(
            !shown.contains(WRONG_KEY) && !shown.contains(emulator.key()),
            "{shown}"
        );
    }
    assert!(emulator.calls().is_empty(), "no operation was performed");
    Ok(())
}

#[tokio::test]
async fn other_accounts_and_old_dates_are_rejected() -> Outcome {
    let (emulator, client) = start(config()).await;
    let other = client_as(&emulator, "other", emulator.key())?;
    let error = refused(
        other.pool().get("p").await,
        403,
        codes::AUTHENTICATION_FAILED,
    );
    let why = detail(&error, "AuthenticationErrorDetail").unwrap_or_default();
    assert!(why.contains("`other`"), "{why}");
    for minutes in [-20, 20] {
        let date = Utc::now() + TimeDelta::minutes(minutes);
        let error = client.pool().get("p").ocp_date(date).await;
        refused(error, 403, codes::AUTHENTICATION_FAILED);
        let date = Utc::now() + TimeDelta::minutes(minutes / 2);
        let there = client.pool().get("p").ocp_date(date).await;
        refused(there, 404, codes::POOL_NOT_FOUND);
    }
    Ok(())
}

#[tokio::test]
async fn a_rejected_head_request_does_not_say_whether_the_pool_exists() -> Outcome {
    let (emulator, client) = start(config()).await;
    let wrong = client_as(&emulator, emulator.account(), WRONG_KEY)?;
    let error = wrong.pool().exists("p").await.expect_err("403");
    assert!(error.is_auth() && error.code().is_none(), "{error}");
    assert_eq!(error.operation(), Some("Pool_Exists"));
    assert_eq!(error.body(), Some(&b""[..]));
    assert!(error.request_id().is_some(), "{error}");
    assert!(!client.pool().exists("p").await?, "404 means no");
    let file = client.file().get_properties_from_task("j", "t", "f").await;
    let error = file.expect_err("404");
    assert!(error.is_not_found() && error.code().is_none(), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_token_is_accepted_only_where_it_is_configured() -> Outcome {
    let (emulator, _) = start(config().bearer_token(TOKEN)).await;
    let client = Client::new(emulator.endpoint(), BearerToken::new(TOKEN)?)?;
    assert_eq!(client.pool().list().await?.items, []);
    let (closed, _) = start(config()).await;
    for emulator in [&emulator, &closed] {
        let other = Client::new(emulator.endpoint(), BearerToken::new("another")?)?;
        let error = refused(other.pool().list().await, 403, codes::AUTHENTICATION_FAILED);
        assert!(!format!("{error} {error:?}").contains("another"), "{error}");
    }
    Ok(())
}
