//! How grave a change is on the wire: which way it moves what is allowed, and who sends it.

use super::change::Class;
use super::facts::Aspect;

/// Who sends a definition: callers, the service, or both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) sent: bool,
    pub(super) received: bool,
}

impl Way {
    /// What callers say, and only they.
    pub(super) const SENT: Self = Self {
        sent: true,
        received: false,
    };

    /// What answers say.
    pub(super) const RECEIVED: Self = Self {
        sent: false,
        received: true,
    };

    /// The way of a property: callers do not send what only the service sets.
    pub(super) fn of(self, read_only: bool) -> Self {
        Self {
            sent: self.sent && !read_only,
            received: self.received,
        }
    }

    /// What holds on both sides of the comparison.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            sent: self.sent && other.sent,
            received: self.received && other.received,
        }
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self {
            sent: self.sent || other.sent,
            received: self.received || other.received,
        }
    }

    /// The worse of two classes, of those that apply.
    pub(super) fn worst(
        self,
        sent: impl Into<Option<Class>>,
        received: impl Into<Option<Class>>,
    ) -> Option<Class> {
        let sent = self.sent.then(|| sent.into()).flatten();
        let received = self.received.then(|| received.into()).flatten();
        sent.max(received)
    }
}

/// Where a changed fact moves what is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Move {
    /// Less is allowed.
    Narrower,
    /// More is allowed.
    Wider,
    /// More fits into the type.
    WiderType,
    /// Something else is meant.
    Other,
    /// What the service takes for what is not sent.
    Default,
    /// Callers must not send it any more.
    Taken,
    /// Callers may send it from now on.
    Given,
    /// The wire does not know of it.
    Silent,
}

impl Move {
    pub(super) fn class(self, way: Way) -> Option<Class> {
        use Class::{Addition, Behaviour, Breaking, Documentation};
        match self {
            Self::Narrower => way.worst(Breaking, Addition),
            Self::Wider => way.worst(Addition, Behaviour),
            Self::WiderType => way.worst(Addition, Breaking),
            Self::Other => way.worst(Breaking, Breaking),
            Self::Default => way.worst(Behaviour, Behaviour),
            Self::Taken => way.worst(Breaking, Documentation),
            Self::Given => way.worst(Addition, Documentation),
            Self::Silent => None,
        }
    }

    /// Which way a fact moved.
    pub(super) fn of(aspect: Aspect, old: Option<&str>, new: Option<&str>) -> Self {
        let appeared = old.is_none();
        match aspect {
            Aspect::Required => Self::narrower_if(appeared),
            Aspect::Nullable => Self::narrower_if(!appeared),
            Aspect::ReadOnly if appeared => Self::Taken,
            Aspect::ReadOnly => Self::Given,
            Aspect::Default => Self::Default,
            Aspect::Minimum | Aspect::MinItems | Aspect::MinLength => Self::bound(old, new),
            Aspect::Maximum | Aspect::MaxItems | Aspect::MaxLength => {
                match (number(old), number(new)) {
                    (Some(_), Some(_)) => Self::bound(new, old),
                    (None, _) => Self::Narrower,
                    (_, None) => Self::Wider,
                }
            }
            Aspect::Pattern | Aspect::Format => match (old, new) {
                (None, _) => Self::Narrower,
                (_, None) => Self::Wider,
                _ => Self::Other,
            },
            Aspect::Type => match (old, new) {
                (Some("int32"), Some("int64")) => Self::WiderType,
                (Some("int64"), Some("int32")) => Self::Narrower,
                _ => Self::Other,
            },
            Aspect::Values => Self::values(old, new),
            Aspect::Place => Self::Other,
            Aspect::Secret | Aspect::ClientName => Self::Silent,
        }
    }

    fn narrower_if(narrower: bool) -> Self {
        if narrower {
            Self::Narrower
        } else {
            Self::Wider
        }
    }

    /// A lower bound that is raised, comes or goes.
    fn bound(old: Option<&str>, new: Option<&str>) -> Self {
        match (number(old), number(new)) {
            (Some(old), Some(new)) => Self::narrower_if(new > old),
            (None, _) => Self::Narrower,
            (_, None) => Self::Wider,
        }
    }

    /// The values of a parameter.
    fn values(old: Option<&str>, new: Option<&str>) -> Self {
        let (Some(old), Some(new)) = (old, new) else {
            return Self::narrower_if(old.is_none());
        };
        let new: Vec<&str> = new.split(", ").collect();
        Self::narrower_if(!old.split(", ").all(|value| new.contains(&value)))
    }
}

fn number(text: Option<&str>) -> Option<f64> {
    text?.parse().ok()
}
