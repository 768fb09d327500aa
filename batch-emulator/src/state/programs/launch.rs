//! Gathers everything that is needed to run a program from tasks, jobs, pools and nodes.
//!
//! Source of the variables: "Azure Batch runtime environment variables". Variables that contain
//! paths are created in `executor`, where the paths are known.

use serde_json::Value;

use crate::registries::Registry;
use crate::request::Object;
use crate::state::State;
use crate::state::jobs::Job;
use crate::state::nodes::Node;
use crate::state::numbers::{NodeKey, TaskKey};
use crate::state::orders::{Container, Hidden, Launch, Package};
use crate::state::pools::Pool;
use crate::state::report::Program;
use crate::state::resource::{child, flag, list, text};
use crate::state::runs::{common_files, coordination};
use crate::state::tasks::Task;

/// Port on which the primary of a multi-instance task listens.
///
/// Source: "Azure Batch runtime environment variables": the example of `AZ_BATCH_MASTER_NODE`.
const MASTER_PORT: u16 = 6000;

impl State {
    pub(super) fn launch_of(&self, program: Program) -> Option<Launch> {
        match program {
            Program::Task { job, task, .. } => {
                let (job, task) = self.task_of(TaskKey { job, task })?;
                self.launch_task(program, job, task)
            }
            Program::Instance {
                job,
                task,
                instance,
                ..
            } => {
                let (job, task) = self.task_of(TaskKey { job, task })?;
                self.launch_instance(program, job, task, instance)
            }
            Program::Start { pool, node, .. } => {
                let node = self.node(NodeKey { pool, node })?;
                let pool = self.pool(pool)?;
                let given = child(&pool.given, "startTask")?;
                let mut launch = self.special(program, (pool, node), given);
                "startup".clone_into(&mut launch.directory);
                launch.packages = self.packages([&pool.given, given]);
                Some(launch)
            }
            Program::Preparation {
                job, pool, node, ..
            } => self.launch_special(program, self.job(job)?, NodeKey { pool, node }, true),
            Program::Release {
                job, pool, node, ..
            } => self.launch_special(program, self.job(job)?, NodeKey { pool, node }, false),
        }
    }

    /// Gathers what a preparation or a release needs.
    ///
    /// Source: description of `CloudJob.commonEnvironmentSettings`: they also apply to preparation
    /// and release, and a task's own setting of the same name replaces them. No source for the
    /// packages; chosen as those of the pool and the task.
    fn launch_special(
        &self,
        program: Program,
        job: &Job,
        at: NodeKey,
        prepares: bool,
    ) -> Option<Launch> {
        let kind = if prepares {
            "jobPreparationTask"
        } else {
            "jobReleaseTask"
        };
        let node = self.node(at)?;
        let pool = self.pool(at.pool)?;
        let given = child(&job.given, kind)?;
        let mut launch = self.special(program, (pool, node), given);
        launch.directory = job.special_directory(kind);
        let own = std::mem::replace(&mut launch.settings, pairs(job.common_environment()));
        launch.settings.extend(own);
        let id = text(given, "id").unwrap_or_default();
        launch
            .variables
            .push(("AZ_BATCH_JOB_ID", job.id.to_string()));
        launch.variables.push(("AZ_BATCH_TASK_ID", id.to_owned()));
        launch.packages = self.packages([&pool.given, given]);
        if !prepares {
            launch.preparation = Some(job.special_directory("jobPreparationTask"));
        }
        Some(launch)
    }

    /// Gathers what start tasks, preparations and releases have in common.
    fn special(&self, program: Program, at: (&Pool, &Node), given: &Object) -> Launch {
        Launch {
            program,
            node: at.1.id().to_owned(),
            directory: String::new(),
            command_line: text(given, "commandLine").unwrap_or_default().to_owned(),
            settings: pairs(list(given, "environmentSettings")),
            variables: self.variables(at),
            preparation: None,
            shared: None,
            resource_files: Hidden::of(list(given, "resourceFiles")),
            common_files: Hidden::default(),
            output_files: Hidden::default(),
            packages: Vec::new(),
            keeps_background: false,
            container: child(given, "containerSettings").map(|settings| container(settings, at.0)),
            tried_again: false,
        }
    }

