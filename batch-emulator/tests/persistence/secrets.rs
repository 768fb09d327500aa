//! Tests that no secret reaches the disk, neither in the journal nor in a snapshot.

use std::path::Path;

use batch_client::models::{
    AzureBlobFileSystemConfiguration, CIFSMountConfiguration, CertificateAddParameter,
    CertificateFormat, ComputeNodeUser, ContainerConfiguration, ContainerRegistry, ContainerType,
    LinuxUserConfiguration, MountConfiguration, UserAccount, VMExtension,
};

use super::*;

/// Part of every secret in this test.
const MARK: &str = "hunter2";

/// Returns the names of the files that contain a string, and the number of files.
fn files_with(folder: &Path, text: &str) -> (Vec<String>, usize) {
    let (mut found, mut files) = (Vec::new(), 0);
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let bytes = std::fs::read(&path).unwrap();
            if bytes
                .windows(text.len())
                .any(|part| part == text.as_bytes())
            {
                found.push(path.display().to_string());
            }
        }
    }
    (found, files)
}

fn secret(name: &str) -> String {
    format!("{MARK}-{name}")
}

/// Returns a secret that is valid base64.
fn archive(name: &str) -> String {
    format!("{MARK}{name}")
}

/// Creates a pool with every kind of secret that a pool can have.
fn secretive_pool() -> PoolAddParameter {
    let mut pool = pool("secretive", 1);
    let registry = ContainerRegistry::default()
        .with_user_name("u")
        .with_password(secret("registry"));
    let containers = ContainerConfiguration::new(ContainerType::DockerCompatible)
        .with_container_registries([registry]);
    let extension = VMExtension::new("e", "Microsoft.Azure.Extensions", "CustomScript")
        .with_protected_settings(serde_json::json!({ "key": secret("extension") }));
    pool.virtual_machine_configuration = pool.virtual_machine_configuration.map(|machine| {
        let machine = machine
            .with_container_configuration(containers)
            .with_extensions([extension]);
        Box::new(machine)
    });
    let linux = LinuxUserConfiguration::default().with_ssh_private_key(secret("ssh"));
    let blobs = AzureBlobFileSystemConfiguration::new("account", "container", "blobs")
        .with_sas_key(secret("sas"));
    let share = CIFSMountConfiguration::new("u", "//host/share", "share", secret("share"));
    pool.with_user_accounts([
        UserAccount::new("u", secret("account")).with_linux_user_configuration(linux)
    ])
    .with_mount_configuration([
        MountConfiguration::default().with_azure_blob_file_system_configuration(blobs),
        MountConfiguration::default().with_cifs_mount_configuration(share),
    ])
}

#[tokio::test]
async fn no_secret_is_written_to_the_folder() -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let config = || Config::default().account(DEVELOPMENT_ACCOUNT).data(path);
    let (emulator, client) = start(config()).await;

    client.pool().add(secretive_pool()).await?;
    let nodes = until("a node", async || {
        let nodes = client.compute_node().list("secretive").await?;
        Ok((!nodes.items.is_empty()).then_some(nodes))
    });
    let node = nodes.await?.items[0].id.clone().unwrap();
    let user = ComputeNodeUser::new("u").with_password(secret("user"));
    let user_added = async || {
        match client
            .compute_node()
            .add_user("secretive", &node, user.clone())
            .await
        {
            Ok(_) => Ok(Some(())),
            // The node has not started yet.
            Err(error) if error.status().is_some_and(|status| status.as_u16() == 409) => Ok(None),
            Err(error) => Err(error),
        }
    };
    until("a user", user_added).await?;

    #[expect(deprecated, reason = "certificates are, and they hold private keys")]
    {
        let thumbprint = "0123456789abcdef0123456789abcdef01234567";
        let pfx = CertificateAddParameter::new(thumbprint, "sha1", archive("pfx00"))
            .with_certificate_format(CertificateFormat::Pfx)
            .with_password(secret("certificate"));
        client.certificate().add(pfx).await?;
        // The default format is PFX.
        let thumbprint = "1123456789abcdef0123456789abcdef01234567";
        let pfx = CertificateAddParameter::new(thumbprint, "sha1", archive("default00"));
        client.certificate().add(pfx).await?;
        let thumbprint = "2123456789abcdef0123456789abcdef01234567";
        let cer = CertificateAddParameter::new(thumbprint, "sha1", "cHVibGljLXBhcnQ=")
            .with_certificate_format(CertificateFormat::Cer);
        client.certificate().add(cer).await?;
    }

    // While the service runs, the folder contains the journal.
    let (found, files) = files_with(path, MARK);
    assert_eq!((found, files > 0), (Vec::new(), true));
    emulator.stop().await;
    assert_eq!(files_with(path, MARK).0, Vec::<String>::new());
    // The check is effective: it finds values that are not secret.
    assert!(!files_with(path, "secretive").0.is_empty());

    // A start reads the folder and writes a snapshot; everything that is not secret is restored.
    let (emulator, client) = start(config()).await;
    #[expect(deprecated, reason = "certificates are, and they hold private keys")]
    let certificates = client.certificate().list().await?.items.clone();
    assert_eq!(certificates.len(), 3);
    let public: Vec<&str> = certificates
        .iter()
        .filter_map(|certificate| certificate.public_data.as_deref())
        .collect();
    assert_eq!(public, ["cHVibGljLXBhcnQ="]);
    let pool = client.pool().get("secretive").await?;
    assert_eq!(pool.user_accounts.as_ref().map(Vec::len), Some(1));
    emulator.stop().await;
    assert_eq!(files_with(path, MARK).0, Vec::<String>::new());
    Ok(())
}
