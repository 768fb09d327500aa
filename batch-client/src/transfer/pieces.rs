//! The content of one version of a file, from some place on, which goes on where a connection
//! broke.

use bytes::Bytes;
use chrono::{DateTime, Utc};

use super::remote::Remote;
use crate::download::Download;
use crate::error::{Error, History};
use crate::generated::headers::FileProperties;
use crate::retry::{Attempts, RetryPolicy};

/// What tells one version of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version {
    /// In bytes.
    pub(super) length: u64,
    pub(super) last_modified: Option<DateTime<Utc>>,
}

impl Version {
    /// From what the service says of a file.
    #[inline]
    pub(super) fn read(remote: &Remote, properties: &FileProperties) -> Result<Self, Error> {
        if properties.is_directory == Some(true) {
            let text = format!(
                "cannot download {:?}: it is a directory; download its files",
                remote.path
            );
            return Err(Error::refused(remote.operation(), text));
        }
        let length = properties
            .content_length
            .and_then(|length| u64::try_from(length).ok());
        let Some(length) = length else {
            let text = "cannot download the file: the response has no length";
            return Err(Error::invalid_answer(remote.operation(), text));
        };
        Ok(Self {
            length,
            last_modified: properties.last_modified,
        })
    }
}

/// Why a version could not be had.
#[derive(Debug)]
pub(super) enum Failure {
    /// There is another version, or something else that is not what was asked for.
    Changed(Error),
    Other(Error),
}

impl From<Error> for Failure {
    #[inline]
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl Failure {
    /// From an error of [`Pieces`].
    #[inline]
    pub(super) fn of(error: Error) -> Self {
        let out_of_range = error.status().is_some_and(|status| status.as_u16() == 416);
        if error.is_precondition_failed() || out_of_range || error.is_invalid_answer() {
            Self::Changed(error)
        } else {
            Self::Other(error)
        }
    }
}

/// The rest of a file, piece by piece.
#[derive(Debug)]
pub(super) struct Pieces {
    remote: Remote,
    version: Version,
    offset: u64,
    body: Option<Download>,
    policy: RetryPolicy,
    attempts: Attempts,
    /// Whether anything came since the last failure.
    progressed: bool,
}

impl Pieces {
    #[inline]
    pub(super) fn new(remote: Remote, version: Version, offset: u64, policy: RetryPolicy) -> Self {
        Self {
            remote,
            version,
            offset,
            body: None,
            policy,
            attempts: Attempts::new(policy),
            progressed: false,
        }
    }

    /// How much of the file was read.
    #[inline]
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The next piece, or `None` once the file is complete.
    #[inline]
    pub(super) async fn try_next(&mut self) -> Result<Option<Bytes>, Error> {
        while self.offset < self.version.length {
            match self.read().await {
                Ok(Some(piece)) => {
                    self.progressed = true;
                    return Ok(Some(piece));
                }
                Ok(None) => {}
                Err(error) => self.recover(error).await?,
            }
        }
        Ok(None)
    }

    /// What comes next of the connection, which is made first where there is none. `None` if that
    /// was all for now.
    #[inline]
    async fn read(&mut self) -> Result<Option<Bytes>, Error> {
        let left = self.version.length - self.offset;
        let Some(body) = &mut self.body else {
            // With its end, as the file may grow meanwhile.
            let range = format!("bytes={}-{}", self.offset, self.version.length - 1);
            let body = self
                .remote
                .content(range, self.version.last_modified)
                .await?;
            if let Some(length) = body.properties().content_length
                && u64::try_from(length) != Ok(left)
            {
                return Err(self.wrong(&format!(
                    "cannot continue the download: the response has {length} bytes instead of {left}"
                )));
            }
            self.body = Some(body);
            return Ok(None);
        };
        let Some(piece) = body.try_next().await? else {
            return Err(Error::cut_short(self.remote.operation(), left));
        };
        let length = piece.len() as u64;
        if length > left {
            return Err(
                self.wrong("cannot continue the download: the response is longer than the file")
            );
        }
        self.offset += length;
        Ok(Some(piece).filter(|piece| !piece.is_empty()))
    }

    #[inline]
    fn wrong(&self, what: &str) -> Error {
        Error::invalid_answer(self.remote.operation(), what)
    }

    /// Waits before the next attempt, or returns the error if there is none.
    #[inline]
    async fn recover(&mut self, error: Error) -> Result<(), Error> {
        self.body = None;
        if !error.may_pass() {
            return Err(error);
        }
        if std::mem::take(&mut self.progressed) {
            self.attempts = Attempts::new(self.policy);
        }
        self.attempts.count += 1;
        let Some(pause) = self.attempts.delay(error.retry_after()) else {
            let attempts =
                (self.attempts.count > 1).then(|| (self.attempts.count, self.attempts.elapsed()));
            return Err(error.after(History {
                attempts,
                signed: None,
            }));
        };
        tracing::warn!(%error, offset = self.offset, ?pause, "download interrupted; resuming");
        tokio::time::sleep(pause).await;
        Ok(())
    }
}