    /// Gathers what a task needs.
    ///
    /// Source: descriptions of `CloudJob.commonEnvironmentSettings` and `OutputFile`. No source for
    /// uploading nothing before a retry; chosen because the attempt is not the end of the task.
    fn launch_task(&self, program: Program, job: &Job, task: &Task) -> Option<Launch> {
        let empty = Object::new();
        let given = task.given.as_deref().unwrap_or(&empty);
        let seat = task.seat()?;
        let pool = self.pool(seat.pool)?;
        let node = pool.nodes.get(pool.nodes.number(&seat.node_id)?)?;
        let mut launch = self.special(program, (pool, node), given);
        launch.command_line = task.command_line.to_string();
        launch.directory = task.directory(&job.id);
        let own = std::mem::replace(&mut launch.settings, pairs(job.common_environment()));
        launch.settings.extend(own);
        launch
            .variables
            .push(("AZ_BATCH_JOB_ID", job.id.to_string()));
        launch
            .variables
            .push(("AZ_BATCH_TASK_ID", task.id.to_string()));
        let prepares = job.given.contains_key("jobPreparationTask");
        launch.preparation = prepares.then(|| job.special_directory("jobPreparationTask"));
        launch.packages = self.packages([&pool.given, given]);
        launch.output_files = Hidden::of(list(given, "outputFiles"));
        let retries = task.run.as_ref().map_or(0, |run| run.retries);
        launch.tried_again = u32::try_from(task.limits.retries).map_or(true, |most| retries < most);
        if !task.instances().is_empty() {
            launch.shared = Some(task.directory(&job.id));
            launch.variables.extend(self.instance_variables(task, 0));
        }
        Some(launch)
    }

    /// Gathers what the coordination of an instance needs.
    ///
    /// Source: "Use multi-instance tasks": the coordination command runs with the common resource
    /// files, and its background processes stay for the application command.
    fn launch_instance(
        &self,
        program: Program,
        job: &Job,
        task: &Task,
        number: u32,
    ) -> Option<Launch> {
        let instance = task.instances().get(number as usize)?;
        let pool = self.pool(instance.seat.pool)?;
        let node = pool.nodes.get(instance.node)?;
        let mut launch = self.launch_task(program, job, task)?;
        node.id().clone_into(&mut launch.node);
        launch.directory = task.instance_directory(&job.id, number);
        coordination(task)?.clone_into(&mut launch.command_line);
        let names: Vec<_> = self.variables((pool, node));
        launch
            .variables
            .retain(|(name, _)| !INSTANCE.contains(name) && !names.iter().any(|(n, _)| n == name));
        launch.variables.extend(names);
        launch
            .variables
            .extend(self.instance_variables(task, number));
        launch.resource_files = Hidden::default();
        launch.common_files = Hidden::of(common_files(task));
        launch.output_files = Hidden::default();
        launch.keeps_background = true;
        Some(launch)
    }

    fn variables(&self, (pool, node): (&Pool, &Node)) -> Vec<(&'static str, String)> {
        vec![
            ("AZ_BATCH_ACCOUNT_NAME", self.settings.account.clone()),
            ("AZ_BATCH_POOL_ID", pool.id.to_string()),
            ("AZ_BATCH_NODE_ID", node.id().to_owned()),
            ("AZ_BATCH_NODE_IS_DEDICATED", node.dedicated.to_string()),
        ]
    }

