//! The operations: the last step of the request path before the reply.
//!
//! A validated request arrives here. [`Service::handle`] locks the state, processes the events that
//! are due and calls the function of the operation; each operation group has a file. The functions
//! share paging of listings ([`listing`]) and construction of replies ([`reply`]). If the state
//! outlives the process, [`persistence`] records what changes it and restores it.
//!
//! Rules name their source as in [`state`](crate::state); a function without a source follows the
//! description of its operation.

mod account;
mod certificates;
mod files;
mod jobs;
mod listing;
mod nodes;
mod persistence;
mod pools;
#[cfg(unix)]
mod real_files;
#[cfg(not(unix))]
#[path = "no_files.rs"]
mod real_files;
mod reply;
mod schedules;
mod tasks;

use crate::config::Config;
use crate::folders::Folders;
use crate::generated::OperationId;
use crate::refusal::Refusal;
use crate::registries::Registries;
use crate::request::{Reply, Request};
use crate::scenario::Scenario;
use crate::state::clock::Clock;
use crate::state::orders::Order;
use crate::state::report::Report;
use crate::state::scenario::Progress;
use crate::state::{Settings, State};
use crate::store::{Call, Ticket};
use listing::Pages;
use persistence::Persistence;
pub(crate) use persistence::settled;
use std::io;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;

/// The service of an account, behind authentication and validation.
#[derive(Debug)]
pub(crate) struct Service {
    clock: Clock,
    account: Mutex<Account>,
    /// `None` if the state ends with the process.
    persistence: Option<Persistence>,
    /// Connection to the program runner, if tasks are executed.
    executor: OnceLock<Link>,
    /// Notified when the state's next event may have changed.
    wakeup: Notify,
}

/// The channel to the program runner, and its folders.
#[derive(Debug)]
struct Link {
    orders: UnboundedSender<Order>,
    folders: Arc<Folders>,
    /// Remembers the passwords of registries, if containers need them.
    registries: Option<Arc<Registries>>,
}

/// The data that operations work on.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) state: State,
    pages: Pages,
}

/// A function that carries out an operation.
type Action = fn(&mut Account, &Request) -> Result<Reply, Refusal>;

impl Service {
    pub(crate) fn new(config: &Config) -> io::Result<Self> {
        if let Some(path) = &config.data {
            return persistence::open(config, path);
        }
        let clock = Clock::new(config.clock_speed);
        let account = Account::new(config, State::new(Settings::new(config), clock.now()));
        Ok(Self {
            clock,
            account: Mutex::new(account),
            persistence: None,
            executor: OnceLock::new(),
            wakeup: Notify::new(),
        })
    }

    /// Creates a service that continues from persisted state.
    fn resume(clock: Clock, account: Account, persistence: Persistence) -> Self {
        Self {
            clock,
            account: account.into(),
            persistence: Some(persistence),
            executor: OnceLock::new(),
            wakeup: Notify::new(),
        }
    }

    /// Connects the program runner, which receives all orders from now on. Only the first call has
    /// an effect.
    pub(crate) fn connect(
        &self,
        orders: UnboundedSender<Order>,
        folders: Arc<Folders>,
        registries: Option<Arc<Registries>>,
    ) {
        let _ = self.executor.set(Link {
            orders,
            folders,
            registries,
        });
    }

    /// Handles a request. Returns, beside the reply, the ticket to be [`settled`] before the reply
    /// may be sent. A request that can change something comes with its `call`.
    pub(crate) fn handle(
        &self,
        request: &Request,
        call: Option<Call>,
    ) -> (Result<Reply, Refusal>, Option<Ticket>) {
        if let (Some(link), Some(body)) = (self.executor.get(), &request.body)
            && let Some(registries) = &link.registries
        {
            registries.learn(body);
        }
        let mut account = self.lock();
        account.state.advance(self.clock.now());
        // Real files are not part of the state: reading or deleting one does not change it.
        if let Some(link) = self.executor.get()
            && let Some(files) = request.operation.action.and_then(real_files::action)
        {
            self.hand_over(&mut account);
            let place = real_files::Place::of(&account, request);
            let ticket = self.persistence.as_ref().map(Persistence::ticket);
            drop(account);
            let reply = place.and_then(|place| files(&link.folders, &place, request));
            return (reply, ticket);
        }
        let Some(persistence) = &self.persistence else {
            let reply = account.operate(request);
            self.hand_over(&mut account);
            return (reply, None);
        };
        let (outcome, entry) = persistence::work(&mut account, request, call);
        if let Some(entry) = entry {
            persistence.note(&account.state, entry);
        }
        let ticket = persistence.ticket();
        self.hand_over(&mut account);
        drop(account);
        match outcome {
            Ok(result) => (result, Some(ticket)),
            Err(panic) => resume_unwind(panic),
        }
    }

