//! Which pool a job runs on, and sizes and networks of pools.

use crate::models::{
    AutoPoolSpecification, NetworkConfiguration, PoolEnableAutoScaleParameter, PoolInformation,
    PoolResizeParameter,
};

/// The pool with this id.
///
/// ```
/// use batch_client::models::JobAddParameter;
///
/// let job = JobAddParameter::new("nightly", "render");
/// # assert_eq!(job.pool_info.pool_id.as_deref(), Some("render"));
/// ```
impl From<&str> for PoolInformation {
    #[inline]
    fn from(pool_id: &str) -> Self {
        Self::new().with_pool_id(pool_id)
    }
}

/// The pool with this id.
impl From<String> for PoolInformation {
    #[inline]
    fn from(pool_id: String) -> Self {
        Self::new().with_pool_id(pool_id)
    }
}

/// The pool with this id.
impl From<&String> for PoolInformation {
    #[inline]
    fn from(pool_id: &String) -> Self {
        Self::from(pool_id.as_str())
    }
}

/// A pool that Batch makes for the job.
///
/// ```
/// use batch_client::models::{
///     AutoPoolSpecification, ImageReference, JobAddParameter, PoolLifetimeOption,
///     PoolSpecification, VirtualMachineConfiguration,
/// };
///
/// let image = ImageReference::marketplace("canonical", "ubuntu-24_04-lts", "server");
/// let pool = PoolSpecification::new("standard_d2s_v3")
///     .with_virtual_machine_configuration(
///         VirtualMachineConfiguration::new(image, "batch.node.ubuntu 24.04"),
///     )
///     .with_target_dedicated_nodes(2);
/// let pool = AutoPoolSpecification::new(PoolLifetimeOption::Job).with_pool(pool);
/// let job = JobAddParameter::new("nightly", pool);
/// # assert!(job.pool_info.auto_pool_specification.is_some());
/// ```
impl From<AutoPoolSpecification> for PoolInformation {
    #[inline]
    fn from(pool: AutoPoolSpecification) -> Self {
        Self::new().with_auto_pool_specification(pool)
    }
}

impl PoolResizeParameter {
    /// Resizes to this number of dedicated nodes; the number of Spot nodes stays as it is.
    ///
    /// ```
    /// use batch_client::models::PoolResizeParameter;
    ///
    /// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
    /// client.pool().resize("render", PoolResizeParameter::dedicated(20)).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn dedicated(nodes: i32) -> Self {
        Self::new().with_target_dedicated_nodes(nodes)
    }

    /// Resizes to this number of Spot (low-priority) nodes; the number of dedicated nodes stays as
    /// it is.
    ///
    /// ```
    /// use batch_client::models::PoolResizeParameter;
    ///
    /// let to = PoolResizeParameter::spot(80).with_target_dedicated_nodes(4);
    /// # assert_eq!(to.target_low_priority_nodes, Some(80));
    /// ```
    #[doc(alias = "low_priority")]
    #[inline]
    pub fn spot(nodes: i32) -> Self {
        Self::new().with_target_low_priority_nodes(nodes)
    }
}

/// A formula, evaluated at the pool's interval.
///
/// ```
/// use batch_client::models::PoolEnableAutoScaleParameter;
///
/// let scaling = PoolEnableAutoScaleParameter::from("$TargetDedicatedNodes = 4;");
/// # assert!(scaling.auto_scale_formula.is_some());
/// ```
impl From<&str> for PoolEnableAutoScaleParameter {
    #[inline]
    fn from(formula: &str) -> Self {
        Self::new().with_auto_scale_formula(formula)
    }
}

impl NetworkConfiguration {
    /// The subnet with this resource id, which the nodes join.
    ///
    /// ```
    /// use batch_client::models::{NetworkConfiguration, PoolAddParameter};
    ///
    /// let subnet = "/subscriptions/SUBSCRIPTION/resourceGroups/studio/providers\
    ///               /Microsoft.Network/virtualNetworks/studio/subnets/render";
    /// let pool = PoolAddParameter::new("render", "standard_d2s_v3")
    ///     .with_network_configuration(NetworkConfiguration::in_subnet(subnet));
    /// # assert!(pool.network_configuration.unwrap().subnet_id.is_some());
    /// ```
    #[inline]
    pub fn in_subnet(subnet_id: impl Into<String>) -> Self {
        Self::new().with_subnet_id(subnet_id)
    }
}
