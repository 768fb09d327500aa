//! Containers: one builder for the tasks that run in them and for the pools that they run on.

use crate::models::{
    ContainerConfiguration, ContainerRegistry, ContainerType, ContainerWorkingDirectory,
    TaskAddParameter, TaskContainerSettings,
};

/// A container image with the settings that its tasks and pools share.
///
/// It converts into [`TaskContainerSettings`] for tasks and into [`ContainerConfiguration`] for
/// the pool, so a reference to it can be passed wherever one of them is taken.
///
/// ```
/// use batch_client::Container;
/// use batch_client::models::{
///     ContainerRegistry, ImageReference, PoolAddParameter, VirtualMachineConfiguration,
/// };
///
/// # let password = String::new();
/// let renderer = Container::image("studio.azurecr.io/renderer:2")
///     .registry(ContainerRegistry::login("studio.azurecr.io", "robot", password))
///     .run_option("--rm")
///     .run_option("--shm-size 1g");
///
/// // The pool's nodes pull the image before they take tasks.
/// let image = ImageReference::marketplace("microsoft-dsvm", "ubuntu-hpc", "2204");
/// let machines = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 22.04")
///     .with_container_configuration(&renderer);
/// let pool = PoolAddParameter::new("render", "standard_d2s_v3")
///     .with_virtual_machine_configuration(machines);
///
/// let tasks = (1..=500).map(|n| renderer.task(format!("frame-{n}"), format!("render {n}")));
/// # assert_eq!(tasks.count(), 500);
/// # assert!(pool.virtual_machine_configuration.unwrap().container_configuration.is_some());
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "it makes tasks and the configuration of pools"]
pub struct Container {
    settings: TaskContainerSettings,
    prefetched: Vec<String>,
    kind: ContainerType,
}

impl Container {
    /// A container of this image: `name`, `name:tag` or `server/name:tag`. Without a tag it is
    /// `latest`; without a server it is of Docker Hub.
    #[inline]
    pub fn image(image: impl Into<String>) -> Self {
        let image = image.into();
        Self {
            prefetched: vec![image.clone()],
            settings: TaskContainerSettings::new(image),
            kind: ContainerType::DockerCompatible,
        }
    }

    /// Sets the private registry that the image comes from.
    #[inline]
    pub fn registry(mut self, registry: ContainerRegistry) -> Self {
        self.settings.registry = Some(registry);
        self
    }

    /// Sets the directory that the container starts in; the task's working directory by default.
    #[inline]
    pub fn working_directory(mut self, directory: impl Into<ContainerWorkingDirectory>) -> Self {
        self.settings.working_directory = Some(directory.into());
        self
    }

    /// Adds an option of `docker create`, such as `--rm`, `--gpus all` or
    /// `--volume /mnt/scenes:/scenes`.
    #[inline]
    pub fn run_option(mut self, option: impl AsRef<str>) -> Self {
        let options = self.settings.container_run_options.get_or_insert_default();
        if !options.is_empty() {
            options.push(' ');
        }
        options.push_str(option.as_ref());
        self
    }

    /// Adds another image that the pool's nodes pull in advance.
    #[inline]
    pub fn prefetch(mut self, image: impl Into<String>) -> Self {
        self.prefetched.push(image.into());
        self
    }

    /// Sets the container technology of the pool; Docker by default.
    #[inline]
    pub fn container_type(mut self, kind: impl Into<ContainerType>) -> Self {
        self.kind = kind.into();
        self
    }

    /// A task that runs a command in the container. An empty command line runs the image's entry
    /// point.
    ///
    /// ```
    /// use batch_client::Container;
    ///
    /// let task = Container::image("python:3.13").task("hello", "python -c 'print(1)'");
    /// # assert_eq!(task.container_settings.unwrap().image_name.as_deref(), Some("python:3.13"));
    /// ```
    #[inline]
    pub fn task(&self, id: impl Into<String>, command_line: impl Into<String>) -> TaskAddParameter {
        TaskAddParameter::new(id, command_line).with_container_settings(self)
    }
}

/// For a task.
impl From<&Container> for TaskContainerSettings {
    #[inline]
    fn from(container: &Container) -> Self {
        container.settings.clone()
    }
}

/// For a task.
impl From<Container> for TaskContainerSettings {
    #[inline]
    fn from(container: Container) -> Self {
        container.settings
    }
}

/// For a pool, whose nodes pull the image in advance.
impl From<&Container> for ContainerConfiguration {
    #[inline]
    fn from(container: &Container) -> Self {
        let configuration =
            Self::new(container.kind.clone()).with_container_image_names(&container.prefetched);
        match &container.settings.registry {
            Some(registry) => configuration.with_container_registries([registry.clone()]),
            None => configuration,
        }
    }
}

/// For a pool, whose nodes pull the image in advance.
impl From<Container> for ContainerConfiguration {
    #[inline]
    fn from(container: Container) -> Self {
        Self::from(&container)
    }
}
