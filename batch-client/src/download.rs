//! The content of a file as a stream, which is read only as fast as it is polled.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;

use crate::error::Error;
use crate::generated::headers::FileProperties;
use crate::transport::Chunks;

/// The content of a file, with its properties.
///
/// A [`Stream`] of pieces; [`bytes`](Self::bytes) reads all of them. Dropping it ends the download.
///
/// ```no_run
/// # async fn example(client: batch_client::Client) -> Result<(), batch_client::Error> {
/// let mut output = client.file().get_from_task("nightly", "frame-1", "stdout.txt").await?;
/// println!("from {:?}", output.properties().creation_time);
/// while let Some(piece) = output.try_next().await? {
///     println!("{} bytes", piece.len());
/// }
/// # Ok(())
/// # }
/// ```
pub struct Download {
    operation: &'static str,
    properties: FileProperties,
    chunks: Chunks,
}

impl Download {
    pub(crate) fn new(operation: &'static str, properties: FileProperties, chunks: Chunks) -> Self {
        Self {
            operation,
            properties,
            chunks,
        }
    }

    /// Returns the properties from the headers. The service may send content without its length.
    pub fn properties(&self) -> &FileProperties {
        &self.properties
    }

    /// Returns the next piece, or `None` at the end.
    ///
    /// # Errors
    ///
    /// The connection breaks before the end.
    pub async fn try_next(&mut self) -> Result<Option<Bytes>, Error> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context))
            .await
            .transpose()
    }

    /// Reads the rest into memory.
    ///
    /// # Errors
    ///
    /// The connection breaks before the end.
    pub async fn bytes(mut self) -> Result<Bytes, Error> {
        let Some(first) = self.try_next().await? else {
            return Ok(Bytes::new());
        };
        let Some(second) = self.try_next().await? else {
            return Ok(first);
        };
        let mut all = BytesMut::from(first);
        all.extend_from_slice(&second);
        while let Some(piece) = self.try_next().await? {
            all.extend_from_slice(&piece);
        }
        Ok(all.freeze())
    }
}

impl Stream for Download {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let operation = self.operation;
        let chunk = self.chunks.as_mut().poll_next(context);
        chunk.map(|piece| piece.map(|result| result.map_err(|e| Error::interrupted(operation, e))))
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("properties", &self.properties)
            .finish_non_exhaustive()
    }
}
