//! Output files: uploads after a program has run.
//!
//! A pattern is resolved relative to the task's `wd` and may lead up to the task's folder
//! (`../std*.txt`), but no further. Completed uploads are logged in `fileuploadout.txt`, failures
//! in `fileuploaderr.txt`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use cap_std::fs::Dir;
use glob::{MatchOptions, Pattern};
use serde_json::Value;

use super::access::Access;
use super::blobs::{BlobError, Blobs, shown};
use super::fetch::{blob_url, files_below};
use crate::folders::{new_file, open_file};
use crate::request::Object;
use crate::state::report::Failure;
use crate::state::resource::{child, list, text};

const MATCHING: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// Files of a task that are to be uploaded.
pub(super) struct Outputs<'a> {
    pub(super) blobs: &'a Blobs,
    pub(super) access: &'a Access,
    /// The task's folder and its path.
    pub(super) dir: &'a Dir,
    pub(super) path: &'a Path,
    pub(super) files: &'a [Object],
}

/// Returns true if a file is to be uploaded after this exit code.
fn wanted(file: &Object, code: i32) -> bool {
    let condition = child(file, "uploadOptions")
        .and_then(|options| text(options, "uploadCondition"))
        .unwrap_or("taskcompletion");
    match condition.to_ascii_lowercase().as_str() {
        "tasksuccess" => code == 0,
        "taskfailure" => code != 0,
        _ => true,
    }
}

impl Outputs<'_> {
    /// Uploads the files that match the program's end. Tries all of them and returns the first
    /// failure.
    pub(super) async fn upload(&self, code: i32) -> Option<Failure> {
        let files: Vec<&Object> = self
            .files
            .iter()
            .filter(|file| wanted(file, code))
            .collect();
        if files.is_empty() {
            return None;
        }
        let (mut done, mut failed, mut first) = (String::new(), String::new(), None);
        for file in files {
            if let Err(failure) = self.upload_one(file, &mut done).await {
                // Writing to a string does not fail.
                let _ = writeln!(failed, "{}: {:?}", failure.code, failure.details);
                first.get_or_insert(failure);
            }
        }
        for (name, content) in [("fileuploadout.txt", done), ("fileuploaderr.txt", failed)] {
            // The logs are best-effort: the uploads are done.
            if let Ok(mut log) = new_file(self.dir, Path::new(name), 0o644) {
                let _ = log.write_all(content.as_bytes());
            }
        }
        first
    }

    async fn upload_one(&self, file: &Object, done: &mut String) -> Result<(), Failure> {
        let none = Object::new();
        let pattern = text(file, "filePattern").unwrap_or_default();
        let container = child(file, "destination").and_then(|to| child(to, "container"));
        let container = container.unwrap_or(&none);
        let url = text(container, "containerUrl").unwrap_or_default();
        let failed = |code: &str, text: String| failure(code, pattern, shown(url), text);
        let resolved = self.access.resolve(container, url);
        let target = resolved.map_err(|text| failed("FileUploadAccessDenied", text.to_owned()))?;
        let names = self
            .matches(pattern)
            .map_err(|text| failed("FileUploadMiscError", text))?;
        let _ = writeln!(done, "{pattern}: {} files", names.len());
        let headers = headers(container);
        for (path, name) in names {
            let blob = blob_name(text(container, "path"), is_glob(pattern), &name);
            let address = blob_url(&target, &blob)
                .map_err(|()| failed("FileUploadMiscError", "The URL is invalid.".to_owned()))?;
            let opened = open_file(self.dir, &path).map(cap_std::fs::File::into_std);
            let opened = opened.and_then(|file| Ok((file.metadata()?, file)));
            let (about, file) =
                opened.map_err(|error| failed("FileUploadMiscError", error.to_string()))?;
            if !about.is_file() {
                continue;
            }
            self.blobs
                .put(address, file, about.len(), &headers)
                .await
                .map_err(|trouble| failed(code(&trouble), trouble.text()))?;
            let _ = writeln!(done, "{} -> {}/{blob}", path.display(), shown(url));
        }
        Ok(())
    }

    /// Returns the files that match a pattern, relative to the task's folder, each with its blob
    /// name.
    fn matches(&self, pattern: &str) -> Result<Vec<(PathBuf, String)>, String> {
        let parts = self.resolve(pattern)?;
        let fixed = parts.iter().take_while(|part| !is_glob(part)).count();
        let fixed = fixed.min(parts.len().saturating_sub(1));
        let base: PathBuf = parts.iter().take(fixed).collect();
        let whole = Pattern::new(&parts.join("/")).map_err(|error| error.to_string())?;
        let files = files_below(self.dir).map_err(|error| error.to_string())?;
        let found = files
            .into_iter()
            .filter(|path| whole.matches_path_with(path, MATCHING));
        let named = found.filter_map(|path| {
            let name = path.strip_prefix(&base).ok()?.to_str()?.to_owned();
            Some((path, name))
        });
        Ok(named.collect())
    }

    /// Returns the components of a pattern, relative to the task's folder.
    fn resolve(&self, pattern: &str) -> Result<Vec<String>, String> {
        let folder = self.path.to_string_lossy();
        let wd = format!("{folder}/wd");
        let mut pattern = pattern.to_owned();
        for (name, value) in [
            ("AZ_BATCH_TASK_WORKING_DIR", wd.as_str()),
            ("AZ_BATCH_TASK_DIR", &folder),
        ] {
            for form in [format!("${{{name}}}"), format!("${name}")] {
                pattern = pattern.replace(&form, value);
            }
        }
        let outside = || "The pattern is outside the task's folder.".to_owned();
        let (mut parts, rest) = if pattern.starts_with('/') {
            let rest = pattern.strip_prefix(folder.as_ref()).ok_or_else(outside)?;
            (Vec::new(), rest.strip_prefix('/').ok_or_else(outside)?)
        } else {
            (vec!["wd".to_owned()], pattern.as_str())
        };
        for part in rest.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop().ok_or_else(outside)?;
                }
                part => parts.push(part.to_owned()),
            }
        }
        Ok(parts)
    }
}

