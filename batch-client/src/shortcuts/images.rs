//! Images of virtual machines.

use crate::models::ImageReference;

impl ImageReference {
    /// An image of Azure Marketplace, in its latest version.
    ///
    /// [`with_version`](Self::with_version) chooses another. To find an image with its node agent,
    /// see `client.account().find_image()`.
    ///
    /// ```
    /// use batch_client::models::{ImageReference, VirtualMachineConfiguration};
    ///
    /// let image = ImageReference::marketplace("canonical", "ubuntu-24_04-lts", "server");
    /// let machines = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 24.04");
    /// # assert_eq!(machines.image_reference.unwrap().offer.as_deref(), Some("ubuntu-24_04-lts"));
    /// ```
    #[inline]
    pub fn marketplace(
        publisher: impl Into<String>,
        offer: impl Into<String>,
        sku: impl Into<String>,
    ) -> Self {
        Self::new()
            .with_publisher(publisher)
            .with_offer(offer)
            .with_sku(sku)
            .with_version("latest")
    }

    /// An image of your own in Azure Compute Gallery, by its resource id.
    ///
    /// The client needs a Microsoft Entra token to use it; with a shared key, the service refuses
    /// it.
    ///
    /// ```
    /// use batch_client::models::ImageReference;
    ///
    /// let image = ImageReference::custom(
    ///     "/subscriptions/SUBSCRIPTION/resourceGroups/images/providers/Microsoft.Compute\
    ///      /galleries/studio/images/renderer/versions/2.0.1",
    /// );
    /// # assert!(image.virtual_machine_image_id.is_some() && image.publisher.is_none());
    /// ```
    #[inline]
    pub fn custom(id: impl Into<String>) -> Self {
        Self::new().with_virtual_machine_image_id(id)
    }
}
