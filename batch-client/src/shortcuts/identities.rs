//! Managed identities, and registries that they log in to.

use crate::models::{ComputeNodeIdentityReference, ContainerRegistry};

/// The user-assigned identity with this resource id.
///
/// ```
/// use batch_client::models::ResourceFile;
///
/// let identity = "/subscriptions/SUBSCRIPTION/resourceGroups/studio/providers\
///                 /Microsoft.ManagedIdentity/userAssignedIdentities/renderer";
/// let scenes = ResourceFile::from_container("https://acct.blob.core.windows.net/scenes")
///     .with_identity_reference(identity);
/// # assert!(scenes.identity_reference.is_some());
/// ```
impl From<&str> for ComputeNodeIdentityReference {
    #[inline]
    fn from(resource_id: &str) -> Self {
        Self::new(resource_id)
    }
}

/// The user-assigned identity with this resource id.
impl From<String> for ComputeNodeIdentityReference {
    #[inline]
    fn from(resource_id: String) -> Self {
        Self::new(resource_id)
    }
}

impl ContainerRegistry {
    /// A registry with a user name and password.
    ///
    /// ```
    /// use batch_client::models::ContainerRegistry;
    ///
    /// # let password = String::new();
    /// let registry = ContainerRegistry::login("studio.azurecr.io", "robot", password);
    /// # assert_eq!(registry.registry_server.as_deref(), Some("studio.azurecr.io"));
    /// ```
    #[inline]
    pub fn login(
        server: impl Into<String>,
        user_name: impl Into<String>,
        password: impl Into<String>,
    ) -> Self {
        Self::new()
            .with_registry_server(server)
            .with_user_name(user_name)
            .with_password(password)
    }

    /// A registry that a user-assigned identity of the pool may pull from.
    ///
    /// ```
    /// use batch_client::models::ContainerRegistry;
    ///
    /// let identity = "/subscriptions/SUBSCRIPTION/resourceGroups/studio/providers\
    ///                 /Microsoft.ManagedIdentity/userAssignedIdentities/renderer";
    /// let registry = ContainerRegistry::managed_identity("studio.azurecr.io", identity);
    /// # assert!(registry.identity_reference.is_some());
    /// ```
    #[inline]
    pub fn managed_identity(
        server: impl Into<String>,
        identity: impl Into<ComputeNodeIdentityReference>,
    ) -> Self {
        Self::new()
            .with_registry_server(server)
            .with_identity_reference(identity)
    }
}
