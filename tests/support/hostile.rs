//! A job on a hostile server: it stores tasks truthfully, and plays a script of what goes wrong
//! with a request: how much of it is applied, and how it is answered.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::server::{Request, Response, read};

/// Tasks in a page of the listing.
const PAGE: usize = 1_000;

/// What happens to one request.
#[derive(Debug, Clone)]
pub struct Step {
    /// How many of the request's tasks are added; all by default.
    pub applies: usize,
    /// The response.
    pub reply: Reply,
    /// Time before the response.
    pub delay: Duration,
}

/// A response, or what takes its place.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Response of a correct service.
    Truth,
    /// This response.
    Is(Response),
    /// The truth, without these first results.
    Without(usize),
    /// The truth, but each result has this status and code.
    Results(&'static str, Option<&'static str>),
    /// The connection is closed without a response.
    Closed,
    /// The truth, of which only the first bytes arrive.
    Cut(usize),
    /// Nothing; the connection stays open.
    Silence,
}

impl Step {
    /// A request that is carried out and answered like this.
    pub fn applied(reply: Reply) -> Self {
        Self {
            applies: usize::MAX,
            reply,
            delay: Duration::ZERO,
        }
    }

    /// A request that is not carried out and answered like this.
    pub fn refused(reply: Reply) -> Self {
        Self {
            applies: 0,
            ..Self::applied(reply)
        }
    }

    /// A request that is refused with a status and code.
    pub fn error(status: u16, code: &str) -> Self {
        let body = json!({"code": code, "message": {"lang": "en-us", "value": "No."}});
        Self::refused(Reply::Is(Response::json(status, &body)))
    }
}

impl From<Reply> for Step {
    fn from(reply: Reply) -> Self {
        Self::applied(reply)
    }
}

/// A server with one job, which stops when it is dropped.
#[derive(Debug)]
pub struct Job {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    accepting: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct State {
    /// By their ids in lower case.
    tasks: BTreeMap<String, Value>,
    adds: VecDeque<Step>,
    reads: VecDeque<Step>,
    lists: VecDeque<Step>,
    requests: Vec<String>,
}

impl Job {
    /// Starts a server whose job has no tasks.
    ///
    /// # Panics
    ///
    /// Panics if no local port is free.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::<Mutex<State>>::default();
        let accepting = tokio::spawn(accept(listener, address, state.clone()));
        Self {
            address,
            state,
            accepting,
        }
    }

    /// Server address, `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stores a task.
    pub fn store(&self, task: Value) {
        insert(&mut lock(&self.state).tasks, task);
    }

    /// Script of the requests that add; after it, the truth.
    pub fn on_adds(&self, steps: impl IntoIterator<Item = Step>) {
        lock(&self.state).adds.extend(steps);
    }

    /// Script of the requests that read one task.
    pub fn on_reads(&self, steps: impl IntoIterator<Item = Step>) {
        lock(&self.state).reads.extend(steps);
    }

    /// Script of the requests that list tasks or count them.
    pub fn on_lists(&self, steps: impl IntoIterator<Item = Step>) {
        lock(&self.state).lists.extend(steps);
    }

    /// Forgets what is left of the script.
    pub fn behave(&self) {
        let mut state = lock(&self.state);
        state.adds.clear();
        state.reads.clear();
        state.lists.clear();
    }

    /// The stored tasks by their ids in lower case.
    pub fn tasks(&self) -> BTreeMap<String, Value> {
        lock(&self.state).tasks.clone()
    }