    /// Applies a report from outside the state.
    pub(crate) fn report(&self, report: &Report) {
        let mut account = self.lock();
        account.state.advance(self.clock.now());
        account.state.report(report);
        if let Some(persistence) = &self.persistence {
            persistence.note_report(&account.state, report);
        }
        self.hand_over(&mut account);
    }

    /// Replaces the scenario. Returns the ticket to be [`settled`] before this may be reported.
    pub(crate) fn set_scenario(&self, scenario: Scenario) -> Option<Ticket> {
        let mut account = self.lock();
        account.state.advance(self.clock.now());
        let settings = Settings {
            scenario,
            ..account.state.settings.clone()
        };
        account.state.apply_settings(settings);
        if let Some(persistence) = &self.persistence {
            persistence.note_settings(&account.state);
        }
        self.hand_over(&mut account);
        self.persistence.as_ref().map(Persistence::ticket)
    }

    /// Returns the scenario, and what its rules have done.
    pub(crate) fn scenario(&self) -> (Scenario, Progress) {
        self.with_state(|state| (state.settings.scenario.clone(), state.progress.clone()))
    }

    /// Processes the events that are due and returns the real time until the next one.
    pub(crate) fn tick(&self) -> Option<Duration> {
        let mut account = self.lock();
        account.state.advance(self.clock.now());
        self.give_orders(&mut account);
        Some(self.clock.until(account.state.events.next()?))
    }

    /// Waits until the next event may have changed.
    pub(crate) async fn changed(&self) {
        self.wakeup.notified().await;
    }

    /// Returns true if the state is persisted, so that requests must be passed as calls.
    pub(crate) fn is_persistent(&self) -> bool {
        self.persistence.is_some()
    }

    /// Ends persistence: writes what is queued and releases the data folder.
    pub(crate) fn close(&self) {
        if let Some(persistence) = &self.persistence {
            persistence.close(self.clock.now(), self.clock.speed());
        }
    }

    /// Calls a function with the current state, for the dashboard. Events that are due are
    /// processed first, as for any request.
    pub(crate) fn with_state<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        let mut account = self.lock();
        account.state.advance(self.clock.now());
        self.hand_over(&mut account);
        read(&account.state)
    }

    // The state after a panic is still usable, and better than failing forever.
    fn lock(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hand_over(&self, account: &mut Account) {
        self.give_orders(account);
        self.wakeup.notify_one();
    }

    /// Sends the state's orders to the program runner. The caller holds the state, so orders stay
    /// in sequence.
    fn give_orders(&self, account: &mut Account) {
        for order in account.state.take_orders() {
            if let Some(link) = self.executor.get() {
                // The receiver is gone once the emulator shuts down.
                let _ = link.orders.send(order);
            }
        }
    }
}

impl Account {
    pub(crate) fn new(config: &Config, state: State) -> Self {
        Self {
            state,
            pages: Pages::new(config),
        }
    }

    pub(crate) fn operate(&mut self, request: &Request) -> Result<Reply, Refusal> {
        match request.operation.action {
            Some(id) => action(id)(self, request),
            None => Err(Refusal::new(
                501,
                "NotImplemented",
                "The operation is not supported.",
            )),
        }
    }
}

