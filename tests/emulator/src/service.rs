//! What each operation does: the last step of a request's way before the reply goes back.
//!
//! A request comes here once it fits the description. [`Service::handle`] takes the state for itself, lets happen what
//! is due and calls the function of the operation, one file for each group of them. What the functions share is how
//! listings are cut into pages ([`listing`]) and how replies are put together ([`reply`]).

mod account;
mod certificates;
mod files;
mod jobs;
mod listing;
mod nodes;
mod pools;
mod reply;
mod schedules;
mod tasks;

use crate::config::Config;
use crate::fault::Fault;
use crate::request::{Reply, Request};
use crate::state::clock::Clock;
use crate::state::{Settings, State};
use listing::Pages;
use std::sync::{Mutex, PoisonError};

/// The service behind its checks.
#[derive(Debug)]
pub(crate) struct Service {
    clock: Clock,
    account: Mutex<Account>,
}

/// What the functions of the operations work on.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) state: State,
    pages: Pages,
}

/// What does an operation.
type Action = fn(&mut Account, &Request) -> Result<Reply, Fault>;

impl Service {
    pub(crate) fn new(config: &Config) -> Self {
        let clock = Clock::new(config.clock_speed);
        let account = Account::new(config, State::new(Settings::new(config), clock.now()));
        Self {
            clock,
            account: Mutex::new(account),
        }
    }

    pub(crate) fn handle(&self, request: &Request) -> Result<Reply, Fault> {
        // A state that a panic has left is still a state: better an answer from it than none ever more.
        let mut account = self.account.lock().unwrap_or_else(PoisonError::into_inner);
        account.state.advance(self.clock.now());
        account.operate(request)
    }

    /// Lets the window see the state as it is now. Whatever follows from the time that passes is done here too.
    pub(crate) fn look<T>(&self, see: impl FnOnce(&State) -> T) -> T {
        let mut account = self.account.lock().unwrap_or_else(PoisonError::into_inner);
        account.state.advance(self.clock.now());
        see(&account.state)
    }
}

impl Account {
    pub(crate) fn new(config: &Config, state: State) -> Self {
        Self {
            state,
            pages: Pages::new(config),
        }
    }

    pub(crate) fn operate(&mut self, request: &Request) -> Result<Reply, Fault> {
        match action(request.operation.id) {
            Some(action) => action(self, request),
            None => Err(Fault::new(
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
