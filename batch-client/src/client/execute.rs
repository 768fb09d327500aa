//! Custom requests, which take the same path as those of the operations.

use reqwest::{Method, Request};

use super::{Client, bounded_by};
use crate::error::Error;
use crate::response::RawResponse;
use crate::transport::{Call, OWN};

impl Client {
    /// Sends a custom request to the account: completed, signed and retried like the requests of
    /// operations.
    ///
    /// Use it for calls that the typed operations do not cover: another version of the API, an
    /// undocumented parameter, a request built by another generator. The URL is sent unchanged, so
    /// it has to start with [`endpoint`](Self::endpoint) and to include the `api-version`.
    ///
    /// - `Authorization` and `ocp-date` are set for each attempt and replace those of the request.
    ///   The headers `Accept` (JSON), `User-Agent`, `client-request-id`, `Content-Length` and, with
    ///   a body, `Content-Type` (JSON, in the form that the service requires) are set if they are
    ///   missing.
    /// - `GET` and `HEAD` requests are retried by the client's [`RetryPolicy`](crate::RetryPolicy)
    ///   like operations that read. Requests with other methods are retried only if they were
    ///   certainly not processed: there was no connection, the service throttled them (429), or it
    ///   rejected them with a response that broke off (4xx except 408). A streamed body is sent
    ///   once.
    /// - The client's [`timeout`](crate::ClientBuilder::timeout) limits the whole call, and the
    ///   request's own timeout each attempt.
    ///
    /// The body of the response is read into memory; [`execute_streamed`](Self::execute_streamed)
    /// does not read it.
    ///
    /// ```no_run
    /// use batch_client::reqwest::{Method, Request};
    ///
    /// # async fn example(client: batch_client::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let url = format!("{}/jobs/nightly?api-version=2024-07-01.20.0", client.endpoint());
    /// let response = client.execute(Request::new(Method::GET, url.parse()?)).await?;
    /// println!("{} {:?}", response.status(), response.headers().get("etag"));
    /// let job: serde_json::Value = response.json().await?;
    /// println!("{}", job["state"]);
    ///
    /// let url = format!(
    ///     "{}/jobs/nightly/terminate?api-version=2024-07-01.20.0",
    ///     client.endpoint(),
    /// );
    /// let mut terminate = Request::new(Method::POST, url.parse()?);
    /// *terminate.body_mut() = Some(r#"{"terminateReason":"done"}"#.into());
    /// client.execute(terminate).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_request`] for a URL of another origin than the endpoint: nothing is
    /// sent, because the signature gives access to the account. Otherwise as for operations: a
    /// response that is not a success, no response, or no connection. [`Error::operation`] is
    /// `execute`.
    pub async fn execute(&self, request: Request) -> Result<RawResponse, Error> {
        self.execute_own(Call::own(&request), request).await
    }

    /// Sends a custom request like [`execute`](Self::execute), but does not read the body of a
    /// successful response, which can then be larger than memory.
    ///
    /// The client's timeout does not limit the reading of the body, and a connection that breaks
    /// during it is not retried.
    ///
    /// ```no_run
    /// use batch_client::API_VERSION;
    /// use batch_client::reqwest::{Method, Request};
    ///
    /// # async fn example(client: batch_client::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let base = client.endpoint();
    /// let url = format!(
    ///     "{base}/jobs/nightly/tasks/frame-1/files/stdout.txt?api-version={API_VERSION}",
    /// );
    /// let response = client.execute_streamed(Request::new(Method::GET, url.parse()?)).await?;
    /// let mut content = response.into_stream();
    /// while let Some(piece) = content.try_next().await? {
    ///     println!("{} bytes", piece.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`execute`](Self::execute).
    pub async fn execute_streamed(&self, request: Request) -> Result<RawResponse, Error> {
        self.execute_own(Call::own(&request).streamed(true), request)
            .await
    }

    async fn execute_own(&self, call: Call, request: Request) -> Result<RawResponse, Error> {
        let client = self.clone();
        let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
        let sent = Box::pin(async move {
            let response = client.shared.transport.execute(&call, request).await?;
            Ok(RawResponse::new(call.operation(), response))
        });
        bounded_by(self, OWN, changes, None, sent).await
    }
}
