//! Files that a node uploads after a task has run.

use crate::models::{
    ComputeNodeIdentityReference, OutputFile, OutputFileBlobContainerDestination,
    OutputFileDestination, OutputFileUploadCondition, OutputFileUploadOptions,
};

impl OutputFile {
    /// Files that match a pattern, uploaded to a container of Azure Storage when the task
    /// completes, whether it succeeds or not.
    ///
    /// The pattern is relative to the task's working directory; `*` stands for any characters
    /// except the separator, `**` for any directories. The URL has a shared access signature (SAS)
    /// that allows writing, unless [`with_identity`](Self::with_identity) names an identity.
    ///
    /// ```
    /// use batch_client::models::{OutputFile, OutputFileUploadCondition, TaskAddParameter};
    ///
    /// let container = "https://acct.blob.core.windows.net/frames?SAS";
    /// let frames = OutputFile::to_container("*.png", container)
    ///     .with_path("shot-7/frame-1")
    ///     .with_upload_condition(OutputFileUploadCondition::TaskSuccess);
    /// let logs = OutputFile::to_container("../std*.txt", container).with_path("shot-7/logs");
    /// let task = TaskAddParameter::new("frame-1", "render 1").with_output_files([frames, logs]);
    /// # assert_eq!(task.output_files.unwrap().len(), 2);
    /// ```
    #[inline]
    pub fn to_container(file_pattern: impl Into<String>, container_url: impl Into<String>) -> Self {
        Self::new(
            file_pattern,
            OutputFileBlobContainerDestination::new(container_url),
            OutputFileUploadCondition::TaskCompletion,
        )
    }

    /// Sets the blob, or the prefix of the blobs, that the files become in the container.
    ///
    /// It is the blob's name if the pattern has no wildcard, and otherwise a directory.
    #[inline]
    #[must_use]
    pub fn with_path(mut self, path: impl Into<String>) -> Self {
        self.container_mut().path = Some(path.into());
        self
    }

    /// Sets when the files are uploaded.
    #[inline]
    #[must_use]
    pub fn with_upload_condition(self, condition: impl Into<OutputFileUploadCondition>) -> Self {
        self.with_upload_options(condition.into())
    }

    /// Sets the user-assigned identity of the pool that may write to the container.
    ///
    /// ```
    /// use batch_client::models::OutputFile;
    ///
    /// let identity = "/subscriptions/SUBSCRIPTION/resourceGroups/studio/providers\
    ///                 /Microsoft.ManagedIdentity/userAssignedIdentities/renderer";
    /// let frames = OutputFile::to_container("*.png", "https://acct.blob.core.windows.net/frames")
    ///     .with_identity(identity);
    /// # assert!(format!("{frames:?}").contains("userAssignedIdentities/renderer"));
    /// ```
    #[inline]
    #[must_use]
    pub fn with_identity(mut self, identity: impl Into<ComputeNodeIdentityReference>) -> Self {
        self.container_mut().identity_reference = Some(identity.into());
        self
    }

    #[inline]
    fn container_mut(&mut self) -> &mut OutputFileBlobContainerDestination {
        let destination = self.destination.get_or_insert_default();
        destination.container.get_or_insert_default()
    }
}

/// A container is the only destination that there is.
impl From<OutputFileBlobContainerDestination> for OutputFileDestination {
    #[inline]
    fn from(container: OutputFileBlobContainerDestination) -> Self {
        Self::new().with_container(container)
    }
}

impl From<OutputFileUploadCondition> for OutputFileUploadOptions {
    #[inline]
    fn from(condition: OutputFileUploadCondition) -> Self {
        Self::new(condition)
    }
}
