//! What each operation does: the last step of a request's way before the reply goes back.
//!
//! A request comes here once it fits the description. [`Service::handle`] takes the state for itself, lets happen what
//! is due and calls the function of the operation, one file for each group of them. What the functions share is how
//! listings are cut into pages ([`listing`]) and how replies are put together ([`reply`]). Where the state outlives the
//! process, [`persistence`] notes what changes it, and takes it up again.
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

    /// Does what is asked. Gives, beside the reply, what must be [`settled`] before the reply may leave. A request that
    /// can change something comes with its `call`.
    pub(crate) fn handle(
        &self,
        request: &Request,
        call: Option<Call>,
    ) -> (Result<Reply, Refusal>, Option<Ticket>) {
        let mut account = self.lock();
        account.state.advance(self.clock.now());
        // Real files are no part of the state: reading or deleting one changes nothing in it.
        if let Some(link) = self.outside.get()
            && let Some(files) = real_files::action(request.operation.id)
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

    /// Lets the dashboard see the state as it is now. Whatever follows from the time that passes is done here too.
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

    /// Gives what the state wants done to who does it. The state is held, so that orders keep their order.
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
        match action(request.operation.id) {
            Some(action) => action(self, request),
            None => Err(Refusal::new(
                501,
                "NotImplemented",
                "The operation is not known here.",
            )),
        }
    }
}

fn action(id: &str) -> Option<Action> {
    Some(match id {
        "Account_ListPoolNodeCounts" => account::list_node_counts,
        "Account_ListSupportedImages" => account::list_images,
        "Application_Get" => account::get_application,
        "Application_List" => account::list_applications,
        "Certificate_Add" => certificates::add,
        "Certificate_CancelDeletion" => certificates::cancel_deletion,
        "Certificate_Delete" => certificates::delete,
        "Certificate_Get" => certificates::get,
        "Certificate_List" => certificates::list,
        "ComputeNodeExtension_Get" => nodes::get_extension,
        "ComputeNodeExtension_List" => nodes::list_extensions,
        "ComputeNode_AddUser" => nodes::add_user,
        "ComputeNode_DeleteUser" => nodes::delete_user,
        "ComputeNode_DisableScheduling" => nodes::disable_scheduling,
        "ComputeNode_EnableScheduling" => nodes::enable_scheduling,
        "ComputeNode_Get" => nodes::get,
        "ComputeNode_GetRemoteDesktop" => nodes::get_remote_desktop,
        "ComputeNode_GetRemoteLoginSettings" => nodes::get_remote_login,
        "ComputeNode_List" => nodes::list,
        "ComputeNode_Reboot" => nodes::reboot,
        "ComputeNode_Reimage" => nodes::reimage,
        "ComputeNode_UpdateUser" => nodes::update_user,
        "ComputeNode_UploadBatchServiceLogs" => nodes::upload_logs,
        "File_DeleteFromComputeNode" => files::delete_from_node,
        "File_DeleteFromTask" => files::delete_from_task,
        "File_GetFromComputeNode" => files::get_from_node,
        "File_GetFromTask" => files::get_from_task,
        "File_GetPropertiesFromComputeNode" => files::properties_from_node,
        "File_GetPropertiesFromTask" => files::properties_from_task,
        "File_ListFromComputeNode" => files::list_from_node,
        "File_ListFromTask" => files::list_from_task,
        "JobSchedule_Add" => schedules::add,
        "JobSchedule_Delete" => schedules::delete,
        "JobSchedule_Disable" => schedules::disable,
        "JobSchedule_Enable" => schedules::enable,
        "JobSchedule_Exists" => schedules::exists,
        "JobSchedule_Get" => schedules::get,
        "JobSchedule_List" => schedules::list,
        "JobSchedule_Patch" => schedules::patch,
        "JobSchedule_Terminate" => schedules::terminate,
        "JobSchedule_Update" => schedules::update,
        "Job_Add" => jobs::add,
        "Job_Delete" => jobs::delete,
        "Job_Disable" => jobs::disable,
        "Job_Enable" => jobs::enable,
        "Job_Get" => jobs::get,
        "Job_GetTaskCounts" => jobs::count_tasks,
        "Job_List" => jobs::list,
        "Job_ListFromJobSchedule" => jobs::list_of_schedule,
        "Job_ListPreparationAndReleaseTaskStatus" => jobs::list_preparations,
        "Job_Patch" => jobs::patch,
        "Job_Terminate" => jobs::terminate,
        "Job_Update" => jobs::update,
        "Pool_Add" => pools::add,
        "Pool_Delete" => pools::delete,
        "Pool_DisableAutoScale" => pools::disable_auto_scale,
        "Pool_EnableAutoScale" => pools::enable_auto_scale,
        "Pool_EvaluateAutoScale" => pools::evaluate_auto_scale,
        "Pool_Exists" => pools::exists,
        "Pool_Get" => pools::get,
        "Pool_List" => pools::list,
        "Pool_ListUsageMetrics" => account::list_usage,
        "Pool_Patch" => pools::patch,
        "Pool_RemoveNodes" => pools::remove_nodes,
        "Pool_Resize" => pools::resize,
        "Pool_StopResize" => pools::stop_resize,
        "Pool_UpdateProperties" => pools::update_properties,
        "Task_Add" => tasks::add,
        "Task_AddCollection" => tasks::add_collection,
        "Task_Delete" => tasks::delete,
        "Task_Get" => tasks::get,
        "Task_List" => tasks::list,
        "Task_ListSubtasks" => tasks::list_subtasks,
        "Task_Reactivate" => tasks::reactivate,
        "Task_Terminate" => tasks::terminate,
        "Task_Update" => tasks::update,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