/// Returns the function of an operation. The match is exhaustive: a new operation does not compile
/// without a function.
fn action(id: OperationId) -> Action {
    match id {
        OperationId::AccountListPoolNodeCounts => account::list_node_counts,
        OperationId::AccountListSupportedImages => account::list_images,
        OperationId::ApplicationGet => account::get_application,
        OperationId::ApplicationList => account::list_applications,
        OperationId::CertificateAdd => certificates::add,
        OperationId::CertificateCancelDeletion => certificates::cancel_deletion,
        OperationId::CertificateDelete => certificates::delete,
        OperationId::CertificateGet => certificates::get,
        OperationId::CertificateList => certificates::list,
        OperationId::ComputeNodeExtensionGet => nodes::get_extension,
        OperationId::ComputeNodeExtensionList => nodes::list_extensions,
        OperationId::ComputeNodeAddUser => nodes::add_user,
        OperationId::ComputeNodeDeleteUser => nodes::delete_user,
        OperationId::ComputeNodeDisableScheduling => nodes::disable_scheduling,
        OperationId::ComputeNodeEnableScheduling => nodes::enable_scheduling,
        OperationId::ComputeNodeGet => nodes::get,
        OperationId::ComputeNodeGetRemoteDesktop => nodes::get_remote_desktop,
        OperationId::ComputeNodeGetRemoteLoginSettings => nodes::get_remote_login,
        OperationId::ComputeNodeList => nodes::list,
        OperationId::ComputeNodeDeallocate => nodes::deallocate,
        OperationId::ComputeNodeReboot => nodes::reboot,
        OperationId::ComputeNodeStart => nodes::start,
        OperationId::ComputeNodeReimage => nodes::reimage,
        OperationId::ComputeNodeUpdateUser => nodes::update_user,
        OperationId::ComputeNodeUploadBatchServiceLogs => nodes::upload_logs,
        OperationId::FileDeleteFromComputeNode => files::delete_from_node,
        OperationId::FileDeleteFromTask => files::delete_from_task,
        OperationId::FileGetFromComputeNode => files::get_from_node,
        OperationId::FileGetFromTask => files::get_from_task,
        OperationId::FileGetPropertiesFromComputeNode => files::properties_from_node,
        OperationId::FileGetPropertiesFromTask => files::properties_from_task,
        OperationId::FileListFromComputeNode => files::list_from_node,
        OperationId::FileListFromTask => files::list_from_task,
        OperationId::JobScheduleAdd => schedules::add,
        OperationId::JobScheduleDelete => schedules::delete,
        OperationId::JobScheduleDisable => schedules::disable,
        OperationId::JobScheduleEnable => schedules::enable,
        OperationId::JobScheduleExists => schedules::exists,
        OperationId::JobScheduleGet => schedules::get,
        OperationId::JobScheduleList => schedules::list,
        OperationId::JobSchedulePatch => schedules::patch,
        OperationId::JobScheduleTerminate => schedules::terminate,
        OperationId::JobScheduleUpdate => schedules::update,
        OperationId::JobAdd => jobs::add,
        OperationId::JobDelete => jobs::delete,
        OperationId::JobDisable => jobs::disable,
        OperationId::JobEnable => jobs::enable,
        OperationId::JobGet => jobs::get,
        OperationId::JobGetTaskCounts => jobs::count_tasks,
        OperationId::JobList => jobs::list,
        OperationId::JobListFromJobSchedule => jobs::list_of_schedule,
        OperationId::JobListPreparationAndReleaseTaskStatus => jobs::list_preparations,
        OperationId::JobPatch => jobs::patch,
        OperationId::JobTerminate => jobs::terminate,
        OperationId::JobUpdate => jobs::update,
        OperationId::PoolAdd => pools::add,
        OperationId::PoolDelete => pools::delete,
        OperationId::PoolDisableAutoScale => pools::disable_auto_scale,
        OperationId::PoolEnableAutoScale => pools::enable_auto_scale,
        OperationId::PoolEvaluateAutoScale => pools::evaluate_auto_scale,
        OperationId::PoolExists => pools::exists,
        OperationId::PoolGet => pools::get,
        OperationId::PoolList => pools::list,
        OperationId::PoolListUsageMetrics => account::list_usage,
        OperationId::PoolPatch => pools::patch,
        OperationId::PoolRemoveNodes => pools::remove_nodes,
        OperationId::PoolResize => pools::resize,
        OperationId::PoolStopResize => pools::stop_resize,
        OperationId::PoolUpdateProperties => pools::update_properties,
        OperationId::TaskAdd => tasks::add,
        OperationId::TaskAddCollection => tasks::add_collection,
        OperationId::TaskDelete => tasks::delete,
        OperationId::TaskGet => tasks::get,
        OperationId::TaskList => tasks::list,
        OperationId::TaskListSubtasks => tasks::list_subtasks,
        OperationId::TaskReactivate => tasks::reactivate,
        OperationId::TaskTerminate => tasks::terminate,
        OperationId::TaskUpdate => tasks::update,
    }
}

#[cfg(test)]
mod tests;
