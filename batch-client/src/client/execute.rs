//! Requests of the caller's own, which take the same path as those of the operations.

use reqwest::Request;

use super::{Client, bounded};
use crate::error::Error;
use crate::response::RawResponse;
use crate::transport::{Call, OWN};

impl Client {
    /// Sends any request to the account: completed, signed and retried as the requests of the
    /// operations are.
    ///
    /// For what the typed operations cannot say: another version of the API, a parameter that is
    /// not documented, a request that another generator built. The URL is sent as it is, so it has
    /// to begin with [`endpoint`](Self::endpoint) and to name the `api-version`.
    ///
    /// - `Authorization` and `ocp-date` are set for each attempt, whatever the request has. The
    ///   headers `Accept` (JSON), `User-Agent`, `client-request-id`, `Content-Length` and, with a
    ///   body, `Content-Type` (JSON, as the service wants it) are set if they are missing.
    /// - A `GET` or `HEAD` is retried by the client's [`RetryPolicy`](crate::RetryPolicy) like any
    ///   operation that reads. Other methods are retried only if the request was certainly not
    ///   applied: there was no connection, the service throttled it (429), or it refused it with a
    ///   response that broke off (4xx except 408). A body that is a stream is sent once.
    /// - The client's [`timeout`](crate::ClientBuilder::timeout) bounds the whole call, and the
    ///   request's own each attempt.
    ///
    /// The body of the response is read into memory; [`execute_streamed`](Self::execute_streamed)
    /// leaves it unread.
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
    /// A URL of another origin than the endpoint's ([`Error::is_invalid_request`]): nothing is
    /// sent, as the signature would give access to whoever gets it. Otherwise as for operations: a
    /// response that is not a success, no response, or no connection. [`Error::operation`] is
    /// `execute`.
    pub async fn execute(&self, request: Request) -> Result<RawResponse, Error> {
        self.execute_own(Call::own(&request), request).await
    }

    /// As [`execute`](Self::execute), but leaves the body of a success unread: for contents that
    /// are larger than memory.
    ///
    /// The client's timeout does not bound the reading, and a connection that breaks during it is
    /// not retried.
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
        let sent = Box::pin(async move {
            let answer = client.shared.transport.execute(&call, request).await?;
            Ok(RawResponse::new(call.operation(), answer))
        });
        bounded(self, OWN, None, sent).await
    }
}
