//! Certificates: one that is in use cannot be deleted.

use batch_client::models::{
    CertificateAddParameter, CertificateFormat, CertificateReference, CertificateState,
    CertificateStoreLocation,
};
use batch_client::{Client, codes};

use super::fixtures::cloud_service;
use super::waiting::{gone, until};
use super::{Outcome, refused};

const ALGORITHM: &str = "sha1";
const THUMBPRINT: &str = "cff2ab63c8c955aaf71989efa641b906558d9fb7";

pub(super) async fn part(client: &Client) -> Outcome {
    additions(client).await?;
    deletion(client).await
}

async fn additions(client: &Client) -> Outcome {
    let certificate = CertificateAddParameter::new(THUMBPRINT, ALGORITHM, "MIIGMQIBAzCCBe0=")
        .with_certificate_format(CertificateFormat::Pfx)
        .with_password("nodesdk");
    client.certificate().add(certificate.clone()).await?;
    refused(
        client.certificate().add(certificate).await,
        409,
        codes::CERTIFICATE_EXISTS,
    );
    let found = client.certificate().get(ALGORITHM, THUMBPRINT).await?;
    assert_eq!(found.thumbprint.as_deref(), Some(THUMBPRINT));
    assert_eq!(found.state, Some(CertificateState::Active));
    let listed = client.certificate().list().await?;
    assert_eq!(listed.items, [found.into_inner()]);
    let early = client
        .certificate()
        .cancel_deletion(ALGORITHM, THUMBPRINT)
        .await;
    refused(early, 409, codes::CERTIFICATE_STATE_ACTIVE);
    Ok(())
}

async fn deletion(client: &Client) -> Outcome {
    let reference = CertificateReference::new(THUMBPRINT, ALGORITHM)
        .with_store_location(CertificateStoreLocation::CurrentUser);
    let user = cloud_service("user", 0).with_certificate_references([reference]);
    client.pool().add(user).await?;
    client.certificate().delete(ALGORITHM, THUMBPRINT).await?;
    let failed = until("a deletion that failed", async || {
        let found = client.certificate().get(ALGORITHM, THUMBPRINT).await?;
        Ok((found.state == Some(CertificateState::DeleteFailed)).then_some(found))
    })
    .await?;
    let why = failed
        .delete_certificate_error
        .as_ref()
        .expect("why it failed");
    assert!(why.code.is_some(), "{why:?}");
    client
        .certificate()
        .cancel_deletion(ALGORITHM, THUMBPRINT)
        .await?;
    let found = client.certificate().get(ALGORITHM, THUMBPRINT).await?;
    assert_eq!(found.state, Some(CertificateState::Active));

    client.pool().delete("user").await?;
    gone(codes::POOL_NOT_FOUND, async || {
        client.pool().get("user").await
    })
    .await?;
    client.certificate().delete(ALGORITHM, THUMBPRINT).await?;
    gone(codes::CERTIFICATE_NOT_FOUND, async || {
        client.certificate().get(ALGORITHM, THUMBPRINT).await
    })
    .await
}
