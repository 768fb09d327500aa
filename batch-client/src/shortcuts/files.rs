//! Files that a node downloads before a task runs.

use crate::models::ResourceFile;

impl ResourceFile {
    /// A file at a URL, downloaded to a path below the task's working directory.
    ///
    /// The node has to be able to read the URL: it is public, has a shared access signature (SAS),
    /// or goes with an identity
    /// ([`with_identity_reference`](Self::with_identity_reference)).
    ///
    /// ```
    /// use batch_client::models::{ResourceFile, TaskAddParameter};
    ///
    /// let url = "https://acct.blob.core.windows.net/scenes/1.blend";
    /// let scene = ResourceFile::from_url(url, "1.blend");
    /// let task = TaskAddParameter::new("frame-1", "render 1.blend").with_resource_files([scene]);
    /// # assert_eq!(task.resource_files.unwrap()[0].file_path.as_deref(), Some("1.blend"));
    /// ```
    #[doc(alias = "http_url")]
    #[inline]
    pub fn from_url(url: impl Into<String>, path: impl Into<String>) -> Self {
        Self::new().with_http_url(url).with_file_path(path)
    }

    /// All blobs of a container, downloaded to the task's working directory.
    ///
    /// [`with_blob_prefix`](Self::with_blob_prefix) limits them to those whose names begin so, and
    /// [`with_file_path`](Self::with_file_path) names a directory for them. The URL has a shared
    /// access signature (SAS) that allows reading and listing, unless the container is public or an
    /// identity is given.
    ///
    /// ```
    /// use batch_client::models::ResourceFile;
    ///
    /// let url = "https://acct.blob.core.windows.net/textures?SAS";
    /// let textures = ResourceFile::from_container(url)
    ///     .with_blob_prefix("wood/")
    ///     .with_file_path("textures");
    /// # assert!(textures.storage_container_url.is_some() && textures.http_url.is_none());
    /// ```
    #[doc(alias = "storage_container_url")]
    #[inline]
    pub fn from_container(url: impl Into<String>) -> Self {
        Self::new().with_storage_container_url(url)
    }

    /// All blobs of a container in the storage account that is linked to the Batch account, by the
    /// container's name.
    ///
    /// ```
    /// use batch_client::models::ResourceFile;
    ///
    /// let textures = ResourceFile::from_auto_storage("textures");
    /// # assert_eq!(textures.auto_storage_container_name.as_deref(), Some("textures"));
    /// ```
    #[doc(alias = "auto_storage_container_name")]
    #[inline]
    pub fn from_auto_storage(container: impl Into<String>) -> Self {
        Self::new().with_auto_storage_container_name(container)
    }
}
