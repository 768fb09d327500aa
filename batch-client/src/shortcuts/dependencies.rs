//! Tasks that wait for others.

use crate::models::{TaskDependencies, TaskIdRange};

impl TaskDependencies {
    /// Depends on the tasks with these ids.
    ///
    /// The job needs `with_uses_task_dependencies(true)`.
    ///
    /// ```
    /// use batch_client::models::{TaskAddParameter, TaskDependencies};
    ///
    /// let merge = TaskAddParameter::new("merge", "merge")
    ///     .with_depends_on(TaskDependencies::on_ids(["left", "right"]));
    /// # assert_eq!(merge.depends_on.unwrap().task_ids.unwrap(), ["left", "right"]);
    /// ```
    #[inline]
    pub fn on_ids(ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::new().with_task_ids(ids)
    }

    /// Depends on the task with this id.
    ///
    /// ```
    /// use batch_client::models::{TaskAddParameter, TaskDependencies};
    ///
    /// let publish = TaskAddParameter::new("publish", "publish")
    ///     .with_depends_on(TaskDependencies::on_id("merge"));
    /// # assert_eq!(publish.depends_on.unwrap().task_ids.unwrap(), ["merge"]);
    /// ```
    #[inline]
    pub fn on_id(id: impl Into<String>) -> Self {
        Self::on_ids([id])
    }

    /// Depends on the tasks whose ids are the numbers from `start` to `end`, both included.
    ///
    /// Ids such as `7` or `007` match; one with a prefix, such as `frame-7`, does not.
    ///
    /// ```
    /// use batch_client::models::{TaskAddParameter, TaskDependencies};
    ///
    /// let merge = TaskAddParameter::new("merge", "merge")
    ///     .with_depends_on(TaskDependencies::on_id_range(1, 500));
    /// # assert_eq!(merge.depends_on.unwrap().task_id_ranges.unwrap()[0].end, Some(500));
    /// ```
    #[inline]
    pub fn on_id_range(start: i32, end: i32) -> Self {
        Self::new().with_task_id_ranges([TaskIdRange::new(start, end)])
    }
}
