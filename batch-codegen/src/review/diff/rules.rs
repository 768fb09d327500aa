//! The severity of a change on the wire, from its effect on the allowed values and from the sender.

use super::change::Class;
use super::facts::Aspect;

/// The senders of a definition: callers, the service, or both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Direction {
    pub(super) sent: bool,
    pub(super) received: bool,
}

impl Direction {
    /// Sent by callers only.
    pub(super) const SENT: Self = Self {
        sent: true,
        received: false,
    };

    /// Returned by the service only.
    pub(super) const RECEIVED: Self = Self {
        sent: false,
        received: true,
    };

    /// Returns the direction of a property: callers do not send a read-only one.
    pub(super) fn of(self, read_only: bool) -> Self {
        Self {
            sent: self.sent && !read_only,
            received: self.received,
        }
    }

    /// Returns the directions common to both sides of the comparison.
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

    /// Returns the worse of the classes that apply.
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

/// The effect of a changed fact on the allowed values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Fewer values are allowed.
    Narrower,
    /// More values are allowed.
    Wider,
    /// The type holds more values.
    WiderType,
    /// The meaning differs.
    Other,
    /// The service's default differs.
    Default,
    /// The same value is written in another form.
    Form,
    /// Callers can no longer send it.
    ReadOnly,
    /// Callers can now send it.
    Writable,
    /// Invisible on the wire.
    Invisible,
}

impl Effect {
    pub(super) fn class(self, direction: Direction) -> Option<Class> {
        use Class::{Addition, Behaviour, Breaking, Documentation};
        match self {
            Self::Narrower => direction.worst(Breaking, Addition),
            Self::Wider => direction.worst(Addition, Behaviour),
            Self::WiderType => direction.worst(Addition, Breaking),
            Self::Other => direction.worst(Breaking, Breaking),
            Self::Default | Self::Form => direction.worst(Behaviour, Behaviour),
            Self::ReadOnly => direction.worst(Breaking, Documentation),
            Self::Writable => direction.worst(Addition, Documentation),
            Self::Invisible => None,
        }
    }

    /// Returns the effect of a changed fact.
    pub(super) fn of(aspect: Aspect, old: Option<&str>, new: Option<&str>) -> Self {
        let appeared = old.is_none();
        match aspect {
            Aspect::Required => Self::narrower_if(appeared),
            Aspect::Nullable => Self::narrower_if(!appeared),
            Aspect::ReadOnly if appeared => Self::ReadOnly,
            Aspect::ReadOnly => Self::Writable,
            Aspect::Default => Self::Default,
            Aspect::AsText => Self::Form,
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
            Aspect::Secret | Aspect::ClientName => Self::Invisible,
        }
    }

    fn narrower_if(narrower: bool) -> Self {
        if narrower {
            Self::Narrower
        } else {
            Self::Wider
        }
    }

    /// Returns the effect of adding, raising, lowering or removing a lower bound.
    fn bound(old: Option<&str>, new: Option<&str>) -> Self {
        match (number(old), number(new)) {
            (Some(old), Some(new)) => Self::narrower_if(new > old),
            (None, _) => Self::Narrower,
            (_, None) => Self::Wider,
        }
    }

    /// Returns the effect on the values of a parameter.
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