fn is_glob(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

fn blob_name(path: Option<&str>, several: bool, name: &str) -> String {
    match path.map(|path| path.trim_matches('/')) {
        None | Some("") => name.to_owned(),
        Some(path) if several => format!("{path}/{name}"),
        Some(path) => path.to_owned(),
    }
}

fn headers(container: &Object) -> Vec<(String, String)> {
    let headers = list(container, "uploadHeaders").iter();
    let pair = |header: &Object| {
        let value = text(header, "value").unwrap_or_default();
        Some((text(header, "name")?.to_owned(), value.to_owned()))
    };
    headers
        .filter_map(Value::as_object)
        .filter_map(pair)
        .collect()
}

fn code(trouble: &BlobError) -> &'static str {
    match trouble {
        BlobError::Status(404) => "FileUploadContainerNotFound",
        BlobError::Status(401 | 403) => "FileUploadAccessDenied",
        BlobError::Status(409 | 412) => "FileUploadConflict",
        BlobError::Time => "FileUploadTimedOut",
        BlobError::Status(_) | BlobError::Other(_) => "FileUploadMiscError",
    }
}

fn failure(code: &str, pattern: &str, container: String, text: String) -> Failure {
    Failure {
        server: false,
        code: code.to_owned(),
        message: "An output file of the task could not be uploaded.".to_owned(),
        details: vec![
            ("FilePattern".to_owned(), pattern.to_owned()),
            ("ContainerUrl".to_owned(), container),
            ("Message".to_owned(), text),
        ],
    }
}

#[cfg(test)]
mod tests {
    use cap_std::ambient_authority;

    use super::*;

    #[test]
    fn patterns_match_below_the_task() {
        let made = tempfile::tempdir().unwrap();
        let path = made.path().join("t");
        std::fs::create_dir_all(path.join("wd/a/b")).unwrap();
        std::fs::write(made.path().join("secret.txt"), "").unwrap();
        for name in [
            "stdout.txt",
            "wd/x.txt",
            "wd/.y.txt",
            "wd/a/z.txt",
            "wd/a/b/q.bin",
        ] {
            std::fs::write(path.join(name), "").unwrap();
        }
        std::os::unix::fs::symlink("../../secret.txt", path.join("wd/link.txt")).unwrap();
        let dir = Dir::open_ambient_dir(&path, ambient_authority()).unwrap();
        let outputs = Outputs {
            blobs: &Blobs::new().unwrap(),
            access: &Access::new(&crate::Config::default(), "http://127.0.0.1").unwrap(),
            dir: &dir,
            path: &path,
            files: &[],
        };
        let names = |pattern: &str| {
            let found = outputs.matches(pattern)?;
            Ok::<_, String>(found.into_iter().map(|(_, name)| name).collect::<Vec<_>>())
        };
        let absolute = format!("{}/wd/a/*", path.display());
        for (pattern, expected) in [
            ("*.txt", &["x.txt"][..]),
            (".*.txt", &[".y.txt"]),
            ("**/*.txt", &["a/z.txt", "x.txt"]),
            ("a/**/*", &["b/q.bin", "z.txt"]),
            ("../std*.txt", &["stdout.txt"]),
            ("../stdout.txt", &["stdout.txt"]),
            ("$AZ_BATCH_TASK_WORKING_DIR/a/[y-z].txt", &["z.txt"]),
            ("a/[!z].txt", &[]),
            ("nothing", &[]),
            (&absolute, &["z.txt"]),
        ] {
            assert_eq!(names(pattern).unwrap(), expected, "{pattern}");
        }
        for bad in [
            "../../secret.txt",
            "/etc/passwd",
            "a/../../../*",
            "../../**/*",
        ] {
            assert!(names(bad).is_err(), "{bad}");
        }
    }
}
