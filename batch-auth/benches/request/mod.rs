//! The request that is signed. Shared by the bench `sign` and the package `batch-bench`.

pub(crate) const KEY: &str = "bm90IGEgcmVhbCBrZXksIG9ubHkgYW4gZXhhbXBsZQ==";
pub(crate) const TARGET: &str = "/jobs/render/tasks?api-version=2024-02-01.19.0&timeout=30\
                      &%24filter=state+eq+%27active%27&%24select=id%2Cstate";
pub(crate) const HEADERS: [(&str, &str); 7] = [
    ("accept", "application/json"),
    ("user-agent", "batch-client/0.1.0"),
    ("client-request-id", "5f0c1f7e-5a3c-4c34-8a8e-1f5f2d9b6f11"),
    ("return-client-request-id", "true"),
    ("ocp-date", "Tue, 05 Mar 2024 01:02:03 GMT"),
    ("if-match", "0x8DC5FDDC7FFC487"),
    ("if-modified-since", "Tue, 05 Mar 2024 01:02:03 GMT"),
];
