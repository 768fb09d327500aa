//! Users that tasks run as.

use crate::models::{AutoUserScope, AutoUserSpecification, ElevationLevel, UserIdentity};

impl AutoUserSpecification {
    /// A user that Batch creates, with administrator rights.
    ///
    /// The scope stays the service's default; [`with_scope`](Self::with_scope) sets another.
    ///
    /// ```
    /// use batch_client::models::{AutoUserSpecification, StartTask};
    ///
    /// let start = StartTask::new("/bin/sh -c 'apt-get update && apt-get install -y ffmpeg'")
    ///     .with_user_identity(AutoUserSpecification::admin());
    /// # assert!(start.user_identity.unwrap().auto_user.is_some());
    /// ```
    #[doc(alias = "root")]
    #[doc(alias = "elevated")]
    #[inline]
    pub fn admin() -> Self {
        Self::new().with_elevation_level(ElevationLevel::Admin)
    }

    /// A user that Batch creates, without administrator rights.
    ///
    /// ```
    /// use batch_client::models::{AutoUserScope, AutoUserSpecification};
    ///
    /// let user = AutoUserSpecification::non_admin().with_scope(AutoUserScope::Pool);
    /// # assert!(user.elevation_level.is_some());
    /// ```
    #[inline]
    pub fn non_admin() -> Self {
        Self::new().with_elevation_level(ElevationLevel::NonAdmin)
    }
}

impl UserIdentity {
    /// The pool's shared user with administrator rights, which start tasks that install software
    /// run as.
    ///
    /// ```
    /// use batch_client::models::{StartTask, UserIdentity};
    ///
    /// let start = StartTask::new("/bin/sh -c 'apt-get update && apt-get install -y ffmpeg'")
    ///     .with_user_identity(UserIdentity::admin())
    ///     .with_wait_for_success(true);
    /// # assert!(start.user_identity.unwrap().auto_user.unwrap().scope.is_some());
    /// ```
    #[doc(alias = "root")]
    #[inline]
    pub fn admin() -> Self {
        AutoUserSpecification::admin()
            .with_scope(AutoUserScope::Pool)
            .into()
    }

    /// A user that Batch creates.
    ///
    /// ```
    /// use batch_client::models::{AutoUserSpecification, UserIdentity};
    ///
    /// let user = UserIdentity::auto(AutoUserSpecification::non_admin());
    /// # assert!(user.auto_user.is_some());
    /// ```
    #[inline]
    pub fn auto(user: AutoUserSpecification) -> Self {
        Self::new().with_auto_user(user)
    }

    /// A user that the pool lists in its `user_accounts`.
    ///
    /// ```
    /// use batch_client::models::{TaskAddParameter, UserIdentity};
    ///
    /// let task = TaskAddParameter::new("frame-1", "render 1")
    ///     .with_user_identity(UserIdentity::named("renderer"));
    /// # assert_eq!(task.user_identity.unwrap().user_name.as_deref(), Some("renderer"));
    /// ```
    #[inline]
    pub fn named(user_name: impl Into<String>) -> Self {
        Self::new().with_user_name(user_name)
    }
}

impl From<AutoUserSpecification> for UserIdentity {
    #[inline]
    fn from(user: AutoUserSpecification) -> Self {
        Self::auto(user)
    }
}
