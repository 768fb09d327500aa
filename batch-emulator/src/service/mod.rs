//! What each operation does: the last step of a request's way before the reply goes back.
//!
//! A request comes here once it fits the description. [`Service::handle`] takes the state for
//! itself, lets happen what is due and calls the function of the operation, one file for each group
//! of them. What the functions share is how listings are cut into pages ([`listing`]) and how
//! replies are put together ([`reply`]). Where the state outlives the process, [`persistence`]
//! notes what changes it, and takes it up again.
//!
//! Where a rule comes from is said as in [`state`](crate::state); a function without a source does
//! what the description of its operation says.

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
use crate::request::{Reply, Request};
use crate::state::clock::Clock;
use crate::state::orders::Order;
use crate::state::report::Report;
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

/// The service behind its checks.
#[derive(Debug)]
pub(crate) struct Service {
    clock: Clock,
    account: Mutex<Account>,
    /// Absent where the state ends with the process.
    persistence: Option<Persistence>,
    /// Who runs programs, where tasks are executed.
    outside: OnceLock<Link>,
    /// Rings when the state may have got a new next event.
    bell: Notify,
}

/// The way to who runs programs, and the folders of theirs.
#[derive(Debug)]
struct Link {
    orders: UnboundedSender<Order>,
    folders: Arc<Folders>,
}

/// What the functions of the operations work on.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) state: State,
    pages: Pages,
}

/// What does an operation.
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
            outside: OnceLock::new(),
            bell: Notify::new(),
        })
    }

    /// A service that goes on from what was kept.
    fn going_on(clock: Clock, account: Account, persistence: Persistence) -> Self {
        Self {
            clock,
            account: account.into(),
            persistence: Some(persistence),
            outside: OnceLock::new(),
            bell: Notify::new(),
        }
    }

    /// Gives orders there from now on. Only the first time counts.
    pub(crate) fn connect(&self, orders: UnboundedSender<Order>, folders: Arc<Folders>) {
        let _ = self.outside.set(Link { orders, folders });
    }

    /// Does what is asked. Gives, beside the reply, what must be [`settled`] before the reply may
    /// leave. A request that can change something comes with its `call`.
    pub(crate) fn handle(
        &self,
        request: &Request,
        call: Option<Call>,
    ) -> (Result<Reply, Refusal>, Option<Ticket>) {
        let mut account = self.lock();
        account.state.advance(self.clock.now());
        // Real files are no part of the state: reading or deleting one changes nothing in it.
        if let Some(link) = self.outside.get()
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

    /// Takes in what happened outside.
    pub(crate) fn report(&self, report: &Report) {
        let mut account = self.lock();
        account.state.advance(self.clock.now());
        account.state.report(report);
        if let Some(persistence) = &self.persistence {
            persistence.note_report(&account.state, report);
        }
        self.hand_over(&mut account);
    }

    /// Lets happen what is due, and tells how long it really is until the next event.
    pub(crate) fn tick(&self) -> Option<Duration> {
        let mut account = self.lock();
        account.state.advance(self.clock.now());
        self.give_orders(&mut account);
        Some(self.clock.until(account.state.events.next()?))
    }

    /// Waits until the next event may be another one.
    pub(crate) async fn changed(&self) {
        self.bell.notified().await;
    }

    /// Whether requests are kept, so that they are wanted as calls.
    pub(crate) fn keeps(&self) -> bool {
        self.persistence.is_some()
    }

    /// Ends the keeping of the state: writes what is left and frees the data folder.
    pub(crate) fn close(&self) {
        if let Some(persistence) = &self.persistence {
            persistence.close(self.clock.now(), self.clock.speed());
        }
    }

    /// Lets the dashboard see the state as it is now. Whatever follows from the time that passes is
    /// done here too.
    pub(crate) fn look<T>(&self, see: impl FnOnce(&State) -> T) -> T {
        let mut account = self.lock();
        account.state.advance(self.clock.now());
        self.hand_over(&mut account);
        see(&account.state)
    }

    // A state that a panic has left is still a state: better an answer from it than none ever more.
    fn lock(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hand_over(&self, account: &mut Account) {
        self.give_orders(account);
        self.bell.notify_one();
    }

    /// Gives what the state wants done to who does it. The state is held, so that orders keep their
    /// order.
    fn give_orders(&self, account: &mut Account) {
        for order in account.state.take_orders() {
            if let Some(link) = self.outside.get() {
                // Nobody takes it once the emulator ends.
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
                "The operation is not known here.",
            )),
        }
    }
}

/// The function of an operation. The match has no arm for the rest: a new operation does not
/// compile without a function.
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
        OperationId::ComputeNodeReboot => nodes::reboot,
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
