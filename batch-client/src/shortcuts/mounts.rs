//! File systems that nodes mount: each kind is a [`MountConfiguration`].

use crate::models::{
    AzureBlobFileSystemConfiguration, AzureFileShareConfiguration, CIFSMountConfiguration,
    MountConfiguration, NFSMountConfiguration,
};

/// A container of Azure Storage.
impl From<AzureBlobFileSystemConfiguration> for MountConfiguration {
    #[inline]
    fn from(container: AzureBlobFileSystemConfiguration) -> Self {
        Self::new().with_azure_blob_file_system_configuration(container)
    }
}

/// A file share of Azure Files.
impl From<AzureFileShareConfiguration> for MountConfiguration {
    #[inline]
    fn from(share: AzureFileShareConfiguration) -> Self {
        Self::new().with_azure_file_share_configuration(share)
    }
}

/// A share of a CIFS (SMB) server.
impl From<CIFSMountConfiguration> for MountConfiguration {
    #[inline]
    fn from(share: CIFSMountConfiguration) -> Self {
        Self::new().with_cifs_mount_configuration(share)
    }
}

/// An export of an NFS server.
///
/// ```
/// use batch_client::models::{NFSMountConfiguration, PoolAddParameter};
///
/// let scenes = NFSMountConfiguration::new("10.0.0.4:/scenes", "scenes");
/// let pool = PoolAddParameter::new("render", "standard_d2s_v3")
///     .with_mount_configuration([scenes.into()]);
/// # assert_eq!(pool.mount_configuration.unwrap().len(), 1);
/// ```
impl From<NFSMountConfiguration> for MountConfiguration {
    #[inline]
    fn from(export: NFSMountConfiguration) -> Self {
        Self::new().with_nfs_mount_configuration(export)
    }
}
