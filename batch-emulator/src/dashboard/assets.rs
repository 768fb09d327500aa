//! The static files of the page. They are part of the program, and the page loads nothing else.

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// A static file: path, type, content.
pub(super) type Asset = (&'static str, &'static str, &'static str);

macro_rules! under_window {
    ($($name:literal: $kind:expr,)+) => {
        &[
            ("/", HTML, include_str!("page/page.html")),
            $((
                concat!("/_window/", $name),
                $kind,
                include_str!(concat!("page/", $name)),
            ),)+
        ]
    };
}

const ASSETS: &[Asset] = under_window! {
    "charts.js": SCRIPT,
    "connect.js": SCRIPT,
    "detail.css": STYLE,
    "elements.js": SCRIPT,
    "icon.svg": "image/svg+xml",
    "job.js": SCRIPT,
    "log.js": SCRIPT,
    "node.js": SCRIPT,
    "output.js": SCRIPT,
    "overview.js": SCRIPT,
    "page.css": STYLE,
    "page.js": SCRIPT,
    "parts.js": SCRIPT,
    "pool.js": SCRIPT,
    "rate.js": SCRIPT,
    "routes.js": SCRIPT,
    "service.js": SCRIPT,
    "table.js": SCRIPT,
    "task.js": SCRIPT,
};

pub(super) fn find(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|(known, ..)| *known == path)
}