    /// Number of requests of a kind so far: `add`, `read`, `list` or `count`.
    pub fn requests(&self, kind: &str) -> usize {
        let state = lock(&self.state);
        state.requests.iter().filter(|name| *name == kind).count()
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn insert(tasks: &mut BTreeMap<String, Value>, task: Value) {
    let id = task["id"].as_str().unwrap_or_default().to_ascii_lowercase();
    tasks.insert(id, task);
}

async fn accept(listener: TcpListener, address: SocketAddr, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = state.clone();
        tokio::spawn(async move {
            // If the client disconnects, the test sees it in the client's own result.
            drop(serve(BufReader::new(stream), address, &state).await);
        });
    }
}

async fn serve(
    mut stream: BufReader<TcpStream>,
    address: SocketAddr,
    state: &Mutex<State>,
) -> io::Result<()> {
    while let Some(request) = read(&mut stream).await? {
        let (delay, bytes, stays_open) = lock(state).answer(&request, address);
        tokio::time::sleep(delay).await;
        match bytes {
            Some(bytes) => stream.write_all(&bytes).await?,
            None if stays_open => std::future::pending().await,
            None => {}
        }
        if !stays_open {
            break;
        }
    }
    stream.shutdown().await
}

impl State {
    /// The delay, the bytes of the response, and whether the connection stays open.
    fn answer(
        &mut self,
        request: &Request,
        address: SocketAddr,
    ) -> (Duration, Option<Vec<u8>>, bool) {
        let (path, query) = request
            .target
            .split_once('?')
            .unwrap_or((&request.target, ""));
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let (kind, script) = match (request.method.as_str(), parts.as_slice()) {
            ("POST", _) => ("add", &mut self.adds),
            ("GET", [_, _, "tasks"]) => ("list", &mut self.lists),
            ("GET", [_, _, "taskcounts"]) => ("count", &mut self.lists),
            _ => ("read", &mut self.reads),
        };
        self.requests.push(kind.to_owned());
        let step = script.pop_front().unwrap_or(Step::applied(Reply::Truth));
        let truth = match kind {
            "add" => self.add(request, &step),
            "list" => self.list(query, address),
            "count" => self.count(),
            _ => self.read(parts.last().copied().unwrap_or_default()),
        };
        let truth = truth.bytes(&request.method);
        match step.reply {
            Reply::Is(response) => (step.delay, Some(response.bytes(&request.method)), true),
            Reply::Closed => (step.delay, None, false),
            Reply::Silence => (step.delay, None, true),
            Reply::Cut(bytes) => {
                let bytes = truth[..bytes.min(truth.len() - 1)].to_vec();
                (step.delay, Some(bytes), false)
            }
            Reply::Truth | Reply::Without(_) | Reply::Results(..) => {
                (step.delay, Some(truth), true)
            }
        }
    }

    fn add(&mut self, request: &Request, step: &Step) -> Response {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let many = body["value"].as_array().cloned();
        let single = many.is_none();
        let mut results = Vec::new();
        for (number, task) in many.unwrap_or(vec![body]).into_iter().enumerate() {
            let id = task["id"].as_str().unwrap_or_default().to_owned();
            let exists = self.tasks.contains_key(&id.to_ascii_lowercase());
            if number < step.applies && !exists {
                insert(&mut self.tasks, task);
            }
            let (status, code) = match step.reply {
                Reply::Results(status, code) => (status, code),
                _ if exists => ("clienterror", Some("TaskExists")),
                _ => ("success", None),
            };
            let mut result = json!({"taskId": id, "status": status});
            if let Some(code) = code {
                result["error"] = json!({"code": code, "message": {"value": "No."}});
            }
            results.push(result);
        }
        if single {
            let error = &results[0]["error"];
            return match error {
                Value::Null => Response::new(201),
                error => Response::json(409, error),
            };
        }
        if let Reply::Without(count) = step.reply {
            results.drain(..count.min(results.len()));
        }
        // In another order.
        results.reverse();
        Response::json(200, &json!({"value": results}))
    }

    fn read(&self, id: &str) -> Response {
        match self.tasks.get(&id.to_ascii_lowercase()) {
            Some(task) => Response::json(200, task),
            None => Response::json(404, &json!({"code": "TaskNotFound"})),
        }
    }

    fn list(&self, query: &str, address: SocketAddr) -> Response {
        let skip = query
            .split('&')
            .find_map(|part| part.strip_prefix("skip=")?.parse().ok())
            .unwrap_or(0);
        let tasks: Vec<&Value> = self.tasks.values().skip(skip).take(PAGE).collect();
        let mut page = json!({"value": tasks});
        if skip + PAGE < self.tasks.len() {
            let next = skip + PAGE;
            page["odata.nextLink"] = json!(format!(
                "http://{address}/jobs/j/tasks?api-version=2024-02-01.19.0&skip={next}"
            ));
        }
        Response::json(200, &page)
    }

    fn count(&self) -> Response {
        let counts = json!({"active": self.tasks.len(), "running": 0, "completed": 0,
            "succeeded": 0, "failed": 0});
        Response::json(
            200,
            &json!({"taskCounts": counts, "taskSlotCounts": counts}),
        )
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