    /// Returns the variables of the instances of a task.
    ///
    /// Source: "Azure Batch runtime environment variables", including `CCP_NODES`. No source for
    /// the number of cores, which is 1; chosen because nodes share this machine.
    fn instance_variables(&self, task: &Task, number: u32) -> Vec<(&'static str, String)> {
        let address = |instance: &crate::state::runs::Instance| {
            let node = self.node(NodeKey {
                pool: instance.seat.pool,
                node: instance.node,
            });
            node.map_or_else(String::new, |node| node.address(true))
        };
        let addresses: Vec<String> = task.instances().iter().map(address).collect();
        let master = addresses.first().cloned().unwrap_or_default();
        let cores: Vec<String> = addresses.iter().map(|node| format!("{node} 1")).collect();
        let cores = format!("{} {}", addresses.len(), cores.join(" "));
        vec![
            ("AZ_BATCH_NODE_LIST", addresses.join(";")),
            ("AZ_BATCH_HOST_LIST", addresses.join(",")),
            ("AZ_BATCH_MASTER_NODE", format!("{master}:{MASTER_PORT}")),
            ("AZ_BATCH_IS_CURRENT_NODE_MASTER", (number == 0).to_string()),
            ("CCP_NODES", cores),
        ]
    }

    /// Returns the distinct packages that these reference.
    ///
    /// Source: description of `ApplicationPackageReference`. Azure's management API sets the
    /// default version; no source here, so the last one in the list was chosen.
    fn packages(&self, given: [&Object; 2]) -> Vec<Package> {
        let mut packages = Vec::new();
        let references = given
            .iter()
            .flat_map(|given| list(given, "applicationPackageReferences"));
        for reference in references.filter_map(Value::as_object) {
            let id = text(reference, "applicationId")
                .and_then(|id| id.rsplit('/').next())
                .unwrap_or_default();
            let Ok(application) = self.application(id) else {
                continue;
            };
            let version = text(reference, "version");
            // The last version is the default one.
            let Some(taken) = version.or(application.versions.last().map(String::as_str)) else {
                continue;
            };
            let package = Package {
                id: application.id.clone(),
                version: taken.to_owned(),
                named: version.is_some(),
            };
            if !packages.contains(&package) {
                packages.push(package);
            }
        }
        packages
    }
}

/// Variables that only instances have.
const INSTANCE: [&str; 5] = [
    "AZ_BATCH_NODE_LIST",
    "AZ_BATCH_HOST_LIST",
    "AZ_BATCH_MASTER_NODE",
    "AZ_BATCH_IS_CURRENT_NODE_MASTER",
    "CCP_NODES",
];

/// Returns environment settings as names and values.
fn pairs(settings: &[Value]) -> Vec<(String, String)> {
    let settings = settings.iter().filter_map(Value::as_object);
    let pair = |setting: &Object| {
        let name = text(setting, "name")?.to_owned();
        Some((name, text(setting, "value").unwrap_or_default().to_owned()))
    };
    settings.filter_map(pair).collect()
}

/// Gathers what a container needs.
///
/// Source: descriptions of `TaskContainerSettings` and `ContainerConfiguration`: a registry of the
/// task, or one of the pool's.
fn container(settings: &Object, pool: &Pool) -> Container {
    let own = |name: &str| text(settings, name).unwrap_or_default();
    let machine = child(&pool.given, "virtualMachineConfiguration");
    let of_pool = machine.and_then(|machine| child(machine, "containerConfiguration"));
    let of_pool = of_pool.map_or(&[][..], |pool| list(pool, "containerRegistries"));
    let registries = child(settings, "registry").into_iter();
    let registries = registries.chain(of_pool.iter().filter_map(Value::as_object));
    let mount = |mount: &Object| {
        let source = text(mount, "source")?.to_owned();
        Some((source, flag(mount, "isReadOnly") == Some(true)))
    };
    let mounts = || {
        let mounts = list(settings, "containerHostBatchBindMounts");
        let mounts = mounts.iter().filter_map(Value::as_object);
        mounts.filter_map(mount).collect()
    };
    Container {
        image: own("imageName").to_owned(),
        options: own("containerRunOptions").to_owned(),
        own_directory: own("workingDirectory").eq_ignore_ascii_case("containerImageDefault"),
        registries: registries.filter_map(Registry::read).collect(),
        mounts: settings
            .contains_key("containerHostBatchBindMounts")
            .then(mounts),
    }
}
